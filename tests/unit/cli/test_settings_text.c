#include "cli/settings_text.h"

#include "settings/group.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static gradmq_settings_t *
s_settings (void)
{
    gradmq_settings_t *settings = calloc (1, sizeof *settings);
    assert_non_null (settings);
    gradmq_settings_init (settings);
    assert_int_equal (gradmq_settings_parse (settings, "learning_rate", "0.5", NULL), GRADMQ_OK);
    assert_int_equal (gradmq_groups_parse (settings, "b* frozen", NULL), GRADMQ_OK);
    return settings;
}

static void
test_print_chosen_settings_say_where_they_come_from (void **state)
{
    (void) state;
    gradmq_settings_t *settings = s_settings ();
    const char *names [] = {"learning_rate", "momentum", "groups"};
    gradmq_settings_choice_t choice = {names, 3};
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream (&text, &size);
    assert_int_equal (gradmq_settings_print (memory, settings, &choice, NULL), GRADMQ_OK);
    fclose (memory);
    assert_non_null (strstr (text, "learning_rate  0.5"));
    assert_non_null (strstr (text, "given"));
    assert_non_null (strstr (text, "momentum       -"));
    assert_non_null (strstr (text, "b* frozen"));
    assert_null (strstr (text, "optimizer"));
    free (text);
    free (settings);
}

static void
test_json_values_have_their_types (void **state)
{
    (void) state;
    gradmq_settings_t *settings = s_settings ();
    const char *names [] = {"mode", "learning_rate", "momentum", "coalesce", "lease_ms", "groups"};
    static const char *const pieces [] = {
        "\"name\": \"mode\", \"value\": \"descent\", \"given\": false",
        "\"name\": \"learning_rate\", \"value\": 0.5, \"given\": true",
        "\"name\": \"momentum\", \"value\": null",
        "\"name\": \"coalesce\", \"value\": true",
        "\"name\": \"lease_ms\", \"value\": 30000, \"given\": false, \"unit\": \"ms\"",
        "\"name\": \"groups\", \"value\": \"b* frozen\", \"given\": true",
    };
    gradmq_settings_choice_t choice = {names, 6};
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream (&text, &size);
    gradmq_printer_t printer = gradmq_printer (memory);
    gradmq_settings_json (&printer, settings, &choice);
    fclose (memory);
    for (size_t i = 0; i < sizeof pieces / sizeof pieces [0]; i++)
        if (!strstr (text, pieces [i]))
            fail_msg ("%s is not in %s", pieces [i], text);
    free (text);
    free (settings);
}

static void
test_table_has_every_setting_of_the_table (void **state)
{
    (void) state;
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream (&text, &size);
    assert_int_equal (gradmq_settings_table_print (memory, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_settings_table_json (memory), GRADMQ_OK);
    fclose (memory);
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++) {
        char quoted [80];
        snprintf (quoted, sizeof quoted, "\"name\": \"%s\"", gradmq_setting_table [i].name);
        assert_non_null (strstr (text, quoted));
        assert_non_null (strstr (text, gradmq_setting_table [i].help));
    }
    free (text);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_print_chosen_settings_say_where_they_come_from),
        cmocka_unit_test (test_json_values_have_their_types),
        cmocka_unit_test (test_table_has_every_setting_of_the_table),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
