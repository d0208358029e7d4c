//  J-2: when an incarnation is fenced its queued gradients stay in the queue; what arrives later is
//  turned away.

#include "spec/fixture/act.h"

static void
test_queued_gradients_of_a_fenced_incarnation_are_applied (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load_stopped (peer, 1);
    uint64_t old = peer_join (peer, "w");
    act_push (peer, "w", old, 1, 0.5f, 1);
    act_push (peer, "w", old, 2, 0.25f, 1);
    act_handled (peer, 2);
    uint64_t incarnation = peer_join (peer, "w");
    act_push (peer, "w", old, 3, 0.0625f, 1);
    act_push (peer, "w", incarnation, 1, 0.125f, 1);
    act_handled (peer, 4);
    assert_int_equal (act_queued (peer), 3);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    peer_settle (peer, "w", incarnation, 1);
    act_assert_ack (&peer->reply.ack, 1, 1, 1, 0, 0);
    act_assert_parameters (peer, 1, 0.125f, 3);
    assert_int_equal (peer_counter (peer, "turned_away"), 1);
    peer_destroy (&peer);
}

//  What is told of them goes to the worker that they are about.
static void
test_refusal_of_a_fenced_incarnations_gradient_is_told_to_its_worker (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load_stopped (peer, 1);
    peer_subscribe_events (peer, "event/" PEER_MODEL "/");
    uint64_t old = peer_join (peer, "w");
    gradmq_gradient_t gradient = peer_gradient (peer, "w", old, 1);
    gradient.has_base = true;
    gradient.base_epoch = peer->reply.position.epoch;
    peer_push (peer, &gradient, (float []){0.5f}, 1);
    act_handled (peer, 1);
    peer_join (peer, "w");
    peer_load (peer, 1);
    act_assert_notice (peer, "w", GRADMQ_NOTICE_REFUSED, old, 1, GRADMQ_ERR_EPOCH);
    peer_assert_untouched (peer, 1);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_queued_gradients_of_a_fenced_incarnation_are_applied),
        cmocka_unit_test (test_refusal_of_a_fenced_incarnations_gradient_is_told_to_its_worker),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
