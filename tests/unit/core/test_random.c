#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/random.h"

static void
test_u64_is_never_zero_and_differs (void **state)
{
    (void) state;
    uint64_t all = 0, common = UINT64_MAX, last = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t value = gradmq_random_u64 ();
        assert_true (value != 0);
        assert_true (value != last);
        all |= value;
        common &= value;
        last = value;
    }
    //  Every bit was seen set and seen clear.
    assert_true (all == UINT64_MAX);
    assert_true (common == 0);
}

static void
test_below_stays_below_and_reaches_every_value (void **state)
{
    (void) state;
    unsigned seen = 0;
    for (int i = 0; i < 1000; i++) {
        uint32_t value = gradmq_random_below (5);
        assert_true (value < 5);
        seen |= 1u << value;
    }
    assert_int_equal (seen, 0x1f);
    assert_int_equal (gradmq_random_below (1), 0);
    assert_int_equal (gradmq_random_below (0), 0);
}

//  The vectors of FIPS 180-2, "abc" and the empty message.
static void
test_sha256_known_vectors (void **state)
{
    (void) state;
    static const uint8_t abc [] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
                                   0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
                                   0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    static const uint8_t nothing [] = {0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14,
                                       0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
                                       0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c,
                                       0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55};
    uint8_t digest [GRADMQ_SHA256_BYTES];
    gradmq_sha256 ("abc", 3, digest);
    assert_memory_equal (digest, abc, sizeof digest);
    gradmq_sha256 (NULL, 0, digest);
    assert_memory_equal (digest, nothing, sizeof digest);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_u64_is_never_zero_and_differs),
        cmocka_unit_test (test_below_stays_below_and_reaches_every_value),
        cmocka_unit_test (test_sha256_known_vectors),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
