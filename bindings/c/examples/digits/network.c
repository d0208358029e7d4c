#include "network.h"

#include "random.h"

#include <assert.h>
#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const digits_tensor_t digits_tensors [DIGITS_TENSORS] = {
    {"hidden.weight", 2, {DIGITS_HIDDEN, DIGITS_PIXELS}},
    {"hidden.bias", 1, {DIGITS_HIDDEN, 0}},
    {"output.weight", 2, {DIGITS_CLASSES, DIGITS_HIDDEN}},
    {"output.bias", 1, {DIGITS_CLASSES, 0}},
};

//  Where each tensor begins.
#define HIDDEN_WEIGHT 0u
#define HIDDEN_BIAS (HIDDEN_WEIGHT + DIGITS_HIDDEN * DIGITS_PIXELS)
#define OUTPUT_WEIGHT (HIDDEN_BIAS + DIGITS_HIDDEN)
#define OUTPUT_BIAS (OUTPUT_WEIGHT + DIGITS_CLASSES * DIGITS_HIDDEN)

struct digits_network {
    size_t most_images;
    float *hidden;        //  most_images x DIGITS_HIDDEN
    float *hidden_slope;  //  the same: the loss's derivative by it
    float *scores;        //  most_images x DIGITS_CLASSES
};

digits_network_t *
digits_network_new (size_t most_images)
{
    digits_network_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->most_images = most_images;
    self->hidden = malloc (most_images * DIGITS_HIDDEN * sizeof (float));
    self->hidden_slope = malloc (most_images * DIGITS_HIDDEN * sizeof (float));
    self->scores = malloc (most_images * DIGITS_CLASSES * sizeof (float));
    if (!self->hidden || !self->hidden_slope || !self->scores)
        digits_network_destroy (&self);
    return self;
}

void
digits_network_destroy (digits_network_t **self_p)
{
    digits_network_t *self = *self_p;
    if (!self)
        return;
    free (self->hidden);
    free (self->hidden_slope);
    free (self->scores);
    free (self);
    *self_p = NULL;
}

void
digits_network_initialize (float parameters [DIGITS_PARAMETERS], uint64_t seed)
{
    digits_random_t random = {seed};
    memset (parameters, 0, DIGITS_PARAMETERS * sizeof *parameters);
    for (size_t i = HIDDEN_WEIGHT; i < HIDDEN_BIAS; i++)
        parameters [i] = (float) (sqrt (6.0 / DIGITS_PIXELS) * digits_random_signed (&random));
    for (size_t i = OUTPUT_WEIGHT; i < OUTPUT_BIAS; i++)
        parameters [i] = (float) (sqrt (6.0 / DIGITS_HIDDEN) * digits_random_signed (&random));
}

//  out (rows x outputs) = in (rows x inputs) weight^T + bias
static void
s_layer (float *out, const float *in, const float *weight, const float *bias, size_t rows,
         size_t inputs, size_t outputs)
{
    for (size_t i = 0; i < rows; i++)
        memcpy (out + i * outputs, bias, outputs * sizeof *out);
    cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, (int) rows, (int) outputs, (int) inputs,
                 1.0f, in, (int) inputs, weight, (int) inputs, 1.0f, out, (int) outputs);
}

//  Of `slope` (rows x outputs), the loss's derivative by a layer's output, make that by its weight
//  and bias.
static void
s_layer_gradient (float *weight, float *bias, const float *slope, const float *in, size_t rows,
                  size_t inputs, size_t outputs)
{
    cblas_sgemm (CblasRowMajor, CblasTrans, CblasNoTrans, (int) outputs, (int) inputs, (int) rows,
                 1.0f, slope, (int) outputs, in, (int) inputs, 0.0f, weight, (int) inputs);
    memset (bias, 0, outputs * sizeof *bias);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < outputs; j++)
            bias [j] += slope [i * outputs + j];
}

void
digits_softmax (float *scores, const digits_set_t *images, digits_score_t *score)
{
    double loss = 0;
    size_t right = 0;
    for (size_t i = 0; i < images->count; i++) {
        float *row = scores + i * DIGITS_CLASSES;
        size_t best = 0, label = images->labels [i];
        for (size_t j = 1; j < DIGITS_CLASSES; j++)
            if (row [j] > row [best])
                best = j;
        double most = row [best], sum = 0;
        for (size_t j = 0; j < DIGITS_CLASSES; j++)
            sum += exp (row [j] - most);
        loss += log (sum) + most - row [label];
        right += best == label;
        for (size_t j = 0; j < DIGITS_CLASSES; j++)
            row [j] =
                (float) ((exp (row [j] - most) / sum - (j == label)) / (double) images->count);
    }
    score->loss = loss / (double) images->count;
    score->accuracy = (double) right / (double) images->count;
}

static void
s_backward (digits_network_t *self, const float *parameters, const digits_set_t *images,
            float *gradient)
{
    s_layer_gradient (gradient + OUTPUT_WEIGHT, gradient + OUTPUT_BIAS, self->scores, self->hidden,
                      images->count, DIGITS_HIDDEN, DIGITS_CLASSES);
    cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, (int) images->count, DIGITS_HIDDEN,
                 DIGITS_CLASSES, 1.0f, self->scores, DIGITS_CLASSES, parameters + OUTPUT_WEIGHT,
                 DIGITS_HIDDEN, 0.0f, self->hidden_slope, DIGITS_HIDDEN);
    for (size_t i = 0; i < images->count * DIGITS_HIDDEN; i++)
        if (self->hidden [i] <= 0)
            self->hidden_slope [i] = 0;
    s_layer_gradient (gradient + HIDDEN_WEIGHT, gradient + HIDDEN_BIAS, self->hidden_slope,
                      images->pixels, images->count, DIGITS_PIXELS, DIGITS_HIDDEN);
}

void
digits_network_score (digits_network_t *self, const float parameters [DIGITS_PARAMETERS],
                      const digits_set_t *images, float *gradient, digits_score_t *score)
{
    assert (images->count > 0 && images->count <= self->most_images);
    s_layer (self->hidden, images->pixels, parameters + HIDDEN_WEIGHT, parameters + HIDDEN_BIAS,
             images->count, DIGITS_PIXELS, DIGITS_HIDDEN);
    for (size_t i = 0; i < images->count * DIGITS_HIDDEN; i++)
        if (self->hidden [i] < 0)
            self->hidden [i] = 0;
    s_layer (self->scores, self->hidden, parameters + OUTPUT_WEIGHT, parameters + OUTPUT_BIAS,
             images->count, DIGITS_HIDDEN, DIGITS_CLASSES);
    digits_softmax (self->scores, images, score);
    if (gradient)
        s_backward (self, parameters, images, gradient);
}
