#include "step/inputs.h"

#include "core/bytes.h"
#include "core/size.h"
#include "core/spread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

//  Blocks of all inputs together stay in the second-level cache.
enum { BLOCKS_ELEMENTS = 64 << 10, BLOCK_LEAST = 64 };

//  A thread is worth starting for this much of a tensor.
enum { SHARE_BYTES = 2 << 20 };

static size_t
s_block_of (size_t count)
{
    size_t block = BLOCKS_ELEMENTS / count / BLOCK_LEAST * BLOCK_LEAST;
    if (block > GRADMQ_AGGREGATE_BLOCK)
        return GRADMQ_AGGREGATE_BLOCK;
    return block < BLOCK_LEAST ? BLOCK_LEAST : block;
}

//  The parameters that MODEL_PARAMETERS are a difference to: those it states, or the newest.
static const uint8_t *
s_base (const gradmq_model_t *model, const gradmq_gradient_t *gradient)
{
    gradmq_snapshot_t *base = gradmq_model_newest (model);
    if (gradient->kind != GRADMQ_KIND_MODEL_PARAMETERS)
        return NULL;
    if (gradient->has_base)
        base = gradmq_model_retained (model, gradient->base_version);
    return gradmq_snapshot_bytes (base);
}

static void
s_open (gradmq_inputs_t *self, gradmq_input_t *input, const gradmq_model_t *model)
{
    const gradmq_gradient_t *gradient = input->gradient;
    gradmq_transform_t transform = GRADMQ_TRANSFORM_NONE;
    transform.first = gradmq_step_unscale (self->step, gradient);
    input->base = s_base (model, gradient);
    input->scale = 1.0;
    input->weight = gradient->weight;
    input->reader = gradmq_step_reader (self->step, gradient, transform);
}

//  What a reader points to lives until the next read with the same factors, so each input that has any
//  has its own.
static gradmq_err_t
s_take_factors (gradmq_inputs_t *self, gradmq_input_t *input)
{
    const gradmq_gradient_t *gradient = input->gradient;
    bool has = false;
    self->owned++;
    for (size_t i = 0; i < gradient->part_count; i++)
        has = has || gradient->parts [i].encoding == GRADMQ_ENCODING_LOW_RANK;
    if (!has)
        return GRADMQ_OK;
    input->reader.factors = input->factors = gradmq_factors_new ();
    if (!input->factors)
        return GRADMQ_ERR_MEMORY;
    const gradmq_layout_t *layout = self->step->plan->layout;
    return gradmq_factors_reserve (input->factors, layout, gradmq_layout_dtype (layout),
                                   gradient->parts, gradient->part_count, NULL);
}

//  Each input has three blocks: one that its reader decodes into, one that it converts from, and one
//  for what is put together from several reads.
static gradmq_err_t
s_take_memory (gradmq_inputs_t *self)
{
    size_t bytes = self->block * sizeof (double);
    uint64_t all;
    if (!gradmq_size_mul (self->count, 3 * bytes, &all))
        return GRADMQ_ERR_MEMORY;
    self->memory = aligned_alloc (64, all);
    if (!self->memory)
        return GRADMQ_ERR_MEMORY;
    uint8_t *at = self->memory;
    for (size_t i = 0; i < self->count; i++, at += 3 * bytes) {
        self->list [i].reader.scratch = at;
        self->list [i].reader.raw = at + bytes;
        self->list [i].scratch = at + 2 * bytes;
    }
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_inputs_open (gradmq_inputs_t *self, gradmq_step_t *step, const gradmq_model_t *model,
                    const gradmq_gradient_t *const *gradients, size_t count)
{
    *self = (gradmq_inputs_t){.step = step, .count = count, .block = s_block_of (count)};
    self->list = calloc (count, sizeof *self->list);
    if (!self->list)
        return GRADMQ_ERR_MEMORY;
    gradmq_err_t rc = GRADMQ_OK;
    for (size_t i = 0; i < count && !rc; i++) {
        self->list [i].gradient = gradients [i];
        s_open (self, &self->list [i], model);
        rc = s_take_factors (self, &self->list [i]);
    }
    return rc ? rc : s_take_memory (self);
}

void
gradmq_inputs_clear (gradmq_inputs_t *self)
{
    for (size_t i = 0; i < self->owned; i++)
        gradmq_factors_destroy (&self->list [i].factors);
    free (self->list);
    free (self->memory);
    *self = (gradmq_inputs_t){0};
}

bool
gradmq_inputs_plain (const gradmq_inputs_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        const gradmq_input_t *input = &self->list [i];
        if (input->form == GRADMQ_INPUT_ROWS)
            return false;
        if (input->form == GRADMQ_INPUT_DENSE && input->gradient->part_count
            && input->gradient->parts [input->part - 1].encoding != GRADMQ_ENCODING_DENSE)
            return false;
    }
    return true;
}

