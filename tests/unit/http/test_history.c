#include "http/history.h"

#include "http/limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static size_t
s_count (const char *text)
{
    size_t count = 0;
    for (const char *at = text; *at; at++)
        count += *at == '{';
    return count;
}

static void
test_text_of_nothing_is_an_empty_list (void **state)
{
    (void) state;
    size_t size;
    gradmq_history_t *self = gradmq_history_new ();
    char *text = gradmq_history_text (self, &size);
    assert_string_equal (text, "[]\n");
    assert_int_equal (size, 3);
    free (text);
    gradmq_history_destroy (&self);
    assert_null (self);
    gradmq_history_destroy (&self);
}

static void
test_add_keeps_the_order (void **state)
{
    (void) state;
    size_t size;
    gradmq_history_t *self = gradmq_history_new ();
    gradmq_history_add (self, "{\"n\": 0}");
    gradmq_history_add (self, "{\"n\": 1}");
    char *text = gradmq_history_text (self, &size);
    assert_string_equal (text, "[{\"n\": 0},\n{\"n\": 1}]\n");
    free (text);
    gradmq_history_destroy (&self);
}

static void
test_add_too_many_are_thinned_out_evenly (void **state)
{
    (void) state;
    gradmq_history_t *self = gradmq_history_new ();
    size_t size, most = 10 * GRADMQ_HTTP_HISTORY_KEPT;
    for (size_t i = 0; i < most; i++) {
        char json [40];
        snprintf (json, sizeof json, "{\"n\": %zu}", i);
        gradmq_history_add (self, json);
    }
    char *text = gradmq_history_text (self, &size);
    assert_in_range (s_count (text), GRADMQ_HTTP_HISTORY_KEPT / 2, GRADMQ_HTTP_HISTORY_KEPT);
    //  The distance of neighbours is the same everywhere: 16 after four times.
    long expected = 0;
    for (const char *at = text; (at = strstr (at, "\"n\": ")); expected += 16) {
        at += 5;
        assert_int_equal (strtol (at, NULL, 10), expected);
    }
    assert_true ((size_t) expected >= most);
    free (text);
    gradmq_history_destroy (&self);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_text_of_nothing_is_an_empty_list),
        cmocka_unit_test (test_add_keeps_the_order),
        cmocka_unit_test (test_add_too_many_are_thinned_out_evenly),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
