#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/log.h"

#include <stdlib.h>
#include <string.h>

//  A log into memory.
typedef struct {
    char *text;
    size_t size;
    FILE *stream;
} sink_t;

static int
s_setup (void **state)
{
    sink_t *sink = calloc (1, sizeof *sink);
    if (!sink)
        return -1;
    sink->stream = open_memstream (&sink->text, &sink->size);
    *state = sink;
    return sink->stream ? 0 : -1;
}

static int
s_teardown (void **state)
{
    sink_t *sink = *state;
    gradmq_log_open (NULL, GRADMQ_LOG_ERROR, GRADMQ_LOG_TEXT);
    fclose (sink->stream);
    free (sink->text);
    free (sink);
    return 0;
}

//  What follows the time "2026-01-31T12:00:00.000Z", which is checked here.
static const char *
s_after_time (const char *text)
{
    static const char form [] = "0000-00-00T00:00:00.000Z";
    for (size_t i = 0; form [i]; i++) {
        if (form [i] == '0')
            assert_in_range (text [i], '0', '9');
        else
            assert_int_equal (text [i], form [i]);
    }
    return text + strlen (form);
}

static void
test_log_text_is_time_level_message (void **state)
{
    sink_t *sink = *state;
    gradmq_log_open (sink->stream, GRADMQ_LOG_INFO, GRADMQ_LOG_TEXT);
    gradmq_log (GRADMQ_LOG_WARNING, "%d of %s", 3, "w1");
    assert_string_equal (s_after_time (sink->text), " warning 3 of w1\n");
}

static void
test_log_text_is_one_line_whatever_the_message (void **state)
{
    sink_t *sink = *state;
    gradmq_log_open (sink->stream, GRADMQ_LOG_INFO, GRADMQ_LOG_TEXT);
    gradmq_log (GRADMQ_LOG_INFO, "a\nb\rc\x1b"
                                 "d");
    assert_string_equal (s_after_time (sink->text), " info    a?b?c?d\n");
}

static void
test_log_json_is_one_object_a_line (void **state)
{
    sink_t *sink = *state;
    static const char start [] = "{\"time\":\"";
    gradmq_log_open (sink->stream, GRADMQ_LOG_INFO, GRADMQ_LOG_JSON);
    gradmq_log (GRADMQ_LOG_ERROR, "cannot read \"%s\"\n", "a\\b");
    assert_memory_equal (sink->text, start, strlen (start));
    assert_string_equal (s_after_time (sink->text + strlen (start)),
                         "\",\"level\":\"error\",\"message\":\"cannot read \\\"a\\\\b\\\"\\n\"}\n");
}

static void
test_log_below_the_level_writes_nothing (void **state)
{
    sink_t *sink = *state;
    gradmq_log_open (sink->stream, GRADMQ_LOG_WARNING, GRADMQ_LOG_TEXT);
    assert_true (gradmq_log_wants (GRADMQ_LOG_ERROR));
    assert_true (gradmq_log_wants (GRADMQ_LOG_WARNING));
    assert_false (gradmq_log_wants (GRADMQ_LOG_INFO));
    gradmq_log (GRADMQ_LOG_INFO, "not wanted");
    fflush (sink->stream);
    assert_int_equal (sink->size, 0);
}

static void
test_log_closed_is_silent (void **state)
{
    (void) state;
    gradmq_log_open (NULL, GRADMQ_LOG_DEBUG, GRADMQ_LOG_TEXT);
    assert_false (gradmq_log_wants (GRADMQ_LOG_ERROR));
    gradmq_log (GRADMQ_LOG_ERROR, "to nobody");
}

static void
test_log_long_message_is_cut_to_one_line (void **state)
{
    sink_t *sink = *state;
    char message [4096];
    memset (message, '\x01', sizeof message - 1);
    message [sizeof message - 1] = 0;
    gradmq_log_open (sink->stream, GRADMQ_LOG_INFO, GRADMQ_LOG_JSON);
    gradmq_log (GRADMQ_LOG_INFO, "%s", message);
    assert_string_equal (sink->text + sink->size - 9, "\\u0001\"}\n");
    assert_ptr_equal (strchr (sink->text, '\n'), sink->text + sink->size - 1);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test_setup_teardown (test_log_text_is_time_level_message, s_setup, s_teardown),
        cmocka_unit_test_setup_teardown (test_log_text_is_one_line_whatever_the_message, s_setup,
                                         s_teardown),
        cmocka_unit_test_setup_teardown (test_log_json_is_one_object_a_line, s_setup, s_teardown),
        cmocka_unit_test_setup_teardown (test_log_below_the_level_writes_nothing, s_setup,
                                         s_teardown),
        cmocka_unit_test_setup_teardown (test_log_closed_is_silent, s_setup, s_teardown),
        cmocka_unit_test_setup_teardown (test_log_long_message_is_cut_to_one_line, s_setup,
                                         s_teardown),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
