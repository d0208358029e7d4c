#include "step/pass.h"

#include "core/bytes.h"
#include "kernel/kernel.h"

#include <string.h>

#define S_INDEX_BYTES sizeof (uint32_t)

bool
gradmq_step_streams (const gradmq_plan_t *plan, const uint8_t *old, const uint8_t *next)
{
    return old != next && gradmq_layout_bytes (plan->layout) > GRADMQ_STEP_STREAM_BYTES;
}

void
gradmq_step_copy (const gradmq_plan_t *plan, const uint8_t *old, uint8_t *next, uint64_t first,
                  uint64_t elements)
{
    size_t size = gradmq_layout_dtype (plan->layout)->size;
    if (old == next)
        return;
    if (gradmq_step_streams (plan, old, next))
        gradmq_kernel_stream (next + first * size, old + first * size, (size_t) elements * size);
    else
        memcpy (next + first * size, old + first * size, (size_t) elements * size);
}

static size_t
s_block_of (uint64_t left)
{
    return left < GRADMQ_BLOCK ? (size_t) left : GRADMQ_BLOCK;
}

//  Count the step and make its factors.
static gradmq_terms_t
s_begin (gradmq_step_pass_t *self, gradmq_plan_entry_t *entry, double factor [GRADMQ_FACTORS_MAX])
{
    const gradmq_plan_group_t *group = &self->step->plan->groups [entry->group];
    gradmq_terms_t terms = group->terms;
    terms.rate = self->rate * group->rate_scale;
    terms.count = ++entry->count;
    memcpy (terms.running, entry->running, sizeof terms.running);
    self->step->plan->optimizer->prepare (&terms, factor);
    memcpy (entry->running, terms.running, sizeof terms.running);
    return terms;
}

static gradmq_block_t
s_block (gradmq_step_pass_t *self, uint64_t element, size_t count, const double *factor)
{
    const gradmq_plan_t *plan = self->step->plan;
    size_t offset = element * self->reader.master->size;
    gradmq_block_t block = {.p = self->old + offset,
                            .p_new = self->next + offset,
                            .g = gradmq_reader_read (&self->reader, count),
                            .count = count,
                            .factor = factor};
    for (size_t i = 0; i < plan->optimizer->states; i++)
        block.state [i] = gradmq_plan_state (plan, i, element);
    return block;
}

static void
s_apply (gradmq_step_pass_t *self, uint64_t element, uint64_t elements, const double *factor,
         bool streams)
{
    const gradmq_plan_t *plan = self->step->plan;
    while (elements) {
        size_t count = s_block_of (elements);
        gradmq_block_t block = s_block (self, element, count, factor);
        double limit = self->reader.real->block (plan->optimizer, &block, streams);
        self->limit = gradmq_kernel_worse (self->limit, limit);
        element += count;
        elements -= count;
    }
}

//  First pass of an optimizer with a trust ratio; the reader is back where it was afterwards.
static void
s_trust (gradmq_step_pass_t *self, const gradmq_plan_entry_t *entry, const gradmq_terms_t *terms,
         double factor [GRADMQ_FACTORS_MAX])
{
    const gradmq_optimizer_t *optimizer = self->step->plan->optimizer;
    const gradmq_reader_t begin = self->reader;
    double sums [2] = {0.0, 0.0};
    for (uint64_t done = 0; done < entry->elements;) {
        size_t count = s_block_of (entry->elements - done);
        gradmq_block_t block = s_block (self, entry->first + done, count, factor);
        self->reader.real->norms (optimizer, &block, sums);
        done += count;
    }
    optimizer->trust (terms, sums, factor);
    self->reader = begin;
}

static void
s_dense (gradmq_step_pass_t *self, gradmq_plan_entry_t *entry)
{
    const gradmq_plan_t *plan = self->step->plan;
    if (plan->groups [entry->group].frozen) {
        gradmq_reader_leave (&self->reader, entry->elements);
        gradmq_step_copy (plan, self->old, self->next, entry->first, entry->elements);
        return;
    }
    double factor [GRADMQ_FACTORS_MAX] = {0};
    gradmq_terms_t terms = s_begin (self, entry, factor);
    if (plan->optimizer->trust_ratio)
        s_trust (self, entry, &terms, factor);
    s_apply (self, entry->first, entry->elements, factor,
             gradmq_step_streams (plan, self->old, self->next));
}

//  Neighbouring rows that stand one after the other are applied as one stretch.
static void
s_rows (gradmq_step_pass_t *self, gradmq_plan_entry_t *entry, const gradmq_part_t *part)
{
    const gradmq_plan_t *plan = self->step->plan;
    uint64_t row = gradmq_layout_tensor (plan->layout, part->tensor)->row;
    gradmq_payload_mark_t index = self->reader.mark;
    gradmq_reader_skip (&self->reader, part->count * S_INDEX_BYTES);
    gradmq_step_copy (plan, self->old, self->next, entry->first, entry->elements);
    if (plan->groups [entry->group].frozen)
        return;
    double factor [GRADMQ_FACTORS_MAX] = {0};
    s_begin (self, entry, factor);
    uint64_t first = 0, rows = 0;
    for (uint64_t i = 0; i < part->count; i++) {
        uint8_t scratch [S_INDEX_BYTES];
        uint64_t at = gradmq_get_u32 (
            gradmq_payload_read (self->reader.payload, &index, S_INDEX_BYTES, scratch));
        if (rows && at == first + rows) {
            rows++;
            continue;
        }
        s_apply (self, entry->first + first * row, rows * row, factor, false);
        first = at;
        rows = 1;
    }
    s_apply (self, entry->first + first * row, rows * row, factor, false);
}

static void
s_parts (gradmq_step_pass_t *self)
{
    gradmq_plan_t *plan = self->step->plan;
    const gradmq_gradient_t *gradient = self->gradient;
    gradmq_plan_spread (plan);
    size_t part = 0;
    for (size_t t = 0; t < plan->tensor_count; t++) {
        gradmq_plan_entry_t *entry = &plan->tensors [t];
        if (gradient->part_count
            && (part == gradient->part_count || gradient->parts [part].tensor != t)) {
            gradmq_step_copy (plan, self->old, self->next, entry->first, entry->elements);
            continue;
        }
        const gradmq_part_t *here = gradient->part_count ? &gradient->parts [part++] : NULL;
        if (here)
            gradmq_reader_part (&self->reader, here, gradmq_layout_tensor (plan->layout, t));
        if (here && here->encoding == GRADMQ_ENCODING_ROWS)
            s_rows (self, entry, here);
        else
            s_dense (self, entry);
    }
}

void
gradmq_pass_run (gradmq_step_pass_t *self)
{
    gradmq_plan_t *plan = self->step->plan;
    if (plan->even && gradmq_step_whole (self->gradient, plan->layout))
        for (size_t r = 0; r < plan->run_count; r++)
            s_dense (self, &plan->runs [r]);
    else
        s_parts (self);
    if (gradmq_step_streams (plan, self->old, self->next))
        gradmq_kernel_stream_end ();
}
