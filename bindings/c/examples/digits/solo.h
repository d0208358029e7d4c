//  The same network trained in one process, without a broker: what training by several is compared
//  with.

#ifndef DIGITS_SOLO_H
#define DIGITS_SOLO_H

#include "record.h"

//  Apply `gradients` gradients of the training images one after the other and record how the model
//  becomes.
//    errors  false: out of memory
bool digits_solo_train (const digits_data_t *data, uint64_t gradients, uint64_t seed,
                        digits_record_t *record);

#endif
