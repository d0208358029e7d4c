//  A worker against a coordinator that loses, turns away, refuses, forgets and goes away.

#include "fixture/bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const float s_gradient [FAKE_ELEMENTS] = {1, 2, 3, 4, 5, 6};

static gradmq_err_t
s_push (bench_t *bench)
{
    return gradmq_worker_push (bench->worker, s_gradient, sizeof s_gradient, NULL, &bench->why);
}

static void
s_push_many (bench_t *bench, int count)
{
    for (int i = 0; i < count; i++)
        if (s_push (bench))
            fail_msg ("push %d: %s", i, bench->why.text);
}

static void
s_flush (bench_t *bench)
{
    if (gradmq_worker_flush (bench->worker, 10000, &bench->why))
        fail_msg ("%s", bench->why.text);
}

//  ------------------------------------------------------------------------------------------------
//  Opening

static void
test_open_running_coordinator_tells_layout (void **state)
{
    bench_t *bench = (bench_t *) *state;
    const gradmq_layout_info_t *layout = gradmq_worker_layout (bench->worker);
    assert_int_equal (layout->count, 2);
    assert_string_equal (layout->tensors [0].name, "w");
    assert_int_equal (layout->tensors [0].rank, 2);
    assert_int_equal (layout->tensors [0].shape [1], 2);
    assert_int_equal (gradmq_worker_elements (bench->worker), FAKE_ELEMENTS);
    assert_string_equal (gradmq_worker_name (bench->worker), "w1");
    assert_int_equal (bench_stats (bench).incarnation, 1001);
}

static void
test_open_nobody_there_is_connect (void **state)
{
    bench_t *bench = (bench_t *) *state;
    gradmq_fake_kill (bench->fake);
    assert_int_equal (bench_open (bench, (gradmq_options_t){.timeout_ms = 200}),
                      GRADMQ_ERR_CONNECT);
    assert_null (bench->worker);
    assert_non_null (strstr (bench->why.text, gradmq_fake_control (bench->fake)));
    assert_true (bench->wait_count > 0);
}

static void
test_open_no_model_is_no_model (void **state)
{
    bench_t *bench = (bench_t *) *state;
    gradmq_fake_lock (bench->fake);
    bench->fake->no_model = true;
    gradmq_fake_unlock (bench->fake);
    assert_int_equal (bench_open (bench, (gradmq_options_t){.timeout_ms = 200}),
                      GRADMQ_ERR_NO_MODEL);
    assert_true (bench_said (bench, "waiting for a model"));
}

static void
test_open_impossible_layout_is_shape (void **state)
{
    bench_t *bench = (bench_t *) *state;
    gradmq_fake_lock (bench->fake);
    bench->fake->absurd = true;
    gradmq_fake_unlock (bench->fake);
    assert_int_equal (bench_open (bench, (gradmq_options_t){0}), GRADMQ_ERR_SHAPE);
}

static void
s_load (gradmq_fake_t *fake)
{
    gradmq_fake_lock (fake);
    fake->no_model = false;
    gradmq_fake_unlock (fake);
}

static void
test_open_model_loaded_meanwhile_opens (void **state)
{
    bench_t *bench = (bench_t *) *state;
    gradmq_fake_lock (bench->fake);
    bench->fake->no_model = true;
    gradmq_fake_unlock (bench->fake);
    bench->upon_wait = s_load;
    assert_int_equal (bench_open (bench, (gradmq_options_t){0}), GRADMQ_OK);
}

static void
test_open_other_model_is_model (void **state)
{
    bench_t *bench = (bench_t *) *state;
    gradmq_fake_lock (bench->fake);
    bench->fake->answer_command = GRADMQ_COMMAND_DESCRIBE;
    bench->fake->answer_code = GRADMQ_ERR_MODEL;
    bench->fake->answer_times = 1;
    gradmq_fake_unlock (bench->fake);
    assert_int_equal (bench_open (bench, (gradmq_options_t){.model = "other"}), GRADMQ_ERR_MODEL);
    assert_string_equal (bench->why.text, "the test wants it so");
    //  Rule R-9: a reply that has no id is about the request that is under way.
    gradmq_fake_lock (bench->fake);
    bench->fake->answer_times = 1;
    bench->fake->answer_unread = true;
    gradmq_fake_unlock (bench->fake);
    assert_int_equal (bench_open (bench, (gradmq_options_t){0}), GRADMQ_ERR_MODEL);
}

