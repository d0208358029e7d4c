#include "core/code.h"
#include "tensor/payload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static gradmq_layout_t *
s_layout (void)
{
    static const uint64_t matrix [] = {4, 3};
    static const uint64_t vector [] = {5};
    const gradmq_tensor_spec_t specs [] = {{"w", 2, matrix}, {"b", 1, vector}};
    gradmq_layout_t *layout;
    assert_int_equal (gradmq_layout_open (&layout, specs, 2, GRADMQ_DTYPE_F32, NULL), GRADMQ_OK);
    return layout;
}

static gradmq_part_t
s_part (const gradmq_layout_t *layout, uint32_t tensor, uint32_t encoding, uint32_t dtype,
        uint64_t count, uint64_t offset)
{
    gradmq_part_t part = {tensor, encoding, gradmq_dtype (dtype), count, offset, 0};
    assert_int_equal (gradmq_part_size (gradmq_layout_tensor (layout, tensor), encoding, part.dtype,
                                        count, &part.bytes, NULL),
                      GRADMQ_OK);
    return part;
}

static void
test_part_size_dense_and_rows_is_what_the_shape_makes (void **state)
{
    (void) state;
    gradmq_layout_t *layout = s_layout ();
    assert_int_equal (s_part (layout, 0, GRADMQ_ENCODING_DENSE, GRADMQ_DTYPE_F16, 0, 0).bytes, 24);
    assert_int_equal (s_part (layout, 0, GRADMQ_ENCODING_ROWS, GRADMQ_DTYPE_F64, 2, 0).bytes, 56);
    assert_int_equal (s_part (layout, 1, GRADMQ_ENCODING_ROWS, GRADMQ_DTYPE_F32, 5, 0).bytes, 40);
    gradmq_layout_release (&layout);
}

static void
test_part_size_hostile_counts_are_refused (void **state)
{
    (void) state;
    const gradmq_dtype_t *f64 = gradmq_dtype (GRADMQ_DTYPE_F64);
    gradmq_tensor_t tensor = {.name = "t", .elements = 1ull << 40, .rows = 1ull << 40, .row = 1};
    uint64_t bytes = 7;
    assert_int_equal (gradmq_part_size (&tensor, GRADMQ_ENCODING_ROWS, f64, 1, &bytes, NULL),
                      GRADMQ_ERR_UNSUPPORTED);
    assert_int_equal (gradmq_part_size (&tensor, GRADMQ_ENCODING_DENSE, f64, 3, &bytes, NULL),
                      GRADMQ_ERR_ARGUMENT);
    assert_int_equal (gradmq_part_size (&tensor, GRADMQ_ENCODING_TOP_K, f64, 3, &bytes, NULL),
                      GRADMQ_ERR_UNSUPPORTED);
    assert_int_equal (gradmq_part_size (&tensor, 99, f64, 3, &bytes, NULL), GRADMQ_ERR_UNSUPPORTED);
    tensor.rows = 10;
    assert_int_equal (gradmq_part_size (&tensor, GRADMQ_ENCODING_ROWS, f64, 0, &bytes, NULL),
                      GRADMQ_ERR_ARGUMENT);
    assert_int_equal (
        gradmq_part_size (&tensor, GRADMQ_ENCODING_ROWS, f64, UINT64_MAX, &bytes, NULL),
        GRADMQ_ERR_ARGUMENT);
    tensor.row = UINT64_MAX / 16;
    assert_int_equal (gradmq_part_size (&tensor, GRADMQ_ENCODING_ROWS, f64, 10, &bytes, NULL),
                      GRADMQ_ERR_LENGTH);
    assert_int_equal (bytes, 7);
}

static void
test_payload_read_across_frames_gathers_and_within_points (void **state)
{
    (void) state;
    const uint8_t bytes [] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    const gradmq_frame_t frames [] = {{bytes, 3}, {bytes + 3, 1}, {bytes + 4, 6}};
    const gradmq_payload_t payload = {frames, 3, 10};
    uint8_t scratch [10];
    gradmq_payload_mark_t mark = gradmq_payload_seek (&payload, 1);
    assert_ptr_equal (gradmq_payload_read (&payload, &mark, 2, scratch), bytes + 1);
    const uint8_t *gathered = gradmq_payload_read (&payload, &mark, 4, scratch);
    assert_ptr_equal (gathered, scratch);
    assert_memory_equal (gathered, bytes + 3, 4);
    assert_ptr_equal (gradmq_payload_read (&payload, &mark, 3, scratch), bytes + 7);
    mark = gradmq_payload_seek (&payload, 10);
    assert_ptr_equal (gradmq_payload_read (&payload, &mark, 0, scratch), scratch);
    mark = gradmq_payload_seek (&payload, 0);
    assert_memory_equal (gradmq_payload_read (&payload, &mark, 10, scratch), bytes, 10);
}

