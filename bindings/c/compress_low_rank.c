//  PowerSGD: one step of power iteration a gradient, begun where the last one ended.
//
//  source  Vogels, Karimireddy, Jaggi 2019, "PowerSGD", algorithms 1 and 2

#include "compress.h"

#include <math.h>
#include <string.h>

//  A column that loses this much of its length to those before it has no direction of its own.
#define LEAST_SHARE 1e-6

//  Matrices of which factors are shorter than themselves.
static bool
s_suits (const gradmq_compressor_t *self, const gradmq_tensor_t *tensor, uint64_t *count)
{
    *count = self->how.rank;
    return tensor->rank >= 2 && *count < tensor->rows && *count < tensor->row
           && *count * (tensor->rows + tensor->row) < tensor->elements;
}

//  The same on every machine: of a row that has nothing to go on from.
static void
s_seed (const gradmq_compressor_t *self, uint8_t *row, size_t n, uint64_t seed)
{
    for (size_t j = 0; j < n; j++) {
        seed = (seed + j + 1) * 6364136223846793005u + 1442695040888963407u;
        gradmq_compressor_put (self, row, j, (double) (seed >> 11) / 4503599627370496.0 - 1);
    }
}

//  Length of column k of the left factor, in F64.
static double
s_length (const double *left, size_t m, size_t r, size_t k)
{
    double sum = 0;
    for (size_t i = 0; i < m; i++)
        sum += left [i * r + k] * left [i * r + k];
    return sqrt (sum);
}

//  Modified Gram-Schmidt; a column without a direction of its own becomes 0.
static void
s_orthonormal (double *left, size_t m, size_t r)
{
    for (size_t k = 0; k < r; k++) {
        double before = s_length (left, m, r, k);
        for (size_t j = 0; j < k; j++) {
            double along = 0;
            for (size_t i = 0; i < m; i++)
                along += left [i * r + j] * left [i * r + k];
            for (size_t i = 0; i < m; i++)
                left [i * r + k] -= along * left [i * r + j];
        }
        double length = s_length (left, m, r, k);
        double scale = length > LEAST_SHARE * before ? 1 / length : 0;
        for (size_t i = 0; i < m; i++)
            left [i * r + k] *= isfinite (scale) ? scale : 0;
    }
}

static void
s_encode (gradmq_compressor_t *self, const gradmq_compressed_t *part, const void *from, void *to)
{
    const gradmq_arithmetic_t *arithmetic = self->arithmetic;
    size_t m = (size_t) part->tensor->rows, n = (size_t) part->tensor->row;
    size_t r = (size_t) part->part.count, row_bytes = n * self->master->size;
    uint8_t *right = self->warm + part->warm;
    const uint8_t *matrix = (const uint8_t *) from;
    for (size_t k = 0; k < r; k++)
        if (!(arithmetic->limit (right + k * row_bytes, n) > 0))
            s_seed (self, right + k * row_bytes, n, k);
    for (size_t i = 0; i < m; i++)
        for (size_t k = 0; k < r; k++)
            self->left [i * r + k] =
                arithmetic->dot (matrix + i * row_bytes, right + k * row_bytes, n);
    s_orthonormal (self->left, m, r);
    self->master->from_f64 (to, self->left, m * r);
    memset (right, 0, r * row_bytes);
    for (size_t i = 0; i < m; i++)
        for (size_t k = 0; k < r; k++)
            arithmetic->add (right + k * row_bytes, matrix + i * row_bytes,
                             gradmq_compressor_get (self, to, i * r + k), n);
    memcpy ((uint8_t *) to + m * r * self->master->size, right, r * row_bytes);
}

static void
s_add (const gradmq_compressor_t *self, const gradmq_compressed_t *part, const void *from, void *to,
       double factor)
{
    size_t m = (size_t) part->tensor->rows, n = (size_t) part->tensor->row;
    size_t r = (size_t) part->part.count, row_bytes = n * self->master->size;
    const uint8_t *right = (const uint8_t *) from + m * r * self->master->size;
    for (size_t i = 0; i < m; i++)
        for (size_t k = 0; k < r; k++)
            self->arithmetic->add ((uint8_t *) to + i * row_bytes, right + k * row_bytes,
                                   factor * gradmq_compressor_get (self, from, i * r + k), n);
}

extern const gradmq_method_t gradmq_method_low_rank;
const gradmq_method_t gradmq_method_low_rank = {
    .encoding = GRADMQ_ENCODING_LOW_RANK,
    .suits = s_suits,
    .encode = s_encode,
    .add = s_add,
};
