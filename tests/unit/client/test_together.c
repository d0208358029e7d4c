//  Workers under the policies, with a coordinator in this process: rounds that end without a version,
//  whom is waited for, clocks, merging. PROTOCOL.md, section 12.1.

#include "client.h"
#include "gradmq_coordinator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

typedef struct {
    gradmq_coordinator_t *coordinator;
    gradmq_remote_t *remote;
    gradmq_worker_t *workers [3];
    gradmq_reason_t why;
    uint32_t discarded;
} s_bench_t;

#define DONE(call)                                                                                 \
    do {                                                                                           \
        if (call)                                                                                  \
            fail_msg ("%s: %s", gradmq_err_name (bench->why.code), bench->why.text);               \
    } while (0)

static gradmq_options_t
s_options (const s_bench_t *bench, const char *name, uint32_t timeout_ms)
{
    return (gradmq_options_t){.control =
                                  gradmq_coordinator_endpoint (bench->coordinator, "control", 0),
                              .name = name,
                              .timeout_ms = timeout_ms};
}

static int
s_setup (void **state)
{
    s_bench_t *bench = (s_bench_t *) calloc (1, sizeof *bench);
    *state = bench;
    const gradmq_coordinator_options_t options = {.model = "m",
                                                  .control = "tcp://127.0.0.1:*",
                                                  .gradients = "tcp://127.0.0.1:*",
                                                  .updates = "tcp://127.0.0.1:*",
                                                  .events = "tcp://127.0.0.1:*",
                                                  .heartbeat_ms = 100};
    float start [2] = {10, 20};
    const uint64_t shape = 2;
    const gradmq_coordinator_tensor_t tensor = {"w", 1, &shape};
    gradmq_err_t err = gradmq_coordinator_open (&bench->coordinator, &options, &bench->why);
    if (!err)
        err = gradmq_coordinator_set_model_parameters (bench->coordinator, &tensor, 1, GRADMQ_F32,
                                                       start, sizeof start, false, NULL, NULL,
                                                       &bench->why);
    if (!err)
        err = gradmq_coordinator_start (bench->coordinator, &bench->why);
    gradmq_options_t remote = s_options (bench, "admin", 10000);
    if (!err)
        err = gradmq_remote_open (&bench->remote, &remote, &bench->why);
    if (err)
        print_error ("%s\n", bench->why.text);
    return err ? -1 : 0;
}

static int
s_teardown (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    for (size_t i = 0; i < 3; i++) {
        gradmq_err_t err = gradmq_worker_close (&bench->workers [i], 0, NULL);
        (void) err;
    }
    gradmq_remote_close (&bench->remote);
    gradmq_coordinator_destroy (&bench->coordinator);
    free (bench);
    return 0;
}

static void
s_set (s_bench_t *bench, const char *name, const char *value)
{
    DONE (gradmq_remote_set_parameters (bench->remote, &name, &value, 1, &bench->why));
}

static void
s_join (s_bench_t *bench, size_t which, uint32_t timeout_ms)
{
    static const char *const names [] = {"w0", "w1", "w2"};
    gradmq_options_t options = s_options (bench, names [which], timeout_ms);
    DONE (gradmq_worker_open (&bench->workers [which], &options, &bench->why));
}

//  The version that this worker gets next.
static uint64_t
s_next (s_bench_t *bench, size_t which)
{
    gradmq_parameters_view_t view;
    DONE (gradmq_worker_parameters (bench->workers [which], GRADMQ_NEXT, &view, &bench->why));
    return view.version;
}

static void
s_push (s_bench_t *bench, size_t which)
{
    const float gradient [2] = {1, 1};
    DONE (
        gradmq_worker_push (bench->workers [which], gradient, sizeof gradient, NULL, &bench->why));
}

static gradmq_worker_stats_t
s_stats (const s_bench_t *bench, size_t which)
{
    gradmq_worker_stats_t stats;
    gradmq_worker_stats (bench->workers [which], &stats);
    return stats;
}

//  Rule O-7: both skip, so that there is no version, and neither waits for one.
static void
test_bsp_all_skipped_gives_the_same_version_and_then_the_next (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    s_set (bench, "policy", "bsp");
    s_join (bench, 0, 20000);
    s_join (bench, 1, 20000);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal (s_next (bench, i), 0);
    const uint64_t first = s_stats (bench, 0).round;
    for (uint64_t round = first; round < first + 3; round++) {
        assert_int_equal (s_stats (bench, 0).round, round);
        for (size_t i = 0; i < 2; i++)
            DONE (gradmq_worker_skip (bench->workers [i], NULL, &bench->why));
        for (size_t i = 0; i < 2; i++)
            assert_int_equal (s_next (bench, i), 0);
    }
    for (uint64_t version = 1; version <= 3; version++) {
        for (size_t i = 0; i < 2; i++)
            s_push (bench, i);
        for (size_t i = 0; i < 2; i++)
            assert_int_equal (s_next (bench, i), version);
    }
    for (size_t i = 0; i < 2; i++)
        DONE (gradmq_worker_flush (bench->workers [i], 20000, &bench->why));
    assert_int_equal (s_stats (bench, 0).refused, 3);  //  the three that it skipped
    assert_int_equal (s_stats (bench, 1).applied, 3);
}

