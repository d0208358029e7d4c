#include "settings/settings.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static gradmq_settings_t
s_fresh (void)
{
    gradmq_settings_t settings;
    gradmq_settings_init (&settings);
    return settings;
}

static void
s_refused (const char *name, const char *text, gradmq_err_t code, const char *said)
{
    gradmq_settings_t settings = s_fresh (), before = settings;
    gradmq_reason_t why = {0};
    assert_int_equal (gradmq_settings_parse (&settings, name, text, &why), code);
    assert_int_equal (why.code, code);
    if (!strstr (why.text, said))
        fail_msg ("\"%s\" does not say \"%s\"", why.text, said);
    assert_memory_equal (&settings, &before, sizeof settings);
}

static void
test_setting_find_every_row_is_found_by_its_name (void **state)
{
    (void) state;
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++) {
        const gradmq_setting_row_t *row = &gradmq_setting_table [i];
        assert_ptr_equal (gradmq_setting_find (row->name), row);
        assert_int_equal (gradmq_setting_id (row), i);
        assert_true (row->help [0]);
    }
    assert_null (gradmq_setting_find ("groups"));
    assert_null (gradmq_setting_find (""));
}

static void
test_settings_init_defaults_are_in_their_own_range (void **state)
{
    (void) state;
    gradmq_settings_t settings = s_fresh ();
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++)
        assert_false (settings.given [i]);
    assert_string_equal (settings.mode, "descent");
    assert_true (isnan (settings.learning_rate));
    assert_int_equal (settings.queue_bytes, 536870912);
    assert_true (settings.coalesce);
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++)
        settings.given [i] = gradmq_setting_table [i].type != GRADMQ_SETTING_REAL
                             || !isnan (gradmq_setting_table [i].real);
    assert_int_equal (gradmq_settings_check (&settings, NULL), GRADMQ_OK);
}

static void
test_settings_parse_ends_of_every_range_are_taken_and_beyond_refused (void **state)
{
    (void) state;
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++) {
        const gradmq_setting_row_t *row = &gradmq_setting_table [i];
        if (row->type != GRADMQ_SETTING_REAL && row->type != GRADMQ_SETTING_COUNT)
            continue;
        gradmq_settings_t settings = s_fresh ();
        char text [64];
        snprintf (text, sizeof text, "%.17g", row->least);
        assert_int_equal (gradmq_settings_parse (&settings, row->name, text, NULL), GRADMQ_OK);
        assert_true (settings.given [i]);
        snprintf (text, sizeof text, row->type == GRADMQ_SETTING_COUNT ? "%.0f" : "%.17g",
                  row->most);
        assert_int_equal (gradmq_settings_parse (&settings, row->name, text, NULL), GRADMQ_OK);
        snprintf (text, sizeof text, row->type == GRADMQ_SETTING_COUNT ? "%.0f" : "%.17g",
                  row->most * 2 + 1);
        s_refused (row->name, text, GRADMQ_ERR_ARGUMENT, "it can be");
        if (row->type == GRADMQ_SETTING_REAL)
            s_refused (row->name, "-1", GRADMQ_ERR_ARGUMENT, row->name);
    }
}

static void
test_settings_parse_wrong_values_are_refused_by_name (void **state)
{
    (void) state;
    s_refused ("mode", "sideways", GRADMQ_ERR_UNSUPPORTED, "it can be: descent ascent");
    s_refused ("mode", "", GRADMQ_ERR_UNSUPPORTED, "mode is \"\"");
    s_refused ("learning_rat", "1", GRADMQ_ERR_ARGUMENT, "no setting \"learning_rat\"");
    static const char *const no_numbers [] = {"",    " 1",  "1 ",    "1x",  "0x10",
                                              "nan", "inf", "1e999", "--1", "+"};
    for (size_t i = 0; i < sizeof no_numbers / sizeof no_numbers [0]; i++) {
        s_refused ("clip_norm", no_numbers [i], GRADMQ_ERR_ARGUMENT, "not a finite number");
        s_refused ("lease_ms", no_numbers [i], GRADMQ_ERR_ARGUMENT, "not a whole number");
    }
    s_refused ("lease_ms", "99999999999999999999999", GRADMQ_ERR_ARGUMENT, "not a whole number");
    s_refused ("lease_ms", "1000.0", GRADMQ_ERR_ARGUMENT, "not a whole number");
    s_refused ("coalesce", "maybe", GRADMQ_ERR_ARGUMENT, "not true or false");
    char text [2 * GRADMQ_SETTING_TEXT_BYTES];
    memset (text, 'x', sizeof text - 1);
    text [sizeof text - 1] = 0;
    s_refused ("streams", text, GRADMQ_ERR_ARGUMENT, "longer than 127 bytes");
}

