//  How a worker works under the policy that is in force.

#ifndef DIGITS_MANNER_H
#define DIGITS_MANNER_H

#include "options.h"

typedef struct {
    bool in_step;  //  each contribution is made from a version of its own: wait for the next one
    bool trains;   //  it trains by itself for a while and pushes what changed
} digits_manner_t;

//  Ask the coordinator. False, and a sentence on stderr: it did not say.
bool digits_manner_ask (digits_manner_t *self, const digits_options_t *options);

#endif