static void
test_payload_check_frames_hold_against_parts (void **state)
{
    (void) state;
    gradmq_layout_t *layout = s_layout ();
    const gradmq_part_t parts [] = {
        s_part (layout, 0, GRADMQ_ENCODING_DENSE, GRADMQ_DTYPE_F16, 0, 0),
        s_part (layout, 1, GRADMQ_ENCODING_DENSE, GRADMQ_DTYPE_F64, 0, 24)};
    uint8_t bytes [64] = {0};
    gradmq_frame_t frames [] = {{bytes, 10}, {bytes, 22}, {bytes, 32}};
    gradmq_payload_t payload = {frames, 3, 64};
    assert_int_equal (gradmq_payload_check (&payload, layout, parts, 2, NULL), GRADMQ_OK);
    frames [0].size = 11;
    frames [1].size = 21;
    assert_int_equal (gradmq_payload_check (&payload, layout, parts, 2, NULL),
                      GRADMQ_ERR_ALIGNMENT);
    frames [0].size = 26;
    frames [1].size = 6;
    assert_int_equal (gradmq_payload_check (&payload, layout, parts, 2, NULL),
                      GRADMQ_ERR_ALIGNMENT);
    frames [0].size = 24;
    frames [1].size = 8;
    assert_int_equal (gradmq_payload_check (&payload, layout, parts, 2, NULL), GRADMQ_OK);
    frames [1].size = 0;
    assert_int_equal (gradmq_payload_check (&payload, layout, parts, 2, NULL), GRADMQ_ERR_LENGTH);
    frames [1].size = SIZE_MAX;
    assert_int_equal (gradmq_payload_check (&payload, layout, parts, 2, NULL), GRADMQ_ERR_LENGTH);
    frames [1].size = 16;
    assert_int_equal (gradmq_payload_check (&payload, layout, parts, 2, NULL), GRADMQ_ERR_LENGTH);
    assert_int_equal (gradmq_payload_check (&payload, layout, NULL, 0, NULL), GRADMQ_ERR_LENGTH);
    gradmq_layout_release (&layout);
}

static void
s_put_rows (uint8_t *bytes, const uint32_t rows [2])
{
    memcpy (bytes, rows, 8);
}

static void
test_payload_check_rows_out_of_order_or_range_are_refused (void **state)
{
    (void) state;
    gradmq_layout_t *layout = s_layout ();
    const gradmq_part_t part = s_part (layout, 0, GRADMQ_ENCODING_ROWS, GRADMQ_DTYPE_F16, 2, 0);
    uint8_t bytes [20] = {0};
    gradmq_frame_t frames [] = {{bytes, 4}, {bytes + 4, 6}, {bytes + 10, 10}};
    gradmq_payload_t payload = {frames, 3, 20};
    s_put_rows (bytes, (uint32_t []){0, 3});
    assert_int_equal (gradmq_payload_check (&payload, layout, &part, 1, NULL), GRADMQ_OK);
    s_put_rows (bytes, (uint32_t []){3, 3});
    assert_int_equal (gradmq_payload_check (&payload, layout, &part, 1, NULL), GRADMQ_ERR_ARGUMENT);
    s_put_rows (bytes, (uint32_t []){2, 1});
    assert_int_equal (gradmq_payload_check (&payload, layout, &part, 1, NULL), GRADMQ_ERR_ARGUMENT);
    s_put_rows (bytes, (uint32_t []){0, 4});
    assert_int_equal (gradmq_payload_check (&payload, layout, &part, 1, NULL), GRADMQ_ERR_ARGUMENT);
    s_put_rows (bytes, (uint32_t []){0, UINT32_MAX});
    assert_int_equal (gradmq_payload_check (&payload, layout, &part, 1, NULL), GRADMQ_ERR_ARGUMENT);
    frames [0].size = 6;
    frames [1] = (gradmq_frame_t){bytes + 6, 4};
    assert_int_equal (gradmq_payload_check (&payload, layout, &part, 1, NULL),
                      GRADMQ_ERR_ALIGNMENT);
    gradmq_layout_release (&layout);
}

static void
test_payload_check_dense_whole_layout_length_and_alignment (void **state)
{
    (void) state;
    gradmq_layout_t *layout = s_layout ();
    const gradmq_dtype_t *f32 = gradmq_dtype (GRADMQ_DTYPE_F32);
    uint8_t bytes [72] = {0};
    gradmq_frame_t frames [] = {{bytes, 8}, {bytes, 60}};
    gradmq_payload_t payload = {frames, 2, 68};
    assert_int_equal (gradmq_payload_check_dense (&payload, layout, f32, NULL), GRADMQ_OK);
    frames [0].size = 6;
    frames [1].size = 62;
    assert_int_equal (gradmq_payload_check_dense (&payload, layout, f32, NULL),
                      GRADMQ_ERR_ALIGNMENT);
    frames [1].size = 66;
    payload.bytes = 72;
    assert_int_equal (gradmq_payload_check_dense (&payload, layout, f32, NULL), GRADMQ_ERR_LENGTH);
    gradmq_layout_release (&layout);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_part_size_dense_and_rows_is_what_the_shape_makes),
        cmocka_unit_test (test_part_size_hostile_counts_are_refused),
        cmocka_unit_test (test_payload_read_across_frames_gathers_and_within_points),
        cmocka_unit_test (test_payload_check_frames_hold_against_parts),
        cmocka_unit_test (test_payload_check_rows_out_of_order_or_range_are_refused),
        cmocka_unit_test (test_payload_check_dense_whole_layout_length_and_alignment),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
