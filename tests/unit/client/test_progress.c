//  How a worker waits: what it does meanwhile, and that it does nothing else.

#include "fixture/fake.h"
#include "worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>
#include <cmocka.h>

typedef struct {
    gradmq_fake_t *fake;
    gradmq_worker_t *worker;
} s_bench_t;

static int
s_setup (void **state)
{
    static const gradmq_pace_t quick = {
        .confirm_ms = 60, .retry_ms = 5, .sync_retry_ms = 20, .resync_jitter_ms = 1};
    static s_bench_t bench;
    bench = (s_bench_t){.fake = gradmq_fake_new ()};
    *state = &bench;
    if (bench.fake == NULL)
        return -1;
    const gradmq_options_t options = {.control = gradmq_fake_control (bench.fake),
                                      .name = "w1",
                                      .linger_ms = 200,
                                      .request_ms = 200,
                                      .timeout_ms = 10000};
    return gradmq_worker_open_paced (&bench.worker, &options, &quick, NULL) ? -1 : 0;
}

static int
s_teardown (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    gradmq_err_t err = gradmq_worker_close (&bench->worker, 0, NULL);
    (void) err;
    gradmq_fake_destroy (&bench->fake);
    return 0;
}

//  It asks what became of its gradient. While there is no answer there is nothing to do: a wait of a
//  second does not take a quarter of it in work.
static void
test_wait_for_an_answer_takes_no_work (void **state)
{
    static const float gradient [FAKE_ELEMENTS];
    s_bench_t *bench = (s_bench_t *) *state;
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
        cmocka_unit_test_setup_teardown (test_wait_for_an_answer_takes_no_work, s_setup,
                                         s_teardown),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
