//  G-3: turned away means: not received, the sequence is not used up, it shows as missing with its
//  code, the same bytes may come again. REFUSED uses the sequence up.

#include "spec/fixture/act.h"

static void
test_turned_away_sequence_may_come_again (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load_stopped (peer, 1);
    peer_set (peer, "queue_gradients", "2");
    uint64_t incarnation = peer_join (peer, "w");
    for (uint64_t i = 1; i <= 4; i++)
        act_push (peer, "w", incarnation, i, 1.0f / (float) (2 << i), 1);
    act_handled (peer, 4);
    peer_ack (peer, "w", incarnation, 0);
    act_assert_ack (&peer->reply.ack, 2, 0, 0, 1, 0);
    act_assert_missing (&peer->reply.ack, 0, 3, 4, GRADMQ_ERR_QUEUE_FULL);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    peer_settle (peer, "w", incarnation, 2);
    for (uint64_t i = 3; i <= 4; i++)
        act_push (peer, "w", incarnation, i, 1.0f / (float) (2 << i), 1);
    peer_settle (peer, "w", incarnation, 4);
    act_assert_ack (&peer->reply.ack, 4, 4, 4, 0, 0);
    act_assert_parameters (peer, 1, 1 - 0.25f - 0.125f - 0.0625f - 0.03125f, 4);
    peer_destroy (&peer);
}

static void
test_refused_sequence_is_used_up (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
    gradient.layout++;
    act_assert_refused (peer, &gradient, (float []){0.5f}, 1, GRADMQ_ERR_LAYOUT);
    gradient.layout--;
    act_assert_refused (peer, &gradient, (float []){0.5f}, 1, GRADMQ_ERR_LAYOUT);
    assert_int_equal (peer_counter (peer, "duplicates"), 1);
    peer_assert_untouched (peer, 1);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_turned_away_sequence_may_come_again),
        cmocka_unit_test (test_refused_sequence_is_used_up),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
