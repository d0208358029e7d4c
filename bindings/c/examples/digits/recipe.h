//  How the network is trained, with a coordinator and without one.

#ifndef DIGITS_RECIPE_H
#define DIGITS_RECIPE_H

#include "network.h"

#define DIGITS_LEARNING_RATE 0.002
#define DIGITS_BETA1 0.9
#define DIGITS_BETA2 0.999
#define DIGITS_EPSILON 1e-8
#define DIGITS_BATCH 32u   //  images a gradient
#define DIGITS_NOISE 0.35  //  by how much a pixel of a training image is moved at most

//  Adam whose rate falls to 0 along half a cosine.
//    source  D. Kingma, J. Ba, Adam, ICLR 2015; I. Loshchilov, F. Hutter, SGDR, ICLR 2017
typedef struct {
    uint64_t steps;   //  taken
    uint64_t length;  //  after so many the rate is 0
    float mean [DIGITS_PARAMETERS];
    float square [DIGITS_PARAMETERS];
} digits_adam_t;

//  Take one step: change `parameters` by `gradient`.
void digits_adam_step (digits_adam_t *self, float parameters [DIGITS_PARAMETERS],
                       const float gradient [DIGITS_PARAMETERS]);

#endif
