//  L-9: DENSE has no `count`; refused: ARGUMENT.

#include "spec/fixture/stage.h"

static void
test_dense_part_with_a_count_is_refused (void **state)
{
    (void) state;
    const uint64_t counts [] = {1, 3, UINT64_MAX};
    stage_t stage = stage_new ();
    for (size_t i = 0; i < 3; i++) {
        gradmq_part_t part = {.tensor = 0,
                              .encoding = GRADMQ_ENCODING_DENSE,
                              .dtype = gradmq_dtype (GRADMQ_DTYPE_F32),
                              .count = counts [i]};
        gradmq_gradient_t gradient = stage_gradient (&stage);
        gradient.parts = &part;
        gradient.part_count = 1;
        stage_refused_gradient (&stage, &gradient, stage_values (), STAGE_BYTES,
                                GRADMQ_ERR_ARGUMENT);
    }
    stage_end (&stage);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_dense_part_with_a_count_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
