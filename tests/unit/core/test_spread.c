#include "core/spread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct {
    unsigned runs [GRADMQ_SPREAD_MAX];
} s_work_t;

static void
s_run (void *context, size_t share)
{
    s_work_t *work = context;
    work->runs [share]++;
}

static void
test_spread_runs_each_share_once (void **state)
{
    (void) state;
    for (size_t shares = 0; shares <= GRADMQ_SPREAD_MAX; shares++) {
        s_work_t work = {0};
        gradmq_spread (shares, s_run, &work);
        for (size_t i = 0; i < GRADMQ_SPREAD_MAX; i++)
            assert_int_equal (work.runs [i], i < shares);
    }
}

static void
test_spread_width_is_what_the_environment_says (void **state)
{
    (void) state;
    setenv ("GRADMQ_THREADS", "3", 1);
    assert_int_equal (gradmq_spread_width (), 3);
    setenv ("GRADMQ_THREADS", "0", 1);
    assert_int_equal (gradmq_spread_width (), 1);
    setenv ("GRADMQ_THREADS", "100000", 1);
    assert_int_equal (gradmq_spread_width (), GRADMQ_SPREAD_MAX);
    unsetenv ("GRADMQ_THREADS");
    assert_in_range (gradmq_spread_width (), 1, GRADMQ_SPREAD_MAX);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_spread_runs_each_share_once),
        cmocka_unit_test (test_spread_width_is_what_the_environment_says),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
