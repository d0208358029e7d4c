#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/json.h"

#include <string.h>

static void
s_expect (const char *text, const char *expected)
{
    char quoted [256];
    size_t length = gradmq_json_quote (quoted, sizeof quoted, text);
    assert_string_equal (quoted, expected);
    assert_int_equal (length, strlen (expected));
}

static void
test_quote_plain_text_is_between_quotes (void **state)
{
    (void) state;
    s_expect ("", "\"\"");
    s_expect ("layer 1/weight", "\"layer 1/weight\"");
}

static void
test_quote_specials_are_escaped (void **state)
{
    (void) state;
    s_expect ("a\"b\\c", "\"a\\\"b\\\\c\"");
    s_expect ("\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"");
    s_expect ("\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\"");
}

static void
test_quote_utf8_passes (void **state)
{
    (void) state;
    s_expect ("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
}

static void
test_quote_invalid_utf8_is_replaced_byte_by_byte (void **state)
{
    (void) state;
    s_expect ("\xff", "\"\\ufffd\"");
    s_expect ("\xc3", "\"\\ufffd\"");
    s_expect ("\xe2\x82z", "\"\\ufffd\\ufffdz\"");
    s_expect ("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"");
}

//  At every size the result fits, is closed, and ends where a piece of the text ends.
static void
test_quote_cut_at_any_size_is_still_a_string (void **state)
{
    (void) state;
    static const char text [] = "ab\n\x01\"\xe2\x82\xac\xff-";
    static const size_t pieces [] = {1, 1, 2, 6, 2, 3, 6, 1};
    char whole [128];
    size_t most = gradmq_json_quote (whole, sizeof whole, text);
    for (size_t size = 3; size <= most + 1; size++) {
        size_t expected = 2;
        for (size_t i = 0; i < 8 && expected + pieces [i] < size; i++)
            expected += pieces [i];
        char cut [128];
        memset (cut, '#', sizeof cut);
        assert_int_equal (gradmq_json_quote (cut, size, text), expected);
        assert_memory_equal (cut, whole, expected - 1);
        assert_string_equal (cut + expected - 1, "\"");
        assert_int_equal (cut [size], '#');
    }
}

static void
test_quote_no_room_gives_an_empty_text (void **state)
{
    (void) state;
    char to [4] = "###";
    assert_int_equal (gradmq_json_quote (to, 0, "a"), 0);
    assert_int_equal (to [0], '#');
    assert_int_equal (gradmq_json_quote (to, 2, "a"), 0);
    assert_int_equal (to [0], 0);
    assert_int_equal (to [2], '#');
}

static void
test_quote_needs_at_most_the_size_that_it_states (void **state)
{
    (void) state;
    char to [6 * 3 + 3];
    assert_int_equal (gradmq_json_quote (to, sizeof to, "\x01\x02\xff"), sizeof to - 1);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_quote_plain_text_is_between_quotes),
        cmocka_unit_test (test_quote_specials_are_escaped),
        cmocka_unit_test (test_quote_utf8_passes),
        cmocka_unit_test (test_quote_invalid_utf8_is_replaced_byte_by_byte),
        cmocka_unit_test (test_quote_cut_at_any_size_is_still_a_string),
        cmocka_unit_test (test_quote_no_room_gives_an_empty_text),
        cmocka_unit_test (test_quote_needs_at_most_the_size_that_it_states),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
