//  What parts of each encoding have to be: rules L-5, L-6, L-9, W-12.

#include "core/code.h"
#include "tensor/encoding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static gradmq_layout_t *
s_layout (void)
{
    static const uint64_t matrix [] = {4, 3, 2}, vector [] = {700};
    const gradmq_tensor_spec_t specs [] = {{"w", 3, matrix}, {"b", 1, vector}, {"s", 0, NULL}};
    gradmq_layout_t *layout;
    assert_int_equal (gradmq_layout_open (&layout, specs, 3, GRADMQ_DTYPE_F32, NULL), GRADMQ_OK);
    return layout;
}

typedef struct {
    uint32_t tensor, encoding, dtype;
    uint64_t count;
    gradmq_err_t err;
    uint64_t bytes;
} s_case_t;

static const s_case_t s_cases [] = {
    {0, GRADMQ_ENCODING_TOP_K, GRADMQ_DTYPE_F32, 5, GRADMQ_OK, 40},
    {0, GRADMQ_ENCODING_TOP_K, GRADMQ_DTYPE_F16, 24, GRADMQ_OK, 144},
    {2, GRADMQ_ENCODING_TOP_K, GRADMQ_DTYPE_F64, 1, GRADMQ_OK, 12},
    {0, GRADMQ_ENCODING_TOP_K, GRADMQ_DTYPE_F32, 0, GRADMQ_ERR_ARGUMENT, 0},
    {0, GRADMQ_ENCODING_TOP_K, GRADMQ_DTYPE_F32, 25, GRADMQ_ERR_ARGUMENT, 0},
    {0, GRADMQ_ENCODING_TOP_K, GRADMQ_DTYPE_F32, UINT64_MAX, GRADMQ_ERR_ARGUMENT, 0},
    {0, GRADMQ_ENCODING_INT8, GRADMQ_DTYPE_F32, 0, GRADMQ_OK, 4 + 24},
    {1, GRADMQ_ENCODING_INT8, GRADMQ_DTYPE_F32, 0, GRADMQ_OK, 12 + 700},
    {2, GRADMQ_ENCODING_INT8, GRADMQ_DTYPE_F32, 0, GRADMQ_OK, 5},
    {1, GRADMQ_ENCODING_INT8, GRADMQ_DTYPE_F32, 1, GRADMQ_ERR_ARGUMENT, 0},
    {1, GRADMQ_ENCODING_INT8, GRADMQ_DTYPE_F64, 0, GRADMQ_ERR_UNSUPPORTED, 0},
    {1, GRADMQ_ENCODING_INT8, GRADMQ_DTYPE_F16, 0, GRADMQ_ERR_UNSUPPORTED, 0},
    {0, GRADMQ_ENCODING_LOW_RANK, GRADMQ_DTYPE_F32, 1, GRADMQ_OK, 40},
    {0, GRADMQ_ENCODING_LOW_RANK, GRADMQ_DTYPE_F64, 4, GRADMQ_OK, 320},
    {0, GRADMQ_ENCODING_LOW_RANK, GRADMQ_DTYPE_F32, 5, GRADMQ_ERR_ARGUMENT, 0},
    {0, GRADMQ_ENCODING_LOW_RANK, GRADMQ_DTYPE_F32, 0, GRADMQ_ERR_ARGUMENT, 0},
    {1, GRADMQ_ENCODING_LOW_RANK, GRADMQ_DTYPE_F32, 1, GRADMQ_ERR_UNSUPPORTED, 0},
    {2, GRADMQ_ENCODING_LOW_RANK, GRADMQ_DTYPE_F32, 1, GRADMQ_ERR_UNSUPPORTED, 0},
    {0, 6, GRADMQ_DTYPE_F32, 0, GRADMQ_ERR_UNSUPPORTED, 0},
    {0, 0, GRADMQ_DTYPE_F32, 0, GRADMQ_ERR_UNSUPPORTED, 0},
};

static void
test_part_size_is_what_encoding_and_shape_make (void **state)
{
    (void) state;
    gradmq_layout_t *layout = s_layout ();
    for (size_t i = 0; i < sizeof s_cases / sizeof *s_cases; i++) {
        const s_case_t *c = &s_cases [i];
        uint64_t bytes = 0;
        assert_int_equal (gradmq_part_size (gradmq_layout_tensor (layout, c->tensor), c->encoding,
                                            gradmq_dtype (c->dtype), c->count, &bytes, NULL),
                          c->err);
        assert_int_equal (bytes, c->bytes);
    }
    gradmq_layout_release (&layout);
}

