//  G-5: SKIP has no payload and stands for "nothing from me this time"; its disposition is SKIPPED. A
//  kind that the policy does not take is refused: UNSUPPORTED.

#include "spec/fixture/act.h"

static void
test_skip_is_skipped_and_makes_no_version (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
    gradient.kind = GRADMQ_KIND_SKIP;
    act_outcome_t outcome = act_try (peer, &gradient, NULL, 0);
    assert_int_equal (outcome.disposition, GRADMQ_SKIPPED);
    assert_int_equal (outcome.code, GRADMQ_OK);
    gradient.sequence = 2;
    act_assert_refused (peer, &gradient, (float []){1}, 1, GRADMQ_ERR_LENGTH);
    assert_int_equal (peer_counter (peer, "skipped"), 1);
    assert_int_equal (peer_counter (peer, "steps_skipped"), 0);
    peer_assert_untouched (peer, 1);
    peer_destroy (&peer);
}

static void
test_kinds_that_async_does_not_take_are_refused (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    static const uint32_t kinds [] = {GRADMQ_KIND_DELTA, GRADMQ_KIND_MODEL_PARAMETERS, 5, 0};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds [0]; i++) {
        gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, i + 1);
        gradient.kind = kinds [i];
        act_assert_refused (peer, &gradient, (float []){0.5f}, 1, GRADMQ_ERR_UNSUPPORTED);
    }
    peer_assert_untouched (peer, 1);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_skip_is_skipped_and_makes_no_version),
        cmocka_unit_test (test_kinds_that_async_does_not_take_are_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
