//  Sections 12.1 and 12.2 at once: workers that push, join, leave, die, come back and are fenced under every
//  policy, and an operator who stops, starts, loads, clears, resets and changes settings, against a plain
//  model of what the rules say. Versions, dispositions and parameters have to agree exactly.
//
//  GRADMQ_WALKS adds that many walks with seeds of their own.

#include "spec/fixture/act.h"
#include "spec/fixture/walk.h"

#include <inttypes.h>

enum { ACTIONS = 1200 };

//  --------------------------------------------------------------------------------------------
//  Comparing

static void
s_compare_worker (walk_t *walk, size_t w)
{
    const steps_worker_t *worker = &walk->steps->workers [w];
    peer_ack (walk->peer, worker->name, worker->incarnation, 0);
    const gradmq_ack_t *ack = &walk->peer->reply.ack;
    uint64_t applied = 0, settled = worker->first - 1;
    for (uint64_t i = worker->first; i < worker->next; i++)
        applied += worker->disposition [i] == GRADMQ_APPLIED;
    while (settled + 1 < worker->next && worker->disposition [settled + 1])
        settled++;
    assert_int_equal (ack->received_through, worker->next - 1);
    assert_int_equal (ack->settled_through, settled);
    assert_int_equal (ack->applied, applied);
    assert_int_equal (ack->missing_count, 0);
    for (uint64_t i = ack->dispositions_from; i < worker->next; i++) {
        act_outcome_t outcome = act_outcome_of (ack, i);
        bool untold = worker->disposition [i] == GRADMQ_APPLIED && i > settled;
        if (outcome.disposition != (untold ? 0 : worker->disposition [i])
            || outcome.code != worker->code [i])
            fail_msg ("action %zu: sequence %" PRIu64 " of %s is %u with code %u, not %u with %u",
                      walk->action, i, worker->name, outcome.disposition, outcome.code,
                      worker->disposition [i], worker->code [i]);
    }
}

static void
s_compare_parameters (walk_t *walk)
{
    uint64_t version;
    float *values = peer_parameters (walk->peer, STEPS_ELEMENTS, &version);
    assert_int_equal (version, walk->steps->version);
    for (size_t e = 0; e < STEPS_ELEMENTS; e++)
        if (!((double) values [e] == walk->steps->history [version][e]))
            fail_msg ("action %zu: parameter %zu is %g, not %g", walk->action, e,
                      (double) values [e], walk->steps->history [version][e]);
    free (values);
}

//  True when Status says what the model says.
static bool
s_agrees (walk_t *walk)
{
    const steps_t *steps = walk->steps;
    act_handled (walk->peer, walk->handled);
    const gradmq_status_report_t *status = &walk->peer->reply.status;
    return walk->peer->reply.position.version == steps->version
           && status->contributions == steps->open_count
           && status->queued_gradients == steps_kept (steps) && status->round == steps->round
           && (steps->settings.policy != STEPS_SSP || status->min_clock == steps->min_clock);
}

//  A request may be answered before what it let loose has been done.
static void
s_wait (walk_t *walk)
{
    const steps_t *steps = walk->steps;
    int64_t end = zclock_mono () + PEER_WAIT_MS;
    while (!s_agrees (walk) && zclock_mono () < end)
        ;
    const gradmq_status_report_t *status = &walk->peer->reply.status;
    if (!s_agrees (walk))
        fail_msg ("action %zu: version %" PRIu64 ", %" PRIu64 " contributions, %" PRIu64
                  " wait, round %" PRIu64 ", minimum %" PRIu64 ", not %" PRIu64 ", %zu, %" PRIu64
                  ", %" PRIu64 ", %" PRIu64,
                  walk->action, walk->peer->reply.position.version, status->contributions,
                  status->queued_gradients, status->round, status->min_clock, steps->version,
                  steps->open_count, steps_kept (steps), steps->round, steps->min_clock);
}

static void
s_compare (walk_t *walk)
{
    const steps_t *steps = walk->steps;
    uint32_t members = 0;
    s_wait (walk);
    for (size_t i = 0; i < STEPS_WORKERS; i++)
        members += steps->workers [i].phase != STEPS_GONE;
    assert_int_equal (walk->peer->reply.status.members, members);
    assert_int_equal (walk->peer->reply.position.epoch, steps->epoch);
    for (size_t i = 0; i < STEPS_WORKERS; i++)
        s_compare_worker (walk, i);
    s_compare_parameters (walk);
}

