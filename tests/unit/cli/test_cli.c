#include "cli/cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

//  One run of the program, in this process.
typedef struct {
    int number;
    char *out, *err;
} run_t;

static run_t
s_run (char **argv, int argc)
{
    run_t run = {.out = NULL};
    size_t out_size = 0, err_size = 0;
    FILE *out = open_memstream (&run.out, &out_size);
    FILE *err = open_memstream (&run.err, &err_size);
    assert_non_null (out);
    assert_non_null (err);
    run.number = gradmq_cli_run (argc, argv, out, err);
    fclose (out);
    fclose (err);
    return run;
}

#define RUN(...)                                                                                   \
    s_run ((char *[]){"gradmq", __VA_ARGS__, NULL},                                                \
           (int) (sizeof ((char *[]){"gradmq", __VA_ARGS__}) / sizeof (char *)))

static void
s_free (run_t *run)
{
    free (run->out);
    free (run->err);
}

static void
test_run_wrong_settings_end_with_usage_before_connecting (void **state)
{
    (void) state;
    static char *const rows [][2] = {
        {"lerning_rate=1", "did you mean \"learning_rate\"?"},
        {"learning_rate=fast", "learning_rate is \"fast\", which is not a finite number"},
        {"learning_rate=nan", "not a finite number"},
        {"learning_rate=-1", "it can be 0 to 1000000"},
        {"mode=sideways", "it can be: descent ascent"},
        {"coalesce=maybe", "not true or false"},
        {"lease_ms=1", "it can be 100 to 86400000 ms"},
        {"groups='a", "groups"},
        {"=3", "there is no setting \"\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++) {
        run_t run = RUN ("settings", rows [i][0]);
        assert_int_equal (run.number, GRADMQ_EXIT_USAGE);
        assert_string_equal (run.out, "");
        if (i != 7 && !strstr (run.err, rows [i][1]))
            fail_msg ("%s: %s", rows [i][0], run.err);
        s_free (&run);
    }
}

static void
test_run_settings_looks_and_changes_cannot_be_mixed (void **state)
{
    (void) state;
    run_t run = RUN ("settings", "momentum", "learning_rate=1");
    assert_int_equal (run.number, GRADMQ_EXIT_USAGE);
    assert_non_null (strstr (run.err, "\"momentum\" has no value; write NAME=VALUE"));
    s_free (&run);
    run = RUN ("settings", "--if-version", "3");
    assert_int_equal (run.number, GRADMQ_EXIT_USAGE);
    s_free (&run);
}

static void
test_run_missing_file_ends_with_file_and_names_it (void **state)
{
    (void) state;
    run_t run = RUN ("load", "/nonexistent/model.safetensors");
    assert_int_equal (run.number, GRADMQ_EXIT_FILE);
    assert_non_null (strstr (run.err, "/nonexistent/model.safetensors"));
    assert_non_null (strstr (run.err, "[IO]"));
    s_free (&run);
}

static void
test_run_error_with_json_is_an_object (void **state)
{
    (void) state;
    run_t run = RUN ("frob", "--json");
    assert_int_equal (run.number, GRADMQ_EXIT_USAGE);
    assert_string_equal (run.err,
                         "{\"error\": {\"code\": 71, \"name\": \"USAGE\", \"message\": "
                         "\"there is no verb \\\"frob\\\"; `gradmq help` lists them\"}}\n");
    assert_string_equal (run.out, "");
    s_free (&run);
}

static void
test_run_nobody_at_the_endpoint_ends_with_unreachable (void **state)
{
    (void) state;
    run_t run = RUN ("status", "--control", "ipc:///nonexistent/gradmq", "--timeout", "100");
    assert_int_equal (run.number, GRADMQ_EXIT_UNREACHABLE);
    assert_non_null (strstr (run.err, "gradmq status: "));
    s_free (&run);
}

static void
test_run_error_text_has_no_control_characters (void **state)
{
    (void) state;
    run_t run = RUN ("\033[2J");
    assert_int_equal (run.number, GRADMQ_EXIT_USAGE);
    assert_null (strchr (run.err, '\033'));
    s_free (&run);
}

static void
test_run_help_and_version_need_nobody (void **state)
{
    (void) state;
    run_t run = RUN ("help", "watch");
    assert_int_equal (run.number, GRADMQ_EXIT_DONE);
    assert_non_null (strstr (run.out, "--seconds"));
    assert_string_equal (run.err, "");
    s_free (&run);
    run = RUN ("version", "--json");
    assert_int_equal (run.number, GRADMQ_EXIT_DONE);
    assert_non_null (strstr (run.out, gradmq_version ()));
    s_free (&run);
    run = RUN ("help", "wach");
    assert_int_equal (run.number, GRADMQ_EXIT_USAGE);
    assert_non_null (strstr (run.err, "did you mean \"watch\"?"));
    s_free (&run);
}

static void
test_run_full_output_ends_with_file (void **state)
{
    (void) state;
    FILE *full = fopen ("/dev/full", "w");
    if (!full)
        skip ();
    char *argv [] = {"gradmq", "help", NULL}, *text = NULL;
    size_t size = 0;
    FILE *err = open_memstream (&text, &size);
    assert_int_equal (gradmq_cli_run (2, argv, full, err), GRADMQ_EXIT_FILE);
    fclose (err);
    assert_non_null (strstr (text, "cannot write the answer"));
    free (text);
    fclose (full);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_run_wrong_settings_end_with_usage_before_connecting),
        cmocka_unit_test (test_run_settings_looks_and_changes_cannot_be_mixed),
        cmocka_unit_test (test_run_missing_file_ends_with_file_and_names_it),
        cmocka_unit_test (test_run_error_with_json_is_an_object),
        cmocka_unit_test (test_run_nobody_at_the_endpoint_ends_with_unreachable),
        cmocka_unit_test (test_run_error_text_has_no_control_characters),
        cmocka_unit_test (test_run_help_and_version_need_nobody),
        cmocka_unit_test (test_run_full_output_ends_with_file),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
