//  What acknowledgements do to the outbox: settlement (S-6), credit, what goes again (S-2, S-3).

#include "ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define INCARNATION 77
#define CONFIRM_MS 1000

typedef struct {
    gradmq_ledger_t ledger;
    uint32_t dispositions [64];
    uint32_t codes [64];
    int settled;
} s_book_t;

static void
s_settle (void *context, uint64_t sequence, uint32_t disposition, uint32_t code)
{
    s_book_t *book = (s_book_t *) context;
    assert_int_equal (sequence, ++book->settled);
    book->dispositions [sequence % 64] = disposition;
    book->codes [sequence % 64] = code;
}

static void
s_open (s_book_t *book, int sent)
{
    memset (book, 0, sizeof *book);
    gradmq_ledger_init (&book->ledger, INCARNATION, 0);
    book->ledger.settle = s_settle;
    book->ledger.context = book;
    book->ledger.credit = (gradmq_credit_t){64, UINT64_MAX};
    for (int i = 0; i < sent; i++)
        gradmq_outbox_add (&book->ledger.outbox, 10);
}

static gradmq_ack_t
s_ack (uint64_t received, uint64_t settled)
{
    return (gradmq_ack_t){.incarnation = INCARNATION,
                          .received_through = received,
                          .settled_through = settled,
                          .dispositions_from = 1,
                          .applied = settled};
}

static gradmq_calls_t
s_take (s_book_t *book, const gradmq_ack_t *ack, bool asked, uint64_t now_ms)
{
    return gradmq_ledger_take (&book->ledger, ack, asked, now_ms, CONFIRM_MS);
}

static void
test_take_settled_is_counted_once (void **state)
{
    (void) state;
    s_book_t book;
    s_open (&book, 5);
    gradmq_ack_t ack = s_ack (5, 3);
    s_take (&book, &ack, false, 0);
    s_take (&book, &ack, false, 0);
    assert_int_equal (book.ledger.settled, 3);
    assert_int_equal (book.ledger.applied, 3);
    assert_int_equal (book.ledger.outbox.first, 4);
    assert_int_equal (book.dispositions [1], GRADMQ_APPLIED);
}

static void
test_take_older_is_left_alone (void **state)
{
    (void) state;
    s_book_t book;
    s_open (&book, 5);
    gradmq_ack_t newer = s_ack (5, 4);
    gradmq_ack_t older = s_ack (4, 2);
    newer.credit_gradients = 9;
    older.credit_gradients = 1;
    s_take (&book, &newer, false, 0);
    s_take (&book, &older, false, 0);
    assert_int_equal (book.ledger.settled, 4);
    assert_int_equal (book.ledger.credit.gradients, 9);
}

static void
test_take_other_incarnation_is_left_alone (void **state)
{
    (void) state;
    s_book_t book;
    s_open (&book, 5);
    gradmq_ack_t ack = s_ack (5, 5);
    ack.incarnation++;
    s_take (&book, &ack, false, 0);
    assert_int_equal (book.ledger.settled, 0);
}

static void
test_take_more_than_was_sent_settles_what_was_sent (void **state)
{
    (void) state;
    s_book_t book;
    s_open (&book, 2);
    gradmq_ack_t ack = s_ack (UINT64_MAX, UINT64_MAX);
    s_take (&book, &ack, false, 0);
    assert_int_equal (book.ledger.settled, 2);
    assert_int_equal (book.ledger.outbox.next, 3);
}

static void
test_take_dispositions_are_told (void **state)
{
    (void) state;
    s_book_t book;
    s_open (&book, 5);
    const gradmq_disposed_t disposed [] = {{2, GRADMQ_REFUSED, GRADMQ_ERR_STALE},
                                           {4, GRADMQ_SKIPPED, 0}};
    gradmq_ack_t ack = s_ack (5, 4);
    ack.dispositions = disposed;
    ack.disposition_count = 2;
    ack.applied = 2;
    s_take (&book, &ack, false, 0);
    assert_int_equal (book.ledger.applied, 2);
    assert_int_equal (book.ledger.refused, 2);
    assert_int_equal (book.dispositions [2], GRADMQ_REFUSED);
    assert_int_equal (book.codes [2], GRADMQ_ERR_STALE);
    assert_int_equal (book.dispositions [3], GRADMQ_APPLIED);
    assert_int_equal (book.dispositions [4], GRADMQ_SKIPPED);
}