//  --------------------------------------------------------------------------------------------
//  Walking

static void
s_act_on_member (walk_t *walk, size_t w, uint64_t what)
{
    steps_worker_t *worker = &walk->steps->workers [w];
    if (what < 3)
        walk_leave (walk, w);
    else if (what < 4 && walk_random (walk, 3) == 0)
        walk_die (walk, w);
    else if (what < 6)
        walk_begin_life (walk, w, 0, 1);
    else if (what < 7)
        walk_begin_life (walk, w, worker->incarnation + 1, 1 + walk_random (walk, 9));
    else
        walk_come_back (walk, w);
}

static void
s_act (walk_t *walk)
{
    steps_t *steps = walk->steps;
    size_t w = (size_t) walk_random (walk, STEPS_WORKERS);
    uint64_t what = walk_random (walk, 100);
    bool wide = fabs (steps->history [steps->version][1]) > 100000;
    if (wide || what == 96)
        walk_load (walk);
    else if (steps->waiting_count > 200 || what == 97)
        walk_clear (walk);
    else if (what < 70 && steps->workers [w].phase == STEPS_GONE && walk_random (walk, 2))
        walk_begin_life (walk, w, 0, 1);
    else if (what < 70)
        walk_push (walk, w);
    else if (what < 72)
        walk_push_again (walk, w);
    else if (what < 82)
        s_act_on_member (walk, w, what - 72);
    else if (what < 90)
        walk_change (walk);
    else if (what < 96)
        walk_switch (walk);
    else
        walk_reset (walk);
    s_wait (walk);
    walk_finish_leaving (walk);
}

static void
s_open (walk_t *walk)
{
    gradmq_coordinator_options_t options = peer_options ();
    options.heartbeat_ms = 20;
    walk->peer = peer_new_with (&options);
    steps_t *steps = walk->steps = calloc (1, sizeof *steps);
    assert_non_null (steps);
    walk_lease_long (walk);
    peer_load (walk->peer, STEPS_ELEMENTS);
    assert_int_equal (act_command (walk->peer, GRADMQ_COMMAND_STATUS), GRADMQ_OK);
    steps->round = walk->peer->reply.status.round - 1;
    steps->settings =
        (steps_settings_t){.policy = STEPS_ASYNC, .rule = STEPS_NO_RULE, .count = 1, .pinned = 4};
    steps_load (steps, walk->peer->reply.position.epoch, 1);
    steps->running = true;
    for (size_t i = 0; i < STEPS_WORKERS; i++) {
        steps->workers [i].phase = STEPS_GONE;
        snprintf (steps->workers [i].name, sizeof steps->workers [i].name, "w%zu", i);
    }
    for (size_t i = 0; i < STEPS_WORKERS; i++)
        walk_begin_life (walk, i, 0, 1);
}

static void
s_walk (uint64_t seed, bool krum)
{
    walk_t walk = {.random = seed, .krum = krum};
    s_open (&walk);
    for (walk.action = 0; walk.action < ACTIONS; walk.action++) {
        s_act (&walk);
        s_compare (&walk);
    }
    peer_destroy (&walk.peer);
    free (walk.steps);
}

static void
test_seed_1 (void **state)
{
    (void) state;
    s_walk (1, false);
}

static void
test_seed_2 (void **state)
{
    (void) state;
    s_walk (20250211, false);
}

static void
test_seed_3 (void **state)
{
    (void) state;
    s_walk (0x9e3779b97f4a7c15ull, false);
}

//  Workers that show themselves faulty, under a rule that counts them.
static void
test_seed_4_under_krum (void **state)
{
    (void) state;
    s_walk (4, true);
}

static void
test_more_seeds (void **state)
{
    (void) state;
    const char *text = getenv ("GRADMQ_WALKS");
    uint64_t walks = text ? strtoull (text, NULL, 10) : 0;
    for (uint64_t i = 1; i <= walks; i++) {
        print_message ("seed %" PRIu64 "\n", i * 1000003);
        s_walk (i * 1000003, i % 4 == 0);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_seed_1),     cmocka_unit_test (test_seed_2),
        cmocka_unit_test (test_seed_3),     cmocka_unit_test (test_seed_4_under_krum),
        cmocka_unit_test (test_more_seeds),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
