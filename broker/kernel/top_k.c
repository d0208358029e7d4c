#include "kernel/top_k.h"

#include "kernel/variant.h"

#include <assert.h>

#define S_DIGIT_BITS 11
#define S_DIGITS (1u << S_DIGIT_BITS)

//  The k-th greatest magnitude, digit by digit from the highest on: among those that begin as it does
//  the digit's counts tell how it goes on. Then all above it are taken, and of its equals the first
//  `left`.
#define TOP_K(t, highest)                                                                          \
    static uint64_t s_threshold_##t (const gradmq_##t##_t *x, size_t n, size_t *left)              \
    {                                                                                              \
        uint64_t prefix = 0, mask = 0;                                                             \
        for (int shift = highest; shift >= 0; shift -= S_DIGIT_BITS) {                             \
            uint32_t counts [S_DIGITS] = {0};                                                      \
            for (size_t i = 0; i < n; i++) {                                                       \
                uint64_t bits = (uint64_t) gradmq_magnitude_##t (x [i]);                           \
                if ((bits & mask) == prefix)                                                       \
                    counts [(size_t) (bits >> shift) & (S_DIGITS - 1)]++;                          \
            }                                                                                      \
            size_t digit = S_DIGITS - 1;                                                           \
            while (counts [digit] < *left)                                                         \
                *left -= counts [digit--];                                                         \
            prefix |= (uint64_t) digit << shift;                                                   \
            mask |= (uint64_t) (S_DIGITS - 1) << shift;                                            \
        }                                                                                          \
        return prefix;                                                                             \
    }                                                                                              \
                                                                                                   \
    void gradmq_kernel_top_k_##t (void *indices, const void *x, size_t n, size_t k)                \
    {                                                                                              \
        const gradmq_##t##_t *from = x;                                                            \
        assert (k > 0 && k <= n && n <= UINT32_MAX);                                               \
        size_t left = k, taken = 0;                                                                \
        uint64_t threshold = s_threshold_##t (from, n, &left);                                     \
        for (size_t i = 0; i < n && taken < k; i++) {                                              \
            uint64_t bits = (uint64_t) gradmq_magnitude_##t (from [i]);                            \
            if (bits < threshold || (bits == threshold && left == 0))                              \
                continue;                                                                          \
            left -= bits == threshold;                                                             \
            uint32_t index = (uint32_t) i;                                                         \
            memcpy ((uint8_t *) indices + taken++ * sizeof index, &index, sizeof index);           \
        }                                                                                          \
    }

TOP_K (f32, 2 * S_DIGIT_BITS)
TOP_K (f64, 5 * S_DIGIT_BITS)
