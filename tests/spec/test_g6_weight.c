//  G-6: weight is finite and above 0; other than 1 where neither policy nor rule weighs, it is
//  refused: ARGUMENT. loss_scale is finite and above 0.

#include "spec/fixture/act.h"

#include <math.h>

static void
test_weights_and_scales_out_of_range_are_refused (void **state)
{
    (void) state;
    static const double bad [] = {0, -1, NAN, INFINITY, -INFINITY};
    enum { BAD = sizeof bad / sizeof bad [0] };
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    for (size_t i = 0; i < 2 * BAD; i++) {
        gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, i + 1);
        *(i < BAD ? &gradient.weight : &gradient.loss_scale) = bad [i % BAD];
        act_assert_refused (peer, &gradient, (float []){0.5f}, 1, GRADMQ_ERR_ARGUMENT);
    }
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 2 * BAD + 1);
    gradient.weight = 1.5;
    act_assert_refused (peer, &gradient, (float []){0.5f}, 1, GRADMQ_ERR_ARGUMENT);
    peer_assert_untouched (peer, 1);
    peer_destroy (&peer);
}

static void
test_gradient_is_divided_by_its_loss_scale (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
    gradient.loss_scale = 65536;
    assert_int_equal (act_try (peer, &gradient, (float []){32768}, 1).disposition, GRADMQ_APPLIED);
    act_assert_parameters (peer, 1, 0.5f, 1);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_weights_and_scales_out_of_range_are_refused),
        cmocka_unit_test (test_gradient_is_divided_by_its_loss_scale),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
