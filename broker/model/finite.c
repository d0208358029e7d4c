#include "model/finite.h"

#include <math.h>
#include <string.h>

#define S_BATCH 1024u

//  An exponent of all ones plus one reaches the sign bit; or-ing needs no branch.
static bool
s_finite_f32 (const float *values, size_t count)
{
    uint32_t bad = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy (&bits, &values [i], sizeof bits);
        bad |= ((bits & 0x7f800000u) + 0x00800000u) & 0x80000000u;
    }
    return bad == 0;
}

static bool
s_finite_f64 (const double *values, size_t count)
{
    uint64_t bad = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy (&bits, &values [i], sizeof bits);
        bad |= ((bits & 0x7ff0000000000000u) + 0x0010000000000000u) & 0x8000000000000000u;
    }
    return bad == 0;
}

static size_t
s_first_bad_f32 (const float *values, size_t count)
{
    for (size_t at = 0; at < count;) {
        size_t batch = count - at < S_BATCH ? count - at : S_BATCH;
        if (!s_finite_f32 (values + at, batch)) {
            while (isfinite (values [at]))
                at++;
            return at;
        }
        at += batch;
    }
    return count;
}

static size_t
s_first_bad_f64 (const double *values, size_t count)
{
    for (size_t at = 0; at < count;) {
        size_t batch = count - at < S_BATCH ? count - at : S_BATCH;
        if (!s_finite_f64 (values + at, batch)) {
            while (isfinite (values [at]))
                at++;
            return at;
        }
        at += batch;
    }
    return count;
}

size_t
gradmq_finite_first_bad (const gradmq_dtype_t *dtype, const void *values, size_t count)
{
    return dtype->code == GRADMQ_DTYPE_F64 ? s_first_bad_f64 (values, count)
                                           : s_first_bad_f32 (values, count);
}
