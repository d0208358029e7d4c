#include "wire/arena.h"

#include "wire/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
test_take_over_the_budget_is_null (void **state)
{
    (void) state;
    gradmq_arena_t arena;
    gradmq_arena_init (&arena, NULL, 0, 1000);
    assert_non_null (gradmq_arena_take (&arena, 600));
    assert_false (arena.exhausted);
    assert_null (gradmq_arena_take (&arena, 600));
    assert_true (arena.exhausted);
    assert_null (gradmq_arena_take (&arena, SIZE_MAX));
    assert_null (gradmq_arena_take_zero (&arena, SIZE_MAX / 2, 4));
    gradmq_arena_clear (&arena);
}

static void
test_take_is_aligned_and_does_not_overlap (void **state)
{
    (void) state;
    uint8_t first [100];
    uint8_t *pieces [200];
    gradmq_arena_t arena;
    gradmq_arena_init (&arena, first + 1, sizeof first - 1, 1 << 20);
    for (size_t i = 0; i < 200; i++) {
        pieces [i] = gradmq_arena_take (&arena, i);
        assert_non_null (pieces [i]);
        assert_int_equal ((uintptr_t) pieces [i] % 16, 0);
        memset (pieces [i], (int) i, i);
    }
    for (size_t i = 0; i < 200; i++)
        for (size_t k = 0; k < i; k++)
            assert_int_equal (pieces [i][k], i);
    gradmq_arena_clear (&arena);
}

//  A header of a mebibyte that is half a million empty messages.
static void
test_decode_reply_of_countless_items_is_too_large (void **state)
{
    (void) state;
    static const uint8_t head [] = {0x47, 0x4d, 0x51, 0xf1, 1,    5,    0,   0,
                                    0xa2, 0x01, 0xe0, 0xff, 0x3f, 0x0a, 0x00};
    const size_t items = (0x3fu << 14 | 0x7fu << 7 | 0x60u) / 2;
    uint8_t *header = malloc (sizeof head + 2 * items);
    memcpy (header, head, sizeof head);
    for (size_t i = 0; i < items; i++)
        memcpy (header + 13 + 2 * i, head + 13, 2);
    gradmq_reply_t reply;
    gradmq_reason_t reason;
    assert_int_equal (gradmq_wire_decode_reply (&reply, header, 13 + 2 * items, &reason),
                      GRADMQ_ERR_TOO_LARGE);
    assert_null (reply.arena);
    free (header);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_take_over_the_budget_is_null),
        cmocka_unit_test (test_take_is_aligned_and_does_not_overlap),
        cmocka_unit_test (test_decode_reply_of_countless_items_is_too_large),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
