#include "linear.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PENALTY 1e-4
#define STEPS_MAX 5000
#define SHORT 1e-4  //  length of a gradient that is short enough
#define WEIGHTS (DIGITS_CLASSES * DIGITS_PIXELS)
#define COUNT (WEIGHTS + DIGITS_CLASSES)  //  weight, then bias

static void
s_score (const float *parameters, const digits_set_t *images, float *scores, digits_score_t *score)
{
    for (size_t i = 0; i < images->count; i++)
        memcpy (scores + i * DIGITS_CLASSES, parameters + WEIGHTS, DIGITS_CLASSES * sizeof *scores);
    cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, (int) images->count, DIGITS_CLASSES,
                 DIGITS_PIXELS, 1.0f, images->pixels, DIGITS_PIXELS, parameters, DIGITS_PIXELS,
                 1.0f, scores, DIGITS_CLASSES);
    digits_softmax (scores, images, score);
}

static void
s_gradient (const float *parameters, const digits_set_t *images, float *scores, float *gradient)
{
    digits_score_t score;
    s_score (parameters, images, scores, &score);
    memset (gradient, 0, COUNT * sizeof *gradient);
    cblas_saxpy (WEIGHTS, (float) PENALTY, parameters, 1, gradient, 1);
    cblas_sgemm (CblasRowMajor, CblasTrans, CblasNoTrans, DIGITS_CLASSES, DIGITS_PIXELS,
                 (int) images->count, 1.0f, scores, DIGITS_CLASSES, images->pixels, DIGITS_PIXELS,
                 1.0f, gradient, DIGITS_PIXELS);
    for (size_t i = 0; i < images->count; i++)
        cblas_saxpy (DIGITS_CLASSES, 1.0f, scores + i * DIGITS_CLASSES, 1, gradient + WEIGHTS, 1);
}

//  A step that is short enough for any images: 1 / a bound on the loss's curvature.
static float
s_rate (const digits_set_t *images)
{
    double squares =
        cblas_sdot ((int) (images->count * DIGITS_PIXELS), images->pixels, 1, images->pixels, 1);
    return (float) (1 / (0.5 * (squares / (double) images->count + 1) + PENALTY));
}

//  `ahead` runs ahead of `now` by momentum, which starts anew where it points uphill.
static void
s_descend (const digits_set_t *images, float *scores, float now [COUNT])
{
    float ahead [COUNT], gradient [COUNT], before [COUNT], step [COUNT];
    float rate = s_rate (images);
    double t = 1;
    memset (now, 0, COUNT * sizeof *now);
    memcpy (ahead, now, sizeof ahead);
    for (size_t i = 0; i < STEPS_MAX; i++) {
        s_gradient (ahead, images, scores, gradient);
        if (cblas_snrm2 (COUNT, gradient, 1) < SHORT)
            break;
        memcpy (before, now, sizeof before);
        memcpy (now, ahead, sizeof ahead);
        cblas_saxpy (COUNT, -rate, gradient, 1, now, 1);
        memcpy (step, now, sizeof step);
        cblas_saxpy (COUNT, -1.0f, before, 1, step, 1);
        double t_next = (1 + sqrt (1 + 4 * t * t)) / 2;
        float momentum = (float) ((t - 1) / t_next);
        t = t_next;
        if (cblas_sdot (COUNT, gradient, 1, step, 1) > 0) {
            momentum = 0;
            t = 1;
        }
        memcpy (ahead, now, sizeof ahead);
        cblas_saxpy (COUNT, momentum, step, 1, ahead, 1);
    }
}

bool
digits_linear_train (const digits_data_t *data, digits_score_t *train, digits_score_t *test)
{
    size_t most = data->train.count > data->test.count ? data->train.count : data->test.count;
    float *scores = malloc (most * DIGITS_CLASSES * sizeof *scores);
    if (!scores)
        return false;
    float parameters [COUNT];
    s_descend (&data->train, scores, parameters);
    s_score (parameters, &data->train, scores, train);
    s_score (parameters, &data->test, scores, test);
    free (scores);
    return true;
}
