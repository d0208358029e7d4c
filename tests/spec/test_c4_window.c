//  C-4: credit_gradients never exceeds receive_window.

#include "spec/fixture/act.h"

static void
test_credit_of_a_long_queue_is_the_window (void **state)
{
    (void) state;
    enum { WINDOW = GRADMQ_RECEIVE_WINDOW };
    peer_t *peer = peer_new ();
    peer_load_stopped (peer, 1);
    peer_set (peer, "queue_gradients", "1000000");
    uint64_t incarnation = peer_join (peer, "w");
    assert_int_equal (peer->reply.joined.ack.credit_gradients, WINDOW);
    //  All of the credit can be used, and one more is beyond the window.
    for (uint64_t i = 1; i <= WINDOW + 1; i++)
        act_push (peer, "w", incarnation, i, i == WINDOW + 1 ? 1000 : 1.0f / WINDOW, 1);
    act_handled (peer, WINDOW + 1);
    peer_ack (peer, "w", incarnation, 0);
    act_assert_ack (&peer->reply.ack, WINDOW, 0, 0, 1, 0);
    act_assert_missing (&peer->reply.ack, 0, WINDOW + 1, WINDOW + 1, GRADMQ_ERR_WINDOW);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    peer_settle (peer, "w", incarnation, WINDOW);
    act_assert_parameters (peer, 1, 0, WINDOW);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_credit_of_a_long_queue_is_the_window),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