//  Rule S-6: below dispositions_from nothing is told; the number applied is, all the same.
static void
test_take_untold_dispositions_are_counted_by_applied (void **state)
{
    (void) state;
    s_book_t book;
    s_open (&book, 20);
    const gradmq_disposed_t disposed [] = {{12, GRADMQ_EXCLUDED, 0}};
    gradmq_ack_t ack = s_ack (20, 20);
    ack.dispositions = disposed;
    ack.disposition_count = 1;
    ack.dispositions_from = 11;  //  1..10: three of them were refused
    ack.applied = 7 + 9;
    s_take (&book, &ack, false, 0);
    assert_int_equal (book.ledger.settled, 20);
    assert_int_equal (book.ledger.applied, 16);
    assert_int_equal (book.ledger.refused, 4);
    assert_int_equal (book.dispositions [5], 0);
    assert_int_equal (book.dispositions [12], GRADMQ_EXCLUDED);
}

static void
test_take_credit_is_told_within_own_bound (void **state)
{
    (void) state;
    s_book_t book;
    s_open (&book, 0);
    gradmq_ack_t ack = s_ack (0, 0);
    ack.credit_gradients = 100;
    ack.credit_bytes = 1234;
    s_take (&book, &ack, false, 0);
    assert_int_equal (book.ledger.credit.gradients, 100);
    assert_int_equal (book.ledger.credit.bytes, 1234);
    gradmq_ledger_init (&book.ledger, INCARNATION, 8);
    s_take (&book, &ack, false, 0);
    assert_int_equal (book.ledger.credit.gradients, 8);
}

static void
test_take_turned_away_is_held (void **state)
{
    (void) state;
    static const uint32_t codes [] = {GRADMQ_ERR_QUEUE_FULL, GRADMQ_ERR_WINDOW};
    for (size_t i = 0; i < 2; i++) {
        s_book_t book;
        s_open (&book, 6);
        const gradmq_range_t missing [] = {{3, 5, codes [i]}};
        gradmq_ack_t ack = s_ack (2, 2);
        ack.missing = missing;
        ack.missing_count = 1;
        gradmq_calls_t calls = s_take (&book, &ack, false, 0);
        assert_false (calls.join || calls.fenced || calls.closed);
        assert_int_equal (book.ledger.outbox.held, 3);
        assert_false (book.ledger.confirm.wanted);
    }
}

static void
test_take_turned_away_for_good_calls_for_more (void **state)
{
    (void) state;
    s_book_t book;
    s_open (&book, 6);
    const gradmq_range_t missing [] = {
        {1, 1, GRADMQ_ERR_NOT_JOINED}, {2, 2, GRADMQ_ERR_FENCED}, {3, 3, GRADMQ_ERR_CLOSED}};
    gradmq_ack_t ack = s_ack (0, 0);
    ack.missing = missing;
    ack.missing_count = 3;
    gradmq_calls_t calls = s_take (&book, &ack, false, 0);
    assert_true (calls.join && calls.fenced && calls.closed);
    assert_int_equal (book.ledger.outbox.held, 0);
}

//  ------------------------------------------------------------------------------------------------
//  Rule S-3

static gradmq_ack_t
s_missing (uint64_t received, const gradmq_range_t *missing, size_t count)
{
    gradmq_ack_t ack = s_ack (received, received);
    ack.missing = missing;
    ack.missing_count = count;
    return ack;
}

static void
test_confirm_published_gap_only_wants_a_look (void **state)
{
    (void) state;
    s_book_t book;
    s_open (&book, 9);
    const gradmq_range_t missing [] = {{3, 4, 0}};
    gradmq_ack_t ack = s_missing (2, missing, 1);
    s_take (&book, &ack, false, 0);
    s_take (&book, &ack, false, 5000);
    assert_int_equal (book.ledger.outbox.held, 0);
    assert_int_equal (gradmq_confirm_wait_ms (&book.ledger.confirm, 5000, CONFIRM_MS), 0);
}

