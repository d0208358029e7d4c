#include "metrics/prometheus.h"

#include "core/error.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *s_text;
static size_t s_size;
static FILE *s_to;

static int
s_open (void **state)
{
    (void) state;
    s_to = open_memstream (&s_text, &s_size);
    return s_to ? 0 : -1;
}

static int
s_close (void **state)
{
    (void) state;
    fclose (s_to);
    free (s_text);
    return 0;
}

//  True when the text has this line.
static bool
s_has (const char *line)
{
    fflush (s_to);
    size_t length = strlen (line);
    for (const char *at = s_text; (at = strstr (at, line)); at += length)
        if ((at == s_text || at [-1] == '\n') && at [length] == '\n')
            return true;
    return false;
}

static void
test_counters_are_totals_with_help_and_type (void **state)
{
    (void) state;
    gradmq_counters_t counters = {0};
    gradmq_count (&counters, GRADMQ_COUNTER_applied, 7);
    gradmq_count (&counters, GRADMQ_COUNTER_waited_ms, 1500);
    gradmq_prometheus_counters (s_to, "m", &counters);
    assert_true (s_has ("# HELP gradmq_applied_total gradients that took part in a step"));
    assert_true (s_has ("# TYPE gradmq_applied_total counter"));
    assert_true (s_has ("gradmq_applied_total{model=\"m\"} 7"));
    assert_true (s_has ("gradmq_steps_total{model=\"m\"} 0"));
    assert_true (s_has ("gradmq_waited_seconds_total{model=\"m\"} 1.5"));
}

static void
test_counters_by_code_have_a_reason (void **state)
{
    (void) state;
    gradmq_counters_t counters = {0};
    gradmq_count_code (&counters, GRADMQ_BY_CODE_refused_by, GRADMQ_ERR_STALE);
    gradmq_count_code (&counters, GRADMQ_BY_CODE_refused_by, GRADMQ_ERR_STALE);
    gradmq_prometheus_counters (s_to, "m", &counters);
    assert_true (s_has ("gradmq_refused_by_reason_total{model=\"m\",reason=\"STALE\"} 2"));
    assert_null (strstr (s_text, "reason=\"EPOCH\""));
}

static void
test_counters_by_size_are_a_cumulative_histogram (void **state)
{
    (void) state;
    gradmq_counters_t counters = {0};
    static const uint64_t sizes [] = {0, 1, 2, 3, 4, 1ull << 40};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes [0]; i++)
        gradmq_count_size (&counters, GRADMQ_BY_SIZE_staleness, sizes [i]);
    gradmq_prometheus_counters (s_to, "m", &counters);
    assert_true (s_has ("# TYPE gradmq_staleness histogram"));
    assert_true (s_has ("gradmq_staleness_bucket{model=\"m\",le=\"0\"} 1"));
    assert_true (s_has ("gradmq_staleness_bucket{model=\"m\",le=\"1\"} 2"));
    assert_true (s_has ("gradmq_staleness_bucket{model=\"m\",le=\"3\"} 4"));
    assert_true (s_has ("gradmq_staleness_bucket{model=\"m\",le=\"7\"} 5"));
    assert_true (s_has ("gradmq_staleness_bucket{model=\"m\",le=\"16777215\"} 5"));
    assert_true (s_has ("gradmq_staleness_bucket{model=\"m\",le=\"+Inf\"} 6"));
    assert_true (s_has ("gradmq_staleness_sum{model=\"m\"} 1099511627786"));
    assert_true (s_has ("gradmq_staleness_count{model=\"m\"} 6"));
}

