//  Joining, leaving, expiring and coming back.

#include "sync/members.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LEASE_MS = 1000 };

#define NOW_US 1700000000000000u

static gradmq_joined_member_t
s_join (gradmq_members_t *members, const char *name, uint64_t incarnation, uint64_t low_water,
        uint64_t now_ms)
{
    gradmq_joined_member_t joined;
    assert_int_equal (gradmq_members_join (members, name, incarnation, low_water, now_ms, NOW_US,
                                           LEASE_MS, &joined, NULL),
                      GRADMQ_OK);
    assert_non_null (joined.member);
    return joined;
}

static gradmq_err_t
s_refused (gradmq_members_t *members, const char *name, uint64_t incarnation)
{
    gradmq_joined_member_t joined;
    gradmq_reason_t reason;
    return gradmq_members_join (members, name, incarnation, 1, 0, NOW_US, LEASE_MS, &joined,
                                &reason);
}

static void
s_count_expired (gradmq_member_t *member, void *context)
{
    (void) member;
    ++*(size_t *) context;
}

static size_t
s_expire (gradmq_members_t *members, uint64_t now_ms)
{
    size_t count = 0;
    gradmq_members_expire (members, now_ms, s_count_expired, &count);
    return count;
}

static void
test_join_anew_fences_the_old_incarnation (void **state)
{
    (void) state;
    gradmq_members_t *members = gradmq_members_new ();
    uint64_t first = s_join (members, "w", 0, 0, 0).member->incarnation;
    gradmq_joined_member_t again = s_join (members, "w", 0, 0, 0);
    assert_true (again.member->incarnation > first);
    assert_int_equal (again.fenced, first);
    assert_int_equal (gradmq_members_count (members), 1);
    gradmq_member_t *member;
    assert_int_equal (gradmq_members_find (members, "w", first, &member, NULL), GRADMQ_ERR_FENCED);
    assert_int_equal (s_refused (members, "w", first), GRADMQ_ERR_FENCED);
    gradmq_members_destroy (&members);
}

static void
test_join_with_incarnation_renews_and_keeps_the_window (void **state)
{
    (void) state;
    gradmq_members_t *members = gradmq_members_new ();
    gradmq_member_t *member = s_join (members, "w", 0, 0, 0).member;
    gradmq_window_receive (&member->window, 1);
    gradmq_joined_member_t again = s_join (members, "w", member->incarnation, 1, 900);
    assert_ptr_equal (again.member, member);
    assert_false (again.is_new);
    assert_int_equal (member->window.received_through, 1);
    assert_int_equal (s_expire (members, 1500), 0);
    assert_int_equal (s_expire (members, 1900), 1);
    gradmq_members_destroy (&members);
}

static void
test_join_unknown_incarnation_is_adopted_at_its_low_water (void **state)
{
    (void) state;
    gradmq_members_t *members = gradmq_members_new ();
    gradmq_joined_member_t joined = s_join (members, "w", NOW_US - 5, 42, 0);
    assert_true (joined.is_new);
    assert_int_equal (joined.member->incarnation, NOW_US - 5);
    assert_int_equal (joined.member->window.received_through, 41);
    assert_int_equal (joined.member->window.settled_through, 41);
    gradmq_members_destroy (&members);
}

//  A clock that was set back by two days: who is known goes on, and nobody else is let in from there.
static void
test_join_after_a_clock_was_set_back (void **state)
{
    (void) state;
    const uint64_t before_us = NOW_US - 2 * 24 * 3600 * 1000000ull;
    gradmq_members_t *members = gradmq_members_new ();
    uint64_t incarnation = s_join (members, "w", 0, 0, 0).member->incarnation;
    gradmq_joined_member_t joined;
    gradmq_reason_t why;
    assert_int_equal (
        gradmq_members_join (members, "w", incarnation, 1, 0, before_us, LEASE_MS, &joined, &why),
        GRADMQ_OK);
    assert_int_equal (
        gradmq_members_join (members, "v", incarnation, 1, 0, before_us, LEASE_MS, &joined, &why),
        GRADMQ_ERR_ARGUMENT);
    gradmq_members_destroy (&members);
}

static void
test_join_incarnation_of_the_future_is_refused (void **state)
{
    (void) state;
    gradmq_members_t *members = gradmq_members_new ();
    assert_int_equal (s_refused (members, "w", NOW_US + 2 * 24 * 3600 * 1000000ull),
                      GRADMQ_ERR_ARGUMENT);
    assert_int_equal (gradmq_members_count (members), 0);
    gradmq_members_destroy (&members);
}

static void
test_return_after_expiry_knows_what_was_received (void **state)
{
    (void) state;
    gradmq_members_t *members = gradmq_members_new ();
    gradmq_member_t *member = s_join (members, "w", 0, 0, 0).member;
    uint64_t incarnation = member->incarnation;
    gradmq_window_receive (&member->window, 1);
    gradmq_members_hold (member, 8);
    assert_int_equal (s_expire (members, LEASE_MS), 1);
    assert_int_equal (gradmq_members_count (members), 0);
    assert_int_equal (gradmq_members_find (members, "w", incarnation, &member, NULL),
                      GRADMQ_ERR_NOT_JOINED);
    //  Its low_water says that sequence 1 is not settled for it; it must not be taken twice.
    member = s_join (members, "w", incarnation, 1, 5000).member;
    assert_int_equal (gradmq_window_classify (&member->window, 1), GRADMQ_SEQUENCE_DUPLICATE);
    assert_int_equal (member->held_gradients, 1);
    gradmq_members_destroy (&members);
}