static void
test_settings_format_every_setting_reads_back_the_same (void **state)
{
    (void) state;
    gradmq_settings_t settings = s_fresh (), again = s_fresh ();
    settings.learning_rate = 0.1 + 0.2;
    settings.epsilon = 1e-8;
    settings.queue_bytes = 123456789012u;
    settings.coalesce = false;
    for (gradmq_setting_id_t id = 0; id < GRADMQ_SETTINGS; id++) {
        const gradmq_setting_row_t *row = &gradmq_setting_table [id];
        char text [GRADMQ_SETTING_TEXT_BYTES], second [GRADMQ_SETTING_TEXT_BYTES];
        size_t length = gradmq_settings_format (&settings, id, text, sizeof text);
        assert_int_equal (length, strlen (text));
        if (row->type == GRADMQ_SETTING_REAL && !text [0])
            continue;
        assert_int_equal (gradmq_settings_parse (&again, row->name, text, NULL), GRADMQ_OK);
        gradmq_settings_format (&again, id, second, sizeof second);
        assert_string_equal (text, second);
    }
    assert_memory_equal (&again.learning_rate, &settings.learning_rate, sizeof (double));
    assert_int_equal (again.queue_bytes, settings.queue_bytes);
    assert_false (again.coalesce);
}

static void
test_settings_format_nan_is_empty (void **state)
{
    (void) state;
    gradmq_settings_t settings = s_fresh ();
    char text [8] = "x";
    assert_int_equal (
        gradmq_settings_format (&settings, GRADMQ_SETTING_learning_rate, text, sizeof text), 0);
    assert_string_equal (text, "");
}

static void
test_settings_merge_takes_what_is_given_and_nothing_else (void **state)
{
    (void) state;
    gradmq_settings_t settings = s_fresh (), change = s_fresh ();
    assert_int_equal (gradmq_settings_parse (&settings, "optimizer", "adam", NULL), GRADMQ_OK);
    assert_int_equal (gradmq_settings_parse (&settings, "groups", "a", NULL), GRADMQ_OK);
    assert_int_equal (gradmq_settings_parse (&change, "learning_rate", "0.5", NULL), GRADMQ_OK);
    gradmq_settings_merge (&settings, &change);
    assert_string_equal (settings.optimizer, "adam");
    assert_float_equal (settings.learning_rate, 0.5, 0.0);
    assert_true (settings.given [GRADMQ_SETTING_learning_rate]);
    assert_int_equal (settings.group_count, 1);
    assert_int_equal (gradmq_settings_parse (&change, "groups", "b; c frozen", NULL), GRADMQ_OK);
    gradmq_settings_merge (&settings, &change);
    assert_int_equal (settings.group_count, 2);
    assert_string_equal (settings.groups [1].pattern, "c");
}

static void
test_settings_reset_puts_one_back_to_its_default (void **state)
{
    (void) state;
    gradmq_settings_t settings = s_fresh ();
    assert_int_equal (gradmq_settings_parse (&settings, "lease_ms", "500", NULL), GRADMQ_OK);
    assert_int_equal (gradmq_settings_parse (&settings, "mode", "ascent", NULL), GRADMQ_OK);
    assert_int_equal (gradmq_settings_parse (&settings, "groups", "a", NULL), GRADMQ_OK);
    assert_int_equal (gradmq_settings_reset (&settings, "lease_ms", NULL), GRADMQ_OK);
    assert_int_equal (settings.lease_ms, 30000);
    assert_false (settings.given [GRADMQ_SETTING_lease_ms]);
    assert_string_equal (settings.mode, "ascent");
    assert_int_equal (gradmq_settings_reset (&settings, "groups", NULL), GRADMQ_OK);
    assert_false (settings.groups_given);
    assert_int_equal (settings.group_count, 0);
    gradmq_reason_t why = {0};
    assert_int_equal (gradmq_settings_reset (&settings, "nothing", &why), GRADMQ_ERR_ARGUMENT);
}

static void
test_settings_check_what_came_past_the_parser_is_refused (void **state)
{
    (void) state;
    gradmq_reason_t why = {0};
    gradmq_settings_t settings = s_fresh ();
    settings.learning_rate = NAN;
    assert_int_equal (gradmq_settings_check (&settings, &why), GRADMQ_OK);
    settings.given [GRADMQ_SETTING_learning_rate] = true;
    assert_int_equal (gradmq_settings_check (&settings, &why), GRADMQ_ERR_ARGUMENT);
    settings = s_fresh ();
    settings.group_count = 1;
    assert_int_equal (gradmq_settings_check (&settings, &why), GRADMQ_ERR_ARGUMENT);
    assert_non_null (strstr (why.text, "no pattern"));
    settings.groups [0] = (gradmq_group_t){.pattern = "a", .rate_scale = NAN};
    assert_int_equal (gradmq_settings_check (&settings, &why), GRADMQ_ERR_ARGUMENT);
    assert_non_null (strstr (why.text, "rate_scale"));
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_setting_find_every_row_is_found_by_its_name),
        cmocka_unit_test (test_settings_init_defaults_are_in_their_own_range),
        cmocka_unit_test (test_settings_parse_ends_of_every_range_are_taken_and_beyond_refused),
        cmocka_unit_test (test_settings_parse_wrong_values_are_refused_by_name),
        cmocka_unit_test (test_settings_format_every_setting_reads_back_the_same),
        cmocka_unit_test (test_settings_format_nan_is_empty),
        cmocka_unit_test (test_settings_merge_takes_what_is_given_and_nothing_else),
        cmocka_unit_test (test_settings_reset_puts_one_back_to_its_default),
        cmocka_unit_test (test_settings_check_what_came_past_the_parser_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
