#include "cli/bench/learn/text/lesson.h"

#include "cli/bench/learn/text/ngram.h"
#include "cli/bench/learn/text/pupil.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

enum { WORKERS = GRADMQ_LIBRARY_WORKERS, ORDER = GRADMQ_GUESS_ORDER, TEXT_BYTES = 256, START = 3 };

//  Deviation of the output's first weights; the table begins at zero.
#define SPREAD 0.3
#define LN2 0.6931471805599453

typedef struct {
    const gradmq_trial_t *trial;
    const gradmq_lesson_t *lesson;
    gradmq_host_t host;
    gradmq_pupil_t workers [WORKERS];
    gradmq_desk_t desk;
    uint64_t bytes;
} s_class_t;

//  ------------------------------------------------------------------------------------------------
//  What is learned

//  Places spread evenly over a text.
static void
s_spread (uint32_t *places, size_t count, size_t size)
{
    for (size_t i = 0; i < count; i++)
        places [i] = (uint32_t) (ORDER + i * (size - ORDER) / count);
}

static gradmq_err_t
s_count (gradmq_lesson_t *self, gradmq_reason_t *reason)
{
    gradmq_ngram_t *ngram = gradmq_ngram_new (self->train_bytes);
    if (!ngram)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < WORKERS; i++)
        gradmq_ngram_count (ngram, self->library.parts [i].bytes, self->library.parts [i].size);
    for (size_t i = 0; i < self->size.places; i++) {
        const uint8_t *at = self->library.test.bytes + self->places [i];
        self->ngram_bits -= log2 (gradmq_ngram_probability (ngram, at, *at));
    }
    self->ngram_bits /= (double) self->size.places;
    gradmq_ngram_destroy (&ngram);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_lesson_open (gradmq_lesson_t *self, const gradmq_lesson_size_t *size,
                    gradmq_reason_t *reason)
{
    char folder [PATH_MAX];
    *self = (gradmq_lesson_t){.size = *size};
    gradmq_err_t err = gradmq_library_find (folder, sizeof folder, reason);
    if (!err)
        err = gradmq_library_load (&self->library, folder, size->most, reason);
    if (!err)
        err = gradmq_guess_layout (&self->layout, size->rows, reason);
    if (err)
        return err;
    for (size_t i = 0; i < WORKERS; i++)
        self->train_bytes += self->library.parts [i].size;
    self->places = calloc (size->places, sizeof *self->places);
    if (!self->places)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    s_spread (self->places, size->places, self->library.test.size);
    return s_count (self, reason);
}

void
gradmq_lesson_clear (gradmq_lesson_t *self)
{
    gradmq_library_clear (&self->library);
    gradmq_layout_release (&self->layout);
    free (self->places);
    *self = (gradmq_lesson_t){0};
}

//  ------------------------------------------------------------------------------------------------
//  A run

//  A coordinator whose model begins with a random output.
static gradmq_err_t
s_open_host (s_class_t *self, gradmq_reason_t *reason)
{
    char settings [TEXT_BYTES];
    const gradmq_layout_t *layout = self->lesson->layout;
    gradmq_dice_t dice = gradmq_dice (self->trial->seed, START);
    size_t table = self->lesson->size.rows * GRADMQ_GUESS_WIDTH;
    float *start = calloc ((size_t) gradmq_layout_elements (layout), sizeof *start);
    if (!start)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    for (size_t j = 0; j < GRADMQ_GUESS_WIDTH * GRADMQ_GUESS_BYTES; j++)
        start [table + j] = (float) (SPREAD * gradmq_dice_normal (&dice));
    gradmq_trial_settings (self->trial, settings, sizeof settings);
    gradmq_err_t err =
        gradmq_host_open (&self->host, settings, self->lesson->layout, start, reason);
    free (start);
    return err;
}

