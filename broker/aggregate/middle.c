#include "aggregate/middle.h"

#include "aggregate/network.h"
#include "kernel/variant.h"

#include <assert.h>

//  A tile holds a stretch of elements of all contributions: row r the r-th contribution at first,
//  in the end the r-th least value of each element. Up to IN_REGISTERS contributions are put in order
//  on their way into the tile, more of them inside it.
#define IN_REGISTERS 16u
#define TILE_BYTES 65536u
#define WIDTH_MOST 256u  //  elements a row: tiles of few rows stay in the first-level cache

//  The numbers 0 to IN_REGISTERS - 1.
#define EACH(X)                                                                                    \
    X (0)                                                                                          \
    X (1) X (2) X (3) X (4) X (5) X (6) X (7) X (8) X (9) X (10) X (11) X (12) X (13) X (14) X (15)

#define LOAD(r) LOAD_OF (v, from, r, i, n);
#define EXCHANGE(a, b) EXCHANGE_OF (v, a, b, n);
#define STORE(r) STORE_OF (rows + i, width, v, r, n);
#define CASE(r)                                                                                    \
    case (r) + 1:                                                                                  \
        SORTED (gather, at, count, (r) + 1, rows, width);                                          \
        break;

#define MIDDLE(t)                                                                                  \
    /*  n is a constant, so that a network becomes a straight line of its pairs below n. */        \
    GRADMQ_INLINE void s_load_one_##t (GRADMQ_REAL_##t *v, const gradmq_##t##_t *const *from,      \
                                       size_t r, size_t i, size_t n)                               \
    {                                                                                              \
        if (r < n)                                                                                 \
            v [r] = from [r][i];                                                                   \
    }                                                                                              \
    GRADMQ_INLINE void s_exchange_two_##t (GRADMQ_REAL_##t *v, size_t a, size_t b, size_t n)       \
    {                                                                                              \
        if (b >= n)                                                                                \
            return;                                                                                \
        GRADMQ_REAL_##t x = v [a], y = v [b];                                                      \
        v [a] = x < y ? x : y;                                                                     \
        v [b] = x > y ? x : y;                                                                     \
    }                                                                                              \
    GRADMQ_INLINE void s_store_one_##t (GRADMQ_REAL_##t *column, size_t width,                     \
                                        const GRADMQ_REAL_##t *v, size_t r, size_t n)              \
    {                                                                                              \
        if (r < n)                                                                                 \
            column [r * width] = v [r];                                                            \
    }                                                                                              \
    GRADMQ_INLINE void s_sorted_##t (const gradmq_gather_t *gather, size_t at, size_t count,       \
                                     size_t n, GRADMQ_REAL_##t *rows, size_t width)                \
    {                                                                                              \
        const gradmq_##t##_t *from [IN_REGISTERS];                                                 \
        for (size_t r = 0; r < n; r++)                                                             \
            from [r] = (const gradmq_##t##_t *) gather->x [r] + at;                                \
        GRADMQ_LOOP                                                                                \
        for (size_t i = 0; i < count; i++) {                                                       \
            GRADMQ_REAL_##t v [IN_REGISTERS];                                                      \
            EACH (LOAD)                                                                            \
            GRADMQ_NETWORK (EXCHANGE)                                                              \
            EACH (STORE)                                                                           \
        }                                                                                          \
    }                                                                                              \
    GRADMQ_INLINE void s_load_rows_##t (const gradmq_gather_t *gather, size_t at, size_t count,    \
                                        GRADMQ_REAL_##t *rows, size_t width)                       \
    {                                                                                              \
        for (size_t r = 0; r < gather->contributions; r++)                                         \
            memcpy (rows + r * width, (const gradmq_##t##_t *) gather->x [r] + at,                 \
                    count * sizeof *rows);                                                         \
    }                                                                                              \
    GRADMQ_INLINE void s_exchange_rows_##t (GRADMQ_REAL_##t *low, GRADMQ_REAL_##t *high,           \
                                            size_t count)                                          \
    {                                                                                              \
        GRADMQ_LOOP                                                                                \
        for (size_t i = 0; i < count; i++) {                                                       \
            GRADMQ_REAL_##t a = low [i], b = high [i];                                             \
            low [i] = a < b ? a : b;                                                               \
            high [i] = a > b ? a : b;                                                              \
        }                                                                                          \
    }                                                                                              \
    /*  The whole of algorithm M, whose first pairs network.h lists. */                            \
    GRADMQ_INLINE void s_order_##t (GRADMQ_REAL_##t *rows, size_t n, size_t width, size_t count)   \
    {                                                                                              \
        size_t top = 1;                                                                            \
        while (top * 2 < n)                                                                        \
            top *= 2;                                                                              \
        for (size_t p = top; p; p /= 2)                                                            \
            for (size_t q = top, r = 0, d = p; q >= p; d = q - p, q /= 2, r = p)                   \
                for (size_t i = 0; i + d < n; i++)                                                 \
                    if ((i & p) == r)                                                              \
                        s_exchange_rows_##t (rows + i * width, rows + (i + d) * width, count);     \
    }                                                                                              \
    GRADMQ_INLINE void s_mean_##t (const GRADMQ_REAL_##t *rows, size_t n, size_t width,            \
                                   size_t count, gradmq_##t##_t *out)                              \
    {                                                                                              \
        double sum [WIDTH_MOST] = {0}, factor = 1 / (double) n;                                    \
        for (size_t r = 0; r < n; r++) {                                                           \
            GRADMQ_LOOP                                                                            \
            for (size_t i = 0; i < count; i++)                                                     \
                sum [i] = sum [i] + (double) rows [r * width + i];                                 \
        }                                                                                          \
        GRADMQ_LOOP                                                                                \
        for (size_t i = 0; i < count; i++)                                                         \
            out [i] = (GRADMQ_REAL_##t) (sum [i] * factor);                                        \
    }                                                                                              \
    GRADMQ_INLINE void s_tile_##t (const gradmq_gather_t *gather, size_t at, size_t count,         \
                                   size_t width)                                                   \
    {                                                                                              \
        _Alignas(64) GRADMQ_REAL_##t rows [TILE_BYTES / sizeof (GRADMQ_REAL_##t)];                 \
        switch (gather->contributions) {                                                           \
            EACH (CASE)                                                                            \
            default:                                                                               \
                s_load_rows_##t (gather, at, count, rows, width);                                  \
                s_order_##t (rows, gather->contributions, width, count);                           \
        }                                                                                          \
        s_mean_##t (rows + gather->trim * width, gather->contributions - 2 * gather->trim, width,  \
                    count, (gradmq_##t##_t *) gather->out + at);                                   \
    }                                                                                              \
    GRADMQ_INLINE void s_middle_##t##_body (const gradmq_gather_t *gather)                         \
    {                                                                                              \
        size_t width = TILE_BYTES / (gather->contributions * sizeof (GRADMQ_REAL_##t));            \
        width = width < WIDTH_MOST ? width : WIDTH_MOST;                                           \
        for (size_t at = 0; at < gather->count; at += width) {                                     \
            size_t left = gather->count - at;                                                      \
            s_tile_##t (gather, at, left < width ? left : width, width);                           \
        }                                                                                          \
    }                                                                                              \
    GRADMQ_VARIANTS_VOID (static, s_middle_##t, (const gradmq_gather_t *gather), (gather))         \
    void gradmq_middle_##t (const gradmq_gather_t *gather)                                         \
    {                                                                                              \
        assert (gather->contributions <= GRADMQ_CONTRIBUTIONS_MAX);                                \
        assert (2 * gather->trim < gather->contributions);                                         \
        s_middle_##t (gather);                                                                     \
    }

#define SORTED s_sorted_f32
#define LOAD_OF s_load_one_f32
#define EXCHANGE_OF s_exchange_two_f32
#define STORE_OF s_store_one_f32
MIDDLE (f32)
#undef SORTED
#undef LOAD_OF
#undef EXCHANGE_OF
#undef STORE_OF
#define SORTED s_sorted_f64
#define LOAD_OF s_load_one_f64
#define EXCHANGE_OF s_exchange_two_f64
#define STORE_OF s_store_one_f64
MIDDLE (f64)

void
gradmq_middle_sort (double *values, size_t n)
{
    s_order_f64 (values, n, 1, 1);
}
