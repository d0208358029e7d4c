//  Compression without sockets: error feedback, and how much each method loses.

#include "compress.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { ROWS = 40, COLUMNS = 30, BIAS = 700, ELEMENTS = ROWS * COLUMNS + BIAS + 1 };

static gradmq_layout_t *
s_layout (uint32_t dtype)
{
    static const uint64_t matrix [] = {ROWS, 6, 5}, vector [] = {BIAS};
    const gradmq_tensor_spec_t specs [] = {{"w", 3, matrix}, {"b", 1, vector}, {"s", 0, NULL}};
    gradmq_layout_t *layout;
    assert_int_equal (gradmq_layout_open (&layout, specs, 3, dtype, NULL), GRADMQ_OK);
    return layout;
}

static gradmq_compressor_t
s_compressor (gradmq_compression_t how, gradmq_layout_t *layout)
{
    gradmq_compressor_t compressor;
    assert_int_equal (gradmq_compressor_open (&compressor, &how, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_compressor_prepare (&compressor, layout, NULL), GRADMQ_OK);
    return compressor;
}

static uint64_t s_seed = 3;

static double
s_random (void)
{
    s_seed = s_seed * 6364136223846793005u + 1442695040888963407u;
    return (double) (s_seed >> 11) / 4503599627370496.0 - 1;
}

//  A gradient in the compressor's dtype, and as doubles.
static void
s_gradient (const gradmq_compressor_t *self, void *to, double *values)
{
    for (size_t i = 0; i < ELEMENTS; i++) {
        gradmq_compressor_put (self, to, i, s_random ());
        values [i] = gradmq_compressor_get (self, to, i);
    }
}

//  What a payload stands for, added to `sums`.
static void
s_decode (const gradmq_compressor_t *self, const uint8_t *payload, double *sums, double factor)
{
    static double zeros [ELEMENTS];
    memset (zeros, 0, sizeof zeros);
    for (size_t i = 0; i < self->count; i++)
        self->parts [i].method->add (
            self, &self->parts [i], payload + self->parts [i].part.offset,
            (uint8_t *) zeros + self->parts [i].tensor->first * self->master->size, 1);
    for (size_t i = 0; i < ELEMENTS; i++)
        sums [i] += factor * gradmq_compressor_get (self, zeros, i);
}

static const gradmq_compression_t s_ways [] = {
    {.how = GRADMQ_COMPRESS_INT8},
    {.how = GRADMQ_COMPRESS_TOP_K, .fraction = 0.05},
    {.how = GRADMQ_COMPRESS_LOW_RANK, .rank = 2},
};

enum { WAYS = sizeof s_ways / sizeof s_ways [0] };

//  Sum of what was given = sum of what was sent + what remains, up to rounding.
static void
s_check_nothing_is_lost (gradmq_compression_t how, uint32_t dtype)
{
    static double gradient [ELEMENTS], values [ELEMENTS], given [ELEMENTS], sent [ELEMENTS];
    gradmq_layout_t *layout = s_layout (dtype);
    gradmq_compressor_t self = s_compressor (how, layout);
    uint8_t *payload = (uint8_t *) malloc (self.bytes);
    memset (given, 0, sizeof given);
    memset (sent, 0, sizeof sent);
    for (int turn = 0; turn < 20; turn++) {
        s_gradient (&self, gradient, values);
        assert_int_equal (gradmq_compressor_encode (&self, gradient, 0.5, payload, NULL, NULL),
                          GRADMQ_OK);
        if (turn % 5 == 4)
            continue;  //  it was not sent: nothing is changed
        gradmq_compressor_sent (&self);
        for (size_t i = 0; i < ELEMENTS; i++)
            given [i] += values [i] / 2;
        s_decode (&self, payload, sent, 1);
        if (turn % 4 == 3) {
            gradmq_compressor_return (&self, self.generation, payload);
            gradmq_compressor_return (&self, self.generation + 1, payload);  //  another's
            s_decode (&self, payload, sent, -1);
        }
    }
    double tolerance = dtype == GRADMQ_F32 ? 2e-5 : 1e-13;
    for (size_t i = 0; i < ELEMENTS; i++) {
        double left = gradmq_compressor_get (&self, self.residual, i);
        assert_true (fabs (given [i] - sent [i] - left) < tolerance);
    }
    free (payload);
    gradmq_compressor_close (&self);
    gradmq_layout_release (&layout);
}

static void
test_encode_what_is_left_out_remains (void **state)
{
    (void) state;
    for (size_t i = 0; i < WAYS; i++) {
        s_check_nothing_is_lost (s_ways [i], GRADMQ_F32);
        s_check_nothing_is_lost (s_ways [i], GRADMQ_F64);
    }
}

//  Share of the sum of squares of the first tensor that one payload leaves out.
static double
s_share_lost (const gradmq_compressor_t *self, const double *values, const uint8_t *payload)
{
    static double sent [ELEMENTS];
    double lost = 0, whole = 0;
    memset (sent, 0, sizeof sent);
    s_decode (self, payload, sent, 1);
    for (size_t i = 0; i < ROWS * COLUMNS; i++) {
        lost += (values [i] - sent [i]) * (values [i] - sent [i]);
        whole += values [i] * values [i];
    }
    return lost / whole;
}

//  The bounds of PROTOCOL.md, section 5.
static void
test_encode_errors_are_within_the_bounds (void **state)
{
    (void) state;
    static double values [ELEMENTS];
    static float gradient [ELEMENTS];
    gradmq_layout_t *layout = s_layout (GRADMQ_F32);
    for (int turn = 0; turn < 50; turn++) {
        gradmq_compressor_t top = s_compressor (s_ways [1], layout);
        gradmq_compressor_t low = s_compressor (s_ways [2], layout);
        uint8_t *payload = (uint8_t *) malloc (top.bytes + low.bytes);
        s_gradient (&top, gradient, values);
        assert_int_equal (gradmq_compressor_encode (&top, gradient, 1, payload, NULL, NULL),
                          GRADMQ_OK);
        assert_true (s_share_lost (&top, values, payload) <= 1 - 0.05);
        assert_int_equal (gradmq_compressor_encode (&low, gradient, 1, payload, NULL, NULL),
                          GRADMQ_OK);
        assert_true (s_share_lost (&low, values, payload) < 1);
        free (payload);
        gradmq_compressor_close (&top);
        gradmq_compressor_close (&low);
    }
    gradmq_layout_release (&layout);
}

//  A matrix of rank 2 is sent whole by rank 2, and power iteration finds the greatest of many.
static void
test_low_rank_of_a_low_rank_is_exact (void **state)
{
    (void) state;
    static double values [ELEMENTS];
    static float gradient [ELEMENTS];
    gradmq_layout_t *layout = s_layout (GRADMQ_F32);
    gradmq_compressor_t self = s_compressor ((gradmq_compression_t){.how = GRADMQ_COMPRESS_LOW_RANK,
                                                                    .rank = 2,
                                                                    .without_feedback = true},
                                             layout);
    uint8_t *payload = (uint8_t *) malloc (self.bytes);
    assert_int_equal (self.parts [0].part.encoding, GRADMQ_ENCODING_LOW_RANK);
    assert_int_equal (self.parts [1].part.encoding, GRADMQ_ENCODING_DENSE);
    for (int noise = 0; noise < 2; noise++)
        for (int turn = 0; turn < 10; turn++) {
            for (size_t i = 0; i < ROWS * COLUMNS; i++) {
                double a = sin ((double) (i / COLUMNS)), b = cos (3 * (double) (i % COLUMNS));
                double c = cos ((double) (i / COLUMNS)), d = sin (7 * (double) (i % COLUMNS));
                values [i] = 5 * a * b - 2 * c * d + noise * 0.1 * sin (1000.0 * (double) i);
                gradient [i] = (float) values [i];
            }
            assert_int_equal (gradmq_compressor_encode (&self, gradient, 1, payload, NULL, NULL),
                              GRADMQ_OK);
            gradmq_compressor_sent (&self);
            if (turn > 5)
                assert_true (s_share_lost (&self, values, payload) < (noise ? 2e-3 : 1e-10));
        }
    free (payload);
    gradmq_compressor_close (&self);
    gradmq_layout_release (&layout);
}

static void
test_low_rank_of_nothing_and_of_extremes_is_finite (void **state)
{
    (void) state;
    static float gradient [ELEMENTS];
    const float scales [] = {0, 1e-38f, 1e18f, 0, 1e-30f, 1};
    gradmq_layout_t *layout = s_layout (GRADMQ_F32);
    for (size_t way = 0; way < WAYS; way++) {
        gradmq_compressor_t self = s_compressor (s_ways [way], layout);
        uint8_t *payload = (uint8_t *) malloc (self.bytes);
        for (size_t s = 0; s < 6; s++) {
            for (size_t i = 0; i < ELEMENTS; i++)
                gradient [i] = scales [s] * (float) s_random ();
            assert_int_equal (gradmq_compressor_encode (&self, gradient, 1, payload, NULL, NULL),
                              GRADMQ_OK);
            gradmq_compressor_sent (&self);
            assert_true (isfinite (gradmq_kernel_limit_f32 (self.residual, ELEMENTS)));
            if (self.warm)
                assert_true (isfinite (gradmq_kernel_limit_f32 (self.warm, COLUMNS * 2)));
        }
        free (payload);
        gradmq_compressor_close (&self);
    }
    gradmq_layout_release (&layout);
}

static void
test_encode_not_finite_is_refused_and_forgotten (void **state)
{
    (void) state;
    static float gradient [ELEMENTS];
    static double zeros [ELEMENTS];
    gradmq_layout_t *layout = s_layout (GRADMQ_F32);
    const float bad [] = {NAN, INFINITY, -INFINITY};
    for (size_t way = 0; way < WAYS; way++) {
        gradmq_compressor_t self = s_compressor (s_ways [way], layout);
        uint8_t *payload = (uint8_t *) malloc (self.bytes);
        for (size_t i = 0; i < 3; i++) {
            gradmq_reason_t why;
            gradient [ELEMENTS - 1] = bad [i];
            assert_int_equal (gradmq_compressor_encode (&self, gradient, 1, payload, NULL, &why),
                              GRADMQ_ERR_NON_FINITE);
            assert_memory_equal (self.residual, zeros, ELEMENTS * sizeof (float));
        }
        free (payload);
        gradmq_compressor_close (&self);
    }
    gradmq_layout_release (&layout);
}

static void
test_prepare_other_layout_forgets (void **state)
{
    (void) state;
    static double gradient [ELEMENTS], zeros [ELEMENTS];
    gradmq_layout_t *layout = s_layout (GRADMQ_F32), *other = s_layout (GRADMQ_F64);
    gradmq_compressor_t self = s_compressor (s_ways [1], layout);
    uint8_t *payload = (uint8_t *) malloc (self.bytes);
    uint64_t generation = self.generation;
    for (size_t i = 0; i < ELEMENTS; i++)
        gradmq_compressor_put (&self, gradient, i, 1);
    assert_int_equal (gradmq_compressor_encode (&self, gradient, 1, payload, NULL, NULL),
                      GRADMQ_OK);
    gradmq_compressor_sent (&self);
    assert_int_equal (gradmq_compressor_prepare (&self, layout, NULL), GRADMQ_OK);
    assert_int_equal (self.generation, generation);
    assert_memory_not_equal (self.residual, zeros, ELEMENTS * sizeof (float));
    assert_int_equal (gradmq_compressor_prepare (&self, other, NULL), GRADMQ_OK);
    gradmq_compressor_return (&self, generation, payload);
    assert_memory_equal (self.residual, zeros, sizeof zeros);
    free (payload);
    gradmq_compressor_close (&self);
    gradmq_compressor_close (&self);
    gradmq_layout_release (&layout);
    gradmq_layout_release (&other);
}

static void
test_open_what_cannot_be_is_refused (void **state)
{
    (void) state;
    gradmq_compressor_t self;
    const gradmq_compression_t bad [] = {
        {.how = (gradmq_compress_t) 77},
        {.how = GRADMQ_COMPRESS_TOP_K, .fraction = -0.1},
        {.how = GRADMQ_COMPRESS_TOP_K, .fraction = 1.1},
        {.how = GRADMQ_COMPRESS_TOP_K, .fraction = NAN},
    };
    for (size_t i = 0; i < 4; i++)
        assert_int_equal (gradmq_compressor_open (&self, &bad [i], NULL), GRADMQ_ERR_ARGUMENT);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_encode_what_is_left_out_remains),
        cmocka_unit_test (test_encode_errors_are_within_the_bounds),
        cmocka_unit_test (test_low_rank_of_a_low_rank_is_exact),
        cmocka_unit_test (test_low_rank_of_nothing_and_of_extremes_is_finite),
        cmocka_unit_test (test_encode_not_finite_is_refused_and_forgotten),
        cmocka_unit_test (test_prepare_other_layout_forgets),
        cmocka_unit_test (test_open_what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
