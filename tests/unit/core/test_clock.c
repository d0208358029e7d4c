#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"

typedef struct {
    uint64_t monotonic, unix_time;
} fake_t;

static uint64_t
s_monotonic (void *context)
{
    return ((fake_t *) context)->monotonic;
}

static uint64_t
s_unix (void *context)
{
    return ((fake_t *) context)->unix_time;
}

static void
test_fake_clock_is_asked_with_its_context (void **state)
{
    (void) state;
    fake_t fake = {.monotonic = 1999, .unix_time = 7};
    gradmq_clock_t clock = {.monotonic_us = s_monotonic, .unix_us = s_unix, .context = &fake};
    assert_int_equal (gradmq_clock_us (&clock), 1999);
    assert_int_equal (gradmq_clock_ms (&clock), 1);
    assert_int_equal (gradmq_clock_unix_us (&clock), 7);
}

static void
test_real_clock_never_goes_back (void **state)
{
    (void) state;
    gradmq_clock_t clock = gradmq_clock_real ();
    uint64_t last = gradmq_clock_us (&clock);
    for (int i = 0; i < 10000; i++) {
        uint64_t now = gradmq_clock_us (&clock);
        assert_true (now >= last);
        last = now;
    }
    //  After the year 2020, in microseconds.
    assert_true (gradmq_clock_unix_us (&clock) > 1577836800000000u);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_fake_clock_is_asked_with_its_context),
        cmocka_unit_test (test_real_clock_never_goes_back),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
