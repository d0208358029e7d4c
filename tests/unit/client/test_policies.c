//  What a worker does under the policies: kinds, clocks, rounds that end without a version, whom it
//  waits for. PROTOCOL.md, sections 12.1 and 19.

#include "fixture/bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const float s_values [FAKE_ELEMENTS] = {1, 2, 3, 4, 5, 6};

static int
s_setup (void **state)
{
    if (bench_set_up_fake (state))
        return -1;
    bench_t *bench = (bench_t *) *state;
    gradmq_fake_lock (bench->fake);
    bench->fake->round = 9;
    bench->fake->start_clock = 4;
    gradmq_fake_unlock (bench->fake);
    return bench_open (bench, (gradmq_options_t){0}) ? -1 : 0;
}

static void
s_push (bench_t *bench, const gradmq_push_t *push)
{
    if (gradmq_worker_push (bench->worker, s_values, sizeof s_values, push, &bench->why)
        || gradmq_worker_flush (bench->worker, 10000, &bench->why))
        fail_msg ("%s", bench->why.text);
}

static uint32_t
s_last_kind (bench_t *bench)
{
    return gradmq_fake_seen (bench->fake)->last.kind;
}

static void
test_push_kind_is_in_the_header (void **state)
{
    bench_t *bench = (bench_t *) *state;
    s_push (bench, NULL);
    assert_int_equal (s_last_kind (bench), GRADMQ_GRADIENT);
    s_push (bench, &(gradmq_push_t){.kind = GRADMQ_DELTA});
    assert_int_equal (s_last_kind (bench), GRADMQ_DELTA);
    const gradmq_push_t skip = {.kind = GRADMQ_DELTA};
    assert_int_equal (gradmq_worker_skip (bench->worker, &skip, &bench->why), GRADMQ_OK);
    assert_int_equal (gradmq_worker_flush (bench->worker, 10000, &bench->why), GRADMQ_OK);
    assert_int_equal (s_last_kind (bench), GRADMQ_KIND_SKIP);
    const gradmq_push_t wrong = {.kind = 4};
    assert_int_equal (
        gradmq_worker_push (bench->worker, s_values, sizeof s_values, &wrong, &bench->why),
        GRADMQ_ERR_ARGUMENT);
}

static gradmq_err_t
s_add (bench_t *bench, const gradmq_push_t *push)
{
    gradmq_err_t err = gradmq_worker_add_model_parameters (bench->worker, s_values, sizeof s_values,
                                                           push, &bench->why);
    return err ? err : gradmq_worker_flush (bench->worker, 10000, &bench->why);
}

static void
test_add_model_parameters_are_parameters (void **state)
{
    bench_t *bench = (bench_t *) *state;
    bench_look (bench, GRADMQ_NEXT);
    assert_int_equal (s_add (bench, NULL), GRADMQ_OK);
    assert_int_equal (s_last_kind (bench), GRADMQ_MODEL_PARAMETERS);
    assert_true (gradmq_fake_seen (bench->fake)->last.has_base);
    const gradmq_push_t delta = {.kind = GRADMQ_DELTA, .weight = 32};
    assert_int_equal (s_add (bench, &delta), GRADMQ_OK);
    assert_int_equal (s_last_kind (bench), GRADMQ_DELTA);
    assert_true (gradmq_fake_seen (bench->fake)->last.weight == 32);
    const gradmq_push_t gradient = {.kind = GRADMQ_GRADIENT};
    assert_int_equal (s_add (bench, &gradient), GRADMQ_ERR_ARGUMENT);
}

static void
test_clock_begins_at_the_start_clock_and_counts (void **state)
{
    bench_t *bench = (bench_t *) *state;
    assert_int_equal (bench_stats (bench).clock, 4);
    s_push (bench, NULL);
    assert_int_equal (bench_stats (bench).clock, 5);
    s_push (bench, &(gradmq_push_t){.has_clock = true, .clock = 6});
    assert_int_equal (bench_stats (bench).clock, 5);
    s_push (bench, &(gradmq_push_t){.has_clock = true, .clock = 6, .last_of_clock = true});
    assert_int_equal (bench_stats (bench).clock, 6);
}

static bool
s_rejoined (const gradmq_fake_t *fake)
{
    return fake->member && fake->applied >= 1;
}

//  Rule O-11: who restarts knows nothing of clocks, and the worker goes on where it was.
static void
test_clock_goes_on_after_a_restart (void **state)
{
    bench_t *bench = (bench_t *) *state;
    s_push (bench, NULL);
    s_push (bench, NULL);
    gradmq_fake_lock (bench->fake);
    bench->fake->start_clock = 0;
    bench->fake->round = 1;
    gradmq_fake_unlock (bench->fake);
    gradmq_fake_restart (bench->fake);
    s_push (bench, NULL);
    assert_true (gradmq_fake_wait (bench->fake, s_rejoined));
    assert_int_equal (bench_stats (bench).clock, 7);
    assert_int_equal (bench_stats (bench).round, 1);
}

//  Answer the round; nothing is applied.
static void
s_answer (bench_t *bench)
{
    gradmq_fake_lock (bench->fake);
    bench->fake->hold = true;
    gradmq_fake_unlock (bench->fake);
    if (gradmq_worker_push (bench->worker, s_values, sizeof s_values, NULL, &bench->why))
        fail_msg ("%s", bench->why.text);
}