static void
test_confirm_two_looks_apart_hold_what_both_show (void **state)
{
    (void) state;
    s_book_t book;
    s_open (&book, 12);
    const gradmq_range_t first [] = {{3, 5, 0}, {8, 12, 0}};
    const gradmq_range_t second [] = {{4, 5, 0}, {8, 9, 0}};
    gradmq_ack_t a = s_missing (2, first, 2);
    gradmq_ack_t b = s_missing (2, second, 2);
    s_take (&book, &a, true, 100);
    assert_int_equal (book.ledger.outbox.held, 0);
    assert_int_equal (gradmq_confirm_wait_ms (&book.ledger.confirm, 400, CONFIRM_MS), 700);
    s_take (&book, &b, true, 100 + CONFIRM_MS);
    assert_int_equal (book.ledger.outbox.held, 4);
    assert_true (book.ledger.outbox.entries [4].held && !book.ledger.outbox.entries [3].held);
    assert_true (gradmq_confirm_wait_ms (&book.ledger.confirm, 9999, CONFIRM_MS) == UINT64_MAX);
}

static void
test_confirm_too_soon_is_no_second_look (void **state)
{
    (void) state;
    s_book_t book;
    s_open (&book, 9);
    const gradmq_range_t missing [] = {{3, 4, 0}};
    gradmq_ack_t ack = s_missing (2, missing, 1);
    s_take (&book, &ack, true, 100);
    s_take (&book, &ack, true, 99 + CONFIRM_MS);
    assert_int_equal (book.ledger.outbox.held, 0);
    s_take (&book, &ack, true, 100 + CONFIRM_MS);
    assert_int_equal (book.ledger.outbox.held, 2);
}

static void
test_confirm_received_grew_begins_anew (void **state)
{
    (void) state;
    s_book_t book;
    s_open (&book, 9);
    const gradmq_range_t missing [] = {{5, 9, 0}};
    gradmq_ack_t a = s_missing (2, missing, 1);
    gradmq_ack_t b = s_missing (4, missing, 1);
    s_take (&book, &a, true, 0);
    s_take (&book, &b, true, CONFIRM_MS);
    assert_int_equal (book.ledger.outbox.held, 0);
    s_take (&book, &b, true, 2 * CONFIRM_MS);
    assert_int_equal (book.ledger.outbox.held, 5);
}

static void
test_confirm_nothing_missing_ends_it (void **state)
{
    (void) state;
    s_book_t book;
    s_open (&book, 9);
    gradmq_ack_t ack = s_ack (9, 2);
    gradmq_confirm_want (&book.ledger.confirm);
    s_take (&book, &ack, true, 0);
    assert_false (book.ledger.confirm.wanted);
}

static void
test_forget_takes_what_another_instance_tells (void **state)
{
    (void) state;
    s_book_t book;
    s_open (&book, 9);
    gradmq_ack_t ack = s_ack (9, 5);
    s_take (&book, &ack, false, 0);
    gradmq_ledger_forget (&book.ledger);
    gradmq_ack_t adopted = s_ack (5, 5);
    adopted.credit_gradients = 3;
    adopted.applied = 0;
    s_take (&book, &adopted, false, 0);
    assert_int_equal (book.ledger.credit.gradients, 3);
    gradmq_ack_t later = s_ack (9, 9);
    later.applied = 4;
    s_take (&book, &later, false, 0);
    assert_int_equal (book.ledger.applied, 9);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_take_settled_is_counted_once),
        cmocka_unit_test (test_take_older_is_left_alone),
        cmocka_unit_test (test_take_other_incarnation_is_left_alone),
        cmocka_unit_test (test_take_more_than_was_sent_settles_what_was_sent),
        cmocka_unit_test (test_take_dispositions_are_told),
        cmocka_unit_test (test_take_untold_dispositions_are_counted_by_applied),
        cmocka_unit_test (test_take_credit_is_told_within_own_bound),
        cmocka_unit_test (test_take_turned_away_is_held),
        cmocka_unit_test (test_take_turned_away_for_good_calls_for_more),
        cmocka_unit_test (test_confirm_published_gap_only_wants_a_look),
        cmocka_unit_test (test_confirm_two_looks_apart_hold_what_both_show),
        cmocka_unit_test (test_confirm_too_soon_is_no_second_look),
        cmocka_unit_test (test_confirm_received_grew_begins_anew),
        cmocka_unit_test (test_confirm_nothing_missing_ends_it),
        cmocka_unit_test (test_forget_takes_what_another_instance_tells),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
