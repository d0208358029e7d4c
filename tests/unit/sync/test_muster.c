//  The list of workers: whoever goes on from its text knows of every sequence what the first one knew.

#include "sync/muster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LEASE_MS = 1000, LATER_MS = 5000, STEPS = 3000, SEEDS = 20 };

static gradmq_member_t *
s_join (gradmq_members_t *members, const char *name)
{
    gradmq_joined_member_t joined;
    gradmq_reason_t why;
    assert_int_equal (gradmq_members_join (members, name, 0, 0, 0, 1000, LEASE_MS, &joined, &why),
                      GRADMQ_OK);
    return joined.member;
}

static gradmq_members_t *
s_copy (const gradmq_members_t *members)
{
    gradmq_reason_t why = {0};
    gradmq_members_t *copy = gradmq_members_new ();
    char *text = gradmq_muster_write (members);
    assert_non_null (copy);
    assert_non_null (text);
    gradmq_err_t err = gradmq_muster_read (copy, text, LATER_MS, LEASE_MS, &why);
    if (err)
        fail_msg ("%s in\n%s", why.text, text);
    free (text);
    return copy;
}

//  What the copy must say of a sequence: nothing of it where it is held, as its sender sends it again.
static void
s_compare (const gradmq_window_t *window, const gradmq_window_t *copy, const uint8_t *disposed,
           uint64_t end)
{
    assert_int_equal (copy->settled_through, window->settled_through);
    assert_int_equal (copy->applied, window->applied);
    assert_int_equal (copy->lost, window->lost);
    assert_int_equal (copy->others_from, window->others_from);
    assert_int_equal (copy->other_count, window->other_count);
    for (size_t i = 0; i < copy->other_count; i++)
        assert_memory_equal (&copy->others [i], &window->others [i], sizeof copy->others [i]);
    for (uint64_t i = 1; i < end; i++) {
        gradmq_sequence_t expected =
            i <= window->settled_through || disposed [i]          ? GRADMQ_SEQUENCE_DUPLICATE
            : i > window->settled_through + GRADMQ_RECEIVE_WINDOW ? GRADMQ_SEQUENCE_TOO_FAR
                                                                  : GRADMQ_SEQUENCE_NEW;
        assert_int_equal (gradmq_window_classify (copy, i), expected);
    }
}

//  Sequences come and are disposed of in any order; now and then some are said to be settled.
static void
s_walk (gradmq_member_t *member, uint8_t *disposed, uint64_t end)
{
    gradmq_window_t *window = &member->window;
    for (int step = 0; step < STEPS; step++) {
        uint64_t sequence = window->settled_through + 1 + (uint64_t) rand () % 80;
        if (sequence >= end)
            continue;
        if (rand () % 40 == 0) {
            for (uint64_t i = 1; i < sequence - 20 && sequence > 20; i++)
                if (gradmq_window_classify (window, i) == GRADMQ_SEQUENCE_NEW)
                    disposed [i] = 1;
            gradmq_window_low_water (window, sequence > 20 ? sequence - 20 : 1);
        } else if (gradmq_window_classify (window, sequence) == GRADMQ_SEQUENCE_NEW)
            gradmq_window_receive (window, sequence);
        else if (!disposed [sequence]) {
            gradmq_disposition_t disposition =
                rand () % 3 ? GRADMQ_APPLIED : (gradmq_disposition_t) (1 + rand () % 5);
            gradmq_err_t code = disposition == GRADMQ_REFUSED ? GRADMQ_ERR_NON_FINITE : GRADMQ_OK;
            disposed [sequence] = gradmq_window_dispose (window, sequence, disposition, code);
        }
    }
}

