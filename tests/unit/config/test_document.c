#include "config/document.h"

#include "config/command_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *
s_written (void (*write) (FILE *to))
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream (&text, &size);
    assert_non_null (stream);
    write (stream);
    assert_int_equal (fclose (stream), 0);
    return text;
}

static void
test_document_example_is_the_committed_one (void **state)
{
    (void) state;
    char *text = s_written (gradmq_document_example);
    FILE *file = fopen ("deploy/gradmqd.conf.example", "r");
    assert_non_null (file);
    char *committed = calloc (1, 1 << 16);
    assert_non_null (committed);
    size_t size = fread (committed, 1, (1 << 16) - 1, file);
    fclose (file);
    if (size != strlen (text) || memcmp (committed, text, size) != 0)
        fail_msg ("deploy/gradmqd.conf.example is old; make it anew: cmake --build build --target "
                  "example");
    free (committed);
    free (text);
}

static void
test_document_example_reads_back_to_the_defaults (void **state)
{
    (void) state;
    char *text = s_written (gradmq_document_example);
    gradmq_config_t config, defaults;
    gradmq_config_init (&defaults);
    gradmq_config_init (&config);
    gradmq_reason_t why = {0};
    if (gradmq_config_read (&config, "example", text, strlen (text), &why))
        fail_msg ("%s", why.text);
    assert_memory_equal (&config, &defaults, sizeof config);
    free (text);
}

//  Every line of the section of settings is right when the # is taken away, but for those whose
//  default is the optimizer's.
static void
test_document_example_settings_without_their_sign_are_read (void **state)
{
    (void) state;
    char *text = s_written (gradmq_document_example);
    size_t settings = 0;
    for (char *line = strtok (text, "\n"); line; line = strtok (NULL, "\n")) {
        if (strncmp (line, "    #", 5) != 0 || line [5] == ' ')
            continue;
        settings++;
        if (line [strlen (line) - 1] == '=')
            continue;
        char section [512];
        snprintf (section, sizeof section, "settings\n    %s\n", line + 5);
        gradmq_config_t config;
        gradmq_config_init (&config);
        gradmq_reason_t why = {0};
        if (gradmq_config_read (&config, "example", section, strlen (section), &why))
            fail_msg ("%s", why.text);
    }
    assert_int_equal (settings, GRADMQ_SETTINGS + 1);
    free (text);
}

static void
test_document_config_reads_back_to_the_same (void **state)
{
    (void) state;
    static const struct {
        const char *path, *value;
    } rows [] = {
        {"model/name", "digits"},          {"model/load", "a \"#\" b"},
        {"model/start", "true"},           {"sockets/events", ""},
        {"sockets/linger_ms", "77"},       {"settings/optimizer", "adam"},
        {"settings/learning_rate", "0.1"}, {"settings/groups", "'it''s' l2=1; b frozen"},
    };
    gradmq_config_t config, again;
    gradmq_config_init (&config);
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++)
        assert_int_equal (gradmq_config_set (&config, rows [i].path, rows [i].value, NULL),
                          GRADMQ_OK);
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream (&text, &size);
    assert_non_null (stream);
    gradmq_document_config (stream, &config);
    fclose (stream);
    gradmq_config_init (&again);
    gradmq_reason_t why = {0};
    if (gradmq_config_read (&again, "printed", text, size, &why))
        fail_msg ("%s", why.text);
    assert_memory_equal (&again, &config, sizeof config);
    free (text);
}

static void
test_document_help_and_man_name_every_row (void **state)
{
    (void) state;
    char *help = s_written (gradmq_document_help), *man = s_written (gradmq_document_man);
    for (size_t i = 0; i < GRADMQ_OPTIONS; i++) {
        assert_non_null (strstr (help, gradmq_option_table [i].path));
        assert_non_null (strstr (man, gradmq_option_table [i].path));
    }
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++) {
        assert_non_null (strstr (help, gradmq_setting_table [i].name));
        assert_non_null (strstr (man, gradmq_setting_table [i].name));
    }
    for (size_t i = 0; i < GRADMQ_SWITCHES; i++)
        assert_non_null (strstr (help, gradmq_switch_table [i].word));
    assert_non_null (strstr (help, "a socket cannot be bound"));
    assert_non_null (strstr (man, "a socket cannot be bound"));
    free (help);
    free (man);
}

static void
test_document_man_has_no_line_that_roff_would_take_for_a_request (void **state)
{
    (void) state;
    static const char *const requests [] = {".TH ", ".SH ", ".TP", ".br", ".PP",
                                            ".RS",  ".RE",  ".nf", ".fi"};
    char *man = s_written (gradmq_document_man);
    for (char *line = strtok (man, "\n"); line; line = strtok (NULL, "\n")) {
        bool known = line [0] != '.' && line [0] != '\'';
        for (size_t i = 0; i < sizeof requests / sizeof requests [0]; i++)
            known |= strncmp (line, requests [i], strlen (requests [i])) == 0;
        if (!known)
            fail_msg ("%s", line);
    }
    free (man);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_document_example_is_the_committed_one),
        cmocka_unit_test (test_document_example_reads_back_to_the_defaults),
        cmocka_unit_test (test_document_example_settings_without_their_sign_are_read),
        cmocka_unit_test (test_document_config_reads_back_to_the_same),
        cmocka_unit_test (test_document_help_and_man_name_every_row),
        cmocka_unit_test (test_document_man_has_no_line_that_roff_would_take_for_a_request),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
