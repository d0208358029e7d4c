//  Parameters: joining the stream, updates, gaps, falling behind. PROTOCOL.md, section 13.

#include "fixture/fake.h"
#include "worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const gradmq_pace_t s_quick = {
    .confirm_ms = 60, .retry_ms = 5, .sync_retry_ms = 20, .resync_jitter_ms = 1};

typedef struct {
    gradmq_fake_t *fake;
    gradmq_worker_t *worker;
    gradmq_reason_t why;
    gradmq_parameters_view_t view;
    void (*upon_wait) (gradmq_fake_t *fake);
} s_bench_t;

static void
s_on_wait (const char *text, void *context)
{
    s_bench_t *bench = (s_bench_t *) context;
    if (text && bench->upon_wait) {
        void (*act) (gradmq_fake_t * fake) = bench->upon_wait;
        bench->upon_wait = NULL;
        act (bench->fake);
    }
}

static gradmq_err_t
s_open (s_bench_t *bench, gradmq_options_t options)
{
    options.control = gradmq_fake_control (bench->fake);
    options.name = "w1";
    options.linger_ms = 200;
    options.request_ms = 200;
    options.timeout_ms = 10000;
    options.on_wait = s_on_wait;
    options.context = bench;
    return gradmq_worker_open_paced (&bench->worker, &options, &s_quick, &bench->why);
}

static int
s_setup_fake (void **state)
{
    s_bench_t *bench = (s_bench_t *) calloc (1, sizeof *bench);
    bench->fake = gradmq_fake_new ();
    *state = bench;
    return bench->fake ? 0 : -1;
}

static int
s_setup (void **state)
{
    return s_setup_fake (state) || s_open ((s_bench_t *) *state, (gradmq_options_t){0}) ? -1 : 0;
}

static int
s_teardown (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    gradmq_err_t err = gradmq_worker_close (&bench->worker, 0, NULL);
    (void) err;
    gradmq_fake_destroy (&bench->fake);
    free (bench);
    return 0;
}

//  The next version, its first parameter the version's number; published or not.
static void
s_version (gradmq_fake_t *fake, bool publish)
{
    gradmq_fake_lock (fake);
    fake->version++;
    fake->parameters [0] = (float) fake->version;
    fake->update = publish;
    gradmq_fake_unlock (fake);
}

static bool
s_published (const gradmq_fake_t *fake)
{
    return !fake->update;
}

static void
s_publish (gradmq_fake_t *fake)
{
    s_version (fake, true);
}

static void
s_look (s_bench_t *bench, gradmq_which_t which)
{
    if (gradmq_worker_parameters (bench->worker, which, &bench->view, &bench->why))
        fail_msg ("%s", bench->why.text);
}

static float
s_first (const s_bench_t *bench)
{
    return ((const float *) bench->view.data) [0];
}

static gradmq_worker_stats_t
s_stats (s_bench_t *bench)
{
    gradmq_worker_stats_t stats;
    gradmq_worker_stats (bench->worker, &stats);
    return stats;
}

static void
test_newest_first_call_asks (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    s_look (bench, GRADMQ_NEWEST);
    assert_int_equal (bench->view.bytes, sizeof gradmq_fake_seen (bench->fake)->parameters);
    assert_memory_equal (bench->view.data, gradmq_fake_seen (bench->fake)->parameters,
                         bench->view.bytes);
    assert_int_equal (bench->view.dtype, GRADMQ_F32);
    assert_int_equal (bench->view.epoch, 7);
    assert_int_equal (bench->view.version, 0);
    assert_int_equal (
        gradmq_fake_seen (bench->fake)->requests [GRADMQ_COMMAND_GET_MODEL_PARAMETERS], 1);
}

static void
test_next_waits_for_an_update (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    s_look (bench, GRADMQ_NEXT);
    bench->upon_wait = s_publish;
    s_look (bench, GRADMQ_NEXT);
    assert_int_equal (bench->view.version, 1);
    assert_true (s_first (bench) == 1);
    assert_true (((const float *) bench->view.data) [5] == 5);
    assert_int_equal (s_stats (bench).updates, 1);
    assert_int_equal (
        gradmq_fake_seen (bench->fake)->requests [GRADMQ_COMMAND_GET_MODEL_PARAMETERS], 1);
}

