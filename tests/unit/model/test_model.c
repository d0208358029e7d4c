#include "model/model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t
s_time (void *context)
{
    return *(uint64_t *) context;
}

static gradmq_clock_t
s_clock (uint64_t *now)
{
    return (gradmq_clock_t){.monotonic_us = s_time, .unix_us = s_time, .context = now};
}

static gradmq_layout_t *
s_layout (uint64_t elements, uint32_t dtype)
{
    const gradmq_tensor_spec_t specs [] = {{"w", 1, &elements}, {"s", 0, NULL}};
    gradmq_layout_t *layout;
    assert_int_equal (gradmq_layout_open (&layout, specs, 2, dtype, NULL), GRADMQ_OK);
    return layout;
}

//  Load elements + 1 values, given as float, in `dtype`, cut into frames of `piece` bytes.
static gradmq_err_t
s_load (gradmq_model_t *model, gradmq_layout_t *layout, uint32_t code, const float *values,
        size_t piece, gradmq_reason_t *reason)
{
    const gradmq_dtype_t *dtype = gradmq_dtype (code);
    size_t count = gradmq_layout_elements (layout);
    size_t size = count * dtype->size;
    uint8_t *bytes = malloc (size + 1);
    dtype->from_f32 (bytes + 1, values, count);
    gradmq_frame_t *frames = calloc (size / piece + 1, sizeof *frames);
    gradmq_payload_t payload = {frames, 0, size};
    for (size_t at = 0; at < size; at += piece)
        frames [payload.count++] =
            (gradmq_frame_t){bytes + 1 + at, size - at < piece ? size - at : piece};
    gradmq_err_t rc = gradmq_model_load (model, layout, dtype, &payload, reason);
    free (frames);
    free (bytes);
    return rc;
}

static void
test_model_load_every_dtype_into_both_masters_converts (void **state)
{
    (void) state;
    uint64_t now = 1000;
    gradmq_model_t *model = gradmq_model_new (s_clock (&now));
    float values [9001];
    for (size_t i = 0; i < 9001; i++)
        values [i] = (float) (i % 97) - 48.0f;
    for (uint32_t master = GRADMQ_DTYPE_F32; master <= GRADMQ_DTYPE_F64; master++)
        for (uint32_t code = GRADMQ_DTYPE_F32; code <= GRADMQ_DTYPE_BF16; code++) {
            gradmq_layout_t *layout = s_layout (9000, master);
            assert_int_equal (s_load (model, layout, code, values, 1000, NULL), GRADMQ_OK);
            const void *bytes = gradmq_snapshot_bytes (gradmq_model_newest (model));
            double *got = malloc (9001 * sizeof *got);
            gradmq_dtype (master)->to_f64 (got, bytes, 9001);
            for (size_t i = 0; i < 9001; i++)
                assert_true (got [i] == (double) values [i]);
            free (got);
            gradmq_layout_release (&layout);
        }
    gradmq_model_destroy (&model);
}

