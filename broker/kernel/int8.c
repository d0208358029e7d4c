#include "kernel/int8.h"
#include "kernel/variant.h"

#include <float.h>

#define S_MOST 127.0        //  greatest octet
#define S_ROUNDER 0x1.8p52  //  added and taken away: rounds to the nearest integer, ties to even
#define S_GREATEST (S_MOST * (double) FLT_MAX)

//  The least float whose S_MOST-fold is not below `most`; S_MOST times a float is exact in F64.
static float
s_scale (double most)
{
    if (most > DBL_MAX || most != most)
        return (float) most;
    if (most >= S_GREATEST)
        return FLT_MAX;
    float scale = (float) (most / S_MOST);
    if (S_MOST * (double) scale < most) {
        uint32_t bits;
        memcpy (&bits, &scale, sizeof bits);
        bits++;
        memcpy (&scale, &bits, sizeof bits);
    }
    return scale;
}

//  The quotient of two floats is never so near to a tie that its rounding in F64 would hide the side.
#define ENCODE(t)                                                                                  \
    GRADMQ_INLINE void s_encode_##t##_body (int8_t *to, const gradmq_##t##_t *from, double scale,  \
                                            size_t n)                                              \
    {                                                                                              \
        GRADMQ_LOOP                                                                                \
        for (size_t i = 0; i < n; i++) {                                                           \
            double value = (double) from [i] / scale;                                              \
            value = value > S_MOST ? S_MOST : value;                                               \
            value = value < -S_MOST ? -S_MOST : value;                                             \
            to [i] = (int8_t) (int32_t) ((value + S_ROUNDER) - S_ROUNDER);                         \
        }                                                                                          \
    }                                                                                              \
    GRADMQ_VARIANTS_VOID (static, s_encode_##t,                                                    \
                          (int8_t * to, const gradmq_##t##_t *from, double scale, size_t n),       \
                          (to, from, scale, n))                                                    \
                                                                                                   \
    void gradmq_kernel_int8_encode_##t (void *scales, void *octets, const void *x, size_t n)       \
    {                                                                                              \
        const gradmq_##t##_t *from = x;                                                            \
        int8_t *to = octets;                                                                       \
        for (size_t at = 0, block = 0; at < n; at += GRADMQ_KERNEL_INT8_BLOCK, block++) {          \
            size_t count = n - at < GRADMQ_KERNEL_INT8_BLOCK ? n - at : GRADMQ_KERNEL_INT8_BLOCK;  \
            float scale = s_scale (gradmq_kernel_limit_##t (from + at, count));                    \
            memcpy ((uint8_t *) scales + block * sizeof scale, &scale, sizeof scale);              \
            if (scale > 0.0f && scale <= FLT_MAX)                                                  \
                s_encode_##t (to + at, from + at, (double) scale, count);                          \
            else                                                                                   \
                memset (to + at, 0, count);                                                        \
        }                                                                                          \
    }

ENCODE (f32)
ENCODE (f64)

#define DECODE(t)                                                                                  \
    GRADMQ_INLINE void gradmq_kernel_int8_decode_##t##_body (void *to, const void *octets,         \
                                                             double scale, size_t n)               \
    {                                                                                              \
        gradmq_##t##_t *y = to;                                                                    \
        const int8_t *x = octets;                                                                  \
        GRADMQ_REAL_##t by = (GRADMQ_REAL_##t) scale;                                              \
        GRADMQ_LOOP                                                                                \
        for (size_t i = 0; i < n; i++)                                                             \
            y [i] = by * (GRADMQ_REAL_##t) x [i];                                                  \
    }                                                                                              \
    GRADMQ_VARIANTS_VOID (, gradmq_kernel_int8_decode_##t,                                         \
                          (void *to, const void *octets, double scale, size_t n),                  \
                          (to, octets, scale, n))

DECODE (f32)
DECODE (f64)

#define DECODE_BLOCKS(t)                                                                           \
    void gradmq_kernel_int8_decode_blocks_##t (void *to, const void *scales, const void *octets,   \
                                               size_t n)                                           \
    {                                                                                              \
        const gradmq_f32_t *scale = scales;                                                        \
        const int8_t *from = octets;                                                               \
        gradmq_##t##_t *y = to;                                                                    \
        for (size_t at = 0; at < n; at += GRADMQ_KERNEL_INT8_BLOCK) {                              \
            size_t count = n - at < GRADMQ_KERNEL_INT8_BLOCK ? n - at : GRADMQ_KERNEL_INT8_BLOCK;  \
            gradmq_kernel_int8_decode_##t (y + at, from + at, (double) *scale++, count);           \
        }                                                                                          \
    }

DECODE_BLOCKS (f32)
DECODE_BLOCKS (f64)
