//  M-2: a load is all or nothing. What it needs is held against what came before anything is made
//  for it.

#include "spec/fixture/peer.h"

#include <sys/resource.h>

static long
s_peak_kib (void)
{
    struct rusage usage;
    getrusage (RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void
test_load_without_its_payload_costs_no_memory (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_set (peer, "optimizer", "adam");
    peer_load (peer, 4);
    uint64_t elements = 1ull << 26;
    gradmq_tensor_spec_t tensor = {"huge", 1, &elements};
    gradmq_request_t request = {
        .command = GRADMQ_COMMAND_SET_MODEL_PARAMETERS, .tensors = &tensor, .tensor_count = 1};
    long before = s_peak_kib ();
    assert_int_equal (peer_request (peer, &request, "1234", 4), GRADMQ_ERR_LENGTH);
    assert_true (s_peak_kib () - before < 64 * 1024);
    peer_assert_untouched (peer, 4);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_load_without_its_payload_costs_no_memory),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
