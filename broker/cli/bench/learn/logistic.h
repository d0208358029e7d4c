//  Multinomial logistic regression with l2 on digits: convex, so that its optimum can be solved and the
//  distance to it measured.

#ifndef GRADMQ_CLI_BENCH_LEARN_LOGISTIC_H
#define GRADMQ_CLI_BENCH_LEARN_LOGISTIC_H

#include "cli/bench/learn/digits.h"

//  Parameters: a row of weights a pixel, one weight a class, then the biases.
#define GRADMQ_LOGISTIC_PARAMETERS ((GRADMQ_DIGITS_PIXELS + 1u) * GRADMQ_DIGITS_CLASSES)

//  Half of this times the squared norm of all parameters is part of the objective.
#define GRADMQ_LOGISTIC_L2 0.01

//  The objective over these images (NULL: all of them), and its gradient.
double gradmq_logistic_gradient (const double *w, const gradmq_digits_t *digits,
                                 const uint32_t *list, size_t count, double *gradient);

typedef struct {
    double loss;      //  cross-entropy in nats, without l2
    double accuracy;  //  share
} gradmq_logistic_score_t;

gradmq_logistic_score_t gradmq_logistic_score (const double *w, const gradmq_digits_t *digits);

//  Find the parameters where the gradient over all images is no longer than `tolerance`.
//    returns the norm that was reached; it is greater when that took too long
//    source  Nesterov, 2004: constant scheme for strongly convex functions
double gradmq_logistic_optimum (const gradmq_digits_t *digits, double tolerance, double *w);

#endif
