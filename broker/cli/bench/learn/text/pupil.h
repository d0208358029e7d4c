//  One worker that learns from its text.

#ifndef GRADMQ_CLI_BENCH_LEARN_TEXT_PUPIL_H
#define GRADMQ_CLI_BENCH_LEARN_TEXT_PUPIL_H

#include "cli/bench/learn/encoder.h"
#include "cli/bench/learn/pacer.h"
#include "cli/bench/learn/text/lesson.h"
#include "cli/bench/learn/text/rows.h"

//  What one worker after the other computes on. All zero: not open.
typedef struct {
    gradmq_guess_gradient_t gradient;
    gradmq_guess_gradient_t result;  //  what is handed in
    float *local;                    //  parameters of local steps
    uint32_t *places;                //  of a batch
    size_t batch;
} gradmq_desk_t;

//    owns    the caller closes *self, also on error
//    errors  MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_desk_open (gradmq_desk_t *self,
                                                 const gradmq_lesson_size_t *size,
                                                 gradmq_reason_t *reason);
void gradmq_desk_close (gradmq_desk_t *self);

//  All zero: not open.
typedef struct {
    gradmq_pacer_t pacer;
    const gradmq_text_part_t *text;
    gradmq_dice_t dice;
    gradmq_snapshot_t *w;  //  that it computes on
    bool sparse;           //  rows, else encoder
    gradmq_rows_t rows;
    gradmq_encoder_t encoder;
} gradmq_pupil_t;

//  Join as worker number `index`.
//    owns    the caller closes *self, also on error; borrows the trial and the text
//    errors  MEMORY, and those of gradmq_host_join
GRADMQ_MUST_CHECK gradmq_err_t gradmq_pupil_open (gradmq_pupil_t *self, const gradmq_trial_t *trial,
                                                  const gradmq_text_part_t *text, size_t index,
                                                  gradmq_host_t *host, gradmq_reason_t *reason);
void gradmq_pupil_close (gradmq_pupil_t *self);

//  Take the newest parameters and begin to compute.
void gradmq_pupil_begin (gradmq_pupil_t *self, const gradmq_host_t *host);

//  Compute what is handed in, into desk->result: a gradient, or the difference that local steps of this rate
//  make.
void gradmq_pupil_compute (gradmq_pupil_t *self, double rate, gradmq_desk_t *desk);

//  Hand it in.
//    returns in *size_p the bytes of the payload
//    errors  those of the encoders and of gradmq_host_push
GRADMQ_MUST_CHECK gradmq_err_t gradmq_pupil_push (gradmq_pupil_t *self, gradmq_host_t *host,
                                                  gradmq_desk_t *desk, size_t *size_p,
                                                  gradmq_reason_t *reason);

#endif
