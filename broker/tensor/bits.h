//  Floating-point numbers as bits and back, at any address. Shared by the files of the dtypes.

#ifndef GRADMQ_TENSOR_BITS_H
#define GRADMQ_TENSOR_BITS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

//  Frames can be read and written anywhere; tests do, without payloads.
#ifndef GRADMQ_FRAMES_ONLY
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "payloads are little-endian and are computed on where they stand");
#endif

static inline uint32_t
gradmq_bits_f32 (float value)
{
    uint32_t bits;
    memcpy (&bits, &value, sizeof bits);
    return bits;
}

static inline float
gradmq_f32_bits (uint32_t bits)
{
    float value;
    memcpy (&value, &bits, sizeof value);
    return value;
}

static inline uint64_t
gradmq_bits_f64 (double value)
{
    uint64_t bits;
    memcpy (&bits, &value, sizeof bits);
    return bits;
}

static inline uint16_t
gradmq_load_u16 (const void *from, size_t index)
{
    uint16_t bits;
    memcpy (&bits, (const uint8_t *) from + index * sizeof bits, sizeof bits);
    return bits;
}

static inline void
gradmq_store_u16 (void *to, size_t index, uint16_t bits)
{
    memcpy ((uint8_t *) to + index * sizeof bits, &bits, sizeof bits);
}

static inline float
gradmq_load_f32 (const void *from, size_t index)
{
    float value;
    memcpy (&value, (const uint8_t *) from + index * sizeof value, sizeof value);
    return value;
}

static inline void
gradmq_store_f32 (void *to, size_t index, float value)
{
    memcpy ((uint8_t *) to + index * sizeof value, &value, sizeof value);
}

static inline double
gradmq_load_f64 (const void *from, size_t index)
{
    double value;
    memcpy (&value, (const uint8_t *) from + index * sizeof value, sizeof value);
    return value;
}

static inline void
gradmq_store_f64 (void *to, size_t index, double value)
{
    memcpy ((uint8_t *) to + index * sizeof value, &value, sizeof value);
}

//  Nearest binary32; a finite value beyond its range becomes its greatest finite value.
static inline float
gradmq_narrow_f64 (double value)
{
    double most = 3.40282346638528859812e+38;
    double finite = value > most ? most : value < -most ? -most : value;
    return (float) (value - value == 0.0 ? finite : value);
}

//  A conversion called <name>, from its loop <name>_body; where the processor has AVX2 compiled for
//  that. Both give the same bits.
#define GRADMQ_CONVERSION_PARAMETERS(into, out) (into * to, const out *from, size_t count)
#if defined(__x86_64__)
#define GRADMQ_CONVERSION(name, into, out)                                                         \
    static void name##_baseline GRADMQ_CONVERSION_PARAMETERS (into, out)                           \
    {                                                                                              \
        name##_body (to, from, count);                                                             \
    }                                                                                              \
    __attribute__ ((target ("avx2"))) static void name##_avx2 GRADMQ_CONVERSION_PARAMETERS (into,  \
                                                                                            out)   \
    {                                                                                              \
        name##_body (to, from, count);                                                             \
    }                                                                                              \
    static void name GRADMQ_CONVERSION_PARAMETERS (into, out)                                      \
    {                                                                                              \
        if (__builtin_cpu_supports ("avx2"))                                                       \
            name##_avx2 (to, from, count);                                                         \
        else                                                                                       \
            name##_baseline (to, from, count);                                                     \
    }
#else
#define GRADMQ_CONVERSION(name, into, out)                                                         \
    static void name GRADMQ_CONVERSION_PARAMETERS (into, out)                                      \
    {                                                                                              \
        name##_body (to, from, count);                                                             \
    }
#endif

#define GRADMQ_CONVERSION_BODY static inline __attribute__ ((always_inline)) void

#endif
