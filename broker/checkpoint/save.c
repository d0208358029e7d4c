#include "checkpoint/save.h"

#include "checkpoint/file.h"
#include "checkpoint/header.h"
#include "core/bytes.h"
#include "core/json.h"
#include "core/utf8.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_BYTES = 8 };

//  The header as it grows: 8 bytes for its length, then JSON.
typedef struct {
    FILE *stream;
    char *bytes;
    size_t size;
} s_text_t;

static bool
s_is_utf8 (const char *text)
{
    for (size_t left = strlen (text); left;) {
        size_t length = gradmq_utf8_length (text, left);
        if (!length)
            return false;
        text += length;
        left -= length;
    }
    return true;
}

static gradmq_err_t
s_no_memory (gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
}

static gradmq_err_t
s_put_string (s_text_t *self, const char *text, gradmq_reason_t *reason)
{
    size_t room = strlen (text) * 6 + 3;
    char *quoted = malloc (room);
    if (!quoted)
        return s_no_memory (reason);
    size_t length = gradmq_json_quote (quoted, room, text);
    bool written = fwrite (quoted, 1, length, self->stream) == length;
    free (quoted);
    return written ? GRADMQ_OK : s_no_memory (reason);
}

static gradmq_err_t
s_check_metadata (const gradmq_metadata_t *metadata, size_t count, gradmq_reason_t *reason)
{
    if (count > GRADMQ_SAFETENSORS_METADATA_MAX)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT, "%zu metadata pairs; at most %u", count,
                              GRADMQ_SAFETENSORS_METADATA_MAX);
    for (size_t i = 0; i < count; i++)
        if (!s_is_utf8 (metadata [i].key) || !s_is_utf8 (metadata [i].value))
            return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                                  "metadata \"%.128s\" is not valid UTF-8", metadata [i].key);
    if (count == 0)
        return GRADMQ_OK;
    gradmq_metadata_t *sorted = malloc (count * sizeof *sorted);
    if (!sorted)
        return s_no_memory (reason);
    memcpy (sorted, metadata, count * sizeof *sorted);
    const char *twice = gradmq_metadata_sort (sorted, count);
    free (sorted);
    if (!twice)
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT, "metadata has the key \"%.128s\" twice",
                          twice);
}

static gradmq_err_t
s_put_metadata (s_text_t *self, const gradmq_metadata_t *metadata, size_t count,
                gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    if (count == 0)
        return err;
    fputs ("\"__metadata__\":{", self->stream);
    for (size_t i = 0; i < count && !err; i++) {
        if (i)
            fputc (',', self->stream);
        err = s_put_string (self, metadata [i].key, reason);
        fputc (':', self->stream);
        if (!err)
            err = s_put_string (self, metadata [i].value, reason);
    }
    fputs ("},", self->stream);
    return err;
}

static gradmq_err_t
s_put_tensor (s_text_t *self, const gradmq_save_t *save, size_t piece,
              const gradmq_tensor_t *tensor, gradmq_reason_t *reason)
{
    char name [GRADMQ_PIECE_PREFIX_BYTES + GRADMQ_TENSOR_NAME_BYTES_MAX];
    snprintf (name, sizeof name, "%s%s", save->pieces [piece].prefix, tensor->name);
    gradmq_err_t err = s_put_string (self, name, reason);
    fprintf (self->stream, ":{\"dtype\":\"%s\",\"shape\":[", save->dtype->name);
    for (uint32_t i = 0; i < tensor->rank; i++)
        fprintf (self->stream, "%s%" PRIu64, i ? "," : "", tensor->shape [i]);
    uint64_t first = piece * gradmq_layout_elements (save->layout) + tensor->first;
    fprintf (self->stream, "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}",
             first * save->dtype->size, (first + tensor->elements) * save->dtype->size);
    return err;
}

static gradmq_err_t
s_put_tensors (s_text_t *self, const gradmq_save_t *save, gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    size_t count = gradmq_layout_count (save->layout);
    for (size_t i = 0; i < save->piece_count * count && !err; i++) {
        if (i)
            fputc (',', self->stream);
        err = s_put_tensor (self, save, i / count, gradmq_layout_tensor (save->layout, i % count),
                            reason);
    }
    return err;
}

//  Spaces up to where the data is aligned to 8 bytes, then the length in front.
static gradmq_err_t
s_finish (s_text_t *self, gradmq_reason_t *reason)
{
    fputc ('}', self->stream);
    fflush (self->stream);
    while (self->size % LENGTH_BYTES) {
        fputc (' ', self->stream);
        fflush (self->stream);
    }
    bool written = !ferror (self->stream);
    written &= fclose (self->stream) == 0;
    self->stream = NULL;
    if (!written)
        return s_no_memory (reason);
    uint64_t length = self->size - LENGTH_BYTES;
    if (length > GRADMQ_SAFETENSORS_HEADER_BYTES_MAX)
        return gradmq_refuse (reason, GRADMQ_ERR_TOO_LARGE,
                              "the header would have %" PRIu64 " bytes; the format allows %u",
                              length, GRADMQ_SAFETENSORS_HEADER_BYTES_MAX);
    gradmq_put_u64 (self->bytes, length);
    return GRADMQ_OK;
}

static gradmq_err_t
s_make_header (s_text_t *self, const gradmq_save_t *save, gradmq_reason_t *reason)
{
    static const char room [LENGTH_BYTES] = {0};
    gradmq_err_t err = s_check_metadata (save->metadata, save->metadata_count, reason);
    if (err)
        return err;
    self->stream = open_memstream (&self->bytes, &self->size);
    if (!self->stream)
        return s_no_memory (reason);
    fwrite (room, 1, sizeof room, self->stream);
    fputc ('{', self->stream);
    err = s_put_metadata (self, save->metadata, save->metadata_count, reason);
    if (!err)
        err = s_put_tensors (self, save, reason);
    return err ? err : s_finish (self, reason);
}

gradmq_err_t
gradmq_save (const gradmq_save_t *self, uint64_t *bytes, gradmq_reason_t *reason)
{
    s_text_t header = {0};
    gradmq_new_file_t *file = NULL;
    uint64_t piece_bytes = gradmq_layout_elements (self->layout) * self->dtype->size;
    gradmq_err_t err = s_make_header (&header, self, reason);
    if (!err)
        err = self->private ? gradmq_new_file_open_private (&file, self->path, reason)
                            : gradmq_new_file_open (&file, self->path, reason);
    if (!err)
        err = gradmq_new_file_write (file, header.bytes, header.size, reason);
    for (size_t i = 0; i < self->piece_count && !err; i++)
        err = gradmq_new_file_write (file, self->pieces [i].data, piece_bytes, reason);
    if (!err)
        err = gradmq_new_file_commit (&file, reason);
    *bytes = header.size + self->piece_count * piece_bytes;
    gradmq_new_file_destroy (&file);
    if (header.stream)
        fclose (header.stream);
    free (header.bytes);
    return err;
}

gradmq_err_t
gradmq_safetensors_save (const char *path, const gradmq_layout_t *layout,
                         const gradmq_dtype_t *dtype, const void *data,
                         const gradmq_metadata_t *metadata, size_t metadata_count,
                         gradmq_reason_t *reason)
{
    uint64_t bytes;
    const gradmq_piece_t piece = {.prefix = "", .data = data};
    const gradmq_save_t save = {.path = path,
                                .layout = layout,
                                .dtype = dtype,
                                .pieces = &piece,
                                .piece_count = 1,
                                .metadata = metadata,
                                .metadata_count = metadata_count};
    return gradmq_save (&save, &bytes, reason);
}
