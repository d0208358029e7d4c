//  The window against a plain map of sequences, and the cases that its rules name.

#include "sync/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WINDOW = GRADMQ_RECEIVE_WINDOW, SEQUENCES = 6000 };

static gradmq_window_t *
s_window (uint64_t next)
{
    gradmq_window_t *window = malloc (sizeof *window);
    assert_non_null (window);
    gradmq_window_init (window, next);
    return window;
}

static void
test_classify_fresh_window_takes_one_window_of_sequences (void **state)
{
    (void) state;
    gradmq_window_t *window = s_window (1);
    assert_int_equal (gradmq_window_classify (window, 1), GRADMQ_SEQUENCE_NEW);
    assert_int_equal (gradmq_window_classify (window, WINDOW), GRADMQ_SEQUENCE_NEW);
    assert_int_equal (gradmq_window_classify (window, WINDOW + 1), GRADMQ_SEQUENCE_TOO_FAR);
    free (window);
}

static void
test_receive_twice_is_duplicate_before_and_after_disposal (void **state)
{
    (void) state;
    gradmq_window_t *window = s_window (1);
    gradmq_window_receive (window, 3);
    assert_int_equal (gradmq_window_classify (window, 3), GRADMQ_SEQUENCE_DUPLICATE);
    assert_int_equal (window->received_through, 0);
    assert_true (gradmq_window_dispose (window, 3, GRADMQ_APPLIED, GRADMQ_OK));
    assert_int_equal (gradmq_window_classify (window, 3), GRADMQ_SEQUENCE_DUPLICATE);
    assert_false (gradmq_window_dispose (window, 3, GRADMQ_APPLIED, GRADMQ_OK));
    assert_int_equal (window->applied, 1);
    free (window);
}

static void
test_settled_waits_for_the_oldest_that_is_held (void **state)
{
    (void) state;
    gradmq_window_t *window = s_window (1);
    for (uint64_t i = 1; i <= 3; i++)
        gradmq_window_receive (window, i);
    assert_true (gradmq_window_dispose (window, 2, GRADMQ_APPLIED, GRADMQ_OK));
    assert_int_equal (window->settled_through, 0);
    assert_true (gradmq_window_dispose (window, 1, GRADMQ_APPLIED, GRADMQ_OK));
    assert_int_equal (window->settled_through, 2);
    assert_true (gradmq_window_open (window));
    free (window);
}

static void
test_missing_names_gaps_and_codes (void **state)
{
    (void) state;
    gradmq_window_t *window = s_window (1);
    gradmq_range_t ranges [GRADMQ_MISSING_RANGES_TOLD_MAX];
    gradmq_window_receive (window, 2);
    gradmq_window_turn_away (window, 4, GRADMQ_ERR_QUEUE_FULL);
    gradmq_window_turn_away (window, 5, GRADMQ_ERR_QUEUE_FULL);
    gradmq_window_sent (window, 6);
    assert_int_equal (gradmq_window_missing (window, ranges), 4);
    assert_int_equal (ranges [0].first, 1);
    assert_int_equal (ranges [0].last, 1);
    assert_int_equal (ranges [0].code, 0);
    assert_int_equal (ranges [1].first, 3);
    assert_int_equal (ranges [1].last, 3);
    assert_int_equal (ranges [2].first, 4);
    assert_int_equal (ranges [2].last, 5);
    assert_int_equal (ranges [2].code, GRADMQ_ERR_QUEUE_FULL);
    assert_int_equal (ranges [3].first, 6);
    assert_int_equal (ranges [3].last, 6);
    free (window);
}

static void
test_missing_beyond_the_window_is_one_range (void **state)
{
    (void) state;
    gradmq_window_t *window = s_window (1);
    gradmq_range_t ranges [GRADMQ_MISSING_RANGES_TOLD_MAX];
    gradmq_window_sent (window, UINT64_MAX);
    assert_int_equal (gradmq_window_missing (window, ranges), 2);
    assert_int_equal (ranges [0].last, WINDOW);
    assert_int_equal (ranges [1].first, WINDOW + 1);
    assert_true (ranges [1].last == UINT64_MAX);
    assert_int_equal (ranges [1].code, GRADMQ_ERR_WINDOW);
    free (window);
}

static void
test_missing_more_gaps_than_are_told_stays_in_bounds (void **state)
{
    (void) state;
    gradmq_window_t *window = s_window (1);
    gradmq_range_t ranges [GRADMQ_MISSING_RANGES_TOLD_MAX];
    for (uint64_t i = 2; i <= WINDOW; i += 2)
        gradmq_window_receive (window, i);
    assert_int_equal (gradmq_window_missing (window, ranges), GRADMQ_MISSING_RANGES_TOLD_MAX);
    assert_int_equal (ranges [1].first, 3);
    free (window);
}

