//  AddGradients with dry_run checks only, whatever is wrong with the gradient.

#include "spec/fixture/peer.h"

static void
test_dry_run_of_a_bad_gradient_uses_no_sequence_up (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 2);
    uint64_t incarnation = peer_join (peer, "w");
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
    gradient.weight = -1;
    gradmq_request_t request = {
        .command = GRADMQ_COMMAND_ADD_GRADIENTS, .gradient = &gradient, .dry_run = true};
    const float values [] = {1, 1};
    assert_int_equal (peer_request (peer, &request, values, sizeof values), GRADMQ_ERR_ARGUMENT);
    peer_ack (peer, "w", incarnation, 0);
    assert_int_equal (peer->reply.ack.received_through, 0);
    peer_destroy (&peer);
}

static uint32_t
s_dry_run (peer_t *peer, gradmq_gradient_t *gradient)
{
    gradmq_request_t request = {
        .command = GRADMQ_COMMAND_ADD_GRADIENTS, .gradient = gradient, .dry_run = true};
    const float values [] = {1, 1};
    return peer_request (peer, &request, values, sizeof values);
}

//  Whose gradient a push would not take a dry run does not take.
static void
test_dry_run_looks_at_model_and_membership (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 2);
    uint64_t incarnation = peer_join (peer, "w");
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
    assert_int_equal (s_dry_run (peer, &gradient), GRADMQ_OK);
    strcpy (gradient.model, "other");
    assert_int_equal (s_dry_run (peer, &gradient), GRADMQ_ERR_MODEL);
    gradient = peer_gradient (peer, "stranger", incarnation, 1);
    assert_int_equal (s_dry_run (peer, &gradient), GRADMQ_ERR_NOT_JOINED);
    gradient = peer_gradient (peer, "w", incarnation - 1, 1);
    assert_int_equal (s_dry_run (peer, &gradient), GRADMQ_ERR_FENCED);
    assert_int_equal (peer_counter (peer, "turned_away"), 0);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_dry_run_of_a_bad_gradient_uses_no_sequence_up),
        cmocka_unit_test (test_dry_run_looks_at_model_and_membership),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
