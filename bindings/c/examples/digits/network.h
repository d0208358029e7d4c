//  A network of one hidden layer, 64 - 128 - 10: rectified linear, then softmax, trained on cross
//  entropy. Matrix products are OpenBLAS's.
//
//  Its parameters are one packed array of DIGITS_PARAMETERS numbers, tensors as in digits_tensors,
//  a layer's weight with a row for each of its outputs (as torch.nn.Linear has it).

#ifndef DIGITS_NETWORK_H
#define DIGITS_NETWORK_H

#include "data.h"

#define DIGITS_HIDDEN 128u
#define DIGITS_PARAMETERS                                                                          \
    ((DIGITS_PIXELS + 1u) * DIGITS_HIDDEN + (DIGITS_HIDDEN + 1u) * DIGITS_CLASSES)
#define DIGITS_TENSORS 4u

typedef struct {
    const char *name;
    unsigned rank;
    uint64_t shape [2];
} digits_tensor_t;

extern const digits_tensor_t digits_tensors [DIGITS_TENSORS];

//  How well parameters do on some images.
typedef struct {
    double loss;      //  mean cross entropy, nats
    double accuracy;  //  share of images whose class is right
} digits_score_t;

//  Room for the layers of up to `most_images` at a time.
typedef struct digits_network digits_network_t;

//    errors  NULL: out of memory
digits_network_t *digits_network_new (size_t most_images);
void digits_network_destroy (digits_network_t **self_p);

//  Parameters to begin with: biases 0, weights uniform with variance 2 / inputs.
//    source  K. He et al., Delving Deep into Rectifiers, ICCV 2015
void digits_network_initialize (float parameters [DIGITS_PARAMETERS], uint64_t seed);

//  Loss and accuracy; with `gradient` not NULL also the gradient of the loss, packed like the
//  parameters. At most `most_images` of them.
void digits_network_score (digits_network_t *self, const float parameters [DIGITS_PARAMETERS],
                           const digits_set_t *images, float *gradient, digits_score_t *score);

//  Of scores (count x DIGITS_CLASSES) make what their softmax is off the truth, divided by `count`:
//  the gradient of the mean cross entropy.
void digits_softmax (float *scores, const digits_set_t *images, digits_score_t *score);

#endif