size_t
gradmq_inputs_width (const gradmq_inputs_t *self)
{
    size_t size = gradmq_layout_dtype (self->step->plan->layout)->size;
    size_t most = (size_t) (self->tensor->elements * size / SHARE_BYTES), width;
    if (most < 2 || !gradmq_inputs_plain (self))
        return 1;
    width = gradmq_spread_width ();
    return width < most ? width : most;
}

gradmq_err_t
gradmq_inputs_copy (gradmq_inputs_t *self, const gradmq_inputs_t *from, uint64_t at)
{
    *self = *from;
    self->memory = NULL;
    self->owned = 0;  //  plain inputs need no factors
    self->list = malloc (from->count * sizeof *self->list);
    if (!self->list)
        return GRADMQ_ERR_MEMORY;
    memcpy (self->list, from->list, from->count * sizeof *self->list);
    gradmq_err_t rc = s_take_memory (self);
    if (rc)
        gradmq_inputs_clear (self);
    for (size_t i = 0; i < from->count && !rc; i++)
        if (self->list [i].form == GRADMQ_INPUT_DENSE)
            gradmq_reader_skip (&self->list [i].reader, at * self->list [i].reader.dtype->size);
    return rc;
}

void
gradmq_inputs_rewind (gradmq_inputs_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        self->list [i].reader.mark = (gradmq_payload_mark_t){0};
        self->list [i].part = 0;
    }
}

//  The next row's index, where there is one.
static void
s_next_row (gradmq_input_t *input)
{
    uint8_t scratch [sizeof (uint32_t)];
    input->row_done = 0;
    if (input->rows_left)
        input->row = gradmq_get_u32 (
            gradmq_payload_read (input->reader.payload, &input->index, sizeof scratch, scratch));
}

static void
s_begin_rows (gradmq_input_t *input, const gradmq_part_t *part)
{
    input->form = GRADMQ_INPUT_ROWS;
    input->index = input->reader.mark;
    input->rows_left = part->count;
    gradmq_reader_skip (&input->reader, part->count * sizeof (uint32_t));
    s_next_row (input);
}

static void
s_begin_tensor (gradmq_input_t *input, size_t tensor, const gradmq_tensor_t *about)
{
    const gradmq_gradient_t *gradient = input->gradient;
    input->form = GRADMQ_INPUT_DENSE;
    if (gradient->part_count == 0)
        return;
    input->form = GRADMQ_INPUT_ABSENT;
    if (input->part == gradient->part_count || gradient->parts [input->part].tensor != tensor)
        return;
    const gradmq_part_t *part = &gradient->parts [input->part++];
    gradmq_reader_part (&input->reader, part, about);
    input->form = GRADMQ_INPUT_DENSE;
    if (part->encoding == GRADMQ_ENCODING_ROWS)
        s_begin_rows (input, part);
}

void
gradmq_inputs_tensor (gradmq_inputs_t *self, size_t tensor)
{
    self->tensor = gradmq_layout_tensor (self->step->plan->layout, tensor);
    for (size_t i = 0; i < self->count; i++)
        s_begin_tensor (&self->list [i], tensor, self->tensor);
}

void
gradmq_inputs_skip (gradmq_inputs_t *self)
{
    for (size_t i = 0; i < self->count; i++)
        if (self->list [i].form != GRADMQ_INPUT_ABSENT)
            gradmq_reader_leave (&self->list [i].reader, self->tensor->elements);
}

