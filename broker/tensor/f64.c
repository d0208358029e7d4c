#include "tensor/bits.h"
#include "tensor/dtype.h"

static void
s_to_f32 (float *to, const void *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        gradmq_store_f32 (to, i, (float) gradmq_load_f64 (from, i));
}

static void
s_to_f64 (double *to, const void *from, size_t count)
{
    if (count)
        memcpy (to, from, count * sizeof *to);
}

static void
s_from_f32 (void *to, const float *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        gradmq_store_f64 (to, i, (double) gradmq_load_f32 (from, i));
}

static void
s_from_f64 (void *to, const double *from, size_t count)
{
    if (count)
        memcpy (to, from, count * sizeof *from);
}

extern const gradmq_dtype_t gradmq_dtype_f64;
const gradmq_dtype_t gradmq_dtype_f64 = {
    .code = GRADMQ_DTYPE_F64,
    .name = "F64",
    .stream = "f64",
    .size = sizeof (double),
    .master = true,
    .to_f32 = s_to_f32,
    .to_f64 = s_to_f64,
    .from_f32 = s_from_f32,
    .from_f64 = s_from_f64,
};