static void
test_forgotten_incarnations_are_fenced (void **state)
{
    (void) state;
    gradmq_members_t *members = gradmq_members_new ();
    uint64_t first = 0, newest = 0;
    for (unsigned i = 0; i < GRADMQ_DEPARTURES_KEPT + 2; i++) {
        char name [32];
        snprintf (name, sizeof name, "w%u", i);
        gradmq_member_t *member = s_join (members, name, 0, 0, 0).member;
        if (i == 0)
            first = member->incarnation;
        newest = member->incarnation;
        assert_true (gradmq_members_leave (members, member, 0));
    }
    assert_int_equal (gradmq_members_count (members), 0);
    assert_int_equal (s_refused (members, "w0", first), GRADMQ_ERR_FENCED);
    char last [32];
    snprintf (last, sizeof last, "w%u", GRADMQ_DEPARTURES_KEPT + 1);
    gradmq_member_t *member;
    assert_int_equal (gradmq_members_recall (members, last, newest, &member, NULL), GRADMQ_OK);
    assert_true (s_join (members, "w0", 0, 0, 0).member->incarnation > first);
    gradmq_members_destroy (&members);
}

static void
test_leave_drains_before_it_is_complete (void **state)
{
    (void) state;
    gradmq_members_t *members = gradmq_members_new ();
    gradmq_member_t *member = s_join (members, "w", 0, 0, 0).member;
    uint64_t incarnation = member->incarnation;
    assert_false (gradmq_members_leave (members, member, 2));
    gradmq_window_receive (&member->window, 1);
    gradmq_window_receive (&member->window, 2);
    assert_true (gradmq_window_dispose (&member->window, 1, GRADMQ_APPLIED, GRADMQ_OK));
    assert_false (gradmq_members_leave (members, member, 2));
    assert_int_equal (gradmq_members_count (members), 1);
    assert_true (gradmq_window_dispose (&member->window, 2, GRADMQ_APPLIED, GRADMQ_OK));
    assert_true (gradmq_members_leave (members, member, 2));
    assert_int_equal (gradmq_members_count (members), 0);
    //  Asking again is answered the same.
    assert_int_equal (gradmq_members_recall (members, "w", incarnation, &member, NULL), GRADMQ_OK);
    assert_true (gradmq_members_leave (members, member, 2));
    gradmq_members_destroy (&members);
}

static void
test_stand_still_puts_leases_forward (void **state)
{
    (void) state;
    gradmq_members_t *members = gradmq_members_new ();
    s_join (members, "w", 0, 0, 0);
    gradmq_members_stand_still (members, 5000);
    assert_int_equal (s_expire (members, 5500), 0);
    assert_int_equal (s_expire (members, 6000), 1);
    gradmq_members_destroy (&members);
}

static void
test_members_past_the_limit_are_refused (void **state)
{
    (void) state;
    gradmq_members_t *members = gradmq_members_new ();
    for (unsigned i = 0; i < GRADMQ_MEMBERS_MAX; i++) {
        char name [32];
        snprintf (name, sizeof name, "w%u", i);
        s_join (members, name, 0, 0, 0);
    }
    assert_int_equal (s_refused (members, "one-more", 0), GRADMQ_ERR_BUSY);
    //  One that is there may still renew.
    s_join (members, "w7", 0, 0, 0);
    gradmq_members_destroy (&members);
}

static void
test_by_name_pages_in_byte_order (void **state)
{
    (void) state;
    static const char *const names [] = {"b", "d", "a", "e", "c"};
    gradmq_members_t *members = gradmq_members_new ();
    for (size_t i = 0; i < 5; i++)
        s_join (members, names [i], 0, 0, 0);
    gradmq_member_t *list [2];
    bool more;
    assert_int_equal (gradmq_members_by_name (members, "", list, 2, &more), 2);
    assert_true (more);
    assert_string_equal (list [0]->name, "a");
    assert_string_equal (list [1]->name, "b");
    assert_int_equal (gradmq_members_by_name (members, "d", list, 2, &more), 1);
    assert_false (more);
    assert_string_equal (list [0]->name, "e");
    gradmq_members_destroy (&members);
}

static void
test_credit_is_shared_and_never_nothing (void **state)
{
    (void) state;
    gradmq_members_t *members = gradmq_members_new ();
    assert_int_equal (gradmq_members_credit_gradients (members, 10), 10);
    assert_int_equal (gradmq_members_credit_gradients (members, 1u << 20), GRADMQ_RECEIVE_WINDOW);
    s_join (members, "a", 0, 0, 0);
    s_join (members, "b", 0, 0, 0);
    assert_int_equal (gradmq_members_credit_gradients (members, 10), 5);
    assert_int_equal (gradmq_members_credit_gradients (members, 1), 1);
    assert_int_equal (gradmq_members_credit_bytes (members, 1000), 500);
    gradmq_members_destroy (&members);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_join_anew_fences_the_old_incarnation),
        cmocka_unit_test (test_join_with_incarnation_renews_and_keeps_the_window),
        cmocka_unit_test (test_join_unknown_incarnation_is_adopted_at_its_low_water),
        cmocka_unit_test (test_join_incarnation_of_the_future_is_refused),
        cmocka_unit_test (test_join_after_a_clock_was_set_back),
        cmocka_unit_test (test_return_after_expiry_knows_what_was_received),
        cmocka_unit_test (test_forgotten_incarnations_are_fenced),
        cmocka_unit_test (test_leave_drains_before_it_is_complete),
        cmocka_unit_test (test_stand_still_puts_leases_forward),
        cmocka_unit_test (test_members_past_the_limit_are_refused),
        cmocka_unit_test (test_by_name_pages_in_byte_order),
        cmocka_unit_test (test_credit_is_shared_and_never_nothing),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
