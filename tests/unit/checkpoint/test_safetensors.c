#include "checkpoint/safetensors.h"

#include "core/bytes.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SAMPLES "tests/data/safetensors/"

static gradmq_safetensors_t *
s_loaded (const char *path, uint32_t dtype)
{
    gradmq_safetensors_t *model;
    gradmq_reason_t why = {0};
    if (gradmq_safetensors_load (&model, path, dtype, &why))
        fail_msg ("%s", why.text);
    return model;
}

//  A file in memory with this header and `data_size` bytes of data behind it.
static uint8_t *
s_file (const char *header, const void *data, size_t data_size, size_t *size)
{
    size_t length = strlen (header);
    *size = 8 + length + data_size;
    uint8_t *bytes = malloc (*size);
    assert_non_null (bytes);
    gradmq_put_u64 (bytes, length);
    memcpy (bytes + 8, header, length);
    if (data_size)
        memcpy (bytes + 8 + length, data, data_size);
    return bytes;
}

static void
s_assert_tensor (const gradmq_layout_t *layout, size_t index, const char *name, uint32_t rank,
                 uint64_t elements)
{
    const gradmq_tensor_t *tensor = gradmq_layout_tensor (layout, index);
    assert_string_equal (tensor->name, name);
    assert_int_equal (tensor->rank, rank);
    assert_int_equal (tensor->elements, elements);
}

static void
test_safetensors_load_reference_f32_gives_its_values (void **state)
{
    (void) state;
    gradmq_safetensors_t *model = s_loaded (SAMPLES "f32.safetensors", 0);
    const gradmq_layout_t *layout = gradmq_safetensors_layout (model);
    assert_int_equal (gradmq_layout_dtype (layout)->code, GRADMQ_DTYPE_F32);
    assert_int_equal (gradmq_layout_count (layout), 3);
    s_assert_tensor (layout, 0, "layer.bias", 1, 2);
    s_assert_tensor (layout, 1, "layer.weight", 2, 6);
    s_assert_tensor (layout, 2, "scale", 0, 1);
    static const float values [] = {0.5f, -0.25f, 0, 1, 2, 3, 4, 5, 2};
    assert_memory_equal (gradmq_safetensors_data (model), values, sizeof values);
    assert_int_equal (gradmq_safetensors_metadata_count (model), 2);
    const gradmq_metadata_t *pairs = gradmq_safetensors_metadata (model);
    assert_string_equal (pairs [0].key, "format");
    assert_string_equal (pairs [0].value, "pt");
    assert_string_equal (pairs [1].value, "a \"quoted\" \xc3\xa9");
    gradmq_safetensors_destroy (&model);
    assert_null (model);
    gradmq_safetensors_destroy (&model);
}

static void
test_safetensors_load_reference_f64_keeps_or_converts (void **state)
{
    (void) state;
    gradmq_safetensors_t *model = s_loaded (SAMPLES "f64.safetensors", 0);
    assert_int_equal (gradmq_layout_dtype (gradmq_safetensors_layout (model))->code,
                      GRADMQ_DTYPE_F64);
    static const double values [] = {1e300, 0, 1.0 / 3, 2.0 / 3, 1};
    assert_memory_equal (gradmq_safetensors_data (model), values, sizeof values);
    gradmq_safetensors_destroy (&model);
    gradmq_reason_t why = {0};
    assert_int_equal (
        gradmq_safetensors_load (&model, SAMPLES "f64.safetensors", GRADMQ_DTYPE_F32, &why),
        GRADMQ_ERR_NON_FINITE);
    assert_non_null (strstr (why.text, "\"s\", element 0 is 1e+300, too large for F32"));
    assert_null (model);
}

