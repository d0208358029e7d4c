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

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_dry_run_of_a_bad_gradient_uses_no_sequence_up),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