static void
test_open_bad_options_are_refused (void **state)
{
    bench_t *bench = (bench_t *) *state;
    gradmq_worker_t *worker;
    assert_int_equal (gradmq_worker_open (&worker, &(gradmq_options_t){0}, &bench->why),
                      GRADMQ_ERR_ARGUMENT);
    assert_int_equal (
        gradmq_worker_open (&worker,
                            &(gradmq_options_t){.control = "tcp://127.0.0.1:1", .name = "a/b"},
                            &bench->why),
        GRADMQ_ERR_NAME);
    assert_int_equal (
        gradmq_worker_open (&worker, &(gradmq_options_t){.control = "inproc://here"}, &bench->why),
        GRADMQ_ERR_ARGUMENT);
    assert_int_equal (
        gradmq_worker_open (&worker, &(gradmq_options_t){.control = "nonsense"}, &bench->why),
        GRADMQ_ERR_CONNECT);
    assert_null (worker);
}

static void
test_open_busy_join_is_asked_again (void **state)
{
    bench_t *bench = (bench_t *) *state;
    gradmq_fake_lock (bench->fake);
    bench->fake->answer_command = GRADMQ_COMMAND_JOIN;
    bench->fake->answer_code = GRADMQ_ERR_BUSY;
    bench->fake->answer_times = 2;
    gradmq_fake_unlock (bench->fake);
    assert_int_equal (bench_open (bench, (gradmq_options_t){0}), GRADMQ_OK);
    assert_int_equal (gradmq_fake_seen (bench->fake)->requests [GRADMQ_COMMAND_JOIN], 3);
}

//  It asks again in vain. What it was answered says more than that the time is over.
static void
test_open_busy_to_the_end_is_busy (void **state)
{
    bench_t *bench = (bench_t *) *state;
    gradmq_fake_lock (bench->fake);
    bench->fake->answer_command = GRADMQ_COMMAND_JOIN;
    bench->fake->answer_code = GRADMQ_ERR_BUSY;
    bench->fake->answer_times = 1;
    bench->fake->answer_no_more = true;
    gradmq_fake_unlock (bench->fake);
    assert_int_equal (bench_open (bench, (gradmq_options_t){.timeout_ms = 2000}), GRADMQ_ERR_BUSY);
    assert_true (gradmq_fake_seen (bench->fake)->requests [GRADMQ_COMMAND_JOIN] > 1);
}

//  ------------------------------------------------------------------------------------------------
//  Pushing

static void
test_push_many_all_are_applied (void **state)
{
    bench_t *bench = (bench_t *) *state;
    s_push_many (bench, 1000);
    s_flush (bench);
    gradmq_worker_stats_t stats = bench_stats (bench);
    assert_int_equal (stats.pushed, 1000);
    assert_int_equal (stats.settled, 1000);
    assert_int_equal (stats.applied, 1000);
    assert_int_equal (stats.unsettled, 0);
    assert_int_equal (stats.resent, 0);
    assert_int_equal (gradmq_fake_seen (bench->fake)->gradients_seen, 1000);
    assert_int_equal (gradmq_fake_seen (bench->fake)->last_bytes, sizeof s_gradient);
    assert_memory_equal (gradmq_fake_seen (bench->fake)->last_values, s_gradient,
                         sizeof s_gradient);
}

static void
test_push_credit_is_never_exceeded (void **state)
{
    bench_t *bench = (bench_t *) *state;
    gradmq_fake_lock (bench->fake);
    bench->fake->credit_gradients = 3;
    gradmq_fake_unlock (bench->fake);
    s_push_many (bench, 1);
    s_flush (bench);  //  the credit was told
    gradmq_fake_lock (bench->fake);
    bench->fake->most_unsettled = 0;
    gradmq_fake_unlock (bench->fake);
    s_push_many (bench, 100);
    s_flush (bench);
    assert_int_equal (bench_stats (bench).credit_gradients, 3);
    assert_true (gradmq_fake_seen (bench->fake)->most_unsettled <= 3);
    assert_int_equal (bench_stats (bench).applied, 101);
}

