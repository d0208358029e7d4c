#include "settings/group.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static gradmq_settings_t
s_parsed (const char *text)
{
    gradmq_settings_t settings;
    gradmq_settings_init (&settings);
    gradmq_reason_t why = {0};
    if (gradmq_groups_parse (&settings, text, &why))
        fail_msg ("\"%s\": %s", text, why.text);
    return settings;
}

static void
test_groups_parse_all_words_fills_groups_in_order (void **state)
{
    (void) state;
    gradmq_settings_t settings =
        s_parsed ("*.bias weight_decay=0; embed.*  rate_scale=0.1\tl2=1e-2 ;head frozen;");
    assert_true (settings.groups_given);
    assert_int_equal (settings.group_count, 3);
    const gradmq_group_t *group = settings.groups;
    assert_string_equal (group [0].pattern, "*.bias");
    assert_true (group [0].has_weight_decay);
    assert_false (group [0].has_l2);
    assert_false (group [0].frozen);
    assert_float_equal (group [0].rate_scale, 1.0, 0.0);
    assert_string_equal (group [1].pattern, "embed.*");
    assert_float_equal (group [1].rate_scale, 0.1, 0.0);
    assert_true (group [1].has_l2);
    assert_float_equal (group [1].l2, 0.01, 0.0);
    assert_true (group [2].frozen);
}

static void
test_groups_parse_empty_text_gives_no_group (void **state)
{
    (void) state;
    gradmq_settings_t settings = s_parsed (" ");
    assert_true (settings.groups_given);
    assert_int_equal (settings.group_count, 0);
}

static void
test_groups_parse_quoted_pattern_keeps_every_character (void **state)
{
    (void) state;
    gradmq_settings_t settings = s_parsed ("'it''s; a layer' frozen");
    assert_int_equal (settings.group_count, 1);
    assert_string_equal (settings.groups [0].pattern, "it's; a layer");
}

