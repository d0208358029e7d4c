//  Rounds, clocks and deadlines under a time of the test's own, without tensors or sockets.

#include "sync/sync.h"

#include "step/resolve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { LEASE_MS = 1000, MEMBERS = 40 };

#define NOW_US 1700000000000000u

typedef struct {
    gradmq_members_t *members;
    gradmq_settings_t settings;
    gradmq_sync_t sync;
    gradmq_member_t *of [MEMBERS];
    uint64_t now_ms;
} s_stage_t;

static gradmq_member_t *
s_join (s_stage_t *stage, size_t worker, uint64_t incarnation)
{
    char name [8];
    gradmq_joined_member_t joined;
    snprintf (name, sizeof name, "w%02zu", worker);
    assert_int_equal (gradmq_members_join (stage->members, name, incarnation, 1, stage->now_ms,
                                           NOW_US + stage->now_ms, LEASE_MS, &joined, NULL),
                      GRADMQ_OK);
    if (joined.is_new)
        gradmq_sync_joined (&stage->sync, joined.member, joined.adopted);
    else if (joined.returned)
        gradmq_sync_members_changed (&stage->sync);
    return stage->of [worker] = joined.member;
}

static void
s_open (s_stage_t *stage, const char *policy, size_t workers)
{
    *stage = (s_stage_t){.members = gradmq_members_new (), .now_ms = 1000};
    gradmq_resolve_defaults (&stage->settings);
    snprintf (stage->settings.policy, sizeof stage->settings.policy, "%s", policy);
    gradmq_sync_init (&stage->sync, stage->members);
    gradmq_sync_set (&stage->sync, &stage->settings, 1);
    for (size_t i = 0; i < workers; i++)
        s_join (stage, i, 0);
    gradmq_sync_released (&stage->sync);
}

static void
s_close (s_stage_t *stage)
{
    gradmq_members_destroy (&stage->members);
}

//  Offer a gradient of this worker; one whose turn it is is taken.
static gradmq_turn_t
s_offer (s_stage_t *stage, size_t worker, uint64_t clock, bool last)
{
    gradmq_offer_t offer = {.member = stage->of [worker],
                            .worker = stage->of [worker],
                            .has_clock = clock != 0,
                            .clock = clock,
                            .last_of_clock = last};
    gradmq_reason_t reason = {0};
    gradmq_turn_t turn =
        gradmq_sync_turn (&stage->sync, &stage->settings, &offer, stage->now_ms, &reason);
    if (turn == GRADMQ_TURN_TAKE)
        gradmq_sync_answer (&stage->sync, &offer, true, stage->now_ms);
    return turn;
}

static gradmq_turn_t
s_push (s_stage_t *stage, size_t worker)
{
    return s_offer (stage, worker, 0, false);
}

static bool
s_due (const s_stage_t *stage)
{
    return gradmq_sync_due (&stage->sync, &stage->settings, stage->now_ms);
}

static uint64_t
s_deadline (const s_stage_t *stage)
{
    return gradmq_sync_deadline_ms (&stage->sync, &stage->settings);
}

static void
s_leave (s_stage_t *stage, size_t worker)
{
    gradmq_sync_leaves (&stage->sync, stage->of [worker]);
    assert_true (gradmq_members_leave (stage->members, stage->of [worker], 0));
    gradmq_sync_members_changed (&stage->sync);
}

static void
test_due_when_all_have_answered (void **state)
{
    (void) state;
    s_stage_t stage;
    s_open (&stage, "bsp", 3);
    assert_false (s_due (&stage));
    for (size_t i = 0; i < 3; i++) {
        assert_false (s_due (&stage));
        assert_int_equal (s_push (&stage, i), GRADMQ_TURN_TAKE);
        assert_int_equal (s_push (&stage, i), GRADMQ_TURN_HOLD);
    }
    assert_true (s_due (&stage));
    assert_int_equal (stage.sync.contributions, 3);
    assert_int_equal (stage.sync.held, 3);
    uint64_t round = stage.sync.round;
    gradmq_sync_closed (&stage.sync);
    assert_int_equal (stage.sync.round, round + 1);
    assert_int_equal (stage.sync.contributions, 0);
    assert_true (gradmq_sync_released (&stage.sync));
    assert_false (gradmq_sync_released (&stage.sync));
    assert_int_equal (stage.sync.held, 0);
    assert_int_equal (s_push (&stage, 0), GRADMQ_TURN_TAKE);
    s_close (&stage);
}