static void
test_copy_knows_what_was_disposed_of (void **state)
{
    (void) state;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        srand (seed);
        gradmq_members_t *members = gradmq_members_new ();
        gradmq_member_t *member = s_join (members, "w");
        uint8_t disposed [2 * STEPS] = {0};
        s_walk (member, disposed, 2 * STEPS);
        assert_true (member->window.settled_through > 100);
        gradmq_members_t *copy = s_copy (members);
        const gradmq_member_t *same = gradmq_members_named (copy, "w");
        assert_non_null (same);
        assert_int_equal (same->incarnation, member->incarnation);
        s_compare (&member->window, &same->window, disposed, 2 * STEPS);
        gradmq_members_destroy (&copy);
        gradmq_members_destroy (&members);
    }
}

static void
test_copy_knows_who_is_here_and_who_has_gone (void **state)
{
    (void) state;
    gradmq_members_t *members = gradmq_members_new ();
    s_join (members, "first");
    gradmq_members_leave (members, gradmq_members_named (members, "first"), 0);
    gradmq_member_t *here = s_join (members, "here");
    s_join (members, "second");
    gradmq_members_leave (members, gradmq_members_named (members, "second"), 0);
    gradmq_members_set_forgotten (members, 77);
    gradmq_members_t *copy = s_copy (members);
    assert_int_equal (gradmq_members_count (copy), 1);
    assert_string_equal (gradmq_members_departed (copy)->name, "first");
    assert_string_equal (gradmq_members_departed (copy)->newer->name, "second");
    assert_int_equal (gradmq_members_forgotten (copy), 77);
    gradmq_member_t *same;
    gradmq_reason_t why;
    assert_int_equal (gradmq_members_find (copy, "here", here->incarnation, &same, &why),
                      GRADMQ_OK);
    assert_int_equal (same->lease_end_ms, LATER_MS + LEASE_MS);
    assert_int_equal (gradmq_members_find (copy, "first", 1, &same, &why), GRADMQ_ERR_FENCED);
    gradmq_members_destroy (&copy);
    gradmq_members_destroy (&members);
}

static void
test_lines_that_cannot_be_are_refused (void **state)
{
    (void) state;
    static const char *const texts [] = {
        "",
        "forgotten\n",
        "forgotten 1",
        "forgotten x\n",
        "forgotten 1\nw 5 here 3 1 0 1 -\n",
        "forgotten 1\nw 5 here 3 1 0 1 - -",
        "forgotten 1\nw 5 away 3 1 0 1 - -\n",
        "forgotten 1\nw 0 here 3 1 0 1 - -\n",
        "forgotten 1\nw! 5 here 3 1 0 1 - -\n",
        "forgotten 1\nw 5 here 3 1 0 1 4:4:2 -\n",
        "forgotten 1\nw 5 here 3 1 0 1 - 3:4:2\n",
        "forgotten 1\nw 5 here 3 1 0 1 - 1028:4:2\n",
        "forgotten 1\nw 5 here 3 1 0 1 2:4:2,2:4:2 -\n",
        "forgotten 1\nw 5 here 3 1 0 1 2:9:2 -\n",
        "forgotten 1\nw 5 here 3 1 0 1 2:4:2, -\n",
        "forgotten 1\nw 5 here 18446744073709551615 1 0 1 - -\n",
        "forgotten 1\nw 5 here -3 1 0 1 - -\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts [0]; i++) {
        gradmq_members_t *members = gradmq_members_new ();
        gradmq_reason_t why = {0};
        if (gradmq_muster_read (members, texts [i], 0, LEASE_MS, &why) != GRADMQ_ERR_FORMAT)
            fail_msg ("taken: %s", texts [i]);
        //  The reason quotes the line.
        const char *line = strchr (texts [i], '\n');
        assert_true (why.text [0] != 0);
        if (line && line [1])
            assert_true (strstr (why.text, "line 2") && strstr (why.text, "\"w"));
        gradmq_members_destroy (&members);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_copy_knows_what_was_disposed_of),
        cmocka_unit_test (test_copy_knows_who_is_here_and_who_has_gone),
        cmocka_unit_test (test_lines_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