static void
test_push_wrong_length_is_length (void **state)
{
    bench_t *bench = (bench_t *) *state;
    assert_int_equal (gradmq_worker_push (bench->worker, s_gradient, 4, NULL, &bench->why),
                      GRADMQ_ERR_LENGTH);
    assert_int_equal (
        gradmq_worker_push (bench->worker, NULL, sizeof s_gradient, NULL, &bench->why),
        GRADMQ_ERR_ARGUMENT);
    assert_int_equal (bench_stats (bench).pushed, 0);
}

static void
s_run_again (gradmq_fake_t *fake)
{
    gradmq_fake_lock (fake);
    fake->hold = false;
    fake->state = GRADMQ_STATE_RUNNING;
    fake->settle_all = true;
    gradmq_fake_unlock (fake);
}

static void
s_stop (bench_t *bench, const char *why)
{
    gradmq_fake_lock (bench->fake);
    bench->fake->hold = true;
    bench->fake->credit_gradients = 4;
    bench->fake->state = GRADMQ_STATE_STOPPED;
    bench->fake->why = why;
    bench->fake->heartbeat = true;
    gradmq_fake_unlock (bench->fake);
    //  The heartbeat has arrived.
    while (bench->worker->hearsay.state != GRADMQ_STATE_STOPPED)
        assert_int_equal (gradmq_worker_poll (bench->worker, 10000, &bench->why), GRADMQ_OK);
}

static void
test_push_no_credit_while_stopped_waits_and_says_why (void **state)
{
    bench_t *bench = (bench_t *) *state;
    s_stop (bench, "an admin stopped it");
    s_push_many (bench, 1);
    while (bench_stats (bench).credit_gradients != 4)  //  until the new credit has arrived
        assert_int_equal (gradmq_worker_poll (bench->worker, 20, &bench->why), GRADMQ_OK);
    bench->upon_wait = s_run_again;
    s_push_many (bench, 5);
    s_flush (bench);
    assert_true (bench->wait_count > 0);
    assert_true (bench_said (bench, "credit: 4 of 4 gradients are not settled"));
    assert_true (bench_said (bench, "STOPPED: an admin stopped it"));
    assert_string_equal (gradmq_worker_waits (bench->worker), bench->waits [bench->wait_count - 1]);
    assert_true (bench->waits_over > 0);
    assert_int_equal (bench_stats (bench).applied, 6);
}

static void
test_push_no_credit_in_time_is_timeout_and_not_pushed (void **state)
{
    bench_t *bench = (bench_t *) *state;
    s_stop (bench, NULL);
    bench->worker->session.timeout_ms = 50;
    gradmq_err_t err = GRADMQ_OK;
    int pushed = 0;
    while (!(err = s_push (bench)) && pushed < 100)
        pushed++;
    assert_int_equal (err, GRADMQ_ERR_TIMEOUT);
    assert_non_null (strstr (bench->why.text, "the coordinator is STOPPED"));
    assert_int_equal (bench_stats (bench).pushed, pushed);
    assert_int_equal (bench_stats (bench).unsettled, pushed);
    bench->worker->session.timeout_ms = 10000;
    s_run_again (bench->fake);
    s_push_many (bench, 1);
    s_flush (bench);
    assert_int_equal (bench_stats (bench).applied, pushed + 1);
}

static void
test_push_options_are_in_the_header (void **state)
{
    bench_t *bench = (bench_t *) *state;
    const gradmq_metric_info_t metrics [] = {{"loss", 0.5, 0}, {"accuracy", 0.25, 32}};
    const gradmq_push_t push = {.weight = 2,
                                .loss_scale = 4,
                                .has_clock = true,
                                .clock = 9,
                                .last_of_clock = true,
                                .metrics = metrics,
                                .metric_count = 2};
    gradmq_parameters_view_t view;
    assert_int_equal (gradmq_worker_parameters (bench->worker, GRADMQ_NEWEST, &view, &bench->why),
                      GRADMQ_OK);
    assert_int_equal (
        gradmq_worker_push (bench->worker, s_gradient, sizeof s_gradient, &push, &bench->why),
        GRADMQ_OK);
    s_flush (bench);
    const gradmq_gradient_t *last = &gradmq_fake_seen (bench->fake)->last;
    assert_true (last->weight == 2 && last->loss_scale == 4);
    assert_true (last->has_clock && last->last_of_clock && last->clock == 9);
    assert_int_equal (gradmq_fake_seen (bench->fake)->last_metrics, 2);
    assert_true (last->has_base && last->base_epoch == 7 && last->base_version == 0);
    assert_string_equal (last->worker, "w1");
}

