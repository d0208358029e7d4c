#include "tensor/bits.h"
#include "tensor/dtype.h"

static void
s_to_f32 (float *to, const void *from, size_t count)
{
    if (count)
        memcpy (to, from, count * sizeof *to);
}

static void
s_to_f64 (double *to, const void *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        gradmq_store_f64 (to, i, (double) gradmq_load_f32 (from, i));
}

static void
s_from_f32 (void *to, const float *from, size_t count)
{
    if (count)
        memcpy (to, from, count * sizeof *from);
}

static void
s_from_f64 (void *to, const double *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        gradmq_store_f32 (to, i, gradmq_narrow_f64 (gradmq_load_f64 (from, i)));
}

extern const gradmq_dtype_t gradmq_dtype_f32;
const gradmq_dtype_t gradmq_dtype_f32 = {
    .code = GRADMQ_DTYPE_F32,
    .name = "F32",
    .stream = "f32",
    .size = sizeof (float),
    .master = true,
    .to_f32 = s_to_f32,
    .to_f64 = s_to_f64,
    .from_f32 = s_from_f32,
    .from_f64 = s_from_f64,
};