static void
test_counters_of_times_are_in_seconds (void **state)
{
    (void) state;
    gradmq_counters_t counters = {0};
    gradmq_count_size (&counters, GRADMQ_BY_SIZE_pass_us, 3);
    gradmq_count_size (&counters, GRADMQ_BY_SIZE_pass_us, 1000);
    gradmq_prometheus_counters (s_to, "m", &counters);
    assert_true (s_has ("gradmq_pass_seconds_bucket{model=\"m\",le=\"1.6e-05\"} 1"));
    assert_true (s_has ("gradmq_pass_seconds_bucket{model=\"m\",le=\"0.000512\"} 1"));
    assert_true (s_has ("gradmq_pass_seconds_bucket{model=\"m\",le=\"0.001024\"} 2"));
    assert_true (s_has ("gradmq_pass_seconds_sum{model=\"m\"} 0.001003"));
    assert_null (strstr (s_text, "pass_seconds_bucket{model=\"m\",le=\"1e-06\"}"));
}

static void
test_gauges_tell_what_is_not_finite (void **state)
{
    (void) state;
    double values [GRADMQ_GAUGES] = {0};
    values [GRADMQ_GAUGE_version] = 12345678901;
    values [GRADMQ_GAUGE_learning_rate] = 1e-3;
    values [GRADMQ_GAUGE_gradient_norm] = NAN;
    values [GRADMQ_GAUGE_update_norm] = INFINITY;
    gradmq_prometheus_gauges (s_to, "m", values);
    assert_true (s_has ("# TYPE gradmq_version gauge"));
    assert_true (s_has ("gradmq_version{model=\"m\"} 12345678901"));
    assert_true (s_has ("gradmq_learning_rate{model=\"m\"} 0.001"));
    assert_true (s_has ("gradmq_gradient_norm{model=\"m\"} NaN"));
    assert_true (s_has ("gradmq_update_norm{model=\"m\"} +Inf"));
}

static void
test_labelled_escapes_what_comes_from_outside (void **state)
{
    (void) state;
    const gradmq_labelled_t list [] = {{"a\"b\\c\nd", 1}, {"\xff\xc3\xa9", -2.5}};
    gradmq_prometheus_labelled (s_to, "m", GRADMQ_LABELLED_reported, list, 2);
    assert_true (s_has ("gradmq_reported{model=\"m\",metric=\"a\\\"b\\\\c\\nd\"} 1"));
    assert_true (s_has ("gradmq_reported{model=\"m\",metric=\"?\xc3\xa9\"} -2.5"));
}

static void
test_family_names_each_once_as_prometheus_wants_it (void **state)
{
    (void) state;
    gradmq_family_t family, other;
    size_t count = 0;
    for (; gradmq_prometheus_family (count, &family); count++) {
        size_t length = strlen (family.name);
        bool total = length > 6 && strcmp (family.name + length - 6, "_total") == 0;
        assert_memory_equal (family.name, "gradmq_", 7);
        assert_int_equal (strspn (family.name, "abcdefghijklmnopqrstuvwxyz_"), length);
        assert_in_range (length, 8, GRADMQ_FAMILY_BYTES - 2);
        assert_true (total == (strcmp (family.type, "counter") == 0));
        assert_null (strstr (family.name, "_ms"));
        assert_null (strstr (family.name, "_us_"));
        assert_true (family.help [0]);
        for (size_t i = 0; i < count; i++) {
            gradmq_prometheus_family (i, &other);
            assert_string_not_equal (other.name, family.name);
        }
    }
    assert_int_equal (count, GRADMQ_COUNTERS + GRADMQ_BY_CODES + GRADMQ_BY_SIZES + GRADMQ_GAUGES
                                 + GRADMQ_LABELLEDS);
}

#define TEST(function) cmocka_unit_test_setup_teardown (function, s_open, s_close)

int
main (void)
{
    const struct CMUnitTest tests [] = {
        TEST (test_counters_are_totals_with_help_and_type),
        TEST (test_counters_by_code_have_a_reason),
        TEST (test_counters_by_size_are_a_cumulative_histogram),
        TEST (test_counters_of_times_are_in_seconds),
        TEST (test_gauges_tell_what_is_not_finite),
        TEST (test_labelled_escapes_what_comes_from_outside),
        cmocka_unit_test (test_family_names_each_once_as_prometheus_wants_it),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