static void
test_push_bad_options_are_refused (void **state)
{
    bench_t *bench = (bench_t *) *state;
    const gradmq_metric_info_t metric = {"", 1, 0};
    const gradmq_push_t bad [] = {{.dtype = 99},
                                  {.weight = -1},
                                  {.loss_scale = 1.0 / 0.0},
                                  {.metrics = &metric, .metric_count = 1},
                                  {.metrics = &metric, .metric_count = 33}};
    for (size_t i = 0; i < sizeof bad / sizeof bad [0]; i++)
        assert_int_not_equal (gradmq_worker_push (bench->worker, s_gradient, sizeof s_gradient,
                                                  &bad [i], &bench->why),
                              GRADMQ_OK);
    assert_int_equal (bench_stats (bench).pushed, 0);
}

static void
test_push_parts_rows_are_framed (void **state)
{
    bench_t *bench = (bench_t *) *state;
    const uint32_t rows [] = {1};
    const gradmq_part_info_t parts [] = {
        {.tensor = 0, .data = s_gradient, .rows = rows, .row_count = 1},
        {.tensor = 1, .data = s_gradient}};
    assert_int_equal (gradmq_worker_push_parts (bench->worker, parts, 2, NULL, &bench->why),
                      GRADMQ_OK);
    s_flush (bench);
    assert_int_equal (gradmq_fake_seen (bench->fake)->last_parts, 2);
    assert_int_equal (gradmq_fake_seen (bench->fake)->last_bytes, 4 + 8 + 8);
    const gradmq_part_info_t twice [] = {parts [1], parts [1]};
    assert_int_equal (gradmq_worker_push_parts (bench->worker, twice, 2, NULL, &bench->why),
                      GRADMQ_ERR_ARGUMENT);
}

static void
test_skip_has_no_payload (void **state)
{
    bench_t *bench = (bench_t *) *state;
    assert_int_equal (gradmq_worker_skip (bench->worker, NULL, &bench->why), GRADMQ_OK);
    s_flush (bench);
    assert_int_equal (gradmq_fake_seen (bench->fake)->last.kind, GRADMQ_KIND_SKIP);
    assert_int_equal (gradmq_fake_seen (bench->fake)->last_bytes, 0);
}

static void
s_release (void *data, void *context)
{
    atomic_int *released = (atomic_int *) context;
    (void) data;
    atomic_fetch_add (released, 1);
}

static void
test_push_take_releases_once_settled (void **state)
{
    bench_t *bench = (bench_t *) *state;
    static float data [FAKE_ELEMENTS];
    atomic_int released = 0;
    assert_int_equal (
        gradmq_worker_push_take (bench->worker, data, 3, s_release, &released, NULL, &bench->why),
        GRADMQ_ERR_LENGTH);
    assert_int_equal (atomic_load (&released), 0);
    gradmq_fake_lock (bench->fake);
    bench->fake->hold = true;
    gradmq_fake_unlock (bench->fake);
    assert_int_equal (gradmq_worker_push_take (bench->worker, data, sizeof data, s_release,
                                               &released, NULL, &bench->why),
                      GRADMQ_OK);
    assert_int_equal (gradmq_worker_flush (bench->worker, 100, NULL), GRADMQ_ERR_TIMEOUT);
    assert_int_equal (atomic_load (&released), 0);
    s_run_again (bench->fake);
    s_flush (bench);
    //  Closing ends ZeroMQ's hold too.
    assert_int_equal (gradmq_worker_close (&bench->worker, 1000, &bench->why), GRADMQ_OK);
    assert_int_equal (atomic_load (&released), 1);
}

//  ------------------------------------------------------------------------------------------------
//  What goes wrong

typedef struct {
    gradmq_verdict_t first;
    size_t count;
} s_verdicts_t;

static void
s_on_verdict (const gradmq_verdict_t *verdict, void *context)
{
    s_verdicts_t *told = (s_verdicts_t *) context;
    if (told->count++ == 0)
        told->first = *verdict;
}