static void
test_due_when_the_time_is_over_and_enough_have_answered (void **state)
{
    (void) state;
    s_stage_t stage;
    s_open (&stage, "bsp", 5);
    stage.settings.round_timeout_ms = 100;
    stage.settings.round_minimum = 2;
    assert_int_equal (s_deadline (&stage), UINT64_MAX);
    s_push (&stage, 0);
    assert_int_equal (s_deadline (&stage), UINT64_MAX);  //  one is too few
    stage.now_ms += 60;
    s_push (&stage, 1);
    assert_int_equal (s_deadline (&stage), 1100);
    assert_false (s_due (&stage));
    stage.now_ms = 1099;
    assert_false (s_due (&stage));
    stage.now_ms = 1100;
    assert_true (s_due (&stage));
    s_close (&stage);
}

static void
test_deadline_stands_still_while_stopped (void **state)
{
    (void) state;
    s_stage_t stage;
    s_open (&stage, "bsp", 2);
    stage.settings.round_timeout_ms = 100;
    s_push (&stage, 0);
    stage.now_ms += 30;
    gradmq_sync_stop (&stage.sync, stage.now_ms);
    assert_int_equal (s_deadline (&stage), UINT64_MAX);
    stage.now_ms += 1000000;
    gradmq_sync_start (&stage.sync, stage.now_ms);
    assert_int_equal (s_deadline (&stage), stage.now_ms + 70);
    assert_false (s_due (&stage));
    //  A second start changes nothing.
    gradmq_sync_start (&stage.sync, stage.now_ms + 50);
    assert_int_equal (s_deadline (&stage), stage.now_ms + 70);
    s_close (&stage);
}

static void
test_due_by_quorum (void **state)
{
    (void) state;
    s_stage_t stage;
    s_open (&stage, "bsp", 5);
    stage.settings.quorum = 3;
    s_push (&stage, 0);
    s_push (&stage, 1);
    assert_false (s_due (&stage));
    s_push (&stage, 2);
    assert_true (s_due (&stage));
    gradmq_sync_set (&stage.sync, &stage.settings, 4);  //  what the rule needs
    assert_false (s_due (&stage));
    s_push (&stage, 3);
    assert_true (s_due (&stage));
    s_close (&stage);
}

static void
test_first_answer_begins_a_round (void **state)
{
    (void) state;
    s_stage_t stage;
    s_open (&stage, "bsp", 2);
    stage.settings.round_timeout_ms = 100;
    assert_int_equal (s_offer (&stage, 0, 1, false), GRADMQ_TURN_TAKE);
    assert_int_equal (s_deadline (&stage), UINT64_MAX);
    s_join (&stage, 2, 0);
    stage.now_ms += 10;
    assert_int_equal (s_offer (&stage, 0, 1, true), GRADMQ_TURN_TAKE);
    assert_int_equal (s_deadline (&stage), 1110);
    s_join (&stage, 3, 0);
    s_push (&stage, 1);
    assert_false (s_due (&stage));
    s_push (&stage, 2);
    assert_true (s_due (&stage));  //  nobody waits for w03
    s_close (&stage);
}

static void
test_who_leaves_and_comes_back_is_not_waited_for (void **state)
{
    (void) state;
    s_stage_t stage;
    s_open (&stage, "bsp", 2);
    s_push (&stage, 0);
    assert_false (s_due (&stage));
    s_leave (&stage, 1);
    assert_true (s_due (&stage));
    s_join (&stage, 1, stage.of [1]->incarnation);
    assert_true (s_due (&stage));
    s_close (&stage);
}

static void
test_waiting_tells_sixteen_names_in_order_and_the_total (void **state)
{
    (void) state;
    s_stage_t stage;
    const char *names [GRADMQ_WAITING_TOLD_MAX];
    size_t told;
    char why [200];
    s_open (&stage, "bsp", MEMBERS);
    assert_int_equal (gradmq_sync_waiting (&stage.sync, names, &told), 0);
    gradmq_sync_why (&stage.sync, &stage.settings, why, sizeof why);
    assert_string_equal (why, "");
    s_push (&stage, 7);
    assert_int_equal (gradmq_sync_waiting (&stage.sync, names, &told), MEMBERS - 1);
    assert_int_equal (told, GRADMQ_WAITING_TOLD_MAX);
    for (size_t i = 1; i < told; i++)
        assert_true (strcmp (names [i - 1], names [i]) < 0);
    gradmq_sync_why (&stage.sync, &stage.settings, why, sizeof why);
    assert_non_null (strstr (why, "1 answer"));
    s_close (&stage);
}

