#include "step/gather.h"

#include "core/bytes.h"
#include "core/spread.h"
#include "kernel/kernel.h"

#include <stdlib.h>
#include <string.h>

#define S_INDEX_BYTES ((size_t) 4)

//  A rule at work on one tensor.
typedef struct {
    gradmq_aggregate_t *aggregate;
    gradmq_inputs_t *inputs;
    const gradmq_settings_t *settings;  //  that the rule goes by
    gradmq_gather_t gather;
    gradmq_gather_pass_t *pass;
    double limit;     //  greatest magnitude so far
    const void **x;   //  one an input that is there
    double *given;    //  weights as they were stated, of those
    double *weight;   //  as the rule wants them
    double *here;     //  of those that have a row
    size_t present;   //  inputs that are there
    bool all_rows;    //  and none has more than rows
    uint8_t *values;  //  where the tensor's aggregate begins
    size_t size;      //  bytes an element
} s_work_t;

void
gradmq_aggregate_clear (gradmq_aggregate_t *self)
{
    for (size_t t = 0; self->rows && t < self->tensor_count; t++)
        free (self->rows [t]);
    free (self->rows);
    free (self->frames);
    gradmq_gradient_clear (&self->gradient);
    *self = (gradmq_aggregate_t){0};
}

//  Room for the contributions to a block after they were mixed.
static void *
s_mixed_new (const s_work_t *work)
{
    return aligned_alloc (64, work->inputs->count * work->inputs->block * work->size);
}

//  Two frames a tensor at most: indices and values.
static gradmq_err_t
s_take_memory (s_work_t *work)
{
    gradmq_aggregate_t *self = work->aggregate;
    gradmq_plan_t *plan = work->inputs->step->plan;
    size_t n = work->inputs->count;
    self->tensor_count = plan->tensor_count;
    if (!plan->aggregate)
        plan->aggregate = gradmq_snapshot_new (plan->pool, plan->layout);
    self->rows = calloc (plan->tensor_count, sizeof *self->rows);
    self->frames = calloc (plan->tensor_count, 2 * sizeof *self->frames);
    self->gradient.parts = calloc (plan->tensor_count, sizeof *self->gradient.parts);
    work->x = calloc (n, sizeof *work->x);
    work->given = calloc (n, 3 * sizeof *work->given);
    if (work->gather.near)
        work->gather.mixed = s_mixed_new (work);
    if (!plan->aggregate || !self->rows || !self->frames || !self->gradient.parts || !work->x
        || !work->given || (work->gather.near && !work->gather.mixed))
        return GRADMQ_ERR_MEMORY;
    work->weight = work->given + n;
    work->here = work->given + 2 * n;
    return GRADMQ_OK;
}

//  Which inputs are there, and what each of them weighs.
static void
s_look (s_work_t *work)
{
    const gradmq_rule_t *rule = work->inputs->step->rule;
    work->present = 0;
    work->all_rows = true;
    for (size_t i = 0; i < work->inputs->count; i++) {
        const gradmq_input_t *input = &work->inputs->list [i];
        if (input->form == GRADMQ_INPUT_ABSENT)
            continue;
        work->given [work->present++] = input->weight;
        if (input->form != GRADMQ_INPUT_ROWS)
            work->all_rows = false;
    }
    if (work->present)
        rule->weigh (work->settings, work->given, work->present, work->weight, &work->gather.trim);
}

static void
s_add_frame (gradmq_aggregate_t *self, const void *bytes, uint64_t size)
{
    self->frames [self->frame_count++] = (gradmq_frame_t){bytes, (size_t) size};
    self->gradient.payload.bytes += size;
}

static gradmq_part_t *
s_add_part (s_work_t *work, size_t tensor, uint32_t encoding)
{
    gradmq_gradient_t *gradient = &work->aggregate->gradient;
    gradmq_part_t *part = &gradient->parts [gradient->part_count++];
    *part = (gradmq_part_t){.tensor = (uint32_t) tensor,
                            .encoding = encoding,
                            .dtype = gradmq_layout_dtype (work->inputs->step->plan->layout),
                            .offset = gradient->payload.bytes};
    return part;
}

