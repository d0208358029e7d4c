#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/reason.h"
#include "core/utf8.h"

#include <string.h>

static void
test_refuse_without_reason_gives_the_code (void **state)
{
    (void) state;
    assert_int_equal (gradmq_refuse (NULL, GRADMQ_ERR_SHAPE, "%d", 1), GRADMQ_ERR_SHAPE);
}

static void
test_refuse_fills_code_and_text (void **state)
{
    (void) state;
    gradmq_reason_t why;
    assert_int_equal (gradmq_refuse (&why, GRADMQ_ERR_NAME, "\"%s\" has %d characters", "x", 1),
                      GRADMQ_ERR_NAME);
    assert_int_equal (why.code, GRADMQ_ERR_NAME);
    assert_string_equal (why.text, "\"x\" has 1 characters");
}

static void
test_refuse_long_text_is_cut_and_terminated (void **state)
{
    (void) state;
    char text [2 * GRADMQ_REASON_BYTES];
    memset (text, 'a', sizeof text - 1);
    text [sizeof text - 1] = 0;
    gradmq_reason_t why;
    memset (&why, 'x', sizeof why);
    assert_int_equal (gradmq_refuse (&why, GRADMQ_ERR_NAME, "%s", text), GRADMQ_ERR_NAME);
    assert_int_equal (strlen (why.text), GRADMQ_REASON_BYTES - 1);
}

static void
test_refuse_control_characters_become_question_marks (void **state)
{
    (void) state;
    gradmq_reason_t why;
    (void) gradmq_refuse (&why, GRADMQ_ERR_NAME, "a%sb", "\n\r\t\x1b\x7f\x01");
    assert_string_equal (why.text, "a??????b");
}

static void
test_refuse_what_is_not_utf8_becomes_question_marks (void **state)
{
    (void) state;
    gradmq_reason_t why;
    (void) gradmq_refuse (&why, GRADMQ_ERR_NAME, "%s",
                          "\xff"
                          "a\xc3\xa9\xe2\x82");
    assert_string_equal (why.text, "?a\xc3\xa9??");
}

static void
test_refuse_text_cut_inside_a_character_is_still_utf8 (void **state)
{
    (void) state;
    char text [2 * GRADMQ_REASON_BYTES];
    for (size_t i = 0; i + 1 < sizeof text; i++)
        text [i] = i % 3 == 0 ? '\xe2' : i % 3 == 1 ? '\x82' : '\xac';
    text [sizeof text - 1] = 0;
    gradmq_reason_t why;
    (void) gradmq_refuse (&why, GRADMQ_ERR_NAME, "%s", text);
    size_t size = strlen (why.text);
    for (size_t i = 0; i < size;) {
        size_t length = gradmq_utf8_length (why.text + i, size - i);
        assert_true (length > 0);
        i += length;
    }
}

static void
test_text_without_words_is_the_codes_sentence (void **state)
{
    (void) state;
    gradmq_reason_t why = {.code = GRADMQ_ERR_STALE};
    assert_string_equal (gradmq_reason_text (&why), gradmq_err_text (GRADMQ_ERR_STALE));
    (void) gradmq_refuse (&why, GRADMQ_ERR_STALE, "7 versions old");
    assert_string_equal (gradmq_reason_text (&why), "7 versions old");
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_refuse_without_reason_gives_the_code),
        cmocka_unit_test (test_refuse_fills_code_and_text),
        cmocka_unit_test (test_refuse_long_text_is_cut_and_terminated),
        cmocka_unit_test (test_refuse_control_characters_become_question_marks),
        cmocka_unit_test (test_refuse_what_is_not_utf8_becomes_question_marks),
        cmocka_unit_test (test_refuse_text_cut_inside_a_character_is_still_utf8),
        cmocka_unit_test (test_text_without_words_is_the_codes_sentence),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