static void
test_ssp_holds_who_is_ahead_by_more_than_the_bound (void **state)
{
    (void) state;
    for (uint64_t bound = 0; bound < 4; bound++) {
        s_stage_t stage;
        s_open (&stage, "ssp", 2);
        stage.settings.clock_bound = bound;
        for (uint64_t i = 0; i <= bound; i++)
            assert_int_equal (s_push (&stage, 0), GRADMQ_TURN_TAKE);
        assert_int_equal (s_push (&stage, 0), GRADMQ_TURN_HOLD);
        assert_int_equal (stage.sync.min_clock, 0);
        assert_int_equal (stage.of [0]->progress.clock, bound + 1);
        assert_int_equal (s_push (&stage, 1), GRADMQ_TURN_TAKE);
        assert_int_equal (stage.sync.min_clock, 1);
        assert_true (gradmq_sync_released (&stage.sync));
        assert_int_equal (s_push (&stage, 0), GRADMQ_TURN_TAKE);
        assert_int_equal (s_push (&stage, 0), GRADMQ_TURN_HOLD);
        s_close (&stage);
    }
}

static void
test_ssp_takes_any_clock_there_may_be (void **state)
{
    (void) state;
    s_stage_t stage;
    s_open (&stage, "ssp", 2);
    stage.settings.clock_bound = 1000000000;
    assert_int_equal (s_offer (&stage, 0, UINT64_MAX, true), GRADMQ_TURN_HOLD);
    gradmq_sync_members_changed (&stage.sync);
    gradmq_sync_released (&stage.sync);
    assert_int_equal (s_offer (&stage, 1, UINT64_MAX, true), GRADMQ_TURN_TAKE);
    assert_int_equal (stage.sync.min_clock, UINT64_MAX - 1);
    gradmq_sync_released (&stage.sync);
    assert_int_equal (s_offer (&stage, 0, UINT64_MAX, true), GRADMQ_TURN_TAKE);
    //  There is no clock after it; nobody is held for that.
    stage.settings.clock_bound = 0;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal (s_push (&stage, i), GRADMQ_TURN_TAKE);
    s_close (&stage);
}

static void
test_ssp_without_members_holds_nobody (void **state)
{
    (void) state;
    s_stage_t stage;
    s_open (&stage, "ssp", 1);
    stage.of [0]->held_gradients = 1;
    assert_false (gradmq_members_leave (stage.members, stage.of [0], 0));
    for (int i = 0; i < 5; i++)
        assert_int_equal (s_push (&stage, 0), GRADMQ_TURN_TAKE);
    stage.of [0]->held_gradients = 0;
    s_close (&stage);
}

static void
test_counted_steps_are_due_by_their_count (void **state)
{
    (void) state;
    static const char *const names [] = {"async", "merge"};
    for (size_t k = 0; k < 2; k++) {
        s_stage_t stage;
        s_open (&stage, names [k], 1);
        stage.settings.buffer_gradients = stage.settings.merge_count = 3;
        for (int i = 0; i < 3; i++) {
            assert_false (s_due (&stage));
            assert_int_equal (s_push (&stage, 0), GRADMQ_TURN_TAKE);
        }
        assert_true (s_due (&stage));
        gradmq_sync_withdrawn (&stage.sync);
        assert_false (s_due (&stage));
        assert_int_equal (s_deadline (&stage), UINT64_MAX);
        s_close (&stage);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_due_when_all_have_answered),
        cmocka_unit_test (test_due_when_the_time_is_over_and_enough_have_answered),
        cmocka_unit_test (test_deadline_stands_still_while_stopped),
        cmocka_unit_test (test_due_by_quorum),
        cmocka_unit_test (test_first_answer_begins_a_round),
        cmocka_unit_test (test_who_leaves_and_comes_back_is_not_waited_for),
        cmocka_unit_test (test_waiting_tells_sixteen_names_in_order_and_the_total),
        cmocka_unit_test (test_ssp_holds_who_is_ahead_by_more_than_the_bound),
        cmocka_unit_test (test_ssp_takes_any_clock_there_may_be),
        cmocka_unit_test (test_ssp_without_members_holds_nobody),
        cmocka_unit_test (test_counted_steps_are_due_by_their_count),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