static gradmq_err_t
s_open (s_class_t *self, gradmq_reason_t *reason)
{
    const gradmq_lesson_t *lesson = self->lesson;
    gradmq_err_t err = s_open_host (self, reason);
    if (!err)
        err = gradmq_desk_open (&self->desk, &lesson->size, reason);
    for (size_t i = 0; i < WORKERS && !err; i++)
        err = gradmq_pupil_open (&self->workers [i], self->trial, &lesson->library.parts [i], i,
                                 &self->host, reason);
    for (size_t i = 0; i < WORKERS && !err; i++)
        gradmq_pupil_begin (&self->workers [i], &self->host);
    return err;
}

//  Who is ready next; NULL: everybody waits.
static gradmq_pupil_t *
s_next (s_class_t *self)
{
    gradmq_pupil_t *next = NULL;
    for (size_t i = 0; i < WORKERS; i++) {
        gradmq_pupil_t *worker = &self->workers [i];
        if (!worker->pacer.waits && (!next || worker->pacer.ready_us < next->pacer.ready_us))
            next = worker;
    }
    return next;
}

//  The next contribution, and whoever may go on because of it.
static gradmq_err_t
s_advance (s_class_t *self, size_t done, gradmq_reason_t *reason)
{
    gradmq_pupil_t *worker = s_next (self);
    if (!worker)
        return gradmq_refuse (reason, GRADMQ_ERR_STATE,
                              "%s: all workers wait, and no step can be made",
                              self->trial->arm->name);
    double left = 1.0 - (double) done / (double) self->trial->contributions;
    size_t size;
    self->host.now_us = worker->pacer.ready_us;
    gradmq_pupil_compute (worker, self->trial->rate * left, &self->desk);
    gradmq_err_t err = gradmq_pupil_push (worker, &self->host, &self->desk, &size, reason);
    self->bytes += err ? 0 : size;
    worker->pacer.waits = true;
    for (size_t i = 0; i < WORKERS && !err; i++)
        if (self->workers [i].pacer.waits
            && gradmq_pacer_may_begin (&self->workers [i].pacer, &self->host))
            gradmq_pupil_begin (&self->workers [i], &self->host);
    return err;
}

//  How well the text is guessed that workers learn from, an equal share of it from each.
static double
s_objective (const s_class_t *self, const float *w, uint32_t *places)
{
    double loss = 0.0;
    size_t count = self->lesson->size.places / WORKERS;
    for (size_t i = 0; i < WORKERS; i++) {
        const gradmq_text_part_t *part = &self->lesson->library.parts [i];
        s_spread (places, count, part->size);
        loss += gradmq_guess (w, self->lesson->size.rows, part->bytes, places, count, NULL);
    }
    return loss / WORKERS / LN2;
}

static gradmq_err_t
s_score (const s_class_t *self, gradmq_trial_result_t *result, gradmq_reason_t *reason)
{
    const gradmq_lesson_t *lesson = self->lesson;
    uint32_t *places = calloc (lesson->size.places, sizeof *places);
    if (!places)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    const float *w = gradmq_snapshot_bytes (gradmq_model_newest (self->host.engine->model));
    *result = (gradmq_trial_result_t){
        .objective = s_objective (self, w, places),
        .loss = gradmq_guess (w, lesson->size.rows, lesson->library.test.bytes, lesson->places,
                              lesson->size.places, NULL)
                / LN2,
        .bytes = self->bytes,
        .versions = gradmq_model_version (self->host.engine->model)};
    free (places);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_lesson_run (const gradmq_trial_t *trial, const gradmq_lesson_t *lesson,
                   gradmq_trial_result_t *result, gradmq_reason_t *reason)
{
    s_class_t *self = calloc (1, sizeof *self);
    if (!self)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    self->trial = trial;
    self->lesson = lesson;
    gradmq_err_t err = s_open (self, reason);
    for (size_t done = 0; done < trial->contributions && !err; done++)
        err = s_advance (self, done, reason);
    if (!err)
        err = s_score (self, result, reason);
    for (size_t i = 0; i < WORKERS; i++)
        gradmq_pupil_close (&self->workers [i]);
    gradmq_desk_close (&self->desk);
    gradmq_host_clear (&self->host);
    free (self);
    return err;
}