//  Apply the rule to what work->x points to, and look at what comes out.
static void
s_apply (s_work_t *work, size_t contributions, const double *weight, size_t count, void *out)
{
    const gradmq_real_t *real = work->inputs->step->plan->real;
    work->gather.x = work->x;
    work->gather.weight = weight;
    work->gather.contributions = contributions;
    work->gather.count = count;
    work->gather.out = out;
    work->pass (&work->gather);
    work->limit = gradmq_kernel_worse (work->limit, real->limit (out, count));
}

//  Elements from..to of the tensor, at the first of which every input stands.
static void
s_stretch (s_work_t *work, uint64_t from, uint64_t to)
{
    gradmq_inputs_t *inputs = work->inputs;
    while (from < to) {
        uint64_t left = to - from;
        size_t count = left < inputs->block ? (size_t) left : inputs->block, x = 0;
        for (size_t i = 0; i < inputs->count; i++)
            if (inputs->list [i].form != GRADMQ_INPUT_ABSENT)
                work->x [x++] = gradmq_input_read (inputs, &inputs->list [i], from, count);
        s_apply (work, x, work->weight, count, work->values + from * work->size);
        from += count;
    }
}

//  A tensor that is divided over threads: each has inputs of its own.
typedef struct {
    const s_work_t *whole;
    uint64_t step;  //  elements of a share
    size_t shares;
    double limit [GRADMQ_SPREAD_MAX];
    bool failed [GRADMQ_SPREAD_MAX];
} s_shares_t;

static void
s_share (void *context, size_t share)
{
    s_shares_t *self = context;
    s_work_t work = *self->whole;
    gradmq_inputs_t inputs;
    uint64_t elements = work.inputs->tensor->elements, from = share * self->step;
    uint64_t to = share + 1 == self->shares ? elements : from + self->step;
    work.limit = 0.0;
    work.inputs = &inputs;
    work.x = malloc (self->whole->inputs->count * sizeof *work.x);
    work.gather.mixed = work.gather.near ? s_mixed_new (self->whole) : NULL;
    self->failed [share] = !work.x || (work.gather.near && !work.gather.mixed)
                           || gradmq_inputs_copy (&inputs, self->whole->inputs, from);
    if (!self->failed [share]) {
        s_stretch (&work, from, to);
        gradmq_inputs_clear (&inputs);
    }
    self->limit [share] = work.limit;
    free (work.gather.mixed);
    free (work.x);
}

static gradmq_err_t
s_spread (s_work_t *work, size_t shares)
{
    s_shares_t self = {.whole = work, .shares = shares};
    self.step = work->inputs->tensor->elements / shares / GRADMQ_BLOCK * GRADMQ_BLOCK;
    gradmq_spread (shares, s_share, &self);
    for (size_t i = 0; i < shares; i++) {
        if (self.failed [i])
            return GRADMQ_ERR_MEMORY;
        work->limit = gradmq_kernel_worse (work->limit, self.limit [i]);
    }
    gradmq_inputs_skip (work->inputs);
    return GRADMQ_OK;
}

static gradmq_err_t
s_dense (s_work_t *work, size_t tensor)
{
    uint64_t elements = work->inputs->tensor->elements;
    gradmq_part_t *part = s_add_part (work, tensor, GRADMQ_ENCODING_DENSE);
    part->bytes = elements * work->size;
    s_add_frame (work->aggregate, work->values, part->bytes);
    size_t shares = gradmq_inputs_width (work->inputs);
    if (shares > 1)
        return s_spread (work, shares);
    s_stretch (work, 0, elements);
    return GRADMQ_OK;
}

//  The row that comes next in any input; UINT64_MAX: none.
static uint64_t
s_next_row (const gradmq_inputs_t *inputs)
{
    uint64_t row = UINT64_MAX;
    for (size_t i = 0; i < inputs->count; i++)
        if (inputs->list [i].form == GRADMQ_INPUT_ROWS && inputs->list [i].rows_left
            && inputs->list [i].row < row)
            row = inputs->list [i].row;
    return row;
}

//  One row, of the inputs that have it; each weighs what it weighs for the whole tensor, so that those
//  without it count as zeros.
static void
s_row (s_work_t *work, uint64_t row, uint8_t *out)
{
    gradmq_inputs_t *inputs = work->inputs;
    uint64_t length = inputs->tensor->row;
    for (uint64_t done = 0; done < length;) {
        uint64_t left = length - done;
        size_t count = left < inputs->block ? (size_t) left : inputs->block, x = 0, present = 0;
        for (size_t i = 0; i < inputs->count; i++) {
            gradmq_input_t *input = &inputs->list [i];
            if (input->form == GRADMQ_INPUT_ABSENT)
                continue;
            double weight = work->weight [present++];
            if (!input->rows_left || input->row != row)
                continue;
            work->here [x] = weight;
            work->x [x++] = gradmq_input_read (inputs, input, row * length + done, count);
        }
        s_apply (work, x, work->here, count, out + done * work->size);
        done += count;
    }
}

