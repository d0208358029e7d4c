//  A worker whose gradients are random numbers of every form: all tensors, some of them, and some rows of
//  those that have rows.
//
//      program.thrower CONTROL NAME COUNT SEED FORM
//
//  FORM is "whole" for gradients of all tensors only, "int8", "top_k" or "low_rank" for those compressed, "mixed",
//  "based": mixed, and made from the newest parameters, which each states as its base, or "trained": the newest
//  parameters themselves, somewhat changed. It waits until everything is settled, and leaves.
//
//  Output: "thrown applied=N refused=N", or "failed ...".

#include "dice.h"
#include "gradmq.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPEN_MS = 60000, CLOSE_MS = 120000, REQUEST_MS = 500, PARTS_MOST = 16, ROWS_MOST = 64 };

typedef struct {
    gradmq_worker_t *worker;
    const gradmq_layout_info_t *layout;
    dice_t dice;
    bool mixed, based, trained;
    float *values;  //  of a whole gradient
    uint64_t elements;
    uint32_t rows [PARTS_MOST][ROWS_MOST];
} s_thrower_t;

static void
s_fill (s_thrower_t *self)
{
    for (uint64_t i = 0; i < self->elements; i++)
        self->values [i] = (float) dice_below (&self->dice, 1 << 20) / (float) (1 << 20) - 0.5f;
}

//  Some rows of a tensor, or all of it. Returns how many of the values it takes.
static uint64_t
s_part (s_thrower_t *self, uint32_t index, gradmq_part_info_t *part, uint32_t *rows)
{
    const gradmq_tensor_info_t *tensor = &self->layout->tensors [index];
    uint64_t elements = 1, taken = 0;
    for (uint32_t i = 0; i < tensor->rank; i++)
        elements *= tensor->shape [i];
    if (tensor->rank < 2 || dice_percent (&self->dice, 30))
        return elements;
    for (uint64_t row = 0; row < tensor->shape [0] && taken < ROWS_MOST; row++)
        if (dice_percent (&self->dice, 40))
            rows [taken++] = (uint32_t) row;
    if (!taken)
        return elements;
    part->rows = rows;
    part->row_count = taken;
    return taken * (elements / tensor->shape [0]);
}

static gradmq_err_t
s_push_parts (s_thrower_t *self, const gradmq_push_t *push, gradmq_reason_t *why)
{
    gradmq_part_info_t parts [PARTS_MOST] = {0};
    size_t count = 0;
    uint64_t at = 0;
    for (uint32_t i = 0; i < self->layout->count && count < PARTS_MOST; i++) {
        if (dice_percent (&self->dice, 40))
            continue;
        parts [count].tensor = i;
        parts [count].data = self->values + at;
        at += s_part (self, i, &parts [count], self->rows [count]);
        count++;
    }
    if (count == 0)
        return s_push_parts (self, push, why);
    return gradmq_worker_push_parts (self->worker, parts, count, push, why);
}

//  The newest parameters, as if this worker had trained them.
static gradmq_err_t
s_throw_trained (s_thrower_t *self, gradmq_reason_t *why)
{
    gradmq_parameters_view_t view;
    gradmq_err_t err = gradmq_worker_parameters (self->worker, GRADMQ_NEWEST, &view, why);
    if (err)
        return err;
    s_fill (self);
    const float *newest = (const float *) view.data;
    for (uint64_t i = 0; i < self->elements; i++)
        self->values [i] = newest [i] + 0.01f * self->values [i];
    return gradmq_worker_add_model_parameters (self->worker, self->values,
                                               self->elements * sizeof *self->values, NULL, why);
}

static gradmq_err_t
s_throw (s_thrower_t *self, gradmq_reason_t *why)
{
    const gradmq_push_t push = {.without_base = !self->based};
    gradmq_parameters_view_t view;
    gradmq_err_t err = GRADMQ_OK;
    if (self->based)
        err = gradmq_worker_parameters (self->worker, GRADMQ_NEWEST, &view, why);
    s_fill (self);
    if (!err && self->mixed && dice_percent (&self->dice, 70))
        return s_push_parts (self, &push, why);
    return err ? err
               : gradmq_worker_push (self->worker, self->values,
                                     self->elements * sizeof *self->values, &push, why);
}

//  How gradients of this form are compressed.
static gradmq_err_t
s_compress (s_thrower_t *self, const char *form, gradmq_reason_t *why)
{
    static const struct {
        const char *form;
        gradmq_compression_t how;
    } rows [] = {{"int8", {.how = GRADMQ_COMPRESS_INT8}},
                 {"top_k", {.how = GRADMQ_COMPRESS_TOP_K}},
                 {"low_rank", {.how = GRADMQ_COMPRESS_LOW_RANK}}};
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++)
        if (strcmp (form, rows [i].form) == 0)
            return gradmq_worker_compress (self->worker, &rows [i].how, why);
    return GRADMQ_OK;
}

static gradmq_err_t
s_live (s_thrower_t *self, uint64_t count, gradmq_reason_t *why)
{
    self->layout = gradmq_worker_layout (self->worker);
    self->elements = gradmq_worker_elements (self->worker);
    self->values = (float *) calloc (self->elements, sizeof *self->values);
    gradmq_err_t err = self->values ? GRADMQ_OK : GRADMQ_ERR_MEMORY;
    for (uint64_t i = 0; i < count && !err; i++)
        err = self->trained ? s_throw_trained (self, why) : s_throw (self, why);
    return err ? err : gradmq_worker_flush (self->worker, CLOSE_MS, why);
}

int
main (int argc, char **argv)
{
    if (argc != 6) {
        fprintf (stderr, "usage: program.thrower CONTROL NAME COUNT SEED FORM\n");
        return 2;
    }
    s_thrower_t self = {.dice = {strtoull (argv [4], NULL, 10)},
                        .based = strcmp (argv [5], "based") == 0,
                        .trained = strcmp (argv [5], "trained") == 0};
    self.mixed = self.based || strcmp (argv [5], "mixed") == 0;
    gradmq_reason_t why = {GRADMQ_OK, ""};
    const gradmq_options_t options = {
        .control = argv [1], .name = argv [2], .timeout_ms = OPEN_MS, .request_ms = REQUEST_MS};
    gradmq_worker_stats_t stats = {0};
    gradmq_err_t err = gradmq_worker_open (&self.worker, &options, &why);
    if (!err)
        err = s_compress (&self, argv [5], &why);
    if (!err) {
        err = s_live (&self, strtoull (argv [3], NULL, 10), &why);
        gradmq_worker_stats (self.worker, &stats);
    }
    if (err)
        printf ("failed %s: %s\n", gradmq_err_name (err), why.text);
    else
        printf ("thrown applied=%" PRIu64 " refused=%" PRIu64 "\n", stats.applied, stats.refused);
    gradmq_worker_close (&self.worker, err ? 0 : CLOSE_MS, NULL);
    free (self.values);
    return err ? 1 : 0;
}
