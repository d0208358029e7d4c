#include "network.h"
#include "random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define IMAGES 7u

typedef struct {
    digits_network_t *network;
    digits_set_t images;
    float parameters [DIGITS_PARAMETERS];
    float gradient [DIGITS_PARAMETERS];
} fixture_t;

static void
s_assert_close (double value, double expected, double tolerance)
{
    assert_true (fabs (value - expected) <= tolerance);
}

static int
s_setup (void **state)
{
    fixture_t *self = calloc (1, sizeof *self);
    assert_non_null (self);
    self->network = digits_network_new (IMAGES);
    assert_non_null (self->network);
    assert_true (digits_set_new (&self->images, IMAGES));
    digits_random_t random = {7};
    for (size_t i = 0; i < IMAGES * DIGITS_PIXELS; i++)
        self->images.pixels [i] = (float) fabs (digits_random_signed (&random));
    for (size_t i = 0; i < IMAGES; i++)
        self->images.labels [i] = (uint8_t) digits_random_below (&random, DIGITS_CLASSES);
    digits_network_initialize (self->parameters, 3);
    //  Biases other than 0, so that they are tested too.
    for (size_t i = 0; i < DIGITS_PARAMETERS; i++)
        if (self->parameters [i] == 0)
            self->parameters [i] = (float) (0.1 * digits_random_signed (&random));
    *state = self;
    return 0;
}

static int
s_teardown (void **state)
{
    fixture_t *self = *state;
    digits_network_destroy (&self->network);
    digits_set_destroy (&self->images);
    free (self);
    return 0;
}

//  The loss in double precision, by the definition and without a matrix product.
static double
s_loss (const double *parameters, const digits_set_t *images)
{
    const double *hidden_bias = parameters + DIGITS_HIDDEN * DIGITS_PIXELS;
    const double *output = hidden_bias + DIGITS_HIDDEN;
    const double *output_bias = output + DIGITS_CLASSES * DIGITS_HIDDEN;
    double loss = 0;
    for (size_t n = 0; n < images->count; n++) {
        double hidden [DIGITS_HIDDEN], score [DIGITS_CLASSES], sum = 0;
        for (size_t i = 0; i < DIGITS_HIDDEN; i++) {
            hidden [i] = hidden_bias [i];
            for (size_t j = 0; j < DIGITS_PIXELS; j++)
                hidden [i] += parameters [i * DIGITS_PIXELS + j]
                              * (double) images->pixels [n * DIGITS_PIXELS + j];
            hidden [i] = hidden [i] > 0 ? hidden [i] : 0;
        }
        for (size_t i = 0; i < DIGITS_CLASSES; i++) {
            score [i] = output_bias [i];
            for (size_t j = 0; j < DIGITS_HIDDEN; j++)
                score [i] += output [i * DIGITS_HIDDEN + j] * hidden [j];
            sum += exp (score [i]);
        }
        loss += log (sum) - score [images->labels [n]];
    }
    return loss / (double) images->count;
}

static void
test_network_score_gradient_is_the_slope_of_the_loss (void **state)
{
    fixture_t *self = *state;
    digits_score_t score;
    digits_network_score (self->network, self->parameters, &self->images, self->gradient, &score);
    double *parameters = malloc (DIGITS_PARAMETERS * sizeof *parameters);
    assert_non_null (parameters);
    for (size_t i = 0; i < DIGITS_PARAMETERS; i++)
        parameters [i] = (double) self->parameters [i];
    s_assert_close (score.loss, s_loss (parameters, &self->images), 1e-5);
    double difference = 0, length = 0;
    for (size_t i = 0; i < DIGITS_PARAMETERS; i++) {
        const double step = 1e-6;
        double kept = parameters [i];
        parameters [i] = kept + step;
        double above = s_loss (parameters, &self->images);
        parameters [i] = kept - step;
        double below = s_loss (parameters, &self->images);
        parameters [i] = kept;
        double slope = (above - below) / (2 * step), ours = (double) self->gradient [i];
        difference += (slope - ours) * (slope - ours);
        length += slope * slope;
    }
    free (parameters);
    assert_true (length > 1e-2);
    assert_true (sqrt (difference / length) < 1e-5);
}

static void
test_network_score_without_gradient_says_the_same (void **state)
{
    fixture_t *self = *state;
    digits_score_t with, without;
    digits_network_score (self->network, self->parameters, &self->images, self->gradient, &with);
    digits_network_score (self->network, self->parameters, &self->images, NULL, &without);
    assert_true (with.loss == without.loss);
    assert_true (with.accuracy == without.accuracy);
}

static void
test_softmax_one_sure_and_right_counts_as_right (void **state)
{
    (void) state;
    float pixels [2 * DIGITS_PIXELS] = {0}, scores [2 * DIGITS_CLASSES] = {0};
    uint8_t labels [2] = {4, 5};
    scores [4] = 1000;                     //  right, and so sure that exp () would overflow
    scores [DIGITS_CLASSES + 6] = 0.001f;  //  wrong
    digits_set_t images = {2, pixels, labels};
    digits_score_t score;
    digits_softmax (scores, &images, &score);
    s_assert_close (score.accuracy, 0.5, 0);
    s_assert_close (score.loss, log (10) / 2, 1e-3);
    s_assert_close (scores [4], 0, 1e-6);
    s_assert_close (scores [DIGITS_CLASSES + 5], -0.45, 1e-3);
}

static void
test_tensors_are_all_of_the_parameters (void **state)
{
    (void) state;
    uint64_t sum = 0;
    for (size_t i = 0; i < DIGITS_TENSORS; i++)
        sum += digits_tensors [i].shape [0]
               * (digits_tensors [i].rank == 2 ? digits_tensors [i].shape [1] : 1);
    assert_int_equal (sum, DIGITS_PARAMETERS);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test_setup_teardown (test_network_score_gradient_is_the_slope_of_the_loss,
                                         s_setup, s_teardown),
        cmocka_unit_test_setup_teardown (test_network_score_without_gradient_says_the_same, s_setup,
                                         s_teardown),
        cmocka_unit_test (test_softmax_one_sure_and_right_counts_as_right),
        cmocka_unit_test (test_tensors_are_all_of_the_parameters),
    };
    return cmocka_run_group_tests_name ("digits.network", tests, NULL, NULL);
}
