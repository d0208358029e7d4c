#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/utf8.h"

#include <string.h>

typedef struct {
    const char *text;
    size_t length;
} row_t;

static void
test_length_table_of_rfc_3629 (void **state)
{
    (void) state;
    static const row_t rows [] = {
        {"a", 1},
        {"\x7f", 1},
        {"\xc2\x80", 2},
        {"\xdf\xbf", 2},
        {"\xe0\xa0\x80", 3},
        {"\xed\x9f\xbf", 3},
        {"\xee\x80\x80", 3},
        {"\xef\xbf\xbf", 3},
        {"\xf0\x90\x80\x80", 4},
        {"\xf4\x8f\xbf\xbf", 4},
        //  A continuation alone, overlong forms, surrogates, past U+10FFFF, no such first byte.
        {"\x80", 0},
        {"\xbf", 0},
        {"\xc0\x80", 0},
        {"\xc1\xbf", 0},
        {"\xe0\x9f\xbf", 0},
        {"\xed\xa0\x80", 0},
        {"\xed\xbf\xbf", 0},
        {"\xf0\x8f\xbf\xbf", 0},
        {"\xf4\x90\x80\x80", 0},
        {"\xf5\x80\x80\x80", 0},
        {"\xff", 0},
        //  A continuation that is none.
        {"\xc2z", 0},
        {"\xe2\x82z", 0},
        {"\xe2z\x82", 0},
        {"\xf0\x9f\x98z", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++)
        if (gradmq_utf8_length (rows [i].text, strlen (rows [i].text)) != rows [i].length)
            fail_msg ("row %zu", i);
}

static void
test_length_cut_short_is_not_valid (void **state)
{
    (void) state;
    assert_int_equal (gradmq_utf8_length ("a", 0), 0);
    for (size_t left = 1; left < 4; left++)
        assert_int_equal (gradmq_utf8_length ("\xf0\x9f\x98\x80", left), 0);
    assert_int_equal (gradmq_utf8_length ("\xf0\x9f\x98\x80", 4), 4);
    assert_int_equal (gradmq_utf8_length ("\xc3\xa9zzz", 5), 2);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_length_table_of_rfc_3629),
        cmocka_unit_test (test_length_cut_short_is_not_valid),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
