//  Products against plain loops, in every form that is used.

#include "kernel/gemm.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#define SIDE 9u

//  Small integers: sums are exact in any order.
static double
s_value (size_t i)
{
    return (double) ((i * 7 + 3) % 11) - 5;
}

static double
s_expected (const gradmq_gemm_t *of, size_t i, size_t j)
{
    double sum = 0;
    for (size_t k = 0; k < of->k; k++)
        sum += s_value (of->turn_a ? k * of->m + i : i * of->k + k)
               * s_value (of->turn_b ? j * of->k + k : k * of->n + j);
    return sum;
}

static void
s_check (gradmq_gemm_t of)
{
    float a [SIDE * SIDE], b [SIDE * SIDE], c [SIDE * SIDE];
    double wide_a [SIDE * SIDE], wide_b [SIDE * SIDE], wide_c [SIDE * SIDE];
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        wide_a [i] = wide_b [i] = s_value (i);
        a [i] = b [i] = (float) s_value (i);
        c [i] = NAN;
        wide_c [i] = NAN;
    }
    of.a = a;
    of.b = b;
    of.c = c;
    gradmq_kernel_gemm_f32 (&of);
    of.a = wide_a;
    of.b = wide_b;
    of.c = wide_c;
    gradmq_kernel_gemm_f64 (&of);
    for (size_t i = 0; i < of.m; i++)
        for (size_t j = 0; j < of.n; j++) {
            assert_true ((double) c [i * of.n + j] == s_expected (&of, i, j));
            assert_true (wide_c [i * of.n + j] == s_expected (&of, i, j));
        }
}

static void
test_gemm_every_form_is_the_product (void **state)
{
    (void) state;
    for (size_t m = 1; m <= SIDE; m++)
        for (size_t n = 1; n <= SIDE; n++)
            for (size_t k = 1; k <= SIDE; k++)
                for (int turned = 0; turned < 4; turned++)
                    s_check ((gradmq_gemm_t){
                        .m = m, .n = n, .k = k, .turn_a = turned & 1, .turn_b = turned & 2});
}

int
main (void)
{
    const struct CMUnitTest tests [] = {cmocka_unit_test (test_gemm_every_form_is_the_product)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