static void
test_safetensors_load_reference_mixed_is_converted_without_loss (void **state)
{
    (void) state;
    static const double expected [] = {1.5, 1, -2, 3.140625, 1, -2, 0.5, 65504};
    gradmq_safetensors_t *model = s_loaded (SAMPLES "mixed.safetensors", 0);
    const gradmq_layout_t *layout = gradmq_safetensors_layout (model);
    assert_int_equal (gradmq_layout_dtype (layout)->code, GRADMQ_DTYPE_F32);
    s_assert_tensor (layout, 0, "full", 2, 1);
    s_assert_tensor (layout, 1, "brain", 1, 3);
    s_assert_tensor (layout, 2, "half", 1, 4);
    assert_int_equal (gradmq_safetensors_metadata_count (model), 0);
    const float *singles = gradmq_safetensors_data (model);
    for (size_t i = 0; i < 8; i++)
        assert_float_equal (singles [i], expected [i], 0);
    gradmq_safetensors_destroy (&model);
    model = s_loaded (SAMPLES "mixed.safetensors", GRADMQ_DTYPE_F64);
    assert_memory_equal (gradmq_safetensors_data (model), expected, sizeof expected);
    gradmq_safetensors_destroy (&model);
}

static void
test_safetensors_load_master_dtype_that_is_none_is_refused (void **state)
{
    (void) state;
    gradmq_safetensors_t *model;
    assert_int_equal (
        gradmq_safetensors_load (&model, SAMPLES "f32.safetensors", GRADMQ_DTYPE_F16, NULL),
        GRADMQ_ERR_UNSUPPORTED);
    assert_int_equal (gradmq_safetensors_load (&model, SAMPLES "f32.safetensors", 99, NULL),
                      GRADMQ_ERR_UNSUPPORTED);
}

static void
test_safetensors_load_what_is_no_file_is_refused (void **state)
{
    (void) state;
    gradmq_safetensors_t *model;
    gradmq_reason_t why = {0};
    assert_int_equal (gradmq_safetensors_load (&model, SAMPLES "none", 0, &why), GRADMQ_ERR_IO);
    assert_non_null (strstr (why.text, "none: cannot open it: No such file"));
    assert_int_equal (gradmq_safetensors_load (&model, SAMPLES, 0, &why), GRADMQ_ERR_IO);
    assert_non_null (strstr (why.text, "not a regular file"));
    assert_int_equal (gradmq_safetensors_load (&model, "/dev/zero", 0, &why), GRADMQ_ERR_IO);
    assert_null (model);
}

static void
test_safetensors_parse_values_that_are_not_finite_pass (void **state)
{
    (void) state;
    static const double values [] = {INFINITY, (double) FLT_MAX, -INFINITY};
    size_t size;
    uint8_t *bytes = s_file ("{\"t\":{\"dtype\":\"F64\",\"shape\":[3],\"data_offsets\":[0,24]}}",
                             values, sizeof values, &size);
    gradmq_safetensors_t *model;
    assert_int_equal (gradmq_safetensors_parse (&model, bytes, size, GRADMQ_DTYPE_F32, NULL),
                      GRADMQ_OK);
    const float *singles = gradmq_safetensors_data (model);
    assert_true (isinf (singles [0]) && singles [0] > 0);
    assert_float_equal (singles [1], FLT_MAX, 0);
    assert_true (isinf (singles [2]) && singles [2] < 0);
    gradmq_safetensors_destroy (&model);
    free (bytes);
}

static void
test_safetensors_parse_tensors_stand_in_the_order_of_their_data (void **state)
{
    (void) state;
    static const float values [] = {1, 2, 3};
    size_t size;
    uint8_t *bytes =
        s_file ("{\"c\":{\"data_offsets\":[8,12],\"shape\":[],\"dtype\":\"F32\"},"
                " \"a\" : {\"dtype\":\"F32\",\"shape\":[ 2 ],\"data_offsets\":[0,8]}}\n ",
                values, sizeof values, &size);
    gradmq_safetensors_t *model;
    assert_int_equal (gradmq_safetensors_parse (&model, bytes, size, 0, NULL), GRADMQ_OK);
    s_assert_tensor (gradmq_safetensors_layout (model), 0, "a", 1, 2);
    s_assert_tensor (gradmq_safetensors_layout (model), 1, "c", 0, 1);
    assert_memory_equal (gradmq_safetensors_data (model), values, sizeof values);
    void *data = gradmq_safetensors_take (model);
    assert_null (gradmq_safetensors_data (model));
    gradmq_safetensors_destroy (&model);
    assert_memory_equal (data, values, sizeof values);
    gradmq_safetensors_free (data);
    gradmq_safetensors_free (NULL);
    free (bytes);
}