static void
test_next_takes_the_newest_of_several (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    s_look (bench, GRADMQ_NEXT);
    for (int i = 0; i < 5; i++) {
        s_publish (bench->fake);
        assert_true (gradmq_fake_wait (bench->fake, s_published));
    }
    while (s_stats (bench).updates < 5)
        assert_int_equal (gradmq_worker_poll (bench->worker, 10000, &bench->why), GRADMQ_OK);
    s_look (bench, GRADMQ_NEXT);
    assert_int_equal (bench->view.version, 5);
    assert_true (s_first (bench) == 5);
    assert_int_equal (s_stats (bench).gaps, 0);
}

static void
test_next_nothing_in_time_is_timeout (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    s_look (bench, GRADMQ_NEWEST);
    bench->worker->session.timeout_ms = 50;
    gradmq_parameters_view_t view;
    assert_int_equal (gradmq_worker_parameters (bench->worker, GRADMQ_NEXT, &view, &bench->why),
                      GRADMQ_ERR_TIMEOUT);
    assert_non_null (strstr (bench->why.text, "a version newer than 0"));
}

static void
test_newest_view_stays_while_nothing_is_newer (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    s_look (bench, GRADMQ_NEWEST);
    s_look (bench, GRADMQ_NEWEST);
    assert_int_equal (bench->view.version, 0);
    assert_int_equal (
        gradmq_fake_seen (bench->fake)->requests [GRADMQ_COMMAND_GET_MODEL_PARAMETERS], 1);
}

static void
test_fetch_asks_each_time (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    s_look (bench, GRADMQ_FETCH);
    s_version (bench->fake, false);
    s_look (bench, GRADMQ_FETCH);
    assert_int_equal (bench->view.version, 1);
    assert_true (s_first (bench) == 1);
    s_look (bench, GRADMQ_FETCH);
    assert_int_equal (bench->view.version, 1);
}

static void
s_answer_again (gradmq_fake_t *fake)
{
    gradmq_fake_lock (fake);
    fake->forget_replies = false;
    gradmq_fake_unlock (fake);
}

static void
test_fetch_unanswered_is_asked_again (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    gradmq_fake_lock (bench->fake);
    bench->fake->forget_replies = true;
    gradmq_fake_unlock (bench->fake);
    bench->upon_wait = s_answer_again;
    s_look (bench, GRADMQ_FETCH);
    assert_int_equal (
        gradmq_fake_seen (bench->fake)->requests [GRADMQ_COMMAND_GET_MODEL_PARAMETERS], 2);
}

//  An update that is not newer than what was got is dropped (rule U-4).
static void
test_older_update_is_dropped (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    s_publish (bench->fake);
    assert_true (gradmq_fake_wait (bench->fake, s_published));
    s_version (bench->fake, false);
    s_look (bench, GRADMQ_FETCH);
    assert_int_equal (bench->view.version, 2);
    while (s_stats (bench).updates < 1)
        assert_int_equal (gradmq_worker_poll (bench->worker, 10000, &bench->why), GRADMQ_OK);
    s_look (bench, GRADMQ_NEWEST);
    assert_int_equal (bench->view.version, 2);
}

static void
test_gap_is_counted_and_closed (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    s_look (bench, GRADMQ_NEWEST);
    bench->upon_wait = s_publish;
    s_look (bench, GRADMQ_NEXT);
    //  One that is published and never arrives.
    gradmq_fake_lock (bench->fake);
    bench->fake->version++;
    bench->fake->published_version = bench->fake->version;
    bench->fake->stream_sequence++;
    gradmq_fake_unlock (bench->fake);
    bench->upon_wait = s_publish;
    s_look (bench, GRADMQ_NEXT);
    assert_int_equal (bench->view.version, 3);
    assert_int_equal (s_stats (bench).gaps, 1);
}

static void
s_tell_only (gradmq_fake_t *fake)
{
    gradmq_fake_lock (fake);
    fake->version++;
    fake->parameters [0] = (float) fake->version;
    fake->heartbeat = true;
    gradmq_fake_unlock (fake);
}

//  Rule U-5.
static void
test_heartbeat_ahead_is_got (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    s_look (bench, GRADMQ_NEWEST);
    bench->upon_wait = s_tell_only;
    s_look (bench, GRADMQ_NEXT);
    assert_int_equal (bench->view.version, 1);
    assert_int_equal (s_stats (bench).updates, 0);
    assert_int_equal (
        gradmq_fake_seen (bench->fake)->requests [GRADMQ_COMMAND_GET_MODEL_PARAMETERS], 2);
}

