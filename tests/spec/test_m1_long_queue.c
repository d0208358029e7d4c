//  M-1: Stop finishes the step in hand and makes no other, however much is queued.

#include "spec/fixture/peer.h"

enum { QUEUED = 400 };

static void
s_assert_started_and_stopped_early (peer_t *peer)
{
    gradmq_coordinator_status_t status;
    assert_int_equal (gradmq_coordinator_start (peer->coordinator, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_coordinator_wait_version (peer->coordinator, 1, 0, NULL),
                      GRADMQ_ERR_TIMEOUT);
    assert_int_equal (gradmq_coordinator_stop (peer->coordinator, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_coordinator_status (peer->coordinator, &status, NULL), GRADMQ_OK);
    assert_true (status.queued > QUEUED / 2);
    assert_int_equal (status.version + status.queued, QUEUED);
}

static void
test_stop_does_not_wait_for_the_queue (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    const uint64_t elements = 2u << 20;
    float *ones = calloc (elements + 1, sizeof *ones);
    assert_non_null (ones);
    gradmq_coordinator_tensor_t tensors [] = {{"one", 1, (const uint64_t []){1}},
                                              {"rest", 1, &elements}};
    peer_set (peer, "optimizer", "lamb");  //  two passes over all, whatever part a gradient has
    for (uint64_t i = 0; i <= elements; i++)
        ones [i] = 1;
    assert_int_equal (gradmq_coordinator_set_model_parameters (
                          peer->coordinator, tensors, 2, GRADMQ_DTYPE_F32, ones,
                          (elements + 1) * sizeof *ones, false, NULL, NULL, NULL),
                      GRADMQ_OK);
    for (int i = 0; i < QUEUED; i++)
        assert_int_equal (
            gradmq_coordinator_add_tensor_gradients (peer->coordinator, 0, (float []){1}, 4, NULL),
            GRADMQ_OK);
    s_assert_started_and_stopped_early (peer);
    free (ones);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_stop_does_not_wait_for_the_queue),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