static void
test_refused_gradient_is_told_once (void **state)
{
    bench_t *bench = (bench_t *) *state;
    static s_verdicts_t told;
    gradmq_worker_on_verdict (bench->worker, s_on_verdict, &told);
    gradmq_fake_lock (bench->fake);
    bench->fake->refuse = 3;
    bench->fake->refuse_code = GRADMQ_ERR_NON_FINITE;
    gradmq_fake_unlock (bench->fake);
    s_push_many (bench, 10);
    s_flush (bench);
    assert_int_equal (told.count, 1);
    assert_int_equal (told.first.sequence, 3);
    assert_string_equal (told.first.name, "REFUSED");
    assert_int_equal (told.first.code, GRADMQ_ERR_NON_FINITE);
    gradmq_worker_stats_t stats = bench_stats (bench);
    assert_int_equal (stats.applied, 9);
    assert_int_equal (stats.refused, 1);
    assert_int_equal (stats.settled, 10);
}

static void
test_queue_full_is_sent_again_with_the_same_bytes (void **state)
{
    bench_t *bench = (bench_t *) *state;
    gradmq_fake_lock (bench->fake);
    bench->fake->turn_away = 5;
    bench->fake->turn_away_code = GRADMQ_ERR_QUEUE_FULL;
    gradmq_fake_unlock (bench->fake);
    s_push_many (bench, 20);
    s_flush (bench);
    gradmq_worker_stats_t stats = bench_stats (bench);
    assert_int_equal (stats.applied, 20);
    assert_true (stats.resent >= 5);
    assert_false (gradmq_fake_seen (bench->fake)->changed_bytes);
    assert_int_equal (gradmq_fake_seen (bench->fake)->applied, 20);
}

static void
test_lost_gradient_is_sent_again_only_once_confirmed (void **state)
{
    bench_t *bench = (bench_t *) *state;
    gradmq_fake_lock (bench->fake);
    bench->fake->lose = 1;
    gradmq_fake_unlock (bench->fake);
    s_push_many (bench, 10);
    s_flush (bench);
    assert_int_equal (bench_stats (bench).applied, 10);
    assert_int_equal (bench_stats (bench).resent, 1);
    assert_int_equal (gradmq_fake_seen (bench->fake)->arrivals [1], 2);
    //  Two looks, and what was asked for was what had been sent.
    assert_true (gradmq_fake_seen (bench->fake)->requests [GRADMQ_COMMAND_ACKNOWLEDGEMENT] >= 2);
    assert_int_equal (gradmq_fake_seen (bench->fake)->sent_through, 10);
    assert_false (gradmq_fake_seen (bench->fake)->changed_bytes);
}

static void
test_lost_last_gradient_is_found_by_flush (void **state)
{
    bench_t *bench = (bench_t *) *state;
    s_push_many (bench, 3);
    s_flush (bench);
    gradmq_fake_lock (bench->fake);
    bench->fake->lose = 2;
    gradmq_fake_unlock (bench->fake);
    s_push_many (bench, 2);
    s_flush (bench);
    assert_int_equal (bench_stats (bench).applied, 5);
    assert_int_equal (bench_stats (bench).resent, 2);
}

static void
test_slow_settlement_is_not_sent_again (void **state)
{
    bench_t *bench = (bench_t *) *state;
    s_stop (bench, NULL);
    s_push_many (bench, 2);
    //  Many times the time after which something is looked for.
    assert_int_equal (gradmq_worker_flush (bench->worker, 400, NULL), GRADMQ_ERR_TIMEOUT);
    assert_int_equal (bench_stats (bench).resent, 0);
    assert_true (gradmq_fake_seen (bench->fake)->requests [GRADMQ_COMMAND_ACKNOWLEDGEMENT] >= 2);
    s_run_again (bench->fake);
    s_flush (bench);
    assert_int_equal (gradmq_fake_seen (bench->fake)->gradients_seen, 2);
}

static void
test_no_acknowledgement_published_control_tells (void **state)
{
    bench_t *bench = (bench_t *) *state;
    gradmq_fake_lock (bench->fake);
    bench->fake->mute = true;
    gradmq_fake_unlock (bench->fake);
    s_push_many (bench, 200);
    s_flush (bench);
    assert_int_equal (bench_stats (bench).applied, 200);
    assert_int_equal (bench_stats (bench).resent, 0);
}

static bool
s_three_arrived (const gradmq_fake_t *fake)
{
    return fake->gradients_seen >= 3;
}