static void
test_no_updates_asks_instead (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    assert_int_equal (s_open (bench, (gradmq_options_t){.no_updates = true}), GRADMQ_OK);
    s_look (bench, GRADMQ_NEWEST);
    s_version (bench->fake, false);
    s_look (bench, GRADMQ_NEWEST);
    assert_int_equal (bench->view.version, 1);
    bench->upon_wait = s_tell_only;
    s_look (bench, GRADMQ_NEXT);
    assert_int_equal (bench->view.version, 2);
}

static void
test_restart_stream_is_joined_again (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    s_look (bench, GRADMQ_NEWEST);
    uint32_t syncs = gradmq_fake_seen (bench->fake)->requests [GRADMQ_COMMAND_SYNC];
    gradmq_fake_kill (bench->fake);
    gradmq_fake_lock (bench->fake);
    bench->fake->epoch = 8;
    bench->fake->version = 0;
    bench->fake->parameters [0] = 80;
    gradmq_fake_unlock (bench->fake);
    gradmq_fake_rise (bench->fake);
    s_look (bench, GRADMQ_NEXT);
    assert_int_equal (bench->view.epoch, 8);
    assert_true (s_first (bench) == 80);
    assert_true (gradmq_fake_seen (bench->fake)->requests [GRADMQ_COMMAND_SYNC] > syncs);
    bench->upon_wait = s_publish;
    s_look (bench, GRADMQ_NEXT);
    assert_int_equal (bench->view.version, 1);
}

//  Rule P-5: another instance is a change, whatever its numbers.
static void
test_restart_with_a_lower_epoch_is_newer (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    s_look (bench, GRADMQ_NEWEST);
    s_publish (bench->fake);
    s_look (bench, GRADMQ_NEXT);
    s_publish (bench->fake);
    gradmq_fake_kill (bench->fake);
    gradmq_fake_lock (bench->fake);
    bench->fake->epoch = 6;
    bench->fake->version = 0;
    bench->fake->parameters [0] = 80;
    gradmq_fake_unlock (bench->fake);
    gradmq_fake_rise (bench->fake);
    do
        s_look (bench, GRADMQ_NEXT);
    while (bench->view.epoch == 7);
    assert_int_equal (bench->view.epoch, 6);
    assert_true (s_first (bench) == 80);
    bench->upon_wait = s_publish;
    s_look (bench, GRADMQ_NEXT);
    assert_int_equal (bench->view.version, 1);
}

static void
s_close (gradmq_fake_t *fake)
{
    gradmq_fake_lock (fake);
    fake->closing = true;
    gradmq_fake_unlock (fake);
}

static void
test_next_closing_coordinator_is_closed (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    s_look (bench, GRADMQ_NEWEST);
    bench->upon_wait = s_close;
    gradmq_parameters_view_t view;
    assert_int_equal (gradmq_worker_parameters (bench->worker, GRADMQ_NEXT, &view, &bench->why),
                      GRADMQ_ERR_CLOSED);
}

static void
test_open_unknown_stream_is_unsupported (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    assert_int_equal (s_open (bench, (gradmq_options_t){.stream = "int4"}), GRADMQ_ERR_UNSUPPORTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, s_setup, s_teardown)
#define TEST_UNOPENED(name) cmocka_unit_test_setup_teardown (name, s_setup_fake, s_teardown)

int
main (void)
{
    const struct CMUnitTest tests [] = {
        TEST (test_newest_first_call_asks),
        TEST (test_next_waits_for_an_update),
        TEST (test_next_takes_the_newest_of_several),
        TEST (test_next_nothing_in_time_is_timeout),
        TEST (test_newest_view_stays_while_nothing_is_newer),
        TEST (test_fetch_asks_each_time),
        TEST (test_fetch_unanswered_is_asked_again),
        TEST (test_older_update_is_dropped),
        TEST (test_gap_is_counted_and_closed),
        TEST (test_heartbeat_ahead_is_got),
        TEST_UNOPENED (test_no_updates_asks_instead),
        TEST (test_restart_stream_is_joined_again),
        TEST (test_restart_with_a_lower_epoch_is_newer),
        TEST (test_next_closing_coordinator_is_closed),
        TEST_UNOPENED (test_open_unknown_stream_is_unsupported),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
