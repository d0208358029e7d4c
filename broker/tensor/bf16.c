#include "tensor/bits.h"
#include "tensor/dtype.h"

#define S_INFINITY 0x7f80u
#define S_GREATEST 0x7f7fu
#define S_QUIET 0x0040u

static inline __attribute__ ((always_inline)) float
s_widen (uint16_t bits)
{
    return gradmq_f32_bits ((uint32_t) bits << 16);
}

static inline __attribute__ ((always_inline)) uint16_t
s_narrow_f32 (float value)
{
    uint32_t bits = gradmq_bits_f32 (value);
    uint32_t magnitude = bits & 0x7fffffffu;
    uint32_t upper = (magnitude + 0x7fffu + (magnitude >> 16 & 1u)) >> 16;
    upper = upper > S_GREATEST ? S_GREATEST : upper;
    upper = magnitude >= 0x7f800000u ? S_INFINITY : upper;
    upper = magnitude > 0x7f800000u ? S_QUIET | magnitude >> 16 : upper;
    return (uint16_t) (upper | (bits >> 16 & 0x8000u));
}

//  From a double in one rounding. Subnormal ones: 2^-81 has units of 2^-133, so that the addition
//  rounds to them.
static inline __attribute__ ((always_inline)) uint16_t
s_narrow_f64 (double value)
{
    uint64_t bits = gradmq_bits_f64 (value);
    uint64_t magnitude = bits & 0x7fffffffffffffffu;
    uint64_t normal = (magnitude + 0xfffffffffffu + (magnitude >> 45 & 1u) - (896ull << 52)) >> 45;
    double positive;
    memcpy (&positive, &magnitude, sizeof positive);
    uint64_t small = gradmq_bits_f64 (positive + 0x1p-81) - 0x3ae0000000000000u;
    uint64_t upper = magnitude < 0x3810000000000000u ? small : normal;
    upper = magnitude >= 0x47efe00000000000u ? S_GREATEST : upper;
    upper = magnitude >= 0x7ff0000000000000u ? S_INFINITY : upper;
    upper =
        magnitude > 0x7ff0000000000000u ? S_INFINITY | S_QUIET | (magnitude >> 45 & 0x7fu) : upper;
    return (uint16_t) (upper | (bits >> 48 & 0x8000u));
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

extern const gradmq_dtype_t gradmq_dtype_bf16;
const gradmq_dtype_t gradmq_dtype_bf16 = {
    .code = GRADMQ_DTYPE_BF16,
    .name = "BF16",
    .stream = "bf16",
    .size = sizeof (uint16_t),
    .to_f32 = s_to_f32,
    .to_f64 = s_to_f64,
    .from_f32 = s_from_f32,
    .from_f64 = s_from_f64,
};