static void
test_part_size_beyond_64_bits_is_refused (void **state)
{
    (void) state;
    const gradmq_dtype_t *f64 = gradmq_dtype (GRADMQ_DTYPE_F64);
    uint64_t bytes = 7;
    gradmq_tensor_t tensor = {
        .name = "t", .rank = 2, .elements = 1ull << 62, .rows = 1ull << 31, .row = 1ull << 31};
    assert_int_equal (
        gradmq_part_size (&tensor, GRADMQ_ENCODING_LOW_RANK, f64, 1ull << 31, &bytes, NULL),
        GRADMQ_ERR_LENGTH);
    assert_int_equal (gradmq_part_size (&tensor, GRADMQ_ENCODING_TOP_K, f64, 1, &bytes, NULL),
                      GRADMQ_ERR_UNSUPPORTED);
    assert_int_equal (bytes, 7);
}

//  A payload of one part, in two frames that meet at `cut`.
static gradmq_err_t
s_check (const gradmq_layout_t *layout, uint32_t tensor, uint32_t encoding, uint64_t count,
         const uint8_t *bytes, size_t cut)
{
    gradmq_part_t part = {.tensor = tensor,
                          .encoding = encoding,
                          .dtype = gradmq_dtype (GRADMQ_DTYPE_F32),
                          .count = count};
    assert_int_equal (gradmq_part_size (gradmq_layout_tensor (layout, tensor), encoding, part.dtype,
                                        count, &part.bytes, NULL),
                      GRADMQ_OK);
    const gradmq_frame_t frames [] = {{bytes, cut}, {bytes + cut, (size_t) part.bytes - cut}};
    const gradmq_payload_t payload = {frames, 2, part.bytes};
    return gradmq_payload_check (&payload, layout, &part, 1, NULL);
}

static void
test_payload_frames_end_between_scales_indices_and_elements (void **state)
{
    (void) state;
    gradmq_layout_t *layout = s_layout ();
    uint8_t bytes [1024] = {0};
    for (size_t cut = 1; cut < 711; cut++)
        assert_int_equal (s_check (layout, 1, GRADMQ_ENCODING_INT8, 0, bytes, cut),
                          cut > 12 || cut % 4 == 0 ? GRADMQ_OK : GRADMQ_ERR_ALIGNMENT);
    for (uint32_t i = 0; i < 3; i++)
        memcpy (bytes + 4 * i, &i, 4);
    for (size_t cut = 1; cut < 24; cut++) {
        gradmq_err_t wanted = cut % 4 ? GRADMQ_ERR_ALIGNMENT : GRADMQ_OK;
        assert_int_equal (s_check (layout, 1, GRADMQ_ENCODING_TOP_K, 3, bytes, cut), wanted);
        assert_int_equal (s_check (layout, 0, GRADMQ_ENCODING_LOW_RANK, 1, bytes, cut), wanted);
    }
    gradmq_layout_release (&layout);
}

static void
test_payload_indices_of_elements_are_held_against_the_tensor (void **state)
{
    (void) state;
    static const struct {
        uint32_t indices [2];
        gradmq_err_t err;
    } cases [] = {{{0, 23}, GRADMQ_OK},
                  {{0, 24}, GRADMQ_ERR_ARGUMENT},
                  {{5, 5}, GRADMQ_ERR_ARGUMENT},
                  {{5, 4}, GRADMQ_ERR_ARGUMENT},
                  {{UINT32_MAX, 0}, GRADMQ_ERR_ARGUMENT},
                  {{0, UINT32_MAX}, GRADMQ_ERR_ARGUMENT}};
    gradmq_layout_t *layout = s_layout ();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes [16] = {0};
        memcpy (bytes, cases [i].indices, 8);
        assert_int_equal (s_check (layout, 0, GRADMQ_ENCODING_TOP_K, 2, bytes, 4), cases [i].err);
    }
    gradmq_layout_release (&layout);
}

static void
test_encoding_rows_have_names_and_codes_of_their_own (void **state)
{
    (void) state;
    size_t rows = 0;
    for (; gradmq_encoding_at (rows); rows++) {
        uint32_t code = gradmq_encoding_at (rows)->code;
        assert_ptr_equal (gradmq_encoding (code), gradmq_encoding_at (rows));
        assert_string_not_equal (gradmq_encoding_name (code), "?");
    }
    assert_int_equal (rows, GRADMQ_ENCODING_LOW_RANK);
    assert_null (gradmq_encoding (0));
    assert_null (gradmq_encoding (GRADMQ_ENCODING_LOW_RANK + 1));
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_part_size_is_what_encoding_and_shape_make),
        cmocka_unit_test (test_part_size_beyond_64_bits_is_refused),
        cmocka_unit_test (test_payload_frames_end_between_scales_indices_and_elements),
        cmocka_unit_test (test_payload_indices_of_elements_are_held_against_the_tensor),
        cmocka_unit_test (test_encoding_rows_have_names_and_codes_of_their_own),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
