//  The record of a training run: how good the model was after how many gradients. A CSV file.

#ifndef DIGITS_RECORD_H
#define DIGITS_RECORD_H

#include "network.h"

#define DIGITS_RECORD_POINTS 100u  //  about so many points of a run are recorded

typedef struct {
    uint64_t gradients;  //  applied
    double seconds;      //  since the run began
    double train_loss;
    double test_loss;
    double test_accuracy;
} digits_point_t;

typedef struct {
    digits_point_t *points;
    size_t count;
    size_t room;
} digits_record_t;

//  False without memory.
bool digits_record_add (digits_record_t *self, const digits_point_t *point);
void digits_record_destroy (digits_record_t *self);

//  How good `parameters` are on data->train and data->test.
//    `network`  has room for either
void digits_point_measure (digits_point_t *point, digits_network_t *network,
                           const float parameters [DIGITS_PARAMETERS], const digits_data_t *data);

//  errors  false; the sentence went to stderr
bool digits_record_write (const digits_record_t *self, const char *path);

//  At least one point, in ascending order of gradients.
//    owns    digits_record_destroy, also after an error
//    errors  false; the sentence went to stderr
bool digits_record_read (digits_record_t *self, const char *path);

#endif
