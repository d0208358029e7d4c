#include "cli/bench/learn/text/pupil.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH = GRADMQ_GUESS_WIDTH, ORDER = GRADMQ_GUESS_ORDER };

//  Stream of a worker's dice.
enum { PLACES = 3000 };

gradmq_err_t
gradmq_desk_open (gradmq_desk_t *self, const gradmq_lesson_size_t *size, gradmq_reason_t *reason)
{
    *self = (gradmq_desk_t){.batch = size->batch};
    self->places = calloc (size->batch, sizeof *self->places);
    self->local = calloc (size->rows * WIDTH + GRADMQ_GUESS_OUTPUT, sizeof *self->local);
    if (!self->places || !self->local)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    gradmq_err_t err = gradmq_guess_gradient_open (&self->gradient, size->rows, reason);
    return err ? err : gradmq_guess_gradient_open (&self->result, size->rows, reason);
}

void
gradmq_desk_close (gradmq_desk_t *self)
{
    gradmq_guess_gradient_close (&self->gradient);
    gradmq_guess_gradient_close (&self->result);
    free (self->local);
    free (self->places);
    *self = (gradmq_desk_t){0};
}

gradmq_err_t
gradmq_pupil_open (gradmq_pupil_t *self, const gradmq_trial_t *trial,
                   const gradmq_text_part_t *text, size_t index, gradmq_host_t *host,
                   gradmq_reason_t *reason)
{
    const char *encoding = trial->arm->encoding;
    gradmq_layout_t *layout = gradmq_model_layout (host->engine->model);
    gradmq_err_t err = GRADMQ_OK;
    *self = (gradmq_pupil_t){.text = text, .dice = gradmq_dice (trial->seed, PLACES + index)};
    self->sparse = gradmq_rows_open (&self->rows, encoding, layout);
    if (!self->sparse)
        err = gradmq_encoder_open (&self->encoder, gradmq_encoder_find (encoding), layout, reason);
    if (!err)
        err = gradmq_pacer_open (&self->pacer, trial->arm, index, trial->seed, host, reason);
    return err;
}

void
gradmq_pupil_close (gradmq_pupil_t *self)
{
    gradmq_snapshot_release (&self->w);
    gradmq_rows_close (&self->rows);
    gradmq_encoder_close (&self->encoder);
    *self = (gradmq_pupil_t){0};
}

void
gradmq_pupil_begin (gradmq_pupil_t *self, const gradmq_host_t *host)
{
    gradmq_snapshot_release (&self->w);
    self->w = gradmq_snapshot_acquire (gradmq_model_newest (host->engine->model));
    gradmq_pacer_begin (&self->pacer, host);
}

//  Add the gradient of a batch of its text at parameters w.
static void
s_gradient (gradmq_pupil_t *self, const float *w, gradmq_desk_t *desk,
            gradmq_guess_gradient_t *gradient)
{
    for (size_t i = 0; i < desk->batch; i++)
        desk->places [i] =
            (uint32_t) (ORDER + gradmq_dice_below (&self->dice, self->text->size - ORDER));
    gradmq_guess (w, gradient->rows, self->text->bytes, desk->places, desk->batch, gradient);
}

//  Where `change` is not zero, local parameters are w and what it says.
static void
s_move (const float *w, const gradmq_guess_gradient_t *change, float *local)
{
    size_t table = change->rows * WIDTH;
    for (size_t i = 0; i < change->touched_count; i++)
        for (size_t j = (size_t) change->touched [i] * WIDTH, n = 0; n < WIDTH; n++, j++)
            local [j] = (float) ((double) w [j] + change->values [j]);
    for (size_t j = table; j < table + GRADMQ_GUESS_OUTPUT; j++)
        local [j] = (float) ((double) w [j] + change->values [j]);
}

void
gradmq_pupil_compute (gradmq_pupil_t *self, double rate, gradmq_desk_t *desk)
{
    const float *w = gradmq_snapshot_bytes (self->w);
    size_t steps = self->pacer.arm->local_steps;
    gradmq_guess_gradient_reset (&desk->result);
    if (!steps) {
        s_gradient (self, w, desk, &desk->result);
        return;
    }
    size_t elements = desk->result.rows * WIDTH + GRADMQ_GUESS_OUTPUT;
    memcpy (desk->local, w, elements * sizeof *w);
    for (size_t step = 0; step < steps; step++) {
        gradmq_guess_gradient_reset (&desk->gradient);
        s_gradient (self, desk->local, desk, &desk->gradient);
        gradmq_guess_gradient_add (&desk->result, -rate, &desk->gradient);
        s_move (w, &desk->result, desk->local);
    }
}

gradmq_err_t
gradmq_pupil_push (gradmq_pupil_t *self, gradmq_host_t *host, gradmq_desk_t *desk, size_t *size_p,
                   gradmq_reason_t *reason)
{
    gradmq_gradient_t *header = &self->pacer.header;
    gradmq_pacer_stamp (&self->pacer);
    gradmq_err_t err =
        self->sparse ? gradmq_rows_encode (&self->rows, &desk->result, header, reason)
                     : gradmq_encoder_encode (&self->encoder, desk->result.values, header, reason);
    if (err)
        return err;
    *size_p = self->sparse ? self->rows.size : self->encoder.size;
    return gradmq_host_push (host, header, self->sparse ? self->rows.bytes : self->encoder.bytes,
                             *size_p, reason);
}