//  Rounds that are stated as clocks are the ones that the coordinator counts.
static void
test_bsp_stats_tell_the_round_to_state_as_clock (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    const float gradient [2] = {1, 1};
    s_set (bench, "policy", "bsp");
    s_join (bench, 0, 20000);
    for (uint64_t version = 0; version < 5; version++) {
        assert_int_equal (s_next (bench, 0), version);
        const gradmq_push_t push = {
            .has_clock = true, .clock = s_stats (bench, 0).round, .last_of_clock = true};
        DONE (
            gradmq_worker_push (bench->workers [0], gradient, sizeof gradient, &push, &bench->why));
    }
    DONE (gradmq_worker_flush (bench->workers [0], 20000, &bench->why));
    assert_int_equal (s_stats (bench, 0).applied, 5);
}

static void
s_on_verdict (const gradmq_verdict_t *verdict, void *context)
{
    s_bench_t *bench = (s_bench_t *) context;
    bench->discarded += strcmp (verdict->name, "DISCARDED") == 0;
}

static void
test_bsp_waiting_says_for_whom_and_reset_ends_it (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    s_set (bench, "policy", "bsp");
    s_set (bench, "round_timeout_ms", "600000");
    s_join (bench, 0, 600);
    s_join (bench, 1, 20000);
    gradmq_worker_on_verdict (bench->workers [0], s_on_verdict, bench);
    assert_int_equal (s_next (bench, 0), 0);
    s_push (bench, 0);
    gradmq_parameters_view_t view;
    assert_int_equal (
        gradmq_worker_parameters (bench->workers [0], GRADMQ_NEXT, &view, &bench->why),
        GRADMQ_ERR_TIMEOUT);
    assert_non_null (strstr (bench->why.text, "waiting for a version newer than 0; round "));
    assert_non_null (strstr (bench->why.text, " has 1 answer and waits for others: w1 (1 in all), "
                                              "no longer than 599."));
    uint64_t cleared;
    DONE (gradmq_remote_reset (bench->remote, &cleared, &bench->why));
    assert_int_equal (cleared, 1);
    assert_int_equal (s_next (bench, 0), 0);
    DONE (gradmq_worker_flush (bench->workers [0], 20000, &bench->why));
    assert_int_equal (bench->discarded, 1);
}

//  Rule O-9: who joins begins where the slowest is.
static void
test_ssp_clock_of_one_that_joins_later (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    s_set (bench, "policy", "ssp");
    s_join (bench, 0, 20000);
    assert_int_equal (s_stats (bench, 0).clock, 0);
    for (int i = 0; i < 7; i++)
        s_push (bench, 0);
    DONE (gradmq_worker_flush (bench->workers [0], 20000, &bench->why));
    assert_int_equal (s_stats (bench, 0).clock, 7);
    s_join (bench, 1, 20000);
    assert_int_equal (s_stats (bench, 1).clock, 7);
    s_push (bench, 1);
    DONE (gradmq_worker_flush (bench->workers [1], 20000, &bench->why));
    assert_int_equal (s_stats (bench, 1).clock, 8);
}

static void
test_merge_takes_parameters_and_deltas_of_workers (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    const float trained [2] = {12, 20}, delta [2] = {-4, 8};
    s_set (bench, "policy", "merge");
    s_join (bench, 0, 20000);
    s_join (bench, 1, 20000);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal (s_next (bench, i), 0);
    DONE (gradmq_worker_add_model_parameters (bench->workers [0], trained, sizeof trained, NULL,
                                              &bench->why));
    DONE (gradmq_worker_add_model_parameters (bench->workers [1], delta, sizeof delta,
                                              &(gradmq_push_t){.kind = GRADMQ_DELTA, .weight = 3},
                                              &bench->why));
    gradmq_parameters_view_t view;
    DONE (gradmq_worker_parameters (bench->workers [0], GRADMQ_NEXT, &view, &bench->why));
    assert_int_equal (view.version, 1);
    assert_true (((const float *) view.data) [0] == 7.5f);  //  10 + (2 - 3 x 4) / 4
    assert_true (((const float *) view.data) [1] == 26);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, s_setup, s_teardown)

int
main (void)
{
    const struct CMUnitTest tests [] = {
        TEST (test_bsp_all_skipped_gives_the_same_version_and_then_the_next),
        TEST (test_bsp_stats_tell_the_round_to_state_as_clock),
        TEST (test_bsp_waiting_says_for_whom_and_reset_ends_it),
        TEST (test_ssp_clock_of_one_that_joins_later),
        TEST (test_merge_takes_parameters_and_deltas_of_workers),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
