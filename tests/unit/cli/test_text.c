#include "cli/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

static void
test_size_is_in_binary_units (void **state)
{
    (void) state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } rows [] = {
        {0, "0 B"},
        {1023, "1023 B"},
        {1024, "1.0 KiB"},
        {1536, "1.5 KiB"},
        {102348, "99.9 KiB"},
        {1048575, "1.0 MiB"},
        {104857600, "100 MiB"},
        {1ull << 40, "1.0 TiB"},
        {UINT64_MAX, "16.0 EiB"},
    };
    char text [GRADMQ_TEXT_BYTES];
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++)
        assert_string_equal (gradmq_text_size (text, rows [i].bytes), rows [i].text);
}

static void
test_span_has_two_units (void **state)
{
    (void) state;
    static const struct {
        uint64_t ms;
        const char *text;
    } rows [] = {
        {0, "0 ms"},
        {999, "999 ms"},
        {1000, "1.0 s"},
        {59999, "59.9 s"},
        {60000, "1 min 0 s"},
        {252000, "4 min 12 s"},
        {3599999, "59 min 59 s"},
        {11100000, "3 h 5 min"},
        {187200000, "2 d 4 h"},
    };
    char text [GRADMQ_TEXT_BYTES];
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++)
        assert_string_equal (gradmq_text_span (text, rows [i].ms), rows [i].text);
}

static void
test_real_is_short_and_dash_when_not_finite (void **state)
{
    (void) state;
    char text [GRADMQ_TEXT_BYTES];
    assert_string_equal (gradmq_text_real (text, 0.00123456), "0.001235");
    assert_string_equal (gradmq_text_real (text, 12345.6), "12346");
    assert_string_equal (gradmq_text_real (text, 1.23e12), "1.23e+12");
    assert_string_equal (gradmq_text_real (text, (double) NAN), "-");
    assert_string_equal (gradmq_text_real (text, -(double) INFINITY), "-");
    assert_string_equal (gradmq_text_exact (text, 0.1), "0.1");
    assert_true (strtod (gradmq_text_exact (text, 1.0 / 3), NULL) == 1.0 / 3);
}

static void
test_width_counts_columns_not_bytes (void **state)
{
    (void) state;
    assert_int_equal (gradmq_text_width ("layer"), 5);
    assert_int_equal (gradmq_text_width ("größe"), 5);
    assert_int_equal (gradmq_text_width ("重み"), 4);
    assert_int_equal (gradmq_text_width ("e\xcc\x81"), 1);
    assert_int_equal (gradmq_text_width ("\xff\xfe"), 2);
}

static void
test_fit_cuts_at_whole_characters (void **state)
{
    (void) state;
    assert_int_equal (gradmq_text_fit ("重み", 3), 3);
    assert_int_equal (gradmq_text_fit ("重み", 4), 6);
    assert_int_equal (gradmq_text_fit ("abc", 2), 2);
    assert_int_equal (gradmq_text_fit ("", 2), 0);
}

static void
test_clean_takes_commands_out (void **state)
{
    (void) state;
    char text [64];
    assert_string_equal (gradmq_text_clean (text, sizeof text, "a\033[2Jb\n\x7f"), "a?[2Jb??");
    assert_string_equal (gradmq_text_clean (text, sizeof text,
                                            "\xc2\x9b"
                                            "31m"),
                         "?31m");
    assert_string_equal (gradmq_text_clean (text, sizeof text, "x\xe2\x80\xaey"), "x?y");
    assert_string_equal (gradmq_text_clean (text, sizeof text, "\xc3(\xe4\xb8"), "?(??");
    assert_string_equal (gradmq_text_clean (text, sizeof text, "größe 重み"), "größe 重み");
    assert_string_equal (gradmq_text_clean (text, 4, "a重み"), "a");
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_size_is_in_binary_units),
        cmocka_unit_test (test_span_has_two_units),
        cmocka_unit_test (test_real_is_short_and_dash_when_not_finite),
        cmocka_unit_test (test_width_counts_columns_not_bytes),
        cmocka_unit_test (test_fit_cuts_at_whole_characters),
        cmocka_unit_test (test_clean_takes_commands_out),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