static void
test_restart_unsettled_are_sent_again (void **state)
{
    bench_t *bench = (bench_t *) *state;
    s_push_many (bench, 5);
    s_flush (bench);
    gradmq_fake_lock (bench->fake);
    bench->fake->hold = true;
    bench->fake->gradients_seen = 0;
    gradmq_fake_unlock (bench->fake);
    s_push_many (bench, 3);
    assert_true (gradmq_fake_wait (bench->fake, s_three_arrived));
    gradmq_fake_lock (bench->fake);
    bench->fake->hold = false;
    gradmq_fake_unlock (bench->fake);
    gradmq_fake_restart (bench->fake);
    s_push_many (bench, 3);
    s_flush (bench);
    gradmq_worker_stats_t stats = bench_stats (bench);
    assert_int_equal (stats.settled, 11);
    assert_int_equal (stats.applied, 11);
    assert_int_equal (stats.incarnation, 1001);
    for (int i = 6; i <= 8; i++)
        assert_true (gradmq_fake_seen (bench->fake)->arrivals [i] >= 2);
    assert_int_equal (gradmq_fake_seen (bench->fake)->arrivals [5], 1);
    assert_false (gradmq_fake_seen (bench->fake)->changed_bytes);
    assert_int_equal (gradmq_fake_seen (bench->fake)->applied, 6);  //  of its second life
}

static bool
s_join_unanswered (const gradmq_fake_t *fake)
{
    return fake->join_unanswered;
}

//  Of a process that came and went a word arrives late, while a Join is under way. The answer to that Join
//  counts no longer; the one to what is asked next does, and the worker joins who gave it.
static void
test_late_word_of_another_instance_is_found_out (void **state)
{
    bench_t *bench = (bench_t *) *state;
    gradmq_fake_lock (bench->fake);
    bench->fake->forget_joins = 1;
    const uint32_t joins = bench->fake->requests [GRADMQ_COMMAND_JOIN];
    gradmq_fake_unlock (bench->fake);
    bench->worker->join = true;
    while (!s_join_unanswered (gradmq_fake_seen (bench->fake)))
        assert_int_equal (gradmq_worker_poll (bench->worker, 1, &bench->why), GRADMQ_OK);
    gradmq_worker_position (bench->worker, &(gradmq_position_t){.instance = 1});
    s_push_many (bench, 3);
    s_flush (bench);
    const gradmq_fake_t *seen = gradmq_fake_seen (bench->fake);
    assert_true (bench->worker->instance == seen->instance);
    assert_true (seen->requests [GRADMQ_COMMAND_JOIN] >= joins + 3);
    assert_int_equal (bench_stats (bench).applied, 3);
}

static void
test_gone_coordinator_is_waited_for (void **state)
{
    bench_t *bench = (bench_t *) *state;
    s_push_many (bench, 1);
    s_flush (bench);
    gradmq_fake_kill (bench->fake);
    while (!bench->worker->lost)
        assert_int_equal (gradmq_worker_poll (bench->worker, 20, &bench->why), GRADMQ_OK);
    bench->upon_wait = gradmq_fake_rise;
    s_push_many (bench, 1);
    s_flush (bench);
    assert_true (bench_said (bench, "no connection"));
    assert_int_equal (bench_stats (bench).applied, 2);
}

static bool
s_is_forgotten (const gradmq_fake_t *fake)
{
    return fake->gradients_seen > 0;
}

static void
test_not_joined_joins_again_and_sends_again (void **state)
{
    bench_t *bench = (bench_t *) *state;
    s_push_many (bench, 2);
    s_flush (bench);
    gradmq_fake_lock (bench->fake);
    bench->fake->member = false;
    bench->fake->gradients_seen = 0;
    uint32_t joins = bench->fake->requests [GRADMQ_COMMAND_JOIN];
    gradmq_fake_unlock (bench->fake);
    s_push_many (bench, 4);
    assert_true (gradmq_fake_wait (bench->fake, s_is_forgotten));
    s_flush (bench);
    assert_int_equal (bench_stats (bench).applied, 6);
    assert_true (gradmq_fake_seen (bench->fake)->requests [GRADMQ_COMMAND_JOIN] > joins);
    assert_int_equal (bench_stats (bench).incarnation, 1001);
    assert_false (gradmq_fake_seen (bench->fake)->changed_bytes);
}

