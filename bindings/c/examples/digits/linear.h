//  A linear model of the same images: multinomial logistic regression, trained to the end. What a
//  network has to beat.

#ifndef DIGITS_LINEAR_H
#define DIGITS_LINEAR_H

#include "network.h"

//  Train on data->train with a penalty of 1e-4 / 2 x |weight|^2, until the gradient is short, and
//  say how well it does on data->train and data->test. The penalty is the best of 0, 1e-5, 1e-4,
//  1e-3 for held-out accuracy.
//    source  accelerated gradient descent with restarts: O'Donoghue and Candes, 2015
//    errors  false: out of memory
bool digits_linear_train (const digits_data_t *data, digits_score_t *train, digits_score_t *test);

#endif
