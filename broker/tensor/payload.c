#include "tensor/payload.h"

#include "core/size.h"
#include "tensor/encoding.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

gradmq_payload_mark_t
gradmq_payload_seek (const gradmq_payload_t *self, uint64_t offset)
{
    gradmq_payload_mark_t mark = {0, 0};
    while (mark.frame < self->count && offset >= self->frames [mark.frame].size)
        offset -= self->frames [mark.frame++].size;
    assert (mark.frame < self->count || offset == 0);
    mark.at = (size_t) offset;
    return mark;
}

static const void *
s_gather (const gradmq_payload_t *self, gradmq_payload_mark_t *mark, size_t size, void *scratch)
{
    uint8_t *to = scratch;
    while (size) {
        assert (mark->frame < self->count);
        const gradmq_frame_t *frame = &self->frames [mark->frame];
        size_t piece = frame->size - mark->at;
        if (piece > size)
            piece = size;
        if (piece)
            memcpy (to, frame->bytes + mark->at, piece);
        to += piece;
        size -= piece;
        mark->at += piece;
        if (mark->at == frame->size)
            *mark = (gradmq_payload_mark_t){mark->frame + 1, 0};
    }
    return scratch;
}

const void *
gradmq_payload_read (const gradmq_payload_t *self, gradmq_payload_mark_t *mark, size_t size,
                     void *scratch)
{
    while (mark->frame < self->count && mark->at == self->frames [mark->frame].size)
        *mark = (gradmq_payload_mark_t){mark->frame + 1, 0};
    if (size == 0)
        return scratch;
    assert (mark->frame < self->count);
    const gradmq_frame_t *frame = &self->frames [mark->frame];
    if (frame->size - mark->at < size)
        return s_gather (self, mark, size, scratch);
    const uint8_t *bytes = frame->bytes + mark->at;
    mark->at += size;
    return bytes;
}

gradmq_err_t
gradmq_part_size (const gradmq_tensor_t *tensor, uint32_t encoding, const gradmq_dtype_t *dtype,
                  uint64_t count, uint64_t *bytes, gradmq_reason_t *reason)
{
    const gradmq_encoding_t *row = gradmq_encoding (encoding);
    if (row)
        return row->size (tensor, dtype, count, bytes, reason);
    return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                          "encoding %" PRIu32 " of tensor '%s' is not known here; Describe lists "
                          "those that are",
                          encoding, tensor->name);
}

static gradmq_err_t
s_check_total (const gradmq_payload_t *self, uint64_t wanted, gradmq_reason_t *reason)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < self->count; i++) {
        if (self->frames [i].size == 0)
            return gradmq_refuse (reason, GRADMQ_ERR_LENGTH, "payload frame %zu is empty", i);
        if (!gradmq_size_add (sum, self->frames [i].size, &sum))
            return gradmq_refuse (reason, GRADMQ_ERR_LENGTH, "the payload is beyond 64 bits");
    }
    if (sum != wanted || self->bytes != wanted)
        return gradmq_refuse (reason, GRADMQ_ERR_LENGTH,
                              "the payload has %" PRIu64 " bytes; its header makes it %" PRIu64,
                              sum, wanted);
    return GRADMQ_OK;
}

//  True when byte `at` of a part begins an element, an index or a scale, or is the part's end.
static bool
s_boundary (const gradmq_layout_t *layout, const gradmq_part_t *part, uint64_t at)
{
    uint64_t head = gradmq_part_head (gradmq_layout_tensor (layout, part->tensor), part);
    if (at < head)
        return at % GRADMQ_HEAD_UNIT == 0;
    return (at - head) % gradmq_part_element (part) == 0;
}

static gradmq_err_t
s_check_frames (const gradmq_payload_t *self, const gradmq_layout_t *layout,
                const gradmq_part_t *parts, size_t part_count, gradmq_reason_t *reason)
{
    uint64_t end = 0;
    size_t part = 0;
    for (size_t i = 0; i < self->count; i++) {
        end += self->frames [i].size;
        while (part < part_count && parts [part].offset + parts [part].bytes <= end)
            part++;
        if (part < part_count && end > parts [part].offset
            && !s_boundary (layout, &parts [part], end - parts [part].offset))
            return gradmq_refuse (reason, GRADMQ_ERR_ALIGNMENT,
                                  "payload frame %zu ends inside an element, an index or a scale",
                                  i);
    }
    return GRADMQ_OK;
}

//  What the part's own encoding has to say of it.
static gradmq_err_t
s_check_part (const gradmq_payload_t *self, const gradmq_layout_t *layout,
              const gradmq_part_t *part, gradmq_reason_t *reason)
{
    const gradmq_encoding_t *encoding = gradmq_encoding (part->encoding);
    if (!encoding->check)
        return GRADMQ_OK;
    return encoding->check (self, gradmq_layout_tensor (layout, part->tensor), part, reason);
}

gradmq_err_t
gradmq_payload_check (const gradmq_payload_t *self, const gradmq_layout_t *layout,
                      const gradmq_part_t *parts, size_t part_count, gradmq_reason_t *reason)
{
    uint64_t total = 0;
    for (size_t i = 0; i < part_count; i++)
        if (!gradmq_size_add (total, parts [i].bytes, &total))
            return gradmq_refuse (reason, GRADMQ_ERR_LENGTH, "the parts are beyond 64 bits");
    gradmq_err_t rc = s_check_total (self, total, reason);
    if (!rc)
        rc = s_check_frames (self, layout, parts, part_count, reason);
    for (size_t i = 0; i < part_count && !rc; i++)
        rc = s_check_part (self, layout, &parts [i], reason);
    return rc;
}

gradmq_err_t
gradmq_payload_check_dense (const gradmq_payload_t *self, const gradmq_layout_t *layout,
                            const gradmq_dtype_t *dtype, gradmq_reason_t *reason)
{
    uint64_t total;
    if (!gradmq_size_mul (gradmq_layout_elements (layout), dtype->size, &total))
        return gradmq_refuse (reason, GRADMQ_ERR_LENGTH, "the layout is beyond 64 bits");
    gradmq_err_t rc = s_check_total (self, total, reason);
    for (size_t i = 0; i < self->count && !rc; i++)
        if (self->frames [i].size % dtype->size)
            rc = gradmq_refuse (reason, GRADMQ_ERR_ALIGNMENT,
                                "payload frame %zu ends inside an element of %s", i, dtype->name);
    return rc;
}
