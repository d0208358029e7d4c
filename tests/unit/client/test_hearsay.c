//  The sentence that says what is waited for. PROTOCOL.md, rule E-1.

#include "hearsay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *
s_say (const gradmq_heartbeat_t *heartbeat, uint64_t later_ms)
{
    static char text [512];
    gradmq_hearsay_t hearsay = {.heard_ms = 1000, .heartbeat_ms = 1000};
    gradmq_hearsay_take (&hearsay, heartbeat, 1000);
    gradmq_hearsay_say (&hearsay, 1000 + later_ms, text, sizeof text);
    return text;
}

static void
test_say_running_tells_for_whom_and_until_when (void **state)
{
    (void) state;
    const char *names [] = {"w2", "w5"};
    gradmq_heartbeat_t heartbeat = {.state = 3,
                                    .why = "round 9 has 3 answers and waits for others",
                                    .waiting_for = {names, 2},
                                    .waiting_total = 2,
                                    .has_deadline = true,
                                    .deadline_ms = 2100};
    assert_string_equal (s_say (&heartbeat, 600),
                         "round 9 has 3 answers and waits for others: w2, w5 (2 in all), no longer "
                         "than 1.5 s");
    assert_non_null (strstr (s_say (&heartbeat, 2500), "no longer than 0.0 s"));
    heartbeat.has_deadline = false;
    heartbeat.waiting_total = 0;
    assert_string_equal (s_say (&heartbeat, 0), "round 9 has 3 answers and waits for others");
}

static void
test_say_stopped_and_silent (void **state)
{
    (void) state;
    const gradmq_heartbeat_t heartbeat = {.state = 2, .why = "stopped; 3 gradients wait"};
    assert_string_equal (s_say (&heartbeat, 0),
                         "the coordinator is STOPPED: stopped; 3 gradients wait");
    assert_string_equal (s_say (&heartbeat, 4500), "nothing was heard of the coordinator for 4 s");
    assert_string_equal (s_say (&(gradmq_heartbeat_t){.state = 3}, 0),
                         "the coordinator is RUNNING");
}

//  Sixteen names of sixty-four letters have no room: whole ones are told, and how many there are.
static void
test_say_long_names_are_left_out_whole (void **state)
{
    (void) state;
    char text [16][65];
    const char *names [16];
    for (int i = 0; i < 16; i++) {
        snprintf (text [i], sizeof text [i], "%062d%02d", 0, i);
        names [i] = text [i];
    }
    const gradmq_heartbeat_t heartbeat = {
        .state = 3, .why = "wait", .waiting_for = {names, 16}, .waiting_total = 40};
    char wanted [128];
    snprintf (wanted, sizeof wanted, "wait: %s (40 in all)", names [0]);
    assert_string_equal (s_say (&heartbeat, 0), wanted);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_say_running_tells_for_whom_and_until_when),
        cmocka_unit_test (test_say_stopped_and_silent),
        cmocka_unit_test (test_say_long_names_are_left_out_whole),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
