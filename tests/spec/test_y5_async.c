//  Y-5: policy `async`: each gradient is a step, in order of arrival.

#include "spec/fixture/act.h"

static void
test_each_gradient_of_each_worker_is_a_version (void **state)
{
    (void) state;
    enum { EACH = 10 };
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    uint64_t a = peer_join (peer, "a"), b = peer_join (peer, "b");
    for (uint64_t i = 1; i <= EACH; i++) {
        act_push (peer, "a", a, i, 0.03125f, 1);
        act_push (peer, "b", b, i, 0.015625f, 1);
    }
    peer_settle (peer, "a", a, EACH);
    peer_settle (peer, "b", b, EACH);
    assert_int_equal (peer_counter (peer, "steps"), 2 * EACH);
    assert_int_equal (peer_counter (peer, "applied"), 2 * EACH);
    act_assert_parameters (peer, 1, 1 - EACH * 0.046875f, 2 * EACH);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_each_gradient_of_each_worker_is_a_version),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
