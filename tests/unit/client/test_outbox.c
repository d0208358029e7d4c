//  Which gradients are unsettled and which go again: no sockets, no clock.

#include "outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const gradmq_credit_t s_plenty = {1024, UINT64_MAX};

static gradmq_outbox_t
s_outbox_of (int count, uint64_t bytes)
{
    gradmq_outbox_t outbox;
    gradmq_outbox_init (&outbox);
    for (int i = 0; i < count; i++)
        gradmq_outbox_add (&outbox, bytes);
    return outbox;
}

static void
test_room_empty_outbox_takes_one_whatever_the_credit (void **state)
{
    (void) state;
    gradmq_outbox_t outbox = s_outbox_of (0, 0);
    assert_true (gradmq_outbox_room (&outbox, 1000, &(gradmq_credit_t){0, 0}));
    gradmq_outbox_add (&outbox, 1000);
    assert_false (gradmq_outbox_room (&outbox, 0, &(gradmq_credit_t){0, 0}));
}

static void
test_room_credit_bounds_gradients_and_bytes (void **state)
{
    (void) state;
    gradmq_outbox_t outbox = s_outbox_of (3, 100);
    assert_true (gradmq_outbox_room (&outbox, 100, &(gradmq_credit_t){4, 400}));
    assert_false (gradmq_outbox_room (&outbox, 101, &(gradmq_credit_t){4, 400}));
    assert_false (gradmq_outbox_room (&outbox, 100, &(gradmq_credit_t){3, 400}));
    assert_false (gradmq_outbox_room (&outbox, UINT64_MAX, &(gradmq_credit_t){4, UINT64_MAX}));
}

static void
test_room_full_outbox_has_none (void **state)
{
    (void) state;
    gradmq_outbox_t outbox = s_outbox_of (GRADMQ_OUTBOX_SLOTS, 1);
    assert_false (gradmq_outbox_room (&outbox, 1, &(gradmq_credit_t){UINT64_MAX, UINT64_MAX}));
    gradmq_outbox_settle (&outbox);
    assert_true (gradmq_outbox_room (&outbox, 1, &(gradmq_credit_t){UINT64_MAX, UINT64_MAX}));
}

static void
test_settle_goes_in_order_and_counts_bytes (void **state)
{
    (void) state;
    gradmq_outbox_t outbox = s_outbox_of (3, 10);
    gradmq_outbox_lost (&outbox, 1, 2);
    gradmq_outbox_settle (&outbox);
    assert_int_equal (outbox.first, 2);
    assert_int_equal (outbox.bytes, 20);
    assert_int_equal (outbox.held, 1);
    assert_int_equal (outbox.held_bytes, 10);
    assert_int_equal (gradmq_outbox_count (&outbox), 2);
}

static void
test_hold_sequences_outside_are_left_alone (void **state)
{
    (void) state;
    gradmq_outbox_t outbox = s_outbox_of (5, 1);
    gradmq_outbox_settle (&outbox);
    gradmq_outbox_hold (&outbox, 0, 1);
    assert_int_equal (outbox.held, 0);
    gradmq_outbox_hold (&outbox, 6, UINT64_MAX);
    assert_int_equal (outbox.held, 0);
    gradmq_outbox_hold (&outbox, 5, 4);
    assert_int_equal (outbox.held, 0);
    gradmq_outbox_hold (&outbox, 0, UINT64_MAX);
    assert_int_equal (outbox.held, 4);
}

static void
test_hold_twice_is_once (void **state)
{
    (void) state;
    gradmq_outbox_t outbox = s_outbox_of (5, 7);
    gradmq_outbox_hold (&outbox, 2, 3);
    gradmq_outbox_hold (&outbox, 3, 4);
    assert_int_equal (outbox.held, 3);
    assert_int_equal (outbox.held_bytes, 21);
}

