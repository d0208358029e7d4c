//  S-1: settled: disposed of, and safe to the level that the coordinator promises. `memory`: at once.

#include "spec/fixture/act.h"

static void
test_settled_follows_disposal_at_once (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load_stopped (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_STATUS), GRADMQ_OK);
    assert_string_equal (peer->reply.status.durability, "memory");
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
    assert_int_equal (act_add (peer, &gradient, (float []){0.5f}, 1), GRADMQ_OK);
    act_assert_ack (&peer->reply.added.ack, 1, 0, 0, 0, 0);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    peer_settle (peer, "w", incarnation, 1);
    //  The answer to a gradient that is applied says that it is settled.
    gradient.sequence = 2;
    assert_int_equal (act_add (peer, &gradient, (float []){0.25f}, 1), GRADMQ_OK);
    act_assert_ack (&peer->reply.added.ack, 2, 2, 2, 0, 0);
    assert_int_equal (peer->reply.added.ack.position.version, 2);
    act_assert_parameters (peer, 1, 0.25f, 2);
    peer_destroy (&peer);
}

//  The oldest that waits holds settled_through back, not what is known of later ones.
static void
test_refused_ahead_of_a_queued_one_is_disposed_of_and_not_settled (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load_stopped (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    act_push (peer, "w", incarnation, 1, 0.5f, 1);
    act_handled (peer, 1);
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 2);
    act_assert_refused (peer, &gradient, NULL, 0, GRADMQ_ERR_LENGTH);
    act_assert_ack (&peer->reply.ack, 2, 0, 0, 0, 1);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    peer_settle (peer, "w", incarnation, 2);
    act_assert_ack (&peer->reply.ack, 2, 2, 1, 0, 1);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_settled_follows_disposal_at_once),
        cmocka_unit_test (test_refused_ahead_of_a_queued_one_is_disposed_of_and_not_settled),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
