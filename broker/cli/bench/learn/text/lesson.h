//  Eight workers learn to guess the next byte of a text, each from modules of its own.

#ifndef GRADMQ_CLI_BENCH_LEARN_TEXT_LESSON_H
#define GRADMQ_CLI_BENCH_LEARN_TEXT_LESSON_H

#include "cli/bench/learn/fleet.h"
#include "cli/bench/learn/text/guess.h"
#include "cli/bench/learn/text/library.h"

//  How large all is.
typedef struct {
    size_t rows;    //  of the table
    size_t batch;   //  bytes that a gradient is made from
    size_t most;    //  bytes of a worker's text, and of what is held out
    size_t places;  //  bytes that are guessed to tell how good a model is
} gradmq_lesson_size_t;

//  All zero: not open.
typedef struct {
    gradmq_lesson_size_t size;
    gradmq_library_t library;
    gradmq_layout_t *layout;
    uint32_t *places;    //  in the text that is held out
    double ngram_bits;   //  a byte there, by counting all that workers learn from
    size_t train_bytes;  //  of all workers
} gradmq_lesson_t;

//    owns    the caller clears *self, also on error
//    errors  those of gradmq_library_find and gradmq_library_load; MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_lesson_open (gradmq_lesson_t *self,
                                                   const gradmq_lesson_size_t *size,
                                                   gradmq_reason_t *reason);
void gradmq_lesson_clear (gradmq_lesson_t *self);

//  A run. Of the result, `objective` and `loss` are bits a byte, of text to learn from and held out.
//    errors  MEMORY, and those of the coordinator; STATE: everybody waits for everybody
GRADMQ_MUST_CHECK gradmq_err_t gradmq_lesson_run (const gradmq_trial_t *trial,
                                                  const gradmq_lesson_t *lesson,
                                                  gradmq_trial_result_t *result,
                                                  gradmq_reason_t *reason);

#endif
