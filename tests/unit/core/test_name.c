#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/limit.h"
#include "core/name.h"

#include <stdbool.h>
#include <string.h>

typedef struct {
    const char *name;
    bool valid;
} row_t;

static void
s_expect (bool (*is_valid) (const char *name), const row_t *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_valid (rows [i].name) != rows [i].valid)
            fail_msg ("row %zu: \"%s\"", i, rows [i].name ? rows [i].name : "NULL");
}

//  `size` letters.
static const char *
s_long (char text [256], size_t size)
{
    memset (text, 'n', size);
    text [size] = 0;
    return text;
}

static void
test_name_valid_rule_a1_table (void **state)
{
    (void) state;
    static const row_t rows [] = {
        {"a", true},          {"Z9", true},   {"_x", true},     {"7", true},   {"a-b.c_d", true},
        {"a..", true},        {"a--", true},  {NULL, false},    {"", false},   {"-a", false},
        {".a", false},        {"a b", false}, {"a/b", false},   {"a*", false}, {"\xc3\xa9", false},
        {"a\xc3\xa9", false}, {"a\n", false}, {"a\x7f", false}, {"a:", false}, {"@a", false},
        {"[", false},         {"`", false},   {"{", false},
    };
    s_expect (gradmq_name_valid, rows, sizeof rows / sizeof rows [0]);
}

static void
test_name_valid_length_at_the_limit (void **state)
{
    (void) state;
    char text [256];
    assert_true (gradmq_name_valid (s_long (text, GRADMQ_NAME_BYTES_MAX)));
    assert_false (gradmq_name_valid (s_long (text, GRADMQ_NAME_BYTES_MAX + 1)));
}

static void
test_tensor_name_valid_rule_a2_table (void **state)
{
    (void) state;
    static const row_t rows [] = {
        {"w", true},
        {"layer 1/weight:0", true},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", true},
        {"-", true},
        {"__metadata__x", true},
        {"__metadata__", false},
        {NULL, false},
        {"", false},
        {"a\n", false},
        {"\x1f", false},
        {"\x7f", false},
        {"\xff", false},
        {"a\xc3", false},
        {"\xed\xa0\x80", false},
    };
    s_expect (gradmq_tensor_name_valid, rows, sizeof rows / sizeof rows [0]);
}

static void
test_tensor_name_valid_length_at_the_limit (void **state)
{
    (void) state;
    char text [256];
    assert_true (gradmq_tensor_name_valid (s_long (text, GRADMQ_TENSOR_NAME_BYTES_MAX)));
    assert_false (gradmq_tensor_name_valid (s_long (text, GRADMQ_TENSOR_NAME_BYTES_MAX + 1)));
    //  A character that would end past the limit.
    s_long (text, GRADMQ_TENSOR_NAME_BYTES_MAX - 1);
    memcpy (text + GRADMQ_TENSOR_NAME_BYTES_MAX - 1, "\xc3\xa9", 3);
    assert_false (gradmq_tensor_name_valid (text));
}

static void
test_metric_name_valid_rule_a3_table (void **state)
{
    (void) state;
    static const row_t rows [] = {
        {"loss", true}, {"val loss", true}, {"__metadata__", true}, {"", false},
        {NULL, false},  {"a\t", false},     {"\xc0\x80", false},
    };
    s_expect (gradmq_metric_name_valid, rows, sizeof rows / sizeof rows [0]);
    char text [256];
    assert_true (gradmq_metric_name_valid (s_long (text, GRADMQ_NAME_BYTES_MAX)));
    assert_false (gradmq_metric_name_valid (s_long (text, GRADMQ_NAME_BYTES_MAX + 1)));
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_name_valid_rule_a1_table),
        cmocka_unit_test (test_name_valid_length_at_the_limit),
        cmocka_unit_test (test_tensor_name_valid_rule_a2_table),
        cmocka_unit_test (test_tensor_name_valid_length_at_the_limit),
        cmocka_unit_test (test_metric_name_valid_rule_a3_table),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
