//  L-4: a part names a tensor of the layout, each at most once and in ascending order; refused:
//  ARGUMENT.

#include "spec/fixture/stage.h"

enum { ABSENT = 1000 };

//  A gradient whose parts are for these tensors, one float each.
static zmsg_t *
s_parts (const stage_t *stage, const uint32_t *tensors, size_t count)
{
    static const float values [8];
    gradmq_gradient_t gradient = stage_gradient (stage);
    raw_t header = raw_header (GRADMQ_FRAME_GRADIENT);
    raw_identity (&header, &gradient);
    for (size_t i = 0; i < count; i++) {
        raw_t part = raw_nothing ();
        if (tensors [i] != ABSENT)
            raw_varint (&part, 1, tensors [i]);
        raw_inside (&header, 14, part);
    }
    return raw_frames (&header, values, count * sizeof (float));
}

static void
test_parts_that_do_not_ascend_or_name_no_tensor_are_refused (void **state)
{
    (void) state;
    static const struct {
        uint32_t tensors [4];
        size_t count;
    } cases [] = {
        {{3}, 1},       {{UINT32_MAX}, 1}, {{0, 1, 2, 3}, 4}, {{0, 0}, 2},      {{1, 0}, 2},
        {{0, 2, 1}, 3}, {{2, 2}, 2},       {{ABSENT}, 1},     {{0, ABSENT}, 2},
    };
    const gradmq_tensor_spec_t tensors [] = {{"a", 0, NULL}, {"b", 0, NULL}, {"c", 0, NULL}};
    stage_t stage = stage_new ();
    stage_load (&stage, tensors, 3, GRADMQ_DTYPE_F32, (float []){1, 1, 1}, 12);
    for (size_t i = 0; i < sizeof cases / sizeof cases [0]; i++) {
        zmsg_t *message = s_parts (&stage, cases [i].tensors, cases [i].count);
        stage_refused (&stage, &message, GRADMQ_ERR_ARGUMENT);
    }
    stage_end (&stage);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_parts_that_do_not_ascend_or_name_no_tensor_are_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
