#include "config/command_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

//  Words with spaces between, as arguments.
static gradmq_err_t
s_read (const char *words, gradmq_command_line_t *line, gradmq_reason_t *why)
{
    static char copy [512];
    static char *argv [32];
    int argc = 0;
    snprintf (copy, sizeof copy, "gradmqd %s", words);
    for (char *word = strtok (copy, " "); word; word = strtok (NULL, " "))
        argv [argc++] = word;
    return gradmq_command_line_read (line, argc, argv, why);
}

static void
test_command_line_read_switches_in_every_spelling (void **state)
{
    (void) state;
    gradmq_command_line_t line;
    assert_int_equal (s_read ("", &line, NULL), GRADMQ_OK);
    assert_int_equal (line.action, GRADMQ_SWITCH_NONE);
    assert_null (line.file);
    assert_int_equal (s_read ("-c a --set b=c --set=d=e -s f=", &line, NULL), GRADMQ_OK);
    assert_string_equal (line.file, "a");
    assert_int_equal (line.set_count, 3);
    assert_string_equal (line.sets [1], "d=e");
    assert_int_equal (s_read ("--config=a --check", &line, NULL), GRADMQ_OK);
    assert_int_equal (line.action, GRADMQ_SWITCH_CHECK);
    assert_int_equal (s_read ("--help --check", &line, NULL), GRADMQ_OK);
    assert_int_equal (line.action, GRADMQ_SWITCH_HELP);
    assert_int_equal (s_read ("--check -V --print-config -h", &line, NULL), GRADMQ_OK);
    assert_int_equal (line.action, GRADMQ_SWITCH_HELP);
    assert_int_equal (s_read ("-V --check", &line, NULL), GRADMQ_OK);
    assert_int_equal (line.action, GRADMQ_SWITCH_VERSION);
}

static void
test_command_line_read_wrong_arguments_are_refused (void **state)
{
    (void) state;
    static const struct {
        const char *words, *said;
    } rows [] = {
        {"file", "\"file\" is not a switch"},
        {"-x", "\"-x\" is not a switch"},
        {"--checks", "\"--checks\" is not"},
        {"--", "\"--\" is not a switch"},
        {"-", "\"-\" is not a switch"},
        {"-c", "--config needs FILE behind it"},
        {"--set", "--set needs KEY=VALUE"},
        {"--check=1", "--check takes no value"},
        {"-c a -c b", "--config was given twice"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++) {
        gradmq_command_line_t line;
        gradmq_reason_t why = {0};
        assert_int_equal (s_read (rows [i].words, &line, &why), GRADMQ_ERR_USAGE);
        if (!strstr (why.text, rows [i].said))
            fail_msg ("\"%s\" does not say \"%s\"", why.text, rows [i].said);
    }
}

static void
test_command_line_read_more_sets_than_the_limit_are_refused (void **state)
{
    (void) state;
    char *argv [GRADMQ_SETS_MAX + 2], first [] = "gradmqd", set [] = "--set=a=b";
    argv [0] = first;
    for (size_t i = 1; i < GRADMQ_SETS_MAX + 2; i++)
        argv [i] = set;
    gradmq_command_line_t line;
    assert_int_equal (gradmq_command_line_read (&line, GRADMQ_SETS_MAX + 1, argv, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_command_line_read (&line, GRADMQ_SETS_MAX + 2, argv, NULL),
                      GRADMQ_ERR_USAGE);
}

static void
test_command_line_configure_sets_win_over_the_file (void **state)
{
    (void) state;
    char path [] = "/tmp/gradmq-test-XXXXXX";
    int fd = mkstemp (path);
    assert_true (fd >= 0);
    static const char text [] = "model\n    name = file\nlog\n    level = debug\n";
    assert_int_equal (write (fd, text, sizeof text - 1), sizeof text - 1);
    close (fd);
    char words [128];
    snprintf (words, sizeof words,
              "--set model/name=set --set settings/l2=1 -c %s --set log/form=json", path);
    gradmq_command_line_t line;
    gradmq_config_t config;
    gradmq_reason_t why = {0};
    assert_int_equal (s_read (words, &line, NULL), GRADMQ_OK);
    gradmq_err_t err = gradmq_command_line_configure (&line, &config, &why);
    unlink (path);
    if (err)
        fail_msg ("%s", why.text);
    assert_string_equal (config.model_name, "set");
    assert_string_equal (config.log_level, "debug");
    assert_string_equal (config.log_form, "json");
    assert_true (config.settings.given [GRADMQ_SETTING_l2]);
}

static void
test_command_line_configure_wrong_sets_are_refused (void **state)
{
    (void) state;
    static const struct {
        const char *words;
        gradmq_err_t code;
        const char *said;
    } rows [] = {
        {"--set a", GRADMQ_ERR_USAGE, "it has to be KEY=VALUE"},
        {"--set =a", GRADMQ_ERR_USAGE, "it has to be KEY=VALUE"},
        {"--set a=b", GRADMQ_ERR_CONFIG, "--set: there is no option \"a\""},
        {"--set log/level=x", GRADMQ_ERR_CONFIG, "--set: log/level is \"x\""},
        {"--set model/start=1", GRADMQ_ERR_CONFIG, "needs a file in model/load"},
        {"-c /nonexistent", GRADMQ_ERR_IO, "/nonexistent: cannot open it"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++) {
        gradmq_command_line_t line;
        gradmq_config_t config;
        gradmq_reason_t why = {0};
        assert_int_equal (s_read (rows [i].words, &line, NULL), GRADMQ_OK);
        assert_int_equal (gradmq_command_line_configure (&line, &config, &why), rows [i].code);
        if (!strstr (why.text, rows [i].said))
            fail_msg ("\"%s\" does not say \"%s\"", why.text, rows [i].said);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_command_line_read_switches_in_every_spelling),
        cmocka_unit_test (test_command_line_read_wrong_arguments_are_refused),
        cmocka_unit_test (test_command_line_read_more_sets_than_the_limit_are_refused),
        cmocka_unit_test (test_command_line_configure_sets_win_over_the_file),
        cmocka_unit_test (test_command_line_configure_wrong_sets_are_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