static void
test_fenced_worker_is_over (void **state)
{
    bench_t *bench = (bench_t *) *state;
    s_push_many (bench, 1);
    s_flush (bench);
    gradmq_fake_lock (bench->fake);
    bench->fake->hold = true;
    bench->fake->fence = true;
    gradmq_fake_unlock (bench->fake);
    gradmq_err_t err = GRADMQ_OK;
    while (!err)
        err = gradmq_worker_poll (bench->worker, 10000, &bench->why);
    assert_int_equal (err, GRADMQ_ERR_FENCED);
    assert_non_null (strstr (bench->why.text, "w1"));
    gradmq_parameters_view_t view;
    assert_int_equal (s_push (bench), GRADMQ_ERR_FENCED);
    assert_int_equal (gradmq_worker_parameters (bench->worker, GRADMQ_FETCH, &view, NULL),
                      GRADMQ_ERR_FENCED);
    assert_int_equal (gradmq_worker_skip (bench->worker, NULL, NULL), GRADMQ_ERR_FENCED);
}

static void
test_closing_coordinator_is_closed (void **state)
{
    bench_t *bench = (bench_t *) *state;
    gradmq_fake_lock (bench->fake);
    bench->fake->hold = true;
    gradmq_fake_unlock (bench->fake);
    s_push_many (bench, 1);
    gradmq_fake_lock (bench->fake);
    bench->fake->closing = true;
    gradmq_fake_unlock (bench->fake);
    assert_int_equal (gradmq_worker_flush (bench->worker, 10000, &bench->why), GRADMQ_ERR_CLOSED);
    assert_int_equal (s_push (bench), GRADMQ_ERR_CLOSED);
    //  Another one takes its place.
    gradmq_fake_lock (bench->fake);
    bench->fake->hold = false;
    gradmq_fake_unlock (bench->fake);
    gradmq_fake_restart (bench->fake);
    gradmq_err_t err = GRADMQ_ERR_CLOSED;
    while (err == GRADMQ_ERR_CLOSED)
        err = gradmq_worker_poll (bench->worker, 20, &bench->why);
    assert_int_equal (err, GRADMQ_OK);
    s_flush (bench);
    assert_int_equal (bench_stats (bench).applied, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, bench_set_up, bench_tear_down)
#define TEST_UNOPENED(name)                                                                        \
    cmocka_unit_test_setup_teardown (name, bench_set_up_fake, bench_tear_down)

int
main (void)
{
    const struct CMUnitTest tests [] = {
        TEST (test_open_running_coordinator_tells_layout),
        TEST_UNOPENED (test_open_nobody_there_is_connect),
        TEST_UNOPENED (test_open_no_model_is_no_model),
        TEST_UNOPENED (test_open_impossible_layout_is_shape),
        TEST_UNOPENED (test_open_model_loaded_meanwhile_opens),
        TEST_UNOPENED (test_open_other_model_is_model),
        TEST_UNOPENED (test_open_bad_options_are_refused),
        TEST_UNOPENED (test_open_busy_join_is_asked_again),
        TEST_UNOPENED (test_open_busy_to_the_end_is_busy),
        TEST (test_push_many_all_are_applied),
        TEST (test_push_credit_is_never_exceeded),
        TEST (test_push_wrong_length_is_length),
        TEST (test_push_no_credit_while_stopped_waits_and_says_why),
        TEST (test_push_no_credit_in_time_is_timeout_and_not_pushed),
        TEST (test_push_options_are_in_the_header),
        TEST (test_push_bad_options_are_refused),
        TEST (test_push_parts_rows_are_framed),
        TEST (test_skip_has_no_payload),
        TEST (test_push_take_releases_once_settled),
        TEST (test_refused_gradient_is_told_once),
        TEST (test_queue_full_is_sent_again_with_the_same_bytes),
        TEST (test_lost_gradient_is_sent_again_only_once_confirmed),
        TEST (test_lost_last_gradient_is_found_by_flush),
        TEST (test_slow_settlement_is_not_sent_again),
        TEST (test_no_acknowledgement_published_control_tells),
        TEST (test_restart_unsettled_are_sent_again),
        TEST (test_late_word_of_another_instance_is_found_out),
        TEST (test_gone_coordinator_is_waited_for),
        TEST (test_not_joined_joins_again_and_sends_again),
        TEST (test_fenced_worker_is_over),
        TEST (test_closing_coordinator_is_closed),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
