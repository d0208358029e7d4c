//  Squared distances against plain loops in long double.

#include "kernel/kernel.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define VECTORS 33
#define MOST 2500
#define SPARE 16

typedef struct {
    size_t n, count;
    bool wide;
    uint8_t bytes [VECTORS][MOST * 8 + SPARE];
    const void *x [VECTORS];  //  no two aligned alike
    double distances [VECTORS * VECTORS];
} s_trial_t;

static double
s_random (uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (double) (*seed >> 11) / 4503599627370496.0 - 1;
}

static void
s_put (s_trial_t *trial, size_t vector, size_t index, double value)
{
    uint8_t *at = trial->bytes [vector] + vector % 7;
    if (trial->wide)
        memcpy (at + index * 8, &value, 8);
    else
        memcpy (at + index * 4, &(float){(float) value}, 4);
}

static double
s_get (const s_trial_t *trial, size_t vector, size_t index)
{
    const uint8_t *at = trial->x [vector];
    double value;
    float narrow;
    if (trial->wide)
        return memcpy (&value, at + index * 8, 8), value;
    return memcpy (&narrow, at + index * 4, 4), (double) narrow;
}

//  Numbers around `offset`.
static void
s_fill (s_trial_t *trial, size_t n, size_t count, bool wide, double offset)
{
    uint64_t seed = n + count;
    memset (trial, 0, sizeof *trial);
    trial->n = n;
    trial->count = count;
    trial->wide = wide;
    for (size_t i = 0; i < n; i++) {
        trial->x [i] = trial->bytes [i] + i % 7;
        for (size_t j = 0; j < count; j++)
            s_put (trial, i, j, offset + s_random (&seed));
    }
}

static void
s_run_pairs (s_trial_t *trial, size_t from, size_t to)
{
    (trial->wide ? gradmq_kernel_distances_f64 : gradmq_kernel_distances_f32) (
        trial->x, trial->n, trial->count, from, to, trial->distances);
}

static void
s_run (s_trial_t *trial)
{
    s_run_pairs (trial, 0, gradmq_kernel_pairs (trial->n));
}

static double
s_distance (const s_trial_t *trial, size_t a, size_t b)
{
    long double sum = 0;
    for (size_t i = 0; i < trial->count; i++) {
        long double apart = (long double) s_get (trial, a, i) - (long double) s_get (trial, b, i);
        sum += apart * apart;
    }
    return (double) sum;
}

//  All distances to 14 digits, symmetric to the bit, 0 to itself.
static void
s_assert_distances (const s_trial_t *trial)
{
    size_t n = trial->n;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double got = trial->distances [i * n + j], expected = s_distance (trial, i, j);
            assert_true (got == trial->distances [j * n + i]);
            if (!(fabs (got - expected) <= 1e-14 * expected))
                fail_msg ("%zu and %zu of %zu, %zu elements: %.17g, not %.17g", i, j, n,
                          trial->count, got, expected);
        }
}

static void
test_distances_are_the_sums_of_squared_differences (void **state)
{
    (void) state;
    static s_trial_t trial;
    static const size_t counts [] = {0, 1, 15, 16, 17, 67, 255, 1000};
    for (size_t n = 1; n <= VECTORS; n++)
        for (size_t k = 0; k < 16; k++) {
            s_fill (&trial, n, counts [k / 2], k & 1, 0);
            s_run (&trial);
            s_assert_distances (&trial);
        }
    s_fill (&trial, 5, MOST, false, 0);
    s_run (&trial);
    s_assert_distances (&trial);
}

static void
test_distances_at_a_large_common_offset_are_as_exact (void **state)
{
    (void) state;
    static s_trial_t trial;
    for (size_t k = 0; k < 2; k++) {
        s_fill (&trial, 9, 777, k, 1e6);
        s_run (&trial);
        s_assert_distances (&trial);
        assert_true (trial.distances [1] > 0);
    }
}

//  One of them is far from the rest: the others' distances stay as exact.
static void
test_distances_beside_an_outlier_are_as_exact (void **state)
{
    (void) state;
    static s_trial_t trial;
    for (size_t k = 0; k < 2; k++) {
        s_fill (&trial, 7, 600, k, 0);
        for (size_t i = 0; i < 600; i++)
            s_put (&trial, 3, i, i % 2 ? 1e18 : -1e18);
        s_run (&trial);
        s_assert_distances (&trial);
    }
}

static void
test_distances_of_equal_vectors_are_zero (void **state)
{
    (void) state;
    static s_trial_t trial;
    s_fill (&trial, 4, 0, false, 0);
    trial.count = 333;
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 333; j++)
            s_put (&trial, i, j, 1e10 / (double) (j + 1));
    s_run (&trial);
    for (size_t i = 0; i < 16; i++)
        assert_true (trial.distances [i] == 0);
}

