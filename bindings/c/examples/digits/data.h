//  The images: read from a file, split into those to train on and those held out.

#ifndef DIGITS_DATA_H
#define DIGITS_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGITS_PIXELS 64u
#define DIGITS_CLASSES 10u

//  Images with their classes.
//    shape   pixels: count x DIGITS_PIXELS, row-major, from 0 to 1; labels: count, below
//            DIGITS_CLASSES
typedef struct {
    size_t count;
    float *pixels;
    uint8_t *labels;
} digits_set_t;

typedef struct {
    digits_set_t train;
    digits_set_t test;  //  every fifth image of each class; nothing is trained on it
} digits_data_t;

//  Room for `count` images. False when there is no memory; *set is then empty.
bool digits_set_new (digits_set_t *set, size_t count);
void digits_set_destroy (digits_set_t *set);

//  Copy image `from_index` of `from` to place `index` of `set`.
void digits_set_copy (digits_set_t *set, size_t index, const digits_set_t *from, size_t from_index);

//  Read a file of lines of 64 numbers from 0 to 16 and a digit, and split it. The split is the same
//  in every process: what is shuffled is shuffled with a fixed seed.
//    owns    digits_data_destroy, also after an error
//    errors  false; the sentence, with the line's number, went to stderr
bool digits_data_load (digits_data_t *data, const char *path);
void digits_data_destroy (digits_data_t *data);

#endif
