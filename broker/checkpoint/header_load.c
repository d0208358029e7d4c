#include "checkpoint/header.h"
#include "core/bytes.h"

#include <inttypes.h>
#include <stdlib.h>

enum { LENGTH_BYTES = 8 };

static gradmq_err_t
s_read_length (const gradmq_source_t *source, uint64_t *length, gradmq_reason_t *reason)
{
    uint8_t bytes [LENGTH_BYTES];
    if (source->size < LENGTH_BYTES)
        return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                              "%.160s: has %" PRIu64
                              " bytes; a safetensors file begins with 8 that "
                              "tell the length of its header",
                              source->name, source->size);
    gradmq_err_t err = gradmq_source_read (source, 0, bytes, LENGTH_BYTES, reason);
    if (err)
        return err;
    *length = gradmq_get_u64 (bytes);
    if (*length > GRADMQ_SAFETENSORS_HEADER_BYTES_MAX)
        return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                              "%.160s: says its header has %" PRIu64
                              " bytes; the format allows %u. Is it a safetensors file?",
                              source->name, *length, GRADMQ_SAFETENSORS_HEADER_BYTES_MAX);
    if (*length > source->size - LENGTH_BYTES)
        return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                              "%.160s: says its header has %" PRIu64 " bytes, but only %" PRIu64
                              " follow; it was cut",
                              source->name, *length, source->size - LENGTH_BYTES);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_header_load (gradmq_header_t *self, const gradmq_source_t *source, uint64_t *data_at,
                    gradmq_reason_t *reason)
{
    uint64_t length = 0;
    *self = (gradmq_header_t){0};
    gradmq_err_t err = s_read_length (source, &length, reason);
    if (err)
        return err;
    char *text = malloc ((size_t) length + 1);
    if (!text)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "%.200s: not enough memory for it",
                              source->name);
    *data_at = LENGTH_BYTES + length;
    err = gradmq_source_read (source, LENGTH_BYTES, text, length, reason);
    if (err) {
        free (text);
        return err;
    }
    return gradmq_header_read (self, text, (size_t) length, source->size - *data_at, source->name,
                               reason);
}
