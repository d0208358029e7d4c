//  N-2: open lists (codes, dtypes, encodings, kinds) are uint32. 0 and unknown values are refused:
//  UNSUPPORTED.

#include "spec/fixture/stage.h"

static const uint32_t s_numbers [] = {0, 6, 77, UINT32_MAX};

enum { FIELD_KIND = 9, FIELD_DTYPE = 12, FIELD_PARTS = 14, PART_ENCODING = 2, PART_DTYPE = 3 };

//  One number of the gradient itself.
static void
s_refuse_field (uint32_t field)
{
    stage_t stage = stage_new ();
    for (size_t i = 0; i < sizeof s_numbers / sizeof s_numbers [0]; i++) {
        gradmq_gradient_t gradient = stage_gradient (&stage);
        raw_t header = raw_header (GRADMQ_FRAME_GRADIENT);
        raw_identity (&header, &gradient);
        raw_varint (&header, field, s_numbers [i]);
        zmsg_t *message = raw_frames (&header, stage_values (), STAGE_BYTES);
        stage_refused (&stage, &message, GRADMQ_ERR_UNSUPPORTED);
    }
    stage_end (&stage);
}

//  One number of its only part.
static void
s_refuse_part (uint32_t field)
{
    stage_t stage = stage_new ();
    for (size_t i = 0; i < sizeof s_numbers / sizeof s_numbers [0]; i++) {
        gradmq_gradient_t gradient = stage_gradient (&stage);
        raw_t part = raw_nothing ();
        raw_varint (&part, 1, 0);
        raw_varint (&part, field, s_numbers [i]);
        raw_t header = raw_header (GRADMQ_FRAME_GRADIENT);
        raw_identity (&header, &gradient);
        raw_inside (&header, FIELD_PARTS, part);
        zmsg_t *message = raw_frames (&header, stage_values (), STAGE_BYTES);
        stage_refused (&stage, &message, GRADMQ_ERR_UNSUPPORTED);
    }
    stage_end (&stage);
}

static void
test_kind_of_a_gradient_that_is_unknown_is_refused (void **state)
{
    (void) state;
    s_refuse_field (FIELD_KIND);
}

static void
test_dtype_of_a_gradient_that_is_unknown_is_refused (void **state)
{
    (void) state;
    s_refuse_field (FIELD_DTYPE);
}

static void
test_encoding_of_a_part_that_is_unknown_is_refused (void **state)
{
    (void) state;
    s_refuse_part (PART_ENCODING);
}

static void
test_dtype_of_a_part_that_is_unknown_is_refused (void **state)
{
    (void) state;
    s_refuse_part (PART_DTYPE);
}

//  A load with these dtypes; either may be absent (UINT64_MAX).
static zmsg_t *
s_load (uint64_t request_id, uint64_t master, uint64_t dtype)
{
    raw_t tensor = raw_nothing ();
    raw_text (&tensor, 1, "t");
    raw_varint (&tensor, 2, STAGE_ELEMENTS);
    raw_t layout = raw_nothing ();
    raw_inside (&layout, 1, tensor);
    if (master != UINT64_MAX)
        raw_varint (&layout, 2, master);
    raw_t load = raw_nothing ();
    raw_inside (&load, 1, layout);
    if (dtype != UINT64_MAX)
        raw_varint (&load, 2, dtype);
    raw_t request = raw_request (request_id);
    raw_inside (&request, GRADMQ_COMMAND_SET_MODEL_PARAMETERS, load);
    return raw_frames (&request, stage_values (), STAGE_BYTES);
}

static void
test_dtypes_of_a_load_that_are_unknown_are_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    uint64_t id = 500;
    for (size_t i = 0; i < sizeof s_numbers / sizeof s_numbers [0]; i++) {
        zmsg_t *message = s_load (id++, s_numbers [i], UINT64_MAX);
        stage_declined (&stage, &message, GRADMQ_ERR_UNSUPPORTED);
        message = s_load (id++, UINT64_MAX, s_numbers [i]);
        stage_declined (&stage, &message, GRADMQ_ERR_UNSUPPORTED);
    }
    stage_end (&stage);
}

static void
test_dtype_that_is_no_master_is_refused_as_one (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    zmsg_t *message = s_load (77, GRADMQ_DTYPE_F16, UINT64_MAX);
    stage_declined (&stage, &message, GRADMQ_ERR_UNSUPPORTED);
    message = s_load (78, GRADMQ_DTYPE_BF16, UINT64_MAX);
    stage_declined (&stage, &message, GRADMQ_ERR_UNSUPPORTED);
    stage_end (&stage);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_kind_of_a_gradient_that_is_unknown_is_refused),
        cmocka_unit_test (test_dtype_of_a_gradient_that_is_unknown_is_refused),
        cmocka_unit_test (test_encoding_of_a_part_that_is_unknown_is_refused),
        cmocka_unit_test (test_dtype_of_a_part_that_is_unknown_is_refused),
        cmocka_unit_test (test_dtypes_of_a_load_that_are_unknown_are_refused),
        cmocka_unit_test (test_dtype_that_is_no_master_is_refused_as_one),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
