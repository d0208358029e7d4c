#include "cli/args.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

//  Parse words with spaces between; the copy lives as long as `line`.
typedef struct {
    char text [512];
    char *argv [32];
    int argc;
} line_t;

static gradmq_err_t
s_parse (gradmq_args_t *args, line_t *line, const char *text, gradmq_reason_t *reason)
{
    snprintf (line->text, sizeof line->text, "gradmq %s", text);
    line->argc = 0;
    for (char *word = strtok (line->text, " "); word; word = strtok (NULL, " "))
        line->argv [line->argc++] = word;
    return gradmq_args_parse (args, line->argc, line->argv, reason);
}

static void
test_parse_options_around_the_verb_are_all_read (void **state)
{
    (void) state;
    gradmq_args_t args;
    line_t line = {.argc = 0};
    assert_int_equal (
        s_parse (&args, &line, "--json -c tcp://h:1 save --stream=bf16 f --quiet", NULL),
        GRADMQ_OK);
    assert_string_equal (args.verb->name, "save");
    assert_string_equal (gradmq_args_word (&args, 0), "f");
    assert_null (gradmq_args_word (&args, 1));
    assert_true (gradmq_args_has (&args, GRADMQ_OPT_JSON));
    assert_true (gradmq_args_has (&args, GRADMQ_OPT_QUIET));
    assert_false (gradmq_args_has (&args, GRADMQ_OPT_MODEL));
    assert_string_equal (gradmq_args_text (&args, GRADMQ_OPT_CONTROL, ""), "tcp://h:1");
    assert_string_equal (gradmq_args_text (&args, GRADMQ_OPT_STREAM, ""), "bf16");
    assert_string_equal (gradmq_args_text (&args, GRADMQ_OPT_MODEL, "none"), "none");
    gradmq_args_clear (&args);
}

static void
test_parse_option_twice_takes_the_last_and_keeps_both (void **state)
{
    (void) state;
    gradmq_args_t args;
    line_t line = {.argc = 0};
    assert_int_equal (s_parse (&args, &line, "settings --reset beta1 --reset=beta2 -t 7 -t8", NULL),
                      GRADMQ_OK);
    assert_int_equal (args.given_count, 4);
    assert_string_equal (gradmq_args_text (&args, GRADMQ_OPT_RESET, ""), "beta2");
    assert_int_equal (gradmq_args_option (&args, GRADMQ_OPT_TIMEOUT)->count, 8);
    gradmq_args_clear (&args);
}

static void
test_parse_letters_together_are_several_flags (void **state)
{
    (void) state;
    gradmq_args_t args;
    line_t line = {.argc = 0};
    assert_int_equal (s_parse (&args, &line, "watch -jqn 3 -s 0.5", NULL), GRADMQ_OK);
    assert_true (gradmq_args_has (&args, GRADMQ_OPT_JSON));
    assert_true (gradmq_args_has (&args, GRADMQ_OPT_QUIET));
    assert_int_equal (gradmq_args_option (&args, GRADMQ_OPT_COUNT)->count, 3);
    assert_true (gradmq_args_option (&args, GRADMQ_OPT_SECONDS)->real == 0.5);
    gradmq_args_clear (&args);
}

static void
test_parse_after_two_dashes_everything_is_an_argument (void **state)
{
    (void) state;
    gradmq_args_t args;
    line_t line = {.argc = 0};
    assert_int_equal (s_parse (&args, &line, "load -- --start", NULL), GRADMQ_OK);
    assert_string_equal (gradmq_args_word (&args, 0), "--start");
    assert_false (gradmq_args_has (&args, GRADMQ_OPT_START));
    gradmq_args_clear (&args);
}

static void
test_parse_help_option_is_the_verb_help (void **state)
{
    (void) state;
    gradmq_args_t args;
    line_t line = {.argc = 0};
    assert_int_equal (s_parse (&args, &line, "load --help", NULL), GRADMQ_OK);
    assert_string_equal (args.verb->name, "help");
    assert_string_equal (gradmq_args_word (&args, 0), "load");
    gradmq_args_clear (&args);
    assert_int_equal (s_parse (&args, &line, "-h", NULL), GRADMQ_OK);
    assert_string_equal (args.verb->name, "help");
    assert_null (gradmq_args_word (&args, 0));
    gradmq_args_clear (&args);
}

