#include "wire/gradient.h"

#include "core/size.h"

#include <inttypes.h>

static gradmq_err_t
s_check_layout (const gradmq_gradient_t *self, const gradmq_layout_t *layout,
                gradmq_reason_t *reason)
{
    if (self->layout == gradmq_layout_id (layout))
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_LAYOUT,
                          "the gradient is for layout %016" PRIx64
                          ", the model has layout %016" PRIx64 "; Describe tells it",
                          self->layout, gradmq_layout_id (layout));
}

static gradmq_err_t
s_check_skip (const gradmq_gradient_t *self, const gradmq_layout_t *layout, gradmq_reason_t *reason)
{
    if (self->part_count || self->payload.count)
        return gradmq_refuse (reason, GRADMQ_ERR_LENGTH,
                              "kind SKIP has no payload; this one has %zu frames and %zu parts",
                              self->payload.count, self->part_count);
    return self->layout ? s_check_layout (self, layout, reason) : GRADMQ_OK;
}

//  Fill dtype, bytes and offset of part `i`, whose first byte is *offset.
static gradmq_err_t
s_place_part (gradmq_gradient_t *self, size_t i, const gradmq_layout_t *layout,
              const gradmq_dtype_t *dtype, uint64_t *offset, gradmq_reason_t *reason)
{
    gradmq_part_t *part = &self->parts [i];
    if (part->tensor >= gradmq_layout_count (layout))
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "a part is for tensor %" PRIu32 "; the layout has %zu tensors",
                              part->tensor, gradmq_layout_count (layout));
    if (i && part->tensor <= self->parts [i - 1].tensor)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "tensor %" PRIu32 " comes after tensor %" PRIu32
                              "; parts ascend, one a tensor",
                              part->tensor, self->parts [i - 1].tensor);
    if (!part->dtype)
        part->dtype = dtype;
    part->offset = *offset;
    const gradmq_tensor_t *tensor = gradmq_layout_tensor (layout, part->tensor);
    gradmq_err_t err =
        gradmq_part_size (tensor, part->encoding, part->dtype, part->count, &part->bytes, reason);
    if (err)
        return err;
    uint64_t stated = self->stated_bytes ? self->stated_bytes [i] : UINT64_MAX;
    if (stated != UINT64_MAX && stated != part->bytes)
        return gradmq_refuse (reason, GRADMQ_ERR_LENGTH,
                              "the part for tensor \"%s\" states %" PRIu64
                              " bytes; it has to have %" PRIu64,
                              tensor->name, stated, part->bytes);
    if (!gradmq_size_add (*offset, part->bytes, offset))
        return gradmq_refuse (reason, GRADMQ_ERR_LENGTH, "the parts are longer than 2^64 bytes");
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_gradient_check (gradmq_gradient_t *self, const gradmq_layout_t *layout,
                       gradmq_reason_t *reason)
{
    if (self->kind == GRADMQ_KIND_SKIP)
        return s_check_skip (self, layout, reason);
    gradmq_err_t err = s_check_layout (self, layout, reason);
    if (err)
        return err;
    if (self->payload.count > GRADMQ_PAYLOAD_FRAMES_MAX)
        return gradmq_refuse (reason, GRADMQ_ERR_FRAMES,
                              "the payload has %zu frames; it can have %u", self->payload.count,
                              GRADMQ_PAYLOAD_FRAMES_MAX);
    const gradmq_dtype_t *dtype =
        self->dtype ? gradmq_dtype (self->dtype) : gradmq_layout_dtype (layout);
    if (!dtype)
        return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED, "dtype %" PRIu32 " is not known here",
                              self->dtype);
    if (!self->part_count)
        return gradmq_payload_check_dense (&self->payload, layout, dtype, reason);
    uint64_t offset = 0;
    for (size_t i = 0; i < self->part_count && !err; i++)
        err = s_place_part (self, i, layout, dtype, &offset, reason);
    return err ? err
               : gradmq_payload_check (&self->payload, layout, self->parts, self->part_count,
                                       reason);
}
