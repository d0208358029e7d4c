#include "checkpoint/json_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

//  `text` as a string of JSON, "!" and what was expected when it is none. The text has no byte
//  behind its end, so that the sanitizers see one that is read there.
static void
s_read_string (const char *text, char result [128])
{
    size_t size = strlen (text);
    char *copy = malloc (size ? size : 1);
    assert_non_null (copy);
    memcpy (copy, text, size);
    gradmq_json_reader_t reader = gradmq_json_reader (copy, size);
    const char *string = NULL;
    if (gradmq_json_take_string (&reader, &string) && gradmq_json_take_end (&reader))
        snprintf (result, 128, "%s", string);
    else
        snprintf (result, 128, "!%s", reader.wrong);
    free (copy);
}

static void
test_json_take_string_escapes_are_decoded (void **state)
{
    (void) state;
    static const struct {
        const char *text, *string;
    } rows [] = {
        {"\"\"", ""},
        {" \"plain\" ", "plain"},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
        {"\"\\u0041\\u00e9\\u20AC\\uD83d\\uDe00\"", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\"\xc3\xa9\xf0\x9f\x98\x80\x7f\"", "\xc3\xa9\xf0\x9f\x98\x80\x7f"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++) {
        char result [128];
        s_read_string (rows [i].text, result);
        assert_string_equal (result, rows [i].string);
    }
}

static void
test_json_take_string_what_is_none_says_what_was_expected (void **state)
{
    (void) state;
    static const struct {
        const char *text, *said;
    } rows [] = {
        {"", "!a string"},
        {"x", "!a string"},
        {"\"", "!the end of a string"},
        {"\"a", "!the end of a string"},
        {"\"a\\", "!the end of a string"},
        {"\"a\\\"", "!the end of a string"},
        {"\"\\u", "!four hexadecimal digits"},
        {"\"\\u004", "!four hexadecimal digits"},
        {"\"\\u004\"", "!four hexadecimal digits"},
        {"\"\\u00\x14\x11\"", "!four hexadecimal digits"},
        {"\"\\u00:g\"", "!four hexadecimal digits"},
        {"\"\\u0000\"", "!a character other than NUL"},
        {"\"\\ud83d\"", "!a whole pair of surrogates"},
        {"\"\\ud83d\\u0041\"", "!a whole pair of surrogates"},
        {"\"\\ud83d\\ud83d\"", "!a whole pair of surrogates"},
        {"\"\\ude00\"", "!a whole pair of surrogates"},
        {"\"\\ud83d\\ude0", "!a whole pair of surrogates"},
        {"\"\\x\"", "!one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u"},
        {"\"\t\"", "!no control character inside a string"},
        {"\"\xc3\"", "!valid UTF-8"},
        {"\"\xed\xa0\x80\"", "!valid UTF-8"},
        {"\"a\" b", "!nothing but spaces to the end"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++) {
        char result [128];
        s_read_string (rows [i].text, result);
        assert_string_equal (result, rows [i].said);
    }
}

static void
test_json_take_u64_whole_numbers_only (void **state)
{
    (void) state;
    static const struct {
        const char *text;
        bool taken;
        uint64_t value;
    } rows [] = {
        {"0", true, 0},     {" 7 ", true, 7},  {"18446744073709551615", true, UINT64_MAX},
        {"", false, 0},     {"-1", false, 0},  {"18446744073709551616", false, 0},
        {"00", false, 0},   {"1.", false, 0},  {"99999999999999999999", false, 0},
        {"1e3", false, 0},  {"1E3", false, 0}, {"+1", false, 0},
        {"0x10", false, 0}, {"1 2", false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++) {
        char text [32];
        snprintf (text, sizeof text, "%s", rows [i].text);
        gradmq_json_reader_t reader = gradmq_json_reader (text, strlen (text));
        uint64_t value = 0;
        bool taken = gradmq_json_take_u64 (&reader, &value) && gradmq_json_take_end (&reader);
        if (taken != rows [i].taken)
            fail_msg ("\"%s\"", rows [i].text);
        if (taken)
            assert_int_equal (value, rows [i].value);
        else
            assert_non_null (reader.wrong);
    }
}

static void
test_json_reader_after_an_error_takes_nothing_more (void **state)
{
    (void) state;
    char text [] = "x\"a\"";
    gradmq_json_reader_t reader = gradmq_json_reader (text, strlen (text));
    assert_false (gradmq_json_take (&reader, '{', "an object"));
    assert_string_equal (reader.wrong, "an object");
    const char *string;
    uint64_t number;
    assert_false (gradmq_json_next_is (&reader, 'x'));
    assert_false (gradmq_json_take_string (&reader, &string));
    assert_false (gradmq_json_take_u64 (&reader, &number));
    assert_false (gradmq_json_take_end (&reader));
    assert_string_equal (reader.wrong, "an object");
    assert_int_equal (reader.at, 0);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_json_take_string_escapes_are_decoded),
        cmocka_unit_test (test_json_take_string_what_is_none_says_what_was_expected),
        cmocka_unit_test (test_json_take_u64_whole_numbers_only),
        cmocka_unit_test (test_json_reader_after_an_error_takes_nothing_more),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