static void
test_parse_every_option_of_every_verb_is_taken (void **state)
{
    (void) state;
    const gradmq_verb_t *verb;
    const gradmq_verb_option_t *option;
    for (size_t i = 0; (verb = gradmq_verb_at (i)); i++)
        for (size_t j = 0; (option = gradmq_verb_option_at (j)); j++) {
            gradmq_args_t args;
            line_t line = {.argc = 0};
            char text [384];
            bool flag = option->kind == GRADMQ_VERB_OPTION_FLAG;
            char value [64] = "1";
            if (option->kind == GRADMQ_VERB_OPTION_CHOICE)
                snprintf (value, sizeof value, "%.*s", (int) strcspn (option->choices, " "),
                          option->choices);
            if (option->id == GRADMQ_OPT_HELP)
                continue;
            snprintf (text, sizeof text, "%s --%s%s%s%s", verb->name, option->name, flag ? "" : "=",
                      flag ? "" : value, verb->least ? " argument" : "");
            gradmq_err_t expected =
                gradmq_verb_option_of (option, verb) ? GRADMQ_OK : GRADMQ_ERR_USAGE;
            assert_int_equal (s_parse (&args, &line, text, NULL), expected);
            gradmq_args_clear (&args);
        }
}

//  What is wrong, and what the sentence has to contain.
static void
test_parse_wrong_lines_are_usage_errors_by_name (void **state)
{
    (void) state;
    static const char *const rows [][2] = {
        {"", "A verb is needed"},
        {"--json", "A verb is needed"},
        {"statsu", "did you mean \"status\"?"},
        {"wathc", "did you mean \"watch\"?"},
        {"desc", "did you mean \"describe\"?"},
        {"xyzzy", "`gradmq help` lists them"},
        {"status extra", "takes no argument; \"extra\" is too much"},
        {"load", "needs FILE"},
        {"load a b", "takes FILE; \"b\" is too much"},
        {"status --jsom", "did you mean \"--json\"?"},
        {"load --dtpe f32 x", "did you mean \"--dtype\"?"},
        {"status --zzzzzzzz", "`gradmq help status` lists them"},
        {"status -Z", "there is no option \"-Z\""},
        {"status --json=1", "--json takes no value"},
        {"status --model", "--model needs a value: NAME"},
        {"status --model a/b", "--model is \"a/b\", which is not a name"},
        {"status --timeout 0", "--timeout is \"0\""},
        {"status --timeout 5s", "--timeout is \"5s\""},
        {"status --timeout -5", "--timeout is \"-5\""},
        {"status --timeout 99999999999999999999", "--timeout is"},
        {"load x --dtype f16", "it can be: f32 f64"},
        {"load x --dtype=", "it can be: f32 f64"},
        {"watch --seconds 0", "--seconds is \"0\""},
        {"watch --seconds nan", "--seconds is \"nan\""},
        {"watch --count 1.5", "--count is \"1.5\""},
        {"status --control=", "--control is empty"},
        {"start --yes", "belongs to: destroy"},
        {"clear --base", "belongs to: push"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++) {
        gradmq_args_t args;
        gradmq_reason_t reason = {.code = GRADMQ_OK};
        line_t line = {.argc = 0};
        assert_int_equal (s_parse (&args, &line, rows [i][0], &reason), GRADMQ_ERR_USAGE);
        if (!strstr (reason.text, rows [i][1]))
            fail_msg ("`gradmq %s` says: %s", rows [i][0], reason.text);
        gradmq_args_clear (&args);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_parse_options_around_the_verb_are_all_read),
        cmocka_unit_test (test_parse_option_twice_takes_the_last_and_keeps_both),
        cmocka_unit_test (test_parse_letters_together_are_several_flags),
        cmocka_unit_test (test_parse_after_two_dashes_everything_is_an_argument),
        cmocka_unit_test (test_parse_help_option_is_the_verb_help),
        cmocka_unit_test (test_parse_every_option_of_every_verb_is_taken),
        cmocka_unit_test (test_parse_wrong_lines_are_usage_errors_by_name),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
