#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/bytes.h"

static const uint8_t s_bytes [] = {0xff, 0x01, 0x02, 0x83, 0x04, 0x05, 0x06, 0x07, 0x88, 0x09};

static void
test_get_unaligned_is_little_endian (void **state)
{
    (void) state;
    assert_int_equal (gradmq_get_u16 (s_bytes + 1), 0x0201);
    assert_int_equal (gradmq_get_u32 (s_bytes + 1), 0x04830201);
    assert_true (gradmq_get_u64 (s_bytes + 1) == 0x8807060504830201u);
}

static void
test_put_writes_its_bytes_and_no_more (void **state)
{
    (void) state;
    uint8_t to [12] = {0};
    gradmq_put_u16 (to + 1, 0xbeef);
    const uint8_t two [4] = {0, 0xef, 0xbe, 0};
    assert_memory_equal (to, two, sizeof two);
    gradmq_put_u32 (to + 1, 0xdeadbeef);
    const uint8_t four [6] = {0, 0xef, 0xbe, 0xad, 0xde, 0};
    assert_memory_equal (to, four, sizeof four);
    gradmq_put_u64 (to + 1, 0x0102030405060708u);
    const uint8_t eight [10] = {0, 8, 7, 6, 5, 4, 3, 2, 1, 0};
    assert_memory_equal (to, eight, sizeof eight);
}

static void
test_cursor_reads_one_after_the_other (void **state)
{
    (void) state;
    gradmq_cursor_t cursor = gradmq_cursor (s_bytes, sizeof s_bytes);
    uint8_t one = 0;
    uint64_t eight = 0;
    assert_int_equal (gradmq_cursor_left (&cursor), 10);
    assert_true (gradmq_cursor_u8 (&cursor, &one));
    assert_int_equal (one, 0xff);
    assert_true (gradmq_cursor_u64 (&cursor, &eight));
    assert_true (eight == 0x8807060504830201u);
    assert_int_equal (gradmq_cursor_left (&cursor), 1);
}

static void
test_cursor_too_little_left_moves_nothing (void **state)
{
    (void) state;
    gradmq_cursor_t cursor = gradmq_cursor (s_bytes, 3);
    uint32_t four = 42;
    uint64_t eight = 42;
    const uint8_t *taken = NULL;
    assert_false (gradmq_cursor_u32 (&cursor, &four));
    assert_false (gradmq_cursor_u64 (&cursor, &eight));
    assert_false (gradmq_cursor_take (&cursor, 4, &taken));
    assert_int_equal (four, 42);
    assert_int_equal (eight, 42);
    assert_null (taken);
    assert_int_equal (gradmq_cursor_left (&cursor), 3);
}

static void
test_cursor_take_a_huge_size_is_refused (void **state)
{
    (void) state;
    gradmq_cursor_t cursor = gradmq_cursor (s_bytes, sizeof s_bytes);
    const uint8_t *taken;
    assert_true (gradmq_cursor_take (&cursor, 2, &taken));
    assert_false (gradmq_cursor_take (&cursor, SIZE_MAX, &taken));
    assert_false (gradmq_cursor_take (&cursor, SIZE_MAX - 1, &taken));
    assert_int_equal (gradmq_cursor_left (&cursor), 8);
}

static void
test_cursor_take_to_the_end_then_nothing_is_left (void **state)
{
    (void) state;
    gradmq_cursor_t cursor = gradmq_cursor (s_bytes, sizeof s_bytes);
    const uint8_t *taken;
    uint8_t one;
    assert_true (gradmq_cursor_take (&cursor, sizeof s_bytes, &taken));
    assert_ptr_equal (taken, s_bytes);
    assert_true (gradmq_cursor_take (&cursor, 0, &taken));
    assert_false (gradmq_cursor_u8 (&cursor, &one));
}

static void
test_cursor_of_nothing_has_nothing (void **state)
{
    (void) state;
    gradmq_cursor_t cursor = gradmq_cursor (NULL, 0);
    uint8_t one;
    assert_int_equal (gradmq_cursor_left (&cursor), 0);
    assert_false (gradmq_cursor_u8 (&cursor, &one));
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_get_unaligned_is_little_endian),
        cmocka_unit_test (test_put_writes_its_bytes_and_no_more),
        cmocka_unit_test (test_cursor_reads_one_after_the_other),
        cmocka_unit_test (test_cursor_too_little_left_moves_nothing),
        cmocka_unit_test (test_cursor_take_a_huge_size_is_refused),
        cmocka_unit_test (test_cursor_take_to_the_end_then_nothing_is_left),
        cmocka_unit_test (test_cursor_of_nothing_has_nothing),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
