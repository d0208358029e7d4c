#include "step/self.h"

#include <math.h>

#define S_BLOCK 1024u

typedef struct {
    const gradmq_layout_t *layout;
    double loss_scale;
    gradmq_reader_t reader;
} s_scan_t;

static bool
s_taken (const s_scan_t *self, double limit)
{
    return isfinite (limit) && limit / self->loss_scale <= self->reader.real->value_limit;
}

//  The tensor that this element of the packed form belongs to.
static const gradmq_tensor_t *
s_tensor_of (const gradmq_layout_t *layout, uint64_t element)
{
    size_t index = 0;
    while (element >= gradmq_layout_tensor (layout, index)->first
                          + gradmq_layout_tensor (layout, index)->elements)
        index++;
    return gradmq_layout_tensor (layout, index);
}

//  One of these values is not taken; they belong to `tensor`, or, where that is NULL, begin at
//  `element` of the packed form.
static gradmq_err_t
s_refuse (const s_scan_t *self, const gradmq_tensor_t *tensor, uint64_t element, const void *values,
          gradmq_reason_t *reason)
{
    size_t size = self->reader.master->size;
    const uint8_t *at = values;
    while (s_taken (self, self->reader.real->limit (at, 1))) {
        at += size;
        element++;
    }
    double value;
    self->reader.master->to_f64 (&value, at, 1);
    if (!tensor)
        tensor = s_tensor_of (self->layout, element);
    return gradmq_refuse (
        reason, GRADMQ_ERR_NON_FINITE,
        "a value of tensor '%s' is %g with loss_scale %g; it has to be finite and "
        "at most %g after division",
        tensor->name, value, self->loss_scale, self->reader.real->value_limit);
}

//  The next `elements`, of `tensor` or, where that is NULL, of the packed form.
static gradmq_err_t
s_scan (s_scan_t *self, const gradmq_tensor_t *tensor, uint64_t elements, gradmq_reason_t *reason)
{
    for (uint64_t done = 0; done < elements;) {
        uint64_t left = elements - done;
        size_t count = left < S_BLOCK ? (size_t) left : S_BLOCK;
        const void *values = gradmq_reader_read (&self->reader, count);
        if (!s_taken (self, self->reader.real->limit (values, count)))
            return s_refuse (self, tensor, done, values, reason);
        done += count;
    }
    return GRADMQ_OK;
}

static gradmq_err_t
s_scan_part (s_scan_t *self, const gradmq_part_t *part, gradmq_reason_t *reason)
{
    const gradmq_tensor_t *tensor = gradmq_layout_tensor (self->layout, part->tensor);
    gradmq_reader_part (&self->reader, part, tensor);
    if (part->encoding != GRADMQ_ENCODING_ROWS)
        return s_scan (self, tensor, tensor->elements, reason);
    gradmq_reader_skip (&self->reader, part->count * sizeof (uint32_t));
    return s_scan (self, tensor, part->count * tensor->row, reason);
}

gradmq_err_t
gradmq_step_check_values (const gradmq_step_t *self, const gradmq_gradient_t *gradient,
                          const gradmq_layout_t *layout, gradmq_reason_t *reason)
{
    if (gradient->kind == GRADMQ_KIND_SKIP)
        return GRADMQ_OK;
    gradmq_err_t rc = gradmq_factors_reserve (self->factors, layout, gradmq_layout_dtype (layout),
                                              gradient->parts, gradient->part_count, reason);
    if (rc)
        return rc;
    double scratch [S_BLOCK], raw [S_BLOCK];
    s_scan_t scan = {.layout = layout,
                     .loss_scale = gradient->loss_scale,
                     .reader = {.payload = &gradient->payload,
                                .dtype = gradmq_step_dtype (gradient, layout),
                                .master = gradmq_layout_dtype (layout),
                                .real = gradmq_real (gradmq_layout_dtype (layout)),
                                .transform = GRADMQ_TRANSFORM_NONE,
                                .scratch = scratch,
                                .raw = raw,
                                .factors = self->factors}};
    if (gradient->part_count == 0)
        return s_scan (&scan, NULL, gradmq_layout_elements (layout), reason);
    for (size_t i = 0; i < gradient->part_count && !rc; i++)
        rc = s_scan_part (&scan, &gradient->parts [i], reason);
    return rc;
}