static void
test_model_epoch_grows_with_the_clock_and_without_it (void **state)
{
    (void) state;
    uint64_t now = 1000;
    gradmq_model_t *model = gradmq_model_new (s_clock (&now));
    gradmq_layout_t *layout = s_layout (1, GRADMQ_DTYPE_F32);
    const float values [] = {1, 2};
    assert_int_equal (gradmq_model_epoch (model), 0);
    assert_int_equal (gradmq_model_new_epoch (model), GRADMQ_ERR_NO_MODEL);
    assert_false (gradmq_model_loaded (model));
    assert_null (gradmq_model_layout (model));
    assert_int_equal (s_load (model, layout, GRADMQ_DTYPE_F32, values, 8, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_model_epoch (model), 1000);
    now = 500;
    assert_int_equal (s_load (model, layout, GRADMQ_DTYPE_F32, values, 8, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_model_epoch (model), 1001);
    now = 7000;
    assert_int_equal (gradmq_model_new_epoch (model), GRADMQ_OK);
    assert_int_equal (gradmq_model_epoch (model), 7000);
    assert_int_equal (gradmq_model_version (model), 0);
    gradmq_layout_release (&layout);
    gradmq_model_destroy (&model);
}

static void
test_model_load_refused_leaves_the_model_as_it_was (void **state)
{
    (void) state;
    uint64_t now = 1000;
    gradmq_model_t *model = gradmq_model_new (s_clock (&now));
    gradmq_layout_t *layout = s_layout (3, GRADMQ_DTYPE_F32);
    gradmq_layout_t *larger = s_layout (4, GRADMQ_DTYPE_F32);
    const float values [] = {1, 2, 3, 4};
    assert_int_equal (s_load (model, layout, GRADMQ_DTYPE_F32, values, 16, NULL), GRADMQ_OK);
    gradmq_snapshot_t *newest = gradmq_model_newest (model);
    gradmq_reason_t reason;
    now = 2000;
    const float bad [] = {1, 2, 3, 4, NAN};
    assert_int_equal (s_load (model, larger, GRADMQ_DTYPE_F32, bad, 4, &reason),
                      GRADMQ_ERR_NON_FINITE);
    assert_non_null (strstr (reason.text, "element 0 of tensor 's'"));
    assert_int_equal (s_load (model, layout, GRADMQ_DTYPE_F16, bad + 1, 8, NULL),
                      GRADMQ_ERR_NON_FINITE);
    const double huge [] = {1, 2, 1e300, 4};
    gradmq_frame_t frame = {(const uint8_t *) huge, sizeof huge};
    gradmq_payload_t payload = {&frame, 1, sizeof huge};
    assert_int_equal (
        gradmq_model_load (model, layout, gradmq_dtype (GRADMQ_DTYPE_F64), &payload, NULL),
        GRADMQ_ERR_NON_FINITE);
    frame.size = payload.bytes = 24;
    assert_int_equal (
        gradmq_model_load (model, layout, gradmq_dtype (GRADMQ_DTYPE_F64), &payload, NULL),
        GRADMQ_ERR_LENGTH);
    assert_int_equal (s_load (model, layout, GRADMQ_DTYPE_F32, values, 6, NULL),
                      GRADMQ_ERR_ALIGNMENT);
    assert_ptr_equal (gradmq_model_newest (model), newest);
    assert_memory_equal (gradmq_snapshot_bytes (newest), values, sizeof values);
    assert_int_equal (gradmq_model_epoch (model), 1000);
    assert_int_equal (gradmq_model_pinned (model), 0);
    gradmq_layout_release (&layout);
    gradmq_layout_release (&larger);
    gradmq_model_destroy (&model);
}

static void
test_model_next_in_place_only_when_nobody_else_holds_it (void **state)
{
    (void) state;
    uint64_t now = 1000;
    gradmq_model_t *model = gradmq_model_new (s_clock (&now));
    gradmq_snapshot_t *next;
    assert_int_equal (gradmq_model_next (model, true, &next), GRADMQ_ERR_NO_MODEL);
    gradmq_layout_t *layout = s_layout (1, GRADMQ_DTYPE_F32);
    const float values [] = {1, 2};
    assert_int_equal (s_load (model, layout, GRADMQ_DTYPE_F32, values, 8, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_model_next (model, true, &next), GRADMQ_OK);
    assert_ptr_equal (next, gradmq_model_newest (model));
    gradmq_model_commit (model, &next, 3);
    assert_null (next);
    assert_int_equal (gradmq_model_version (model), 3);
    assert_false (gradmq_snapshot_shared (gradmq_model_newest (model)));

    assert_int_equal (gradmq_model_next (model, false, &next), GRADMQ_OK);
    assert_ptr_not_equal (next, gradmq_model_newest (model));
    gradmq_snapshot_release (&next);

    gradmq_snapshot_t *reader = gradmq_snapshot_acquire (gradmq_model_newest (model));
    assert_int_equal (gradmq_model_next (model, true, &next), GRADMQ_OK);
    assert_ptr_not_equal (next, reader);
    memset (gradmq_snapshot_write (next), 0, 8);
    gradmq_model_commit (model, &next, 1);
    assert_int_equal (gradmq_snapshot_version (reader), 3);
    assert_int_equal (gradmq_model_version (model), 4);
    assert_int_equal (gradmq_model_pinned (model), 1);
    assert_memory_equal (gradmq_snapshot_bytes (reader), values, 8);
    gradmq_snapshot_release (&reader);
    assert_int_equal (gradmq_model_pinned (model), 0);
    gradmq_layout_release (&layout);
    gradmq_model_destroy (&model);
}

static void
test_model_new_epoch_with_readers_keeps_their_position (void **state)
{
    (void) state;
    uint64_t now = 1000;
    gradmq_model_t *model = gradmq_model_new (s_clock (&now));
    gradmq_layout_t *layout = s_layout (1, GRADMQ_DTYPE_F32);
    const float values [] = {1, 2};
    assert_int_equal (s_load (model, layout, GRADMQ_DTYPE_F32, values, 8, NULL), GRADMQ_OK);
    gradmq_snapshot_t *reader = gradmq_snapshot_acquire (gradmq_model_newest (model));
    assert_int_equal (gradmq_model_new_epoch (model), GRADMQ_OK);
    assert_int_equal (gradmq_snapshot_epoch (reader), 1000);
    assert_int_equal (gradmq_model_epoch (model), 1001);
    gradmq_snapshot_t *next;
    assert_int_equal (gradmq_model_next (model, true, &next), GRADMQ_OK);
    assert_ptr_not_equal (gradmq_snapshot_bytes (next), gradmq_snapshot_bytes (reader));
    memset (gradmq_snapshot_write (next), 0, 8);
    gradmq_model_commit (model, &next, 1);
    assert_memory_equal (gradmq_snapshot_bytes (reader), values, 8);
    gradmq_model_destroy (&model);
    assert_memory_equal (gradmq_snapshot_bytes (reader), values, 8);
    gradmq_snapshot_release (&reader);
    gradmq_layout_release (&layout);
}

static void
s_count_release (void *bytes, void *context)
{
    assert_non_null (bytes);
    ++*(int *) context;
}

static void
test_model_take_wrapped_buffer_is_used_and_never_written (void **state)
{
    (void) state;
    uint64_t now = 1000;
    gradmq_model_t *model = gradmq_model_new (s_clock (&now));
    gradmq_layout_t *layout = s_layout (1, GRADMQ_DTYPE_F32);
    float values [] = {1, INFINITY};
    int released = 0;
    gradmq_snapshot_t *mine = gradmq_snapshot_wrap (layout, values, s_count_release, &released);
    assert_int_equal (gradmq_model_take (model, &mine, NULL), GRADMQ_ERR_NON_FINITE);
    assert_non_null (mine);
    assert_false (gradmq_model_loaded (model));
    values [1] = 2;
    assert_int_equal (gradmq_model_take (model, &mine, NULL), GRADMQ_OK);
    assert_null (mine);
    assert_ptr_equal (gradmq_snapshot_bytes (gradmq_model_newest (model)), values);
    gradmq_snapshot_t *next;
    assert_int_equal (gradmq_model_next (model, true, &next), GRADMQ_OK);
    assert_ptr_not_equal (gradmq_snapshot_bytes (next), values);
    assert_int_equal (released, 0);
    memset (gradmq_snapshot_write (next), 0, 8);
    gradmq_model_commit (model, &next, 1);
    assert_int_equal (released, 1);
    gradmq_layout_release (&layout);
    gradmq_model_destroy (&model);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_model_load_every_dtype_into_both_masters_converts),
        cmocka_unit_test (test_model_epoch_grows_with_the_clock_and_without_it),
        cmocka_unit_test (test_model_load_refused_leaves_the_model_as_it_was),
        cmocka_unit_test (test_model_next_in_place_only_when_nobody_else_holds_it),
        cmocka_unit_test (test_model_new_epoch_with_readers_keeps_their_position),
        cmocka_unit_test (test_model_take_wrapped_buffer_is_used_and_never_written),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