static void
test_groups_parse_wrong_text_names_group_and_word (void **state)
{
    (void) state;
    static const struct {
        const char *text, *said;
    } rows [] = {
        {"a; b rate=2", "group 2 (b): \"rate=2\" is none of"},
        {"a rate_scale=x", "\"rate_scale=x\" is none of"},
        {"a rate_scale=nan", "is none of"},
        {"a rate_scale=-1", "rate_scale outside 0 to 1000000"},
        {"a l2=2000", "l2 outside 0 to 1000"},
        {"a weight_decay=1001", "weight_decay outside 0 to 1000"},
        {"a l2=1 l2=1", "twice in one group"},
        {"a frozen frozen", "twice in one group"},
        {"a; ; b", "group 2: a pattern is missing"},
        {"''", "a pattern is missing"},
        {"'a", "a quote is not closed"},
        {"'a'b", "a space is missing"},
        {"a\x01", "control characters"},
        {"a\xff", "broken UTF-8"},
        {"a "
         "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
         "f",
         "not a word of a group"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++) {
        gradmq_settings_t settings;
        gradmq_settings_init (&settings);
        gradmq_reason_t why = {0};
        assert_int_equal (gradmq_groups_parse (&settings, rows [i].text, &why),
                          GRADMQ_ERR_ARGUMENT);
        if (!strstr (why.text, rows [i].said))
            fail_msg ("\"%s\" does not say \"%s\"", why.text, rows [i].said);
        assert_false (settings.groups_given);
        assert_int_equal (settings.group_count, 0);
    }
}

static void
test_groups_parse_pattern_at_limit_is_taken_and_beyond_refused (void **state)
{
    (void) state;
    char text [GRADMQ_TENSOR_NAME_BYTES_MAX + 4];
    for (size_t quoted = 0; quoted < 2; quoted++) {
        memset (text, 0, sizeof text);
        memset (text + quoted, 'p', GRADMQ_TENSOR_NAME_BYTES_MAX);
        if (quoted)
            text [0] = text [GRADMQ_TENSOR_NAME_BYTES_MAX + 1] = '\'';
        gradmq_settings_t settings = s_parsed (text);
        assert_int_equal (strlen (settings.groups [0].pattern), GRADMQ_TENSOR_NAME_BYTES_MAX);
        text [GRADMQ_TENSOR_NAME_BYTES_MAX + quoted] = 'p';
        if (quoted)
            text [GRADMQ_TENSOR_NAME_BYTES_MAX + 2] = '\'';
        gradmq_reason_t why = {0};
        assert_int_equal (gradmq_groups_parse (&settings, text, &why), GRADMQ_ERR_ARGUMENT);
        assert_non_null (strstr (why.text, "longer than 128 bytes"));
    }
}

static void
test_groups_parse_more_than_the_limit_is_refused (void **state)
{
    (void) state;
    char text [4 * (GRADMQ_GROUPS_MAX + 1)] = "";
    for (size_t i = 0; i < GRADMQ_GROUPS_MAX; i++)
        strcat (text, "a;");
    assert_int_equal (s_parsed (text).group_count, GRADMQ_GROUPS_MAX);
    strcat (text, "a");
    gradmq_settings_t settings;
    gradmq_settings_init (&settings);
    gradmq_reason_t why = {0};
    assert_int_equal (gradmq_groups_parse (&settings, text, &why), GRADMQ_ERR_ARGUMENT);
    assert_non_null (strstr (why.text, "more than 64 groups"));
}

static void
test_groups_format_what_was_parsed_reads_back_the_same (void **state)
{
    (void) state;
    static const char *const rows [] = {
        "",
        "a",
        "*.bias weight_decay=0; embed.* rate_scale=0.1 l2=0.01; h frozen",
        "'it''s; a layer' rate_scale=0 frozen",
        "'''' l2=0.30000000000000004",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++) {
        gradmq_settings_t settings = s_parsed (rows [i]);
        char text [GRADMQ_GROUPS_TEXT_BYTES];
        assert_int_equal (gradmq_groups_format (&settings, text, sizeof text), strlen (rows [i]));
        assert_string_equal (text, rows [i]);
    }
}

static void
test_groups_format_longest_groups_fit_the_constant (void **state)
{
    (void) state;
    gradmq_settings_t settings;
    gradmq_settings_init (&settings);
    settings.group_count = GRADMQ_GROUPS_MAX;
    for (size_t i = 0; i < GRADMQ_GROUPS_MAX; i++) {
        gradmq_group_t *group = &settings.groups [i];
        memset (group->pattern, '\'', GRADMQ_TENSOR_NAME_BYTES_MAX);
        *group = (gradmq_group_t){.rate_scale = 1.2345678901234567e-300,
                                  .has_l2 = true,
                                  .l2 = 1.2345678901234567e-300,
                                  .has_weight_decay = true,
                                  .weight_decay = 1.2345678901234567e-300,
                                  .frozen = true};
        memset (group->pattern, '\'', GRADMQ_TENSOR_NAME_BYTES_MAX);
    }
    char text [GRADMQ_GROUPS_TEXT_BYTES];
    size_t length = gradmq_groups_format (&settings, text, sizeof text);
    assert_true (length < sizeof text);
    gradmq_settings_t again = s_parsed (text);
    assert_int_equal (again.group_count, GRADMQ_GROUPS_MAX);
    assert_string_equal (again.groups [63].pattern, settings.groups [63].pattern);
}

static void
test_groups_format_short_buffer_is_cut_and_terminated (void **state)
{
    (void) state;
    gradmq_settings_t settings = s_parsed ("abcdef frozen");
    char text [5];
    assert_int_equal (gradmq_groups_format (&settings, text, sizeof text), 13);
    assert_string_equal (text, "abcd");
    assert_int_equal (gradmq_groups_format (&settings, NULL, 0), 13);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_groups_parse_all_words_fills_groups_in_order),
        cmocka_unit_test (test_groups_parse_empty_text_gives_no_group),
        cmocka_unit_test (test_groups_parse_quoted_pattern_keeps_every_character),
        cmocka_unit_test (test_groups_parse_wrong_text_names_group_and_word),
        cmocka_unit_test (test_groups_parse_pattern_at_limit_is_taken_and_beyond_refused),
        cmocka_unit_test (test_groups_parse_more_than_the_limit_is_refused),
        cmocka_unit_test (test_groups_format_what_was_parsed_reads_back_the_same),
        cmocka_unit_test (test_groups_format_longest_groups_fit_the_constant),
        cmocka_unit_test (test_groups_format_short_buffer_is_cut_and_terminated),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
