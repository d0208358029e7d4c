//  Parameters: joining the stream, updates, gaps, falling behind. PROTOCOL.md, section 13.

#include "fixture/bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

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

static float
s_first (const bench_t *bench)
{
    return ((const float *) bench->view.data) [0];
}

static void
test_newest_first_call_asks (void **state)
{
    bench_t *bench = (bench_t *) *state;
    bench_look (bench, GRADMQ_NEWEST);
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
    bench_t *bench = (bench_t *) *state;
    bench_look (bench, GRADMQ_NEXT);
    bench->upon_wait = s_publish;
    bench_look (bench, GRADMQ_NEXT);
    assert_int_equal (bench->view.version, 1);
    assert_true (s_first (bench) == 1);
    assert_true (((const float *) bench->view.data) [5] == 5);
    assert_int_equal (bench_stats (bench).updates, 1);
    assert_int_equal (
        gradmq_fake_seen (bench->fake)->requests [GRADMQ_COMMAND_GET_MODEL_PARAMETERS], 1);
}

static void
test_next_takes_the_newest_of_several (void **state)
{
    bench_t *bench = (bench_t *) *state;
    bench_look (bench, GRADMQ_NEXT);
    for (int i = 0; i < 5; i++) {
        s_publish (bench->fake);
        assert_true (gradmq_fake_wait (bench->fake, s_published));
    }
    while (bench_stats (bench).updates < 5)
        assert_int_equal (gradmq_worker_poll (bench->worker, 10000, &bench->why), GRADMQ_OK);
    bench_look (bench, GRADMQ_NEXT);
    assert_int_equal (bench->view.version, 5);
    assert_true (s_first (bench) == 5);
    assert_int_equal (bench_stats (bench).gaps, 0);
}

static void
test_next_nothing_in_time_is_timeout (void **state)
{
    bench_t *bench = (bench_t *) *state;
    bench_look (bench, GRADMQ_NEWEST);
    bench->worker->session.timeout_ms = 50;
    gradmq_parameters_view_t view;
    assert_int_equal (gradmq_worker_parameters (bench->worker, GRADMQ_NEXT, &view, &bench->why),
                      GRADMQ_ERR_TIMEOUT);
    assert_non_null (strstr (bench->why.text, "a version newer than 0"));
}

static void
test_newest_view_stays_while_nothing_is_newer (void **state)
{
    bench_t *bench = (bench_t *) *state;
    bench_look (bench, GRADMQ_NEWEST);
    bench_look (bench, GRADMQ_NEWEST);
    assert_int_equal (bench->view.version, 0);
    assert_int_equal (
        gradmq_fake_seen (bench->fake)->requests [GRADMQ_COMMAND_GET_MODEL_PARAMETERS], 1);
}

static void
test_fetch_asks_each_time (void **state)
{
    bench_t *bench = (bench_t *) *state;
    bench_look (bench, GRADMQ_FETCH);
    s_version (bench->fake, false);
    bench_look (bench, GRADMQ_FETCH);
    assert_int_equal (bench->view.version, 1);
    assert_true (s_first (bench) == 1);
    bench_look (bench, GRADMQ_FETCH);
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
    bench_t *bench = (bench_t *) *state;
    gradmq_fake_lock (bench->fake);
    bench->fake->forget_replies = true;
    gradmq_fake_unlock (bench->fake);
    bench->upon_wait = s_answer_again;
    bench_look (bench, GRADMQ_FETCH);
    assert_int_equal (
        gradmq_fake_seen (bench->fake)->requests [GRADMQ_COMMAND_GET_MODEL_PARAMETERS], 2);
}

//  An update that is not newer than what was got is dropped (rule U-4).
static void
test_older_update_is_dropped (void **state)
{
    bench_t *bench = (bench_t *) *state;
    s_publish (bench->fake);
    assert_true (gradmq_fake_wait (bench->fake, s_published));
    s_version (bench->fake, false);
    bench_look (bench, GRADMQ_FETCH);
    assert_int_equal (bench->view.version, 2);
    while (bench_stats (bench).updates < 1)
        assert_int_equal (gradmq_worker_poll (bench->worker, 10000, &bench->why), GRADMQ_OK);
    bench_look (bench, GRADMQ_NEWEST);
    assert_int_equal (bench->view.version, 2);
}

