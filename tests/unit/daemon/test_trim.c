//  Memory is given back once for each quiet time.

#include "daemon/trim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
test_look_trims_once_a_quiet_time (void **state)
{
    (void) state;
    gradmq_trim_t trim = {0};
    assert_false (gradmq_trim_look (&trim, 0));
    assert_false (gradmq_trim_look (&trim, GRADMQ_TRIM_AFTER_MS - 1));
    assert_true (gradmq_trim_look (&trim, GRADMQ_TRIM_AFTER_MS));
    assert_false (gradmq_trim_look (&trim, 10 * GRADMQ_TRIM_AFTER_MS));
    assert_false (gradmq_trim_look (&trim, 5));
    assert_true (gradmq_trim_look (&trim, GRADMQ_TRIM_AFTER_MS + 5));
}

int
main (void)
{
    const struct CMUnitTest tests [] = {cmocka_unit_test (test_look_trims_once_a_quiet_time)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