static void
test_received_is_not_sent_again (void **state)
{
    (void) state;
    gradmq_outbox_t outbox = s_outbox_of (5, 1);
    gradmq_outbox_lost (&outbox, 1, 5);
    gradmq_outbox_received (&outbox, 3);
    assert_int_equal (outbox.held, 2);
    assert_int_equal (gradmq_outbox_due (&outbox, 0, &s_plenty, 0), 4);
    gradmq_outbox_received (&outbox, UINT64_MAX);
    assert_int_equal (outbox.held, 0);
    assert_int_equal (gradmq_outbox_due (&outbox, 0, &s_plenty, 0), 0);
}

static void
test_due_first_time_is_at_once (void **state)
{
    (void) state;
    gradmq_outbox_t outbox = s_outbox_of (3, 1);
    gradmq_outbox_hold (&outbox, 2, 2);
    assert_int_equal (gradmq_outbox_due (&outbox, 0, &s_plenty, 0), 2);
    assert_int_equal (gradmq_outbox_due (&outbox, 3, &s_plenty, 0), 0);
}

static void
test_due_second_time_waits_longer_each_time (void **state)
{
    (void) state;
    gradmq_outbox_t outbox = s_outbox_of (1, 1);
    uint64_t now = 1000;
    uint64_t wait = GRADMQ_OUTBOX_AGAIN_MS;
    gradmq_outbox_hold (&outbox, 1, 1);
    gradmq_outbox_resent (&outbox, 1, now);
    for (int i = 0; i < 10; i++) {
        gradmq_outbox_hold (&outbox, 1, 1);
        assert_int_equal (gradmq_outbox_wait_ms (&outbox, now), wait);
        assert_int_equal (gradmq_outbox_due (&outbox, 0, &s_plenty, now + wait - 1), 0);
        assert_int_equal (gradmq_outbox_due (&outbox, 0, &s_plenty, now + wait), 1);
        now += wait;
        gradmq_outbox_resent (&outbox, 1, now);
        wait = wait * 2 < GRADMQ_OUTBOX_AGAIN_MOST_MS ? wait * 2 : GRADMQ_OUTBOX_AGAIN_MOST_MS;
    }
}

static void
test_due_lost_is_at_once_however_often_it_was_sent (void **state)
{
    (void) state;
    gradmq_outbox_t outbox = s_outbox_of (1, 1);
    for (uint64_t now = 1; now < 5; now++) {
        gradmq_outbox_lost (&outbox, 1, 1);
        assert_int_equal (gradmq_outbox_due (&outbox, 0, &s_plenty, now), 1);
        gradmq_outbox_resent (&outbox, 1, now);
    }
}

static void
test_due_keeps_within_credit (void **state)
{
    (void) state;
    const gradmq_credit_t credit = {3, 1000};
    gradmq_outbox_t outbox = s_outbox_of (5, 100);
    gradmq_outbox_lost (&outbox, 1, 5);
    uint64_t sent = 0;
    uint64_t at = 0;
    while ((at = gradmq_outbox_due (&outbox, 0, &credit, 0)) != 0) {
        assert_int_equal (at, ++sent);
        gradmq_outbox_resent (&outbox, at, 0);
    }
    assert_int_equal (sent, 3);
    gradmq_outbox_settle (&outbox);
    assert_int_equal (gradmq_outbox_due (&outbox, 0, &credit, 0), 4);
}

static void
test_due_without_credit_one_is_always_allowed (void **state)
{
    (void) state;
    const gradmq_credit_t none = {0, 0};
    gradmq_outbox_t outbox = s_outbox_of (2, 100);
    gradmq_outbox_lost (&outbox, 1, 2);
    assert_int_equal (gradmq_outbox_due (&outbox, 0, &none, 0), 1);
    gradmq_outbox_resent (&outbox, 1, 0);
    assert_int_equal (gradmq_outbox_due (&outbox, 0, &none, 0), 0);
}

