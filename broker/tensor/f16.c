#include "tensor/bits.h"
#include "tensor/dtype.h"

#define S_INFINITY 0x7c00u
#define S_GREATEST 0x7bffu
#define S_QUIET 0x0200u

//  A half's bits moved to a float's place stand for a value 2^112 times too small; the product is
//  exact, subnormal halves included.
static inline __attribute__ ((always_inline)) float
s_widen (uint16_t half)
{
    uint32_t magnitude = half & 0x7fffu;
    uint32_t finite = gradmq_bits_f32 (gradmq_f32_bits (magnitude << 13) * 0x1p112f);
    uint32_t special = magnitude << 13 | 0x7f800000u;
    uint32_t bits = magnitude >= S_INFINITY ? special : finite;
    return gradmq_f32_bits (bits | (uint32_t) (half & 0x8000u) << 16);
}

//  Without a branch, so that loops over it become vector code.
static inline __attribute__ ((always_inline)) uint32_t
s_choose (bool first, uint32_t a, uint32_t b)
{
    uint32_t mask = 0u - (uint32_t) first;
    return (a & mask) | (b & ~mask);
}

//  Normal halves: round by adding half a unit less one, plus the last bit that stays. Subnormal
//  ones: added to 0.5, a value is rounded to 2^-24 by the addition itself.
static inline __attribute__ ((always_inline)) uint16_t
s_narrow_f32 (float value)
{
    uint32_t bits = gradmq_bits_f32 (value);
    uint32_t magnitude = bits & 0x7fffffffu;
    uint32_t normal = (magnitude + 0xfffu + (magnitude >> 13 & 1u) - (112u << 23)) >> 13;
    uint32_t small = gradmq_bits_f32 (gradmq_f32_bits (magnitude) + 0.5f) - 0x3f000000u;
    uint32_t nan = S_INFINITY | S_QUIET | (magnitude >> 13 & 0x3ffu);
    uint32_t half = s_choose (magnitude < 0x38800000u, small, normal);
    half = s_choose (magnitude >= 0x477fe000u, S_GREATEST, half);
    half = s_choose (magnitude >= 0x7f800000u, S_INFINITY, half);
    half = s_choose (magnitude > 0x7f800000u, nan, half);
    return (uint16_t) (half | (bits >> 16 & 0x8000u));
}

//  The same from a double, in one rounding; 2^28 has units of 2^-24.
static inline __attribute__ ((always_inline)) uint16_t
s_narrow_f64 (double value)
{
    uint64_t bits = gradmq_bits_f64 (value);
    uint64_t magnitude = bits & 0x7fffffffffffffffu;
    uint64_t normal = (magnitude + 0x1ffffffffffu + (magnitude >> 42 & 1u) - (1008ull << 52)) >> 42;
    double positive;
    memcpy (&positive, &magnitude, sizeof positive);
    uint64_t small = gradmq_bits_f64 (positive + 0x1p28) - 0x41b0000000000000u;
    uint64_t half = magnitude < 0x3f10000000000000u ? small : normal;
    half = magnitude >= 0x40effc0000000000u ? S_GREATEST : half;
    half = magnitude >= 0x7ff0000000000000u ? S_INFINITY : half;
    half =
        magnitude > 0x7ff0000000000000u ? S_INFINITY | S_QUIET | (magnitude >> 42 & 0x3ffu) : half;
    return (uint16_t) (half | (bits >> 48 & 0x8000u));
}

GRADMQ_CONVERSION_BODY
s_to_f32_body (float *to, const void *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        gradmq_store_f32 (to, i, s_widen (gradmq_load_u16 (from, i)));
}
GRADMQ_CONVERSION (s_to_f32, float, void)

GRADMQ_CONVERSION_BODY
s_to_f64_body (double *to, const void *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        gradmq_store_f64 (to, i, (double) s_widen (gradmq_load_u16 (from, i)));
}
GRADMQ_CONVERSION (s_to_f64, double, void)

GRADMQ_CONVERSION_BODY
s_from_f32_body (void *to, const float *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        gradmq_store_u16 (to, i, s_narrow_f32 (gradmq_load_f32 (from, i)));
}
GRADMQ_CONVERSION (s_from_f32, void, float)

GRADMQ_CONVERSION_BODY
s_from_f64_body (void *to, const double *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        gradmq_store_u16 (to, i, s_narrow_f64 (gradmq_load_f64 (from, i)));
}
GRADMQ_CONVERSION (s_from_f64, void, double)

extern const gradmq_dtype_t gradmq_dtype_f16;
const gradmq_dtype_t gradmq_dtype_f16 = {
    .code = GRADMQ_DTYPE_F16,
    .name = "F16",
    .stream = "f16",
    .size = sizeof (uint16_t),
    .to_f32 = s_to_f32,
    .to_f64 = s_to_f64,
    .from_f32 = s_from_f32,
    .from_f64 = s_from_f64,
};