//  Beyond F64: infinity, which is the farthest, and no NaN.
static void
test_distances_that_overflow_are_infinite (void **state)
{
    (void) state;
    static s_trial_t trial;
    s_fill (&trial, 3, 100, true, 0);
    for (size_t i = 0; i < 100; i++)
        s_put (&trial, 1, i, 1e200);
    s_run (&trial);
    s_run (&trial);
    assert_true (trial.distances [1] == (double) INFINITY);
    assert_true (trial.distances [3] == (double) INFINITY);
    assert_true (isfinite (trial.distances [2]));
    for (size_t i = 0; i < 3; i++)
        assert_true (trial.distances [i * 4] == 0);
}

static void
test_distances_every_instruction_set_gives_the_same_bits (void **state)
{
    (void) state;
    static s_trial_t first, other;
    gradmq_isa_t before = gradmq_isa ();
    for (size_t count = 0; count < 1200; count += count < 70 ? 1 : 277)
        for (size_t k = 0; k < 2; k++) {
            assert_true (gradmq_isa_use (GRADMQ_ISA_BASELINE));
            s_fill (&first, 5, count, k, 1);
            s_run (&first);
            for (int isa = 1; isa < GRADMQ_ISAS; isa++) {
                if (!gradmq_isa_use ((gradmq_isa_t) isa))
                    continue;
                s_fill (&other, 5, count, k, 1);
                s_run (&other);
                assert_memory_equal (first.distances, other.distances, sizeof first.distances);
            }
        }
    gradmq_isa_use (before);
}

//  Calls for whole stretches add up to one for all.
static void
test_distances_in_pieces_are_the_same_bits (void **state)
{
    (void) state;
    static s_trial_t whole, pieces;
    for (size_t k = 0; k < 2; k++) {
        s_fill (&whole, 6, MOST, k, 1);
        s_run (&whole);
        s_fill (&pieces, 6, MOST, k, 1);
        for (size_t at = 0; at < MOST; at += GRADMQ_DISTANCES_STRETCH) {
            size_t left = MOST - at;
            pieces.count = left < GRADMQ_DISTANCES_STRETCH ? left : GRADMQ_DISTANCES_STRETCH;
            s_run (&pieces);
            for (size_t i = 0; i < 6; i++)
                pieces.x [i] =
                    (const uint8_t *) pieces.x [i] + pieces.count * (pieces.wide ? 8 : 4);
        }
        assert_memory_equal (whole.distances, pieces.distances, sizeof whole.distances);
    }
}

//  Divided into any number of shares, the last ones first: each pair is in one, and has the bits that it
//  has among all.
static void
test_distances_of_shares_of_the_pairs_are_the_same_bits (void **state)
{
    (void) state;
    static s_trial_t whole, shared;
    for (size_t k = 0; k < 2; k++)
        for (size_t n = 1; n <= 9; n++) {
            size_t pairs = gradmq_kernel_pairs (n);
            s_fill (&whole, n, 1100, k, 1);
            s_run (&whole);
            s_fill (&shared, n, 1100, k, 1);
            for (size_t shares = 1; shares <= pairs + 1; shares++) {
                memset (shared.distances, 0, sizeof shared.distances);
                for (size_t i = shares; i-- > 0;)
                    s_run_pairs (&shared, pairs * i / shares, pairs * (i + 1) / shares);
                assert_memory_equal (whole.distances, shared.distances, sizeof whole.distances);
            }
        }
}

//  What another thread may be at work on.
static void
test_distances_of_one_pair_touch_no_other (void **state)
{
    (void) state;
    static s_trial_t trial;
    enum { N = 6 };
    for (size_t i = 0, pair = 0; i < N; i++)
        for (size_t j = i + 1; j < N; j++, pair++) {
            s_fill (&trial, N, 100, false, 0);
            s_run_pairs (&trial, pair, pair);
            for (size_t at = 0; at < N * N; at++)
                assert_true (trial.distances [at] == 0);
            s_run_pairs (&trial, pair, pair + 1);
            for (size_t at = 0; at < N * N; at++)
                assert_int_equal (trial.distances [at] > 0, at == i * N + j || at == j * N + i);
        }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_distances_are_the_sums_of_squared_differences),
        cmocka_unit_test (test_distances_at_a_large_common_offset_are_as_exact),
        cmocka_unit_test (test_distances_beside_an_outlier_are_as_exact),
        cmocka_unit_test (test_distances_of_equal_vectors_are_zero),
        cmocka_unit_test (test_distances_that_overflow_are_infinite),
        cmocka_unit_test (test_distances_every_instruction_set_gives_the_same_bits),
        cmocka_unit_test (test_distances_in_pieces_are_the_same_bits),
        cmocka_unit_test (test_distances_of_shares_of_the_pairs_are_the_same_bits),
        cmocka_unit_test (test_distances_of_one_pair_touch_no_other),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
