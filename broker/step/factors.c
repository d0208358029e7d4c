#include "step/factors.h"

#include "core/code.h"
#include "core/size.h"
#include "kernel/kernel.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#define S_BATCH 256u
#define S_NONE UINT64_MAX

struct gradmq_factors {
    uint8_t *memory;  //  left factor, right factor in strips of columns, a strip of the product
    uint64_t bytes;
    const gradmq_part_t *part;  //  whose factors are there; NULL: nobody's
    uint64_t strip;             //  of the product; S_NONE: none
    bool finite;
};

//  How a matrix of m x n is cut: strips of `rows` x `columns` of the product, `across` in a row.
typedef struct {
    uint64_t m, n, r;
    uint64_t rows, columns, across;
} s_cut_t;

static s_cut_t
s_cut (const gradmq_tensor_t *tensor, const gradmq_part_t *part)
{
    s_cut_t cut = {.m = tensor->rows, .n = tensor->row, .r = part->count};
    assert (cut.m > 0 && cut.n > 0);
    cut.columns = cut.n < GRADMQ_STRIP ? cut.n : GRADMQ_STRIP;
    cut.across = (cut.n + cut.columns - 1) / cut.columns;
    cut.rows = cut.across == 1 ? GRADMQ_STRIP / cut.n : 1;
    if (cut.rows > cut.m)
        cut.rows = cut.m;
    assert (cut.rows > 0);
    return cut;
}

gradmq_factors_t *
gradmq_factors_new (void)
{
    return calloc (1, sizeof (gradmq_factors_t));
}

void
gradmq_factors_destroy (gradmq_factors_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    free ((*self_p)->memory);
    free (*self_p);
    *self_p = NULL;
}

void
gradmq_factors_forget (gradmq_factors_t *self)
{
    self->part = NULL;
}

//  UINT64_MAX where that is beyond 64 bits.
static uint64_t
s_bytes (const gradmq_tensor_t *tensor, const gradmq_part_t *part, size_t size)
{
    s_cut_t cut = s_cut (tensor, part);
    uint64_t elements, bytes;
    if (!gradmq_size_mul (cut.m + cut.n, cut.r, &elements)
        || !gradmq_size_add (elements, cut.rows * cut.columns, &elements)
        || !gradmq_size_mul (elements, size, &bytes))
        return UINT64_MAX;
    return bytes;
}

gradmq_err_t
gradmq_factors_reserve (gradmq_factors_t *self, const gradmq_layout_t *layout,
                        const gradmq_dtype_t *master, const gradmq_part_t *parts, size_t count,
                        gradmq_reason_t *reason)
{
    uint64_t most = 0;
    gradmq_factors_forget (self);
    for (size_t i = 0; i < count; i++) {
        if (parts [i].encoding != GRADMQ_ENCODING_LOW_RANK)
            continue;
        uint64_t bytes =
            s_bytes (gradmq_layout_tensor (layout, parts [i].tensor), &parts [i], master->size);
        most = bytes > most ? bytes : most;
    }
    if (most <= self->bytes)
        return GRADMQ_OK;
    free (self->memory);
    self->bytes = 0;
    self->memory = most <= PTRDIFF_MAX ? malloc ((size_t) most) : NULL;
    if (!self->memory)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY,
                              "no memory for factors of %" PRIu64 " bytes; send a lower rank",
                              most);
    self->bytes = most;
    return GRADMQ_OK;
}

//  The next `count` elements of the payload, converted. Returns their greatest magnitude.
static double
s_take (const gradmq_factored_t *from, gradmq_payload_mark_t *mark, uint8_t *to, uint64_t count)
{
    uint8_t raw [S_BATCH * sizeof (double)];
    double limit = 0.0;
    while (count) {
        size_t batch = count < S_BATCH ? (size_t) count : S_BATCH;
        const void *bytes =
            gradmq_payload_read (from->payload, mark, batch * from->part->dtype->size, raw);
        from->real->convert (from->part->dtype, to, bytes, batch);
        limit = gradmq_kernel_worse (limit, from->real->limit (to, batch));
        to += batch * from->master->size;
        count -= batch;
    }
    return limit;
}

//  Decode both factors. The right one's columns are put together strip by strip.
static void
s_gather (gradmq_factors_t *self, const gradmq_factored_t *from, const s_cut_t *cut)
{
    gradmq_payload_mark_t mark = from->begin;
    size_t size = from->master->size;
    uint8_t *right = self->memory + cut->m * cut->r * size;
    double limit = s_take (from, &mark, self->memory, cut->m * cut->r);
    for (uint64_t k = 0; k < cut->r; k++)
        for (uint64_t at = 0; at < cut->n; at += cut->columns) {
            uint64_t width = cut->n - at < cut->columns ? cut->n - at : cut->columns;
            uint8_t *to = right + (cut->r * at + k * width) * size;
            limit = gradmq_kernel_worse (limit, s_take (from, &mark, to, width));
        }
    self->finite = isfinite (limit);
    self->part = from->part;
    self->strip = S_NONE;
}

static uint8_t *
s_product (const gradmq_factors_t *self, const s_cut_t *cut, size_t size)
{
    return self->memory + (cut->m + cut->n) * cut->r * size;
}

//  Rows from `row` on, columns from `column` on.
static void
s_multiply (gradmq_factors_t *self, const gradmq_factored_t *from, const s_cut_t *cut, uint64_t row,
            uint64_t column)
{
    size_t size = from->master->size;
    uint64_t rows = cut->m - row < cut->rows ? cut->m - row : cut->rows;
    uint64_t columns = cut->n - column < cut->columns ? cut->n - column : cut->columns;
    uint8_t *product = s_product (self, cut, size);
    if (!self->finite) {
        const double nan = NAN;
        for (uint64_t i = 0; i < rows * columns; i++)
            from->real->convert (gradmq_dtype (GRADMQ_DTYPE_F64), product + i * size, &nan, 1);
        return;
    }
    gradmq_gemm_t gemm = {.m = (size_t) rows,
                          .n = (size_t) columns,
                          .k = (size_t) cut->r,
                          .a = self->memory + row * cut->r * size,
                          .b = self->memory + (cut->m + column) * cut->r * size,
                          .c = product};
    from->real->gemm (&gemm);
}

const void *
gradmq_factors_read (gradmq_factors_t *self, const gradmq_factored_t *from, uint64_t at,
                     size_t *count)
{
    const s_cut_t cut = s_cut (from->tensor, from->part);
    size_t size = from->master->size;
    assert (self->bytes >= s_bytes (from->tensor, from->part, size));
    if (self->part != from->part)
        s_gather (self, from, &cut);
    uint64_t row = at / cut.n / cut.rows * cut.rows,
             column = at % cut.n / cut.columns * cut.columns;
    if (cut.across == 1)
        column = 0;
    uint64_t strip = row / cut.rows * cut.across + column / cut.columns;
    if (strip != self->strip)
        s_multiply (self, from, &cut, row, column);
    self->strip = strip;
    uint64_t first = row * cut.n + column;
    uint64_t end = cut.across == 1
                       ? (row + cut.rows) * cut.n
                       : first + (cut.n - column < cut.columns ? cut.n - column : cut.columns);
    if (end > cut.m * cut.n)
        end = cut.m * cut.n;
    if (*count > end - at)
        *count = (size_t) (end - at);
    return s_product (self, &cut, size) + (at - first) * size;
}