static void
test_defer_is_passed_over_until_then (void **state)
{
    (void) state;
    gradmq_outbox_t outbox = s_outbox_of (2, 1);
    gradmq_outbox_lost (&outbox, 1, 2);
    gradmq_outbox_defer (&outbox, 1, 50);
    assert_int_equal (gradmq_outbox_due (&outbox, 0, &s_plenty, 10), 2);
    assert_int_equal (gradmq_outbox_wait_ms (&outbox, 10), 40);
    assert_int_equal (gradmq_outbox_due (&outbox, 0, &s_plenty, 50), 1);
}

static void
test_wait_nothing_held_is_for_ever (void **state)
{
    (void) state;
    gradmq_outbox_t outbox = s_outbox_of (2, 1);
    assert_true (gradmq_outbox_wait_ms (&outbox, 0) == UINT64_MAX);
    gradmq_outbox_lost (&outbox, 1, 1);  //  due: it waits for credit, not for time
    assert_true (gradmq_outbox_wait_ms (&outbox, 0) == UINT64_MAX);
}

//  Over the end of the ring and many times around: the sums are what counting again gives.
static void
test_around_the_ring_sums_hold (void **state)
{
    (void) state;
    gradmq_outbox_t outbox = s_outbox_of (0, 0);
    uint32_t random = 12345;
    for (int step = 0; step < 200000; step++) {
        random = random * 1664525u + 1013904223u;
        uint32_t dice = random >> 24;
        uint64_t count = gradmq_outbox_count (&outbox);
        if (dice < 120 && count < GRADMQ_OUTBOX_SLOTS)
            gradmq_outbox_add (&outbox, dice);
        else if (dice < 220 && count)
            gradmq_outbox_settle (&outbox);
        else if (dice < 235)
            gradmq_outbox_hold (&outbox, outbox.first + dice % 7, outbox.first + dice % 11);
        else if (dice < 240)
            gradmq_outbox_received (&outbox, outbox.first + dice % 5);
        else {
            uint64_t at = gradmq_outbox_due (&outbox, 0, &s_plenty, UINT64_MAX / 2);
            if (at)
                gradmq_outbox_resent (&outbox, at, (uint64_t) step);
        }
        uint64_t bytes = 0, held = 0, held_bytes = 0;
        if (step % 1000)
            continue;
        for (uint64_t at = outbox.first; at < outbox.next; at++) {
            const gradmq_outbox_entry_t *entry = &outbox.entries [gradmq_outbox_slot (at)];
            bytes += entry->bytes;
            held += entry->held ? 1 : 0;
            held_bytes += entry->held ? entry->bytes : 0;
        }
        assert_int_equal (outbox.bytes, bytes);
        assert_int_equal (outbox.held, held);
        assert_int_equal (outbox.held_bytes, held_bytes);
    }
    assert_true (outbox.next > 2 * GRADMQ_OUTBOX_SLOTS);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_room_empty_outbox_takes_one_whatever_the_credit),
        cmocka_unit_test (test_room_credit_bounds_gradients_and_bytes),
        cmocka_unit_test (test_room_full_outbox_has_none),
        cmocka_unit_test (test_settle_goes_in_order_and_counts_bytes),
        cmocka_unit_test (test_hold_sequences_outside_are_left_alone),
        cmocka_unit_test (test_hold_twice_is_once),
        cmocka_unit_test (test_received_is_not_sent_again),
        cmocka_unit_test (test_due_first_time_is_at_once),
        cmocka_unit_test (test_due_second_time_waits_longer_each_time),
        cmocka_unit_test (test_due_lost_is_at_once_however_often_it_was_sent),
        cmocka_unit_test (test_due_keeps_within_credit),
        cmocka_unit_test (test_due_without_credit_one_is_always_allowed),
        cmocka_unit_test (test_defer_is_passed_over_until_then),
        cmocka_unit_test (test_wait_nothing_held_is_for_ever),
        cmocka_unit_test (test_around_the_ring_sums_hold),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
