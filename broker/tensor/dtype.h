//  Element types: a file and a row each (dtype.def).

#ifndef GRADMQ_TENSOR_DTYPE_H
#define GRADMQ_TENSOR_DTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

//  One element type. Buffers need no alignment; counts are elements.
typedef struct {
    uint32_t code;       //  schemas/PROTOCOL.md, section 5
    const char *name;    //  "F32": safetensors' name too
    const char *stream;  //  "f32"
    size_t size;         //  bytes an element
    bool master;         //  can be a model's own type
    void (*to_f32) (float *to, const void *from, size_t count);
    void (*to_f64) (double *to, const void *from, size_t count);
    //  Rounded to nearest, ties to even. A finite value too large for the type becomes its
    //  greatest finite value of that sign (rule U-7); infinities and NaNs stay what they are.
    void (*from_f32) (void *to, const float *from, size_t count);
    void (*from_f64) (void *to, const double *from, size_t count);
} gradmq_dtype_t;

#define GRADMQ_DTYPE_F32 1u
#define GRADMQ_DTYPE_F64 2u
#define GRADMQ_DTYPE_F16 3u
#define GRADMQ_DTYPE_BF16 4u

//  The row with this code, NULL when there is none.
const gradmq_dtype_t *gradmq_dtype (uint32_t code);

//  The row with this name ("F32") or this stream ("f32"), NULL when there is none.
const gradmq_dtype_t *gradmq_dtype_named (const char *name);

//  Row number `index`, NULL past the last: for those who go over all of them.
const gradmq_dtype_t *gradmq_dtype_at (size_t index);

#endif