static void
test_safetensors_parse_more_tensors_than_the_limit_is_refused (void **state)
{
    (void) state;
    char *header = calloc (1, 80 * (GRADMQ_TENSORS_MAX + 1));
    assert_non_null (header);
    size_t at = 0;
    for (unsigned i = 0; i <= GRADMQ_TENSORS_MAX; i++)
        at += (size_t) sprintf (
            header + at, "%s\"%u\":{\"dtype\":\"F16\",\"shape\":[],\"data_offsets\":[%u,%u]}",
            i ? "," : "{", i, 2 * i, 2 * i + 2);
    strcpy (header + at, "}");
    uint8_t data [2 * (GRADMQ_TENSORS_MAX + 1)] = {0};
    size_t size;
    uint8_t *bytes = s_file (header, data, sizeof data, &size);
    gradmq_safetensors_t *model;
    gradmq_reason_t why = {0};
    assert_int_equal (gradmq_safetensors_parse (&model, bytes, size, 0, &why), GRADMQ_ERR_SHAPE);
    assert_non_null (strstr (why.text, "more than 8192 tensors"));
    free (bytes);
    free (header);
}

//  Every beginning of a file, and the file with each of its bits turned, is read or refused.
static void
test_safetensors_parse_cut_or_flipped_file_never_goes_wrong (void **state)
{
    (void) state;
    static const char *const paths [] = {SAMPLES "f32.safetensors", SAMPLES "mixed.safetensors"};
    for (size_t which = 0; which < 2; which++) {
        FILE *file = fopen (paths [which], "rb");
        assert_non_null (file);
        uint8_t bytes [1024];
        size_t size = fread (bytes, 1, sizeof bytes, file);
        fclose (file);
        assert_in_range (size, 100, sizeof bytes - 1);
        gradmq_safetensors_t *model;
        for (size_t cut = 0; cut < size; cut++) {
            uint8_t *part = malloc (cut ? cut : 1);
            assert_non_null (part);
            memcpy (part, bytes, cut);
            gradmq_reason_t why = {0};
            assert_int_not_equal (gradmq_safetensors_parse (&model, part, cut, 0, &why), GRADMQ_OK);
            assert_true (why.text [0]);
            assert_null (model);
            free (part);
        }
        for (size_t bit = 0; bit < size * 8; bit++) {
            bytes [bit / 8] ^= (uint8_t) (1u << bit % 8);
            gradmq_reason_t why = {0};
            gradmq_err_t err = gradmq_safetensors_parse (&model, bytes, size, 0, &why);
            assert_true (err ? why.text [0] && !model : model != NULL);
            gradmq_safetensors_destroy (&model);
            bytes [bit / 8] ^= (uint8_t) (1u << bit % 8);
        }
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_safetensors_load_reference_f32_gives_its_values),
        cmocka_unit_test (test_safetensors_load_reference_f64_keeps_or_converts),
        cmocka_unit_test (test_safetensors_load_reference_mixed_is_converted_without_loss),
        cmocka_unit_test (test_safetensors_load_master_dtype_that_is_none_is_refused),
        cmocka_unit_test (test_safetensors_load_what_is_no_file_is_refused),
        cmocka_unit_test (test_safetensors_parse_values_that_are_not_finite_pass),
        cmocka_unit_test (test_safetensors_parse_tensors_stand_in_the_order_of_their_data),
        cmocka_unit_test (test_safetensors_parse_more_tensors_than_the_limit_is_refused),
        cmocka_unit_test (test_safetensors_parse_cut_or_flipped_file_never_goes_wrong),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