static void
test_dispositions_told_are_the_newest_and_complete_from_where_they_say (void **state)
{
    (void) state;
    gradmq_window_t *window = s_window (1);
    for (uint64_t i = 1; i <= 200; i++) {
        gradmq_window_receive (window, i);
        bool refused = i % 2 == 0;
        assert_true (gradmq_window_dispose (window, i, refused ? GRADMQ_REFUSED : GRADMQ_APPLIED,
                                            refused ? GRADMQ_ERR_STALE : GRADMQ_OK));
    }
    assert_int_equal (window->other_count, GRADMQ_DISPOSITIONS_TOLD_MAX);
    assert_int_equal (window->others [0].sequence, 74);
    assert_int_equal (window->others_from, 73);
    assert_int_equal (window->others [63].sequence, 200);
    assert_int_equal (window->others [63].code, GRADMQ_ERR_STALE);
    assert_int_equal (window->applied, 100);
    free (window);
}

static void
test_dispositions_out_of_order_are_told_ascending (void **state)
{
    (void) state;
    gradmq_window_t *window = s_window (1);
    for (uint64_t i = 1; i <= 3; i++)
        gradmq_window_receive (window, i);
    assert_true (gradmq_window_dispose (window, 3, GRADMQ_REFUSED, GRADMQ_ERR_LENGTH));
    assert_true (gradmq_window_dispose (window, 1, GRADMQ_DISCARDED, GRADMQ_OK));
    assert_int_equal (window->others [0].sequence, 1);
    assert_int_equal (window->others [1].sequence, 3);
    free (window);
}

static void
test_low_water_above_what_was_received_counts_it_as_lost (void **state)
{
    (void) state;
    gradmq_window_t *window = s_window (1);
    gradmq_window_receive (window, 3);
    assert_int_equal (gradmq_window_low_water (window, 6), 4);
    assert_int_equal (window->received_through, 5);
    //  3 is still held, so it is not settled yet.
    assert_int_equal (window->settled_through, 2);
    assert_true (gradmq_window_dispose (window, 3, GRADMQ_APPLIED, GRADMQ_OK));
    assert_int_equal (window->settled_through, 5);
    free (window);
}

static void
test_low_water_far_ahead_jumps (void **state)
{
    (void) state;
    gradmq_window_t *window = s_window (1);
    gradmq_window_receive (window, 1);
    assert_int_equal (gradmq_window_low_water (window, 1000000), 999998);
    assert_int_equal (window->settled_through, 999999);
    assert_int_equal (gradmq_window_classify (window, 1000000), GRADMQ_SEQUENCE_NEW);
    assert_false (gradmq_window_dispose (window, 1, GRADMQ_APPLIED, GRADMQ_OK));
    free (window);
}

static void
test_low_water_behind_changes_nothing (void **state)
{
    (void) state;
    gradmq_window_t *window = s_window (10);
    assert_int_equal (gradmq_window_low_water (window, 0), 0);
    assert_int_equal (gradmq_window_low_water (window, 10), 0);
    assert_int_equal (window->received_through, 9);
    free (window);
}

//  What one sequence is, in the plain reference.
typedef enum { NOT_THERE, IS_HELD, IS_DISPOSED } s_what_t;

static uint32_t
s_random (uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t) (*seed >> 33);
}

//  R and S as their definitions say, by looking at every sequence.
static void
s_check (const gradmq_window_t *window, const s_what_t *what)
{
    uint64_t received = 0, settled = 0;
    while (what [received + 1] != NOT_THERE)
        received++;
    while (what [settled + 1] == IS_DISPOSED)
        settled++;
    assert_int_equal (window->received_through, received);
    assert_int_equal (window->settled_through, settled);
}

static void
test_random_arrivals_and_disposals_agree_with_a_plain_map (void **state)
{
    (void) state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        gradmq_window_t *window = s_window (1);
        s_what_t *what = calloc (SEQUENCES + 2 * WINDOW, sizeof *what);
        assert_non_null (what);
        uint64_t random = seed;
        for (int i = 0; i < 20000 && window->settled_through < SEQUENCES; i++) {
            uint64_t sequence = window->settled_through + 1 + s_random (&random) % 40;
            if (s_random (&random) % 50 == 0)
                sequence += WINDOW;
            bool far = sequence > window->settled_through + WINDOW;
            gradmq_sequence_t kind = gradmq_window_classify (window, sequence);
            gradmq_sequence_t expected = far                            ? GRADMQ_SEQUENCE_TOO_FAR
                                         : what [sequence] == NOT_THERE ? GRADMQ_SEQUENCE_NEW
                                                                        : GRADMQ_SEQUENCE_DUPLICATE;
            assert_int_equal (kind, expected);
            if (kind == GRADMQ_SEQUENCE_NEW) {
                gradmq_window_receive (window, sequence);
                what [sequence] = IS_HELD;
            } else if (kind == GRADMQ_SEQUENCE_DUPLICATE) {
                assert_int_equal (
                    gradmq_window_dispose (window, sequence, GRADMQ_APPLIED, GRADMQ_OK),
                    what [sequence] == IS_HELD);
                what [sequence] = IS_DISPOSED;
            }
            s_check (window, what);
        }
        free (what);
        free (window);
    }
}

