//  P-2: ClearGradients with new_epoch begins a new epoch. The parameters stay, and readers of the old
//  one hold no more than they did.

#include "spec/fixture/peer.h"

static void
test_epochs_renewed_while_the_model_is_read_pin_nothing (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    const uint64_t elements = 9u << 20;  //  above GRADMQ_PINNED_BYTES: pinned_snapshots holds
    float *ones = calloc (elements, sizeof *ones);
    gradmq_coordinator_tensor_t tensor = {"t", 1, &elements};
    assert_int_equal (gradmq_coordinator_set_model_parameters (
                          peer->coordinator, &tensor, 1, GRADMQ_DTYPE_F32, ones,
                          elements * sizeof *ones, false, NULL, NULL, NULL),
                      GRADMQ_OK);
    free (ones);
    for (int i = 0; i < 8; i++) {
        gradmq_coordinator_view_t view;
        assert_int_equal (
            gradmq_coordinator_get_model_parameters (peer->coordinator, true, &view, NULL),
            GRADMQ_OK);
        assert_int_equal (gradmq_coordinator_clear_gradients (peer->coordinator, true, NULL, NULL),
                          GRADMQ_OK);
        gradmq_coordinator_view_release (&view);
    }
    gradmq_request_t status = {.command = GRADMQ_COMMAND_STATUS};
    assert_int_equal (peer_request (peer, &status, NULL, 0), GRADMQ_OK);
    assert_int_equal (peer->reply.status.snapshots_pinned, 0);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_epochs_renewed_while_the_model_is_read_pin_nothing),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
