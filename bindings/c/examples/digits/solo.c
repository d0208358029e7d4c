#include "solo.h"

#include "batch.h"
#include "recipe.h"
#include "seconds.h"

#include <stdlib.h>

typedef struct {
    digits_network_t *network;
    digits_batch_t *batch;
    digits_adam_t adam;
    float parameters [DIGITS_PARAMETERS];
    float gradient [DIGITS_PARAMETERS];
} solo_t;

static bool
s_train (solo_t *self, const digits_data_t *data, uint64_t gradients, digits_record_t *record)
{
    uint64_t every = gradients / DIGITS_RECORD_POINTS ? gradients / DIGITS_RECORD_POINTS : 1;
    double began = digits_seconds ();
    double measuring = 0;  //  not part of the training
    for (uint64_t done = 0;; done++) {
        if (done % every == 0 || done == gradients) {
            double now = digits_seconds ();
            digits_point_t point = {.gradients = done, .seconds = now - began - measuring};
            digits_point_measure (&point, self->network, self->parameters, data);
            if (!digits_record_add (record, &point))
                return false;
            measuring += digits_seconds () - now;
        }
        if (done == gradients)
            return true;
        digits_score_t score;
        digits_network_score (self->network, self->parameters, digits_batch_next (self->batch),
                              self->gradient, &score);
        digits_adam_step (&self->adam, self->parameters, self->gradient);
    }
}

bool
digits_solo_train (const digits_data_t *data, uint64_t gradients, uint64_t seed,
                   digits_record_t *record)
{
    solo_t *self = calloc (1, sizeof *self);
    if (!self)
        return false;
    self->adam.length = gradients;
    self->network = digits_network_new (data->train.count);
    self->batch = digits_batch_new (&data->train, 0, 1, DIGITS_BATCH, DIGITS_NOISE, seed);
    digits_network_initialize (self->parameters, seed);
    bool good = self->network && self->batch && s_train (self, data, gradients, record);
    digits_batch_destroy (&self->batch);
    digits_network_destroy (&self->network);
    free (self);
    return good;
}