static void
s_next_round (gradmq_fake_t *fake)
{
    gradmq_fake_lock (fake);
    fake->round++;
    fake->heartbeat = true;
    gradmq_fake_unlock (fake);
}

static void
s_skipped (gradmq_fake_t *fake)
{
    gradmq_fake_lock (fake);
    fake->round++;
    fake->notice = GRADMQ_NOTICE_STEP_SKIPPED;
    gradmq_fake_unlock (fake);
}

static void
s_cleared (gradmq_fake_t *fake)
{
    gradmq_fake_lock (fake);
    fake->round++;
    fake->notice = GRADMQ_NOTICE_CLEARED;
    gradmq_fake_unlock (fake);
}

//  Rule O-7: each of these ends the wait, and the same view is given.
static void
test_next_round_over_without_a_version_gives_the_same_view (void **state)
{
    bench_t *bench = (bench_t *) *state;
    void (*const ends []) (gradmq_fake_t *) = {s_skipped, s_next_round, s_cleared};
    bench_look (bench, GRADMQ_NEXT);
    assert_int_equal (bench_stats (bench).round, 9);
    for (size_t i = 0; i < sizeof ends / sizeof ends [0]; i++) {
        s_answer (bench);
        bench->upon_wait = ends [i];
        bench_look (bench, GRADMQ_NEXT);
        assert_null (bench->upon_wait);
        assert_int_equal (bench->view.version, 0);
        assert_int_equal (bench->view.bytes, sizeof s_values);
    }
    assert_int_equal (bench_stats (bench).round, 12);
}

static void
s_close (gradmq_fake_t *fake)
{
    gradmq_fake_lock (fake);
    fake->round++;
    fake->state = GRADMQ_STATE_CLOSING;
    fake->heartbeat = true;
    gradmq_fake_unlock (fake);
}

//  The round ends because everything does: no parameters to answer are given.
static void
test_next_coordinator_that_closes_gives_no_view (void **state)
{
    bench_t *bench = (bench_t *) *state;
    bench_look (bench, GRADMQ_NEXT);
    s_answer (bench);
    bench->upon_wait = s_close;
    assert_int_equal (
        gradmq_worker_parameters (bench->worker, GRADMQ_NEXT, &bench->view, &bench->why),
        GRADMQ_ERR_CLOSED);
}

static void
s_publish (gradmq_fake_t *fake)
{
    gradmq_fake_lock (fake);
    fake->version++;
    fake->round++;
    fake->update = true;
    gradmq_fake_unlock (fake);
}

static void
s_same_round (gradmq_fake_t *fake)
{
    gradmq_fake_lock (fake);
    fake->heartbeat = true;
    gradmq_fake_unlock (fake);
    s_publish (fake);
}

//  A heartbeat of the round that was answered ends nothing; neither does a notice from before it.
static void
test_next_waits_while_its_round_is_open (void **state)
{
    bench_t *bench = (bench_t *) *state;
    bench_look (bench, GRADMQ_NEXT);
    s_skipped (bench->fake);
    while (!bench->worker->rounds.over)
        assert_int_equal (gradmq_worker_poll (bench->worker, 10000, &bench->why), GRADMQ_OK);
    s_answer (bench);
    bench->upon_wait = s_same_round;
    bench_look (bench, GRADMQ_NEXT);
    assert_int_equal (bench->view.version, 1);
    assert_int_equal (bench_stats (bench).round, 11);
}

//  What was waited for stands in the sentence: for whom, and until when.
static void
test_next_says_whom_it_waits_for (void **state)
{
    bench_t *bench = (bench_t *) *state;
    bench_look (bench, GRADMQ_NEXT);
    gradmq_fake_lock (bench->fake);
    bench->fake->why = "round 9 has 3 answers and waits for others";
    bench->fake->waiting_for [0] = "w2";
    bench->fake->waiting_for [1] = "w5";
    bench->fake->waiting_total = 2;
    bench->fake->deadline_ms = 60000;
    bench->fake->min_clock = 3;
    bench->fake->heartbeat = true;
    gradmq_fake_unlock (bench->fake);
    while (!bench->worker->hearsay.waiting_total)
        assert_int_equal (gradmq_worker_poll (bench->worker, 10000, &bench->why), GRADMQ_OK);
    bench->upon_wait = s_publish;
    bench_look (bench, GRADMQ_NEXT);
    assert_true (bench_said (bench,
                             "waiting for a version newer than 0; round 9 has 3 answers and waits "
                             "for others: w2, w5 (2 in all), no longer than 59."));
    assert_int_equal (bench_stats (bench).min_clock, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, s_setup, bench_tear_down)

int
main (void)
{
    const struct CMUnitTest tests [] = {
        TEST (test_push_kind_is_in_the_header),
        TEST (test_add_model_parameters_are_parameters),
        TEST (test_clock_begins_at_the_start_clock_and_counts),
        TEST (test_clock_goes_on_after_a_restart),
        TEST (test_next_round_over_without_a_version_gives_the_same_view),
        TEST (test_next_coordinator_that_closes_gives_no_view),
        TEST (test_next_waits_while_its_round_is_open),
        TEST (test_next_says_whom_it_waits_for),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