//  `count` elements from `at` on of a tensor of which only some rows are there.
static const void *
s_read_rows (gradmq_inputs_t *self, gradmq_input_t *input, uint64_t at, size_t count)
{
    size_t size = input->reader.master->size;
    uint64_t length = self->tensor->row, end = at + count;
    memset (input->scratch, 0, count * size);
    while (input->rows_left) {
        uint64_t from = input->row * length + input->row_done;
        if (from >= end)
            break;
        uint64_t left = length - input->row_done;
        size_t take = left < end - from ? (size_t) left : (size_t) (end - from);
        memcpy ((uint8_t *) input->scratch + (from - at) * size,
                gradmq_reader_read (&input->reader, take), take * size);
        input->row_done += take;
        if (input->row_done == length) {
            input->rows_left--;
            s_next_row (input);
        }
    }
    return input->scratch;
}

//  What is left when these parameters are subtracted from their base.
static const void *
s_subtract (gradmq_inputs_t *self, gradmq_input_t *input, const void *values, uint64_t at,
            size_t count)
{
    const gradmq_real_t *real = input->reader.real;
    size_t size = input->reader.master->size;
    uint8_t *to = input->reader.raw;
    memcpy (to, input->base + (self->tensor->first + at) * size, count * size);
    real->add (to, values, -1.0, count);
    if (input->scale != 1.0)
        real->scale (to, to, input->scale, count);
    return to;
}

const void *
gradmq_input_read (gradmq_inputs_t *self, gradmq_input_t *input, uint64_t at, size_t count)
{
    const void *values = input->form == GRADMQ_INPUT_ROWS
                             ? s_read_rows (self, input, at, count)
                             : gradmq_reader_read (&input->reader, count);
    return input->base ? s_subtract (self, input, values, at, count) : values;
}

static double
s_squares (gradmq_inputs_t *self, gradmq_input_t *input)
{
    double sum = 0.0;
    for (uint64_t done = 0; done < self->tensor->elements;) {
        uint64_t left = self->tensor->elements - done;
        size_t count = left < GRADMQ_BLOCK ? (size_t) left : GRADMQ_BLOCK;
        sum += input->reader.real->squares (gradmq_input_read (self, input, done, count), count);
        done += count;
    }
    return sum;
}

//  The norm of one input, in blocks that depend on the layout alone.
static double
s_norm (gradmq_inputs_t *self, gradmq_input_t *input)
{
    const gradmq_plan_t *plan = self->step->plan;
    double sum = 0.0;
    for (size_t t = 0; t < plan->tensor_count; t++) {
        self->tensor = gradmq_layout_tensor (plan->layout, t);
        s_begin_tensor (input, t, self->tensor);
        if (input->form == GRADMQ_INPUT_ABSENT)
            continue;
        if (plan->groups [plan->tensors [t].group].frozen)
            gradmq_reader_leave (&input->reader, self->tensor->elements);
        else
            sum += s_squares (self, input);
    }
    return sqrt (sum);
}

void
gradmq_input_scale (gradmq_input_t *input, double factor)
{
    if (input->base)
        input->scale *= factor;
    else
        input->reader.transform.first *= factor;
}

gradmq_err_t
gradmq_inputs_clip (gradmq_inputs_t *self, double clip_norm)
{
    double *blocks = malloc (3 * GRADMQ_BLOCK * sizeof *blocks);
    if (!blocks)
        return GRADMQ_ERR_MEMORY;
    gradmq_err_t rc = GRADMQ_OK;
    for (size_t i = 0; i < self->count && !rc; i++) {
        gradmq_input_t *input = &self->list [i], before = *input;
        input->reader.scratch = blocks;
        input->reader.raw = blocks + GRADMQ_BLOCK;
        input->scratch = blocks + 2 * GRADMQ_BLOCK;
        double norm = s_norm (self, input);
        *input = before;
        if (!isfinite (norm))
            rc = GRADMQ_ERR_NON_FINITE;
        else if (norm > clip_norm)
            gradmq_input_scale (input, clip_norm / norm);
    }
    free (blocks);
    return rc;
}
