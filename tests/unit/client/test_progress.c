//  How a worker waits: what it does meanwhile, and that it does nothing else.

#include "fixture/bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>
#include <cmocka.h>

//  It asks what became of its gradient. While there is no answer there is nothing to do: a wait of a
//  second does not take a quarter of it in work.
static void
test_wait_for_an_answer_takes_no_work (void **state)
{
    static const float gradient [FAKE_ELEMENTS];
    bench_t *bench = (bench_t *) *state;
    gradmq_fake_lock (bench->fake);
    bench->fake->hold = true;
    bench->fake->forget_replies = true;
    gradmq_fake_unlock (bench->fake);
    assert_int_equal (gradmq_worker_push (bench->worker, gradient, sizeof gradient, NULL, NULL),
                      GRADMQ_OK);
    const clock_t before = clock ();
    assert_int_equal (gradmq_worker_flush (bench->worker, 1000, NULL), GRADMQ_ERR_TIMEOUT);
    assert_true (clock () - before < CLOCKS_PER_SEC / 4);
    assert_true (gradmq_fake_seen (bench->fake)->requests [GRADMQ_COMMAND_ACKNOWLEDGEMENT] >= 1);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test_setup_teardown (test_wait_for_an_answer_takes_no_work, bench_set_up,
                                         bench_tear_down),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
