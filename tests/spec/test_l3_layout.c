//  L-3: a gradient or model that states another layout id is refused: LAYOUT.

#include "spec/fixture/stage.h"

static void
test_gradient_of_another_layout_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    const uint64_t layouts [] = {0, 1, stage.peer->layout + 1, ~stage.peer->layout, UINT64_MAX};
    const uint32_t kinds [] = {GRADMQ_KIND_GRADIENT, GRADMQ_KIND_DELTA,
                               GRADMQ_KIND_MODEL_PARAMETERS};
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < sizeof layouts / sizeof layouts [0]; i++) {
            gradmq_gradient_t gradient = stage_gradient (&stage);
            gradient.kind = kinds [k];
            gradient.layout = layouts [i];
            stage_refused_gradient (&stage, &gradient, stage_values (), STAGE_BYTES,
                                    GRADMQ_ERR_LAYOUT);
        }
    stage_end (&stage);
}

static void
test_skip_of_another_layout_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_gradient_t gradient = stage_gradient (&stage);
    gradient.kind = GRADMQ_KIND_SKIP;
    gradient.layout++;
    stage_refused_gradient (&stage, &gradient, NULL, 0, GRADMQ_ERR_LAYOUT);
    stage_end (&stage);
}

static void
test_same_layout_loaded_again_has_the_same_id (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    uint64_t layout = stage.peer->layout;
    peer_load_stopped (stage.peer, STAGE_ELEMENTS);
    assert_true (stage.peer->layout == layout);
    stage_end (&stage);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_gradient_of_another_layout_is_refused),
        cmocka_unit_test (test_skip_of_another_layout_is_refused),
        cmocka_unit_test (test_same_layout_loaded_again_has_the_same_id),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