static gradmq_err_t
s_rows (s_work_t *work, size_t tensor)
{
    const gradmq_inputs_t *inputs = work->inputs;
    uint64_t most = 0;
    for (size_t i = 0; i < inputs->count; i++)
        if (inputs->list [i].form == GRADMQ_INPUT_ROWS)
            most += inputs->list [i].rows_left;
    if (most > inputs->tensor->rows)
        most = inputs->tensor->rows;
    uint8_t *indices = malloc (((size_t) most + 1) * S_INDEX_BYTES);  //  at least one byte
    if (!indices)
        return GRADMQ_ERR_MEMORY;
    work->aggregate->rows [tensor] = indices;
    gradmq_part_t *part = s_add_part (work, tensor, GRADMQ_ENCODING_ROWS);
    uint64_t bytes = inputs->tensor->row * work->size;
    for (uint64_t row; (row = s_next_row (inputs)) != UINT64_MAX; part->count++) {
        gradmq_put_u32 (indices + part->count * S_INDEX_BYTES, (uint32_t) row);
        s_row (work, row, work->values + part->count * bytes);
    }
    part->bytes = part->count * (S_INDEX_BYTES + bytes);
    s_add_frame (work->aggregate, indices, part->count * S_INDEX_BYTES);
    s_add_frame (work->aggregate, work->values, part->count * bytes);
    return GRADMQ_OK;
}

static gradmq_err_t
s_tensor (s_work_t *work, size_t tensor)
{
    const gradmq_plan_t *plan = work->inputs->step->plan;
    gradmq_inputs_tensor (work->inputs, tensor);
    if (plan->groups [plan->tensors [tensor].group].frozen) {
        gradmq_inputs_skip (work->inputs);
        return GRADMQ_OK;
    }
    s_look (work);
    if (!work->present)
        return GRADMQ_OK;
    uint8_t *values = gradmq_snapshot_write (plan->aggregate);
    work->values = values + work->inputs->tensor->first * work->size;
    if (work->all_rows)
        return s_rows (work, tensor);
    return s_dense (work, tensor);
}

//  Contributions to frozen tensors alone still make a step. A gradient without parts would mean all
//  tensors, so it gets a part that nobody reads.
static void
s_say_something (s_work_t *work)
{
    const gradmq_plan_t *plan = work->inputs->step->plan;
    size_t t = 0;
    if (work->aggregate->gradient.part_count)
        return;
    while (!plan->groups [plan->tensors [t].group].frozen)
        t++;
    gradmq_part_t *part = s_add_part (work, t, GRADMQ_ENCODING_DENSE);
    part->bytes = plan->tensors [t].elements * work->size;
    s_add_frame (work->aggregate, gradmq_snapshot_bytes (plan->aggregate), part->bytes);
}

gradmq_err_t
gradmq_gather (gradmq_aggregate_t *self, gradmq_inputs_t *inputs, const gradmq_settings_t *settings,
               const bool *near)
{
    const gradmq_plan_t *plan = inputs->step->plan;
    *self = (gradmq_aggregate_t){0};
    gradmq_gradient_init (&self->gradient);
    s_work_t work = {.aggregate = self,
                     .inputs = inputs,
                     .settings = settings,
                     .gather = {.near = near},
                     .pass = plan->real->gather (inputs->step->rule),
                     .size = gradmq_layout_dtype (plan->layout)->size};
    gradmq_err_t rc = s_take_memory (&work);
    for (size_t t = 0; t < plan->tensor_count && !rc; t++)
        rc = s_tensor (&work, t);
    if (!rc)
        s_say_something (&work);
    self->limit = work.limit;
    self->gradient.layout = gradmq_layout_id (plan->layout);
    self->gradient.payload.frames = self->frames;
    self->gradient.payload.count = self->frame_count;
    free (work.gather.mixed);
    free (work.x);
    free (work.given);
    return rc;
}
