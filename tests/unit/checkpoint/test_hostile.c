#include "checkpoint/safetensors.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER "tests/data/safetensors/hostile"

//  What is said about each file of the folder.
static const struct {
    const char *file;
    gradmq_err_t code;
    const char *said;
} s_rows [] = {
    {"empty", GRADMQ_ERR_FORMAT, "has 0 bytes"},
    {"seven_bytes", GRADMQ_ERR_FORMAT, "has 7 bytes"},
    {"length_only", GRADMQ_ERR_FORMAT, "only 0 follow; it was cut"},
    {"length_beyond_file", GRADMQ_ERR_FORMAT, "says its header has 100 bytes, but only 2 follow"},
    {"length_beyond_format", GRADMQ_ERR_FORMAT, "says its header has 100000001 bytes"},
    {"length_all_ones", GRADMQ_ERR_FORMAT, "18446744073709551615 bytes; the format allows"},
    {"length_zero", GRADMQ_ERR_FORMAT, "does not begin with {"},
    {"no_brace", GRADMQ_ERR_FORMAT, "does not begin with {"},
    {"not_json", GRADMQ_ERR_FORMAT, "byte 1: expected a string"},
    {"unclosed", GRADMQ_ERR_FORMAT, "expected a comma or }"},
    {"nothing_inside", GRADMQ_ERR_SHAPE, "has no tensor"},
    {"byte_behind", GRADMQ_ERR_FORMAT, "expected nothing but spaces to the end"},
    {"nul_behind", GRADMQ_ERR_FORMAT, "expected nothing but spaces to the end"},
    {"comma_behind", GRADMQ_ERR_FORMAT, "expected a string"},
    {"array", GRADMQ_ERR_FORMAT, "does not begin with {"},
    {"deep", GRADMQ_ERR_FORMAT, "byte 5: expected an object in t"},
    {"deep_metadata", GRADMQ_ERR_FORMAT, "expected a string in __metadata__"},
    {"broken_utf8", GRADMQ_ERR_FORMAT, "byte 2: expected valid UTF-8"},
    {"overlong_utf8", GRADMQ_ERR_FORMAT, "expected valid UTF-8"},
    {"newline_in_string", GRADMQ_ERR_FORMAT, "expected no control character"},
    {"nul_escape", GRADMQ_ERR_FORMAT, "expected a character other than NUL"},
    {"lone_surrogate", GRADMQ_ERR_FORMAT, "expected a whole pair of surrogates"},
    {"swapped_surrogates", GRADMQ_ERR_FORMAT, "expected a whole pair of surrogates"},
    {"bad_escape", GRADMQ_ERR_FORMAT, "expected one of"},
    {"short_escape", GRADMQ_ERR_FORMAT, "expected four hexadecimal digits"},
    {"tensor_twice", GRADMQ_ERR_FORMAT, "tensor \"t\" is there twice"},
    {"tensor_twice_by_escape", GRADMQ_ERR_FORMAT, "tensor \"t\" is there twice"},
    {"key_twice", GRADMQ_ERR_FORMAT, "has the key \"dtype\" twice"},
    {"key_unknown", GRADMQ_ERR_FORMAT, "has a key \"more\""},
    {"no_dtype", GRADMQ_ERR_FORMAT, "has no dtype"},
    {"no_shape", GRADMQ_ERR_FORMAT, "has no shape"},
    {"no_offsets", GRADMQ_ERR_FORMAT, "has no data_offsets"},
    {"metadata_twice", GRADMQ_ERR_FORMAT, "has __metadata__ twice"},
    {"metadata_key_twice", GRADMQ_ERR_FORMAT, "has the key \"a\" twice"},
    {"metadata_number", GRADMQ_ERR_FORMAT, "expected a string in __metadata__"},
    {"metadata_null", GRADMQ_ERR_FORMAT, "expected an object in __metadata__"},
    {"metadata_only", GRADMQ_ERR_SHAPE, "has no tensor"},
    {"shape_negative", GRADMQ_ERR_FORMAT, "expected a whole number from 0 on"},
    {"shape_fraction", GRADMQ_ERR_FORMAT, "expected a number without fraction"},
    {"shape_exponent", GRADMQ_ERR_FORMAT, "expected a number without fraction"},
    {"shape_leading_zero", GRADMQ_ERR_FORMAT, "expected a number without leading zeros"},
    {"shape_beyond_u64", GRADMQ_ERR_FORMAT, "expected a number below 2^64"},
    {"shape_zero", GRADMQ_ERR_SHAPE, "has a dimension of 0"},
    {"shape_nine_dimensions", GRADMQ_ERR_SHAPE, "has more than 8 dimensions"},
    {"shape_overflow", GRADMQ_ERR_FORMAT, "more bytes than 64 bits can count"},
    {"shape_overflow_to_fit", GRADMQ_ERR_FORMAT, "more bytes than 64 bits can count"},
    {"shape_too_many_elements", GRADMQ_ERR_FORMAT,
     "take 4398046511108 bytes of data, the file has 4"},
    {"shape_string", GRADMQ_ERR_FORMAT, "expected a whole number from 0 on"},
    {"shape_comma", GRADMQ_ERR_FORMAT, "expected a whole number from 0 on"},
    {"offsets_one", GRADMQ_ERR_FORMAT, "expected two numbers"},
    {"offsets_three", GRADMQ_ERR_FORMAT, "expected no more than two numbers"},
    {"offsets_backwards", GRADMQ_ERR_FORMAT, "ends before it begins"},
    {"offsets_too_short", GRADMQ_ERR_FORMAT, "has 3 bytes of data; its shape and type make 4"},
    {"offsets_too_long", GRADMQ_ERR_FORMAT, "has 8 bytes of data; its shape and type make 4"},
    {"hole_in_front", GRADMQ_ERR_FORMAT, "begins at byte 4 of the data, after a hole"},
    {"hole_between", GRADMQ_ERR_FORMAT, "tensor \"b\" begins at byte 8 of the data, after a hole"},
    {"overlap", GRADMQ_ERR_FORMAT, "tensor \"b\" begins at byte 4 of the data, inside of another"},
    {"same_bytes_twice", GRADMQ_ERR_FORMAT, "inside of another"},
    {"data_cut", GRADMQ_ERR_FORMAT, "take 4 bytes of data, the file has 3; it was cut"},
    {"data_missing", GRADMQ_ERR_FORMAT, "take 4 bytes of data, the file has 0; it was cut"},
    {"data_left_over", GRADMQ_ERR_FORMAT, "take 4 bytes of data, the file has 5"},
    {"dtype_integer", GRADMQ_ERR_UNSUPPORTED,
     "is of type \"I64\"; it can be F32, F64, F16 or BF16"},
    {"dtype_lower_case", GRADMQ_ERR_UNSUPPORTED, "is of type \"f32\""},
    {"dtype_number", GRADMQ_ERR_FORMAT, "expected a string in t"},
    {"name_empty", GRADMQ_ERR_NAME, "name"},
    {"name_control", GRADMQ_ERR_NAME, "name"},
    {"name_too_long", GRADMQ_ERR_NAME, "name"},
};

