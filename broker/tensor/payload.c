#include "tensor/payload.h"

#include "core/bytes.h"
#include "core/code.h"
#include "core/size.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#define S_INDEX_BYTES 4u
#define S_INDICES 256u

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

static gradmq_err_t
s_too_long (const gradmq_tensor_t *tensor, gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_LENGTH,
                          "the part for tensor '%s' does not fit into 64 bits", tensor->name);
}

static gradmq_err_t
s_rows_size (const gradmq_tensor_t *tensor, const gradmq_dtype_t *dtype, uint64_t count,
             uint64_t *bytes, gradmq_reason_t *reason)
{
    if (tensor->rows > UINT32_MAX)
        return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                              "tensor '%s' has more than 2^32 - 1 rows; send it as DENSE",
                              tensor->name);
    if (count == 0 || count > tensor->rows)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "%" PRIu64 " rows for tensor '%s', which has %" PRIu64
                              "; send 1 to all of them",
                              count, tensor->name, tensor->rows);
    uint64_t row_bytes, data, indices;
    if (!gradmq_size_mul (tensor->row, dtype->size, &row_bytes)
        || !gradmq_size_mul (row_bytes, count, &data)
        || !gradmq_size_mul (count, S_INDEX_BYTES, &indices)
        || !gradmq_size_add (data, indices, bytes))
        return s_too_long (tensor, reason);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_part_size (const gradmq_tensor_t *tensor, uint32_t encoding, const gradmq_dtype_t *dtype,
                  uint64_t count, uint64_t *bytes, gradmq_reason_t *reason)
{
    if (encoding == GRADMQ_ENCODING_ROWS)
        return s_rows_size (tensor, dtype, count, bytes, reason);
    if (encoding != GRADMQ_ENCODING_DENSE)
        return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                              "encoding %" PRIu32
                              " (%s) of tensor '%s'; DENSE (1) and ROWS (2) are "
                              "taken here",
                              encoding, gradmq_encoding_name (encoding), tensor->name);
    if (count)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "count %" PRIu64 " with a DENSE part for tensor '%s'; leave it out",
                              count, tensor->name);
    if (!gradmq_size_mul (tensor->elements, dtype->size, bytes))
        return s_too_long (tensor, reason);
    return GRADMQ_OK;
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

//  True when byte `at` of a part begins an element or an index, or is the part's end.
static bool
s_boundary (const gradmq_part_t *part, uint64_t at)
{
    uint64_t indices = part->encoding == GRADMQ_ENCODING_ROWS ? part->count * S_INDEX_BYTES : 0;
    if (at < indices)
        return at % S_INDEX_BYTES == 0;
    return (at - indices) % part->dtype->size == 0;
}

static gradmq_err_t
s_check_frames (const gradmq_payload_t *self, const gradmq_part_t *parts, size_t part_count,
                gradmq_reason_t *reason)
{
    uint64_t end = 0;
    size_t part = 0;
    for (size_t i = 0; i < self->count; i++) {
        end += self->frames [i].size;
        while (part < part_count && parts [part].offset + parts [part].bytes <= end)
            part++;
        if (part < part_count && end > parts [part].offset
            && !s_boundary (&parts [part], end - parts [part].offset))
            return gradmq_refuse (reason, GRADMQ_ERR_ALIGNMENT,
                                  "payload frame %zu ends inside an element", i);
    }
    return GRADMQ_OK;
}

static gradmq_err_t
s_check_rows (const gradmq_payload_t *self, const gradmq_tensor_t *tensor,
              const gradmq_part_t *part, gradmq_reason_t *reason)
{
    gradmq_payload_mark_t mark = gradmq_payload_seek (self, part->offset);
    uint64_t least = 0;
    for (uint64_t done = 0; done < part->count;) {
        uint64_t left = part->count - done;
        size_t batch = left < S_INDICES ? (size_t) left : S_INDICES;
        uint8_t scratch [S_INDICES * S_INDEX_BYTES];
        const uint8_t *indices = gradmq_payload_read (self, &mark, batch * S_INDEX_BYTES, scratch);
        for (size_t i = 0; i < batch; i++) {
            uint32_t row = gradmq_get_u32 (indices + i * S_INDEX_BYTES);
            if (row < least || row >= tensor->rows)
                return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                                      "row %" PRIu32 " of tensor '%s' is out of range or not above "
                                      "the one before; it has %" PRIu64 " rows",
                                      row, tensor->name, tensor->rows);
            least = (uint64_t) row + 1;
        }
        done += batch;
    }
    return GRADMQ_OK;
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
        rc = s_check_frames (self, parts, part_count, reason);
    for (size_t i = 0; i < part_count && !rc; i++)
        if (parts [i].encoding == GRADMQ_ENCODING_ROWS)
            rc = s_check_rows (self, gradmq_layout_tensor (layout, parts [i].tensor), &parts [i],
                               reason);
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