//  A sequence that arrives late, below one that fell off the list, does not bring the list's beginning
//  back: what fell off would then be told as APPLIED.
static void
test_dispositions_late_and_low_leaves_the_beginning_of_the_list_where_it_was (void **state)
{
    (void) state;
    gradmq_window_t *window = s_window (1);
    for (uint64_t i = 2; i <= GRADMQ_DISPOSITIONS_TOLD_MAX + 3; i++) {
        gradmq_window_receive (window, i);
        gradmq_window_dispose (window, i, GRADMQ_REFUSED, GRADMQ_ERR_LAYOUT);
    }
    assert_int_equal (window->others [0].sequence, 4);
    assert_int_equal (window->others_from, 4);
    gradmq_window_receive (window, 1);
    gradmq_window_dispose (window, 1, GRADMQ_REFUSED, GRADMQ_ERR_LAYOUT);
    assert_int_equal (window->others_from, 4);
    free (window);
}

static void
test_sequences_at_the_end_of_their_range_stay_in_order (void **state)
{
    (void) state;
    gradmq_range_t ranges [GRADMQ_MISSING_RANGES_TOLD_MAX];
    const uint64_t nexts [] = {UINT64_MAX - WINDOW + 1, UINT64_MAX - 10, UINT64_MAX};
    for (size_t i = 0; i < sizeof nexts / sizeof nexts [0]; i++) {
        gradmq_window_t *window = s_window (nexts [i]);
        gradmq_window_sent (window, UINT64_MAX);
        size_t count = gradmq_window_missing (window, ranges);
        assert_int_equal (count, 1);
        assert_true (ranges [0].first == nexts [i] && ranges [0].last == UINT64_MAX);
        assert_int_equal (gradmq_window_classify (window, UINT64_MAX), GRADMQ_SEQUENCE_NEW);
        gradmq_window_receive (window, UINT64_MAX);
        gradmq_window_dispose (window, UINT64_MAX, GRADMQ_APPLIED, GRADMQ_OK);
        assert_int_equal (gradmq_window_classify (window, UINT64_MAX), GRADMQ_SEQUENCE_DUPLICATE);
        for (uint64_t at = UINT64_MAX - 1; at >= nexts [i]; at--) {
            gradmq_window_receive (window, at);
            gradmq_window_dispose (window, at, GRADMQ_APPLIED, GRADMQ_OK);
        }
        assert_true (window->settled_through == UINT64_MAX);
        assert_int_equal (gradmq_window_classify (window, UINT64_MAX), GRADMQ_SEQUENCE_DUPLICATE);
        assert_int_equal (gradmq_window_missing (window, ranges), 0);
        assert_false (gradmq_window_open (window));
        free (window);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_classify_fresh_window_takes_one_window_of_sequences),
        cmocka_unit_test (test_receive_twice_is_duplicate_before_and_after_disposal),
        cmocka_unit_test (test_settled_waits_for_the_oldest_that_is_held),
        cmocka_unit_test (test_missing_names_gaps_and_codes),
        cmocka_unit_test (test_missing_beyond_the_window_is_one_range),
        cmocka_unit_test (test_missing_more_gaps_than_are_told_stays_in_bounds),
        cmocka_unit_test (test_dispositions_told_are_the_newest_and_complete_from_where_they_say),
        cmocka_unit_test (test_dispositions_out_of_order_are_told_ascending),
        cmocka_unit_test (
            test_dispositions_late_and_low_leaves_the_beginning_of_the_list_where_it_was),
        cmocka_unit_test (test_sequences_at_the_end_of_their_range_stay_in_order),
        cmocka_unit_test (test_low_water_above_what_was_received_counts_it_as_lost),
        cmocka_unit_test (test_low_water_far_ahead_jumps),
        cmocka_unit_test (test_low_water_behind_changes_nothing),
        cmocka_unit_test (test_random_arrivals_and_disposals_agree_with_a_plain_map),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
