#include "core/crc32c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

//  RFC 3720, appendix B.4, and the catalogue's check value.
static void
test_crc32c_of_known_bytes_is_the_known_sum (void **state)
{
    (void) state;
    uint8_t bytes [32];
    assert_int_equal (gradmq_crc32c (0, "123456789", 9), 0xE3069283u);
    memset (bytes, 0, sizeof bytes);
    assert_int_equal (gradmq_crc32c (0, bytes, sizeof bytes), 0x8A9136AAu);
    memset (bytes, 0xFF, sizeof bytes);
    assert_int_equal (gradmq_crc32c (0, bytes, sizeof bytes), 0x62A8AB43u);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes [i] = (uint8_t) i;
    assert_int_equal (gradmq_crc32c (0, bytes, sizeof bytes), 0x46DD794Eu);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes [i] = (uint8_t) (31 - i);
    assert_int_equal (gradmq_crc32c (0, bytes, sizeof bytes), 0x113FDB5Cu);
}

static void
test_crc32c_of_nothing_is_what_was_before (void **state)
{
    (void) state;
    assert_int_equal (gradmq_crc32c (0, "", 0), 0);
    assert_int_equal (gradmq_crc32c (0xE3069283u, "", 0), 0xE3069283u);
}

static void
test_crc32c_in_pieces_is_that_of_the_whole (void **state)
{
    (void) state;
    uint8_t bytes [67];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes [i] = (uint8_t) (i * 37 + 11);
    uint32_t whole = gradmq_crc32c (0, bytes, sizeof bytes);
    for (size_t cut = 0; cut <= sizeof bytes; cut++) {
        uint32_t first = gradmq_crc32c (0, bytes, cut);
        assert_int_equal (gradmq_crc32c (first, bytes + cut, sizeof bytes - cut), whole);
    }
}

//  Lengths around those at which the way changes, at every offset from a multiple of eight.
static void
test_crc32c_is_the_same_with_and_without_the_instruction (void **state)
{
    (void) state;
    static const size_t sizes [] = {1,    7,    8,    9,     2047,  2048,  2049, 6143,
                                    6144, 6145, 6151, 12287, 12288, 20000, 65536};
    static uint8_t bytes [65536 + 8];
    uint32_t random = 1;
    for (size_t i = 0; i < sizeof bytes; i++) {
        random = random * 1664525u + 1013904223u;
        bytes [i] = (uint8_t) (random >> 24);
    }
    for (size_t offset = 0; offset < 8; offset++)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes [0]; i++)
            assert_int_equal (gradmq_crc32c (random, bytes + offset, sizes [i]),
                              gradmq_crc32c_plain (random, bytes + offset, sizes [i]));
}

static void
test_crc32c_plain_of_known_bytes_is_the_known_sum (void **state)
{
    (void) state;
    assert_int_equal (gradmq_crc32c_plain (0, "123456789", 9), 0xE3069283u);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_crc32c_of_known_bytes_is_the_known_sum),
        cmocka_unit_test (test_crc32c_of_nothing_is_what_was_before),
        cmocka_unit_test (test_crc32c_is_the_same_with_and_without_the_instruction),
        cmocka_unit_test (test_crc32c_plain_of_known_bytes_is_the_known_sum),
        cmocka_unit_test (test_crc32c_in_pieces_is_that_of_the_whole),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