static void
test_gap_is_counted_and_closed (void **state)
{
    bench_t *bench = (bench_t *) *state;
    bench_look (bench, GRADMQ_NEWEST);
    bench->upon_wait = s_publish;
    bench_look (bench, GRADMQ_NEXT);
    //  One that is published and never arrives.
    gradmq_fake_lock (bench->fake);
    bench->fake->version++;
    bench->fake->published_version = bench->fake->version;
    bench->fake->stream_sequence++;
    gradmq_fake_unlock (bench->fake);
    bench->upon_wait = s_publish;
    bench_look (bench, GRADMQ_NEXT);
    assert_int_equal (bench->view.version, 3);
    assert_int_equal (bench_stats (bench).gaps, 1);
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
    bench_t *bench = (bench_t *) *state;
    bench_look (bench, GRADMQ_NEWEST);
    bench->upon_wait = s_tell_only;
    bench_look (bench, GRADMQ_NEXT);
    assert_int_equal (bench->view.version, 1);
    assert_int_equal (bench_stats (bench).updates, 0);
    assert_int_equal (
        gradmq_fake_seen (bench->fake)->requests [GRADMQ_COMMAND_GET_MODEL_PARAMETERS], 2);
}

static void
test_no_updates_asks_instead (void **state)
{
    bench_t *bench = (bench_t *) *state;
    assert_int_equal (bench_open (bench, (gradmq_options_t){.no_updates = true}), GRADMQ_OK);
    bench_look (bench, GRADMQ_NEWEST);
    s_version (bench->fake, false);
    bench_look (bench, GRADMQ_NEWEST);
    assert_int_equal (bench->view.version, 1);
    bench->upon_wait = s_tell_only;
    bench_look (bench, GRADMQ_NEXT);
    assert_int_equal (bench->view.version, 2);
}

static void
test_restart_stream_is_joined_again (void **state)
{
    bench_t *bench = (bench_t *) *state;
    bench_look (bench, GRADMQ_NEWEST);
    uint32_t syncs = gradmq_fake_seen (bench->fake)->requests [GRADMQ_COMMAND_SYNC];
    gradmq_fake_kill (bench->fake);
    gradmq_fake_lock (bench->fake);
    bench->fake->epoch = 8;
    bench->fake->version = 0;
    bench->fake->parameters [0] = 80;
    gradmq_fake_unlock (bench->fake);
    gradmq_fake_rise (bench->fake);
    bench_look (bench, GRADMQ_NEXT);
    assert_int_equal (bench->view.epoch, 8);
    assert_true (s_first (bench) == 80);
    assert_true (gradmq_fake_seen (bench->fake)->requests [GRADMQ_COMMAND_SYNC] > syncs);
    bench->upon_wait = s_publish;
    bench_look (bench, GRADMQ_NEXT);
    assert_int_equal (bench->view.version, 1);
}

//  Rule P-5: another instance is a change, whatever its numbers.
static void
test_restart_with_a_lower_epoch_is_newer (void **state)
{
    bench_t *bench = (bench_t *) *state;
    bench_look (bench, GRADMQ_NEWEST);
    s_publish (bench->fake);
    bench_look (bench, GRADMQ_NEXT);
    s_publish (bench->fake);
    gradmq_fake_kill (bench->fake);
    gradmq_fake_lock (bench->fake);
    bench->fake->epoch = 6;
    bench->fake->version = 0;
    bench->fake->parameters [0] = 80;
    gradmq_fake_unlock (bench->fake);
    gradmq_fake_rise (bench->fake);
    do
        bench_look (bench, GRADMQ_NEXT);
    while (bench->view.epoch == 7);
    assert_int_equal (bench->view.epoch, 6);
    assert_true (s_first (bench) == 80);
    bench->upon_wait = s_publish;
    bench_look (bench, GRADMQ_NEXT);
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
    bench_t *bench = (bench_t *) *state;
    bench_look (bench, GRADMQ_NEWEST);
    bench->upon_wait = s_close;
    gradmq_parameters_view_t view;
    assert_int_equal (gradmq_worker_parameters (bench->worker, GRADMQ_NEXT, &view, &bench->why),
                      GRADMQ_ERR_CLOSED);
}

static void
test_open_unknown_stream_is_unsupported (void **state)
{
    bench_t *bench = (bench_t *) *state;
    assert_int_equal (bench_open (bench, (gradmq_options_t){.stream = "int4"}),
                      GRADMQ_ERR_UNSUPPORTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, bench_set_up, bench_tear_down)
#define TEST_UNOPENED(name)                                                                        \
    cmocka_unit_test_setup_teardown (name, bench_set_up_fake, bench_tear_down)

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
