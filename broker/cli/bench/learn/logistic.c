#include "cli/bench/learn/logistic.h"

#include <math.h>
#include <string.h>

enum {
    PIXELS = GRADMQ_DIGITS_PIXELS,
    CLASSES = GRADMQ_DIGITS_CLASSES,
    PARAMETERS = GRADMQ_LOGISTIC_PARAMETERS,
    POWER_STEPS = 60,
    STEPS_MOST = 20000
};

//  Log-probabilities of the classes.
static void
s_classify (const double *w, const double *pixels, double *logits)
{
    memcpy (logits, w + PIXELS * CLASSES, CLASSES * sizeof *logits);
    for (size_t i = 0; i < PIXELS; i++) {
        if (pixels [i] == 0.0)
            continue;
        for (size_t k = 0; k < CLASSES; k++)
            logits [k] += pixels [i] * w [i * CLASSES + k];
    }
    double greatest = logits [0], sum = 0.0;
    for (size_t k = 1; k < CLASSES; k++)
        greatest = fmax (greatest, logits [k]);
    for (size_t k = 0; k < CLASSES; k++)
        sum += exp (logits [k] - greatest);
    for (size_t k = 0; k < CLASSES; k++)
        logits [k] -= greatest + log (sum);
}

//  Add one image's gradient.
//    returns its loss
static double
s_add (const double *w, const double *pixels, uint8_t label, double *gradient)
{
    double errors [CLASSES];
    s_classify (w, pixels, errors);
    double loss = -errors [label];
    for (size_t k = 0; k < CLASSES; k++)
        errors [k] = exp (errors [k]) - (k == label ? 1.0 : 0.0);
    for (size_t i = 0; i < PIXELS; i++) {
        if (pixels [i] == 0.0)
            continue;
        for (size_t k = 0; k < CLASSES; k++)
            gradient [i * CLASSES + k] += pixels [i] * errors [k];
    }
    for (size_t k = 0; k < CLASSES; k++)
        gradient [PIXELS * CLASSES + k] += errors [k];
    return loss;
}

double
gradmq_logistic_gradient (const double *w, const gradmq_digits_t *digits, const uint32_t *list,
                          size_t count, double *gradient)
{
    double loss = 0.0, squares = 0.0;
    memset (gradient, 0, PARAMETERS * sizeof *gradient);
    for (size_t i = 0; i < count; i++) {
        size_t at = list ? list [i] : i;
        loss += s_add (w, digits->pixels + at * PIXELS, digits->labels [at], gradient);
    }
    for (size_t j = 0; j < PARAMETERS; j++) {
        gradient [j] = gradient [j] / (double) count + GRADMQ_LOGISTIC_L2 * w [j];
        squares += w [j] * w [j];
    }
    return loss / (double) count + 0.5 * GRADMQ_LOGISTIC_L2 * squares;
}

gradmq_logistic_score_t
gradmq_logistic_score (const double *w, const gradmq_digits_t *digits)
{
    double loss = 0.0;
    size_t right = 0;
    for (size_t i = 0; i < digits->count; i++) {
        double logits [CLASSES];
        s_classify (w, digits->pixels + i * PIXELS, logits);
        uint8_t label = digits->labels [i];
        size_t best = 0;
        for (size_t k = 1; k < CLASSES; k++)
            best = logits [k] > logits [best] ? k : best;
        loss -= logits [label];
        right += best == label;
    }
    double count = (double) digits->count;
    return (gradmq_logistic_score_t){.loss = loss / count, .accuracy = (double) right / count};
}

static double
s_norm (const double *v, size_t count)
{
    double squares = 0.0;
    for (size_t i = 0; i < count; i++)
        squares += v [i] * v [i];
    return sqrt (squares);
}

//  The greatest curvature there is anywhere: half the greatest eigenvalue of the images' second moments
//  (a bias is a pixel that is always 1), and l2.
static double
s_curvature (const gradmq_digits_t *digits)
{
    double v [PIXELS + 1], greatest = 0.0;
    for (size_t i = 0; i <= PIXELS; i++)
        v [i] = 1.0 / sqrt (PIXELS + 1.0);
    for (size_t step = 0; step < POWER_STEPS; step++) {
        double next [PIXELS + 1] = {0};
        for (size_t n = 0; n < digits->count; n++) {
            const double *x = digits->pixels + n * PIXELS;
            double dot = v [PIXELS];
            for (size_t i = 0; i < PIXELS; i++)
                dot += x [i] * v [i];
            for (size_t i = 0; i < PIXELS; i++)
                next [i] += dot * x [i];
            next [PIXELS] += dot;
        }
        greatest = s_norm (next, PIXELS + 1);
        for (size_t i = 0; i <= PIXELS; i++)
            v [i] = next [i] / greatest;
    }
    //  The power method comes from below.
    return 0.5 * 1.01 * greatest / (double) digits->count + GRADMQ_LOGISTIC_L2;
}

double
gradmq_logistic_optimum (const gradmq_digits_t *digits, double tolerance, double *w)
{
    double ahead [PARAMETERS] = {0}, gradient [PARAMETERS], norm = INFINITY;
    double curvature = s_curvature (digits), root = sqrt (GRADMQ_LOGISTIC_L2 / curvature);
    double momentum = (1.0 - root) / (1.0 + root);
    memset (w, 0, PARAMETERS * sizeof *w);
    for (size_t step = 0; step < STEPS_MOST; step++) {
        gradmq_logistic_gradient (ahead, digits, NULL, digits->count, gradient);
        norm = s_norm (gradient, PARAMETERS);
        if (norm <= tolerance)
            break;
        for (size_t j = 0; j < PARAMETERS; j++) {
            double next = ahead [j] - gradient [j] / curvature;
            ahead [j] = next + momentum * (next - w [j]);
            w [j] = next;
        }
    }
    memcpy (w, ahead, PARAMETERS * sizeof *w);
    return norm;
}