enum { ROWS = sizeof s_rows / sizeof s_rows [0] };

static void
test_safetensors_load_hostile_file_is_refused_with_its_reason (void **state)
{
    (void) state;
    for (size_t i = 0; i < ROWS; i++) {
        char path [256];
        snprintf (path, sizeof path, FOLDER "/%s.safetensors", s_rows [i].file);
        gradmq_safetensors_t *model = NULL;
        gradmq_reason_t why = {0};
        gradmq_err_t err = gradmq_safetensors_load (&model, path, 0, &why);
        assert_null (model);
        if (err != s_rows [i].code || why.code != err || !strstr (why.text, s_rows [i].said))
            fail_msg ("%s: %s: \"%s\" does not say \"%s\"", s_rows [i].file, gradmq_err_name (err),
                      why.text, s_rows [i].said);
        if (!strstr (why.text, path))
            fail_msg ("\"%s\" does not name the file", why.text);
    }
}

static bool
s_is_row (const char *name)
{
    for (size_t i = 0; i < ROWS; i++) {
        size_t length = strlen (s_rows [i].file);
        if (strncmp (name, s_rows [i].file, length) == 0
            && strcmp (name + length, ".safetensors") == 0)
            return true;
    }
    return false;
}

static void
test_hostile_folder_every_file_has_its_row (void **state)
{
    (void) state;
    DIR *folder = opendir (FOLDER);
    assert_non_null (folder);
    size_t files = 0;
    for (struct dirent *entry = readdir (folder); entry; entry = readdir (folder)) {
        if (entry->d_name [0] == '.')
            continue;
        files++;
        if (!s_is_row (entry->d_name))
            fail_msg ("no row says why %s is refused", entry->d_name);
    }
    closedir (folder);
    assert_int_equal (files, ROWS);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_safetensors_load_hostile_file_is_refused_with_its_reason),
        cmocka_unit_test (test_hostile_folder_every_file_has_its_row),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
