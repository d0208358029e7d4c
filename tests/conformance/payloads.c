//  Vectors of payload encodings: the values that octets stand for.

#include "core/bytes.h"
#include "core/code.h"
#include "step/reader.h"
#include "vector.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define READ_AT_ONCE 4096

static gradmq_err_t
s_parts (const json_t *vector, const gradmq_layout_t *layout, gradmq_part_t *parts, size_t count,
         gradmq_reason_t *reason)
{
    uint64_t offset = 0;
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; i < count && !err; i++) {
        const json_t *from = json_array_get (json_object_get (vector, "parts"), i);
        uint64_t encoding = vector_u64 (from, "encoding"), dtype = vector_u64 (from, "dtype");
        gradmq_part_t *part = &parts [i];
        part->tensor = (uint32_t) vector_u64 (from, "tensor");
        part->encoding = encoding ? (uint32_t) encoding : GRADMQ_ENCODING_DENSE;
        part->dtype = gradmq_dtype ((uint32_t) (dtype ? dtype : vector_u64 (vector, "dtype")));
        part->count = vector_u64 (from, "count");
        part->offset = offset;
        err = gradmq_part_size (gradmq_layout_tensor (layout, part->tensor), part->encoding,
                                part->dtype, part->count, &part->bytes, reason);
        offset += err ? 0 : part->bytes;
    }
    return err;
}

//  Rows by hand: the reader leaves their indices to its caller.
static void
s_rows (gradmq_reader_t *reader, const gradmq_part_t *part, const gradmq_tensor_t *tensor,
        double *values)
{
    gradmq_payload_mark_t index = reader->mark;
    gradmq_reader_skip (reader, part->count * sizeof (uint32_t));
    for (uint64_t i = 0; i < part->count; i++) {
        uint8_t scratch [sizeof (uint32_t)];
        uint32_t row =
            gradmq_get_u32 (gradmq_payload_read (reader->payload, &index, sizeof scratch, scratch));
        memcpy (values + row * tensor->row, gradmq_reader_read (reader, (size_t) tensor->row),
                tensor->row * sizeof *values);
    }
}

//  The whole tensor of one part as the step reads it for a model of F64; rows that are not there are 0.
static double *
s_values (const gradmq_payload_t *payload, const gradmq_layout_t *layout, const gradmq_part_t *part)
{
    const gradmq_tensor_t *tensor = gradmq_layout_tensor (layout, part->tensor);
    const gradmq_dtype_t *f64 = gradmq_dtype (GRADMQ_DTYPE_F64);
    double *values = calloc (tensor->elements, sizeof *values);
    double scratch [READ_AT_ONCE], raw [READ_AT_ONCE];
    gradmq_factors_t *factors = gradmq_factors_new ();
    assert (values && factors && tensor->elements <= READ_AT_ONCE);
    gradmq_err_t err = gradmq_factors_reserve (factors, layout, f64, part, 1, NULL);
    assert (!err);
    (void) err;
    gradmq_reader_t reader = {.payload = payload,
                              .dtype = f64,
                              .master = f64,
                              .real = gradmq_real (f64),
                              .transform = GRADMQ_TRANSFORM_NONE,
                              .scratch = scratch,
                              .raw = raw,
                              .factors = factors};
    gradmq_reader_part (&reader, part, tensor);
    if (part->encoding == GRADMQ_ENCODING_ROWS)
        s_rows (&reader, part, tensor, values);
    else
        memcpy (values, gradmq_reader_read (&reader, (size_t) tensor->elements),
                tensor->elements * sizeof *values);
    gradmq_factors_destroy (&factors);
    return values;
}

static bool
s_same_values (const json_t *vector, const gradmq_layout_t *layout, const gradmq_payload_t *payload,
               const gradmq_part_t *parts, size_t count, char wrong [VECTOR_WRONG_BYTES])
{
    bool good = true;
    for (size_t i = 0; i < count && good; i++) {
        const gradmq_tensor_t *tensor = gradmq_layout_tensor (layout, parts [i].tensor);
        const json_t *want = json_array_get (json_object_get (vector, "values"), i);
        double *values = s_values (payload, layout, &parts [i]);
        good = json_array_size (want) == tensor->elements;
        for (size_t k = 0; k < tensor->elements && good; k++) {
            double wanted = vector_f64 (json_array_get (want, k));
            if (memcmp (&values [k], &wanted, sizeof wanted) != 0)
                good = vector_fail (wrong, "part %zu, element %zu is %.17g", i, k, values [k]);
        }
        free (values);
    }
    return good;
}

static bool
s_run (const json_t *vector, const gradmq_layout_t *layout, char wrong [VECTOR_WRONG_BYTES])
{
    vector_frames_t frames = vector_frames (json_object_get (vector, "frames"));
    gradmq_payload_t payload = {frames.frames, frames.count, frames.bytes};
    size_t count = json_array_size (json_object_get (vector, "parts"));
    gradmq_part_t *parts = calloc (count, sizeof *parts);
    assert (parts);
    gradmq_reason_t reason = {0};
    gradmq_err_t err = s_parts (vector, layout, parts, count, &reason);
    if (!err)
        err = gradmq_payload_check (&payload, layout, parts, count, &reason);
    const char *code = vector_text (vector, "error");
    bool good = strcmp (gradmq_err_name (err), code ? code : "OK") == 0;
    if (!good)
        vector_fail (wrong, "%s, not %s; %s", gradmq_err_name (err), code ? code : "OK",
                     reason.text);
    else if (!err)
        good = s_same_values (vector, layout, &payload, parts, count, wrong);
    free (parts);
    vector_frames_clear (&frames);
    return good;
}

bool
vector_run_payload (const json_t *vector, char wrong [VECTOR_WRONG_BYTES])
{
    gradmq_layout_t *layout = NULL;
    if (vector_layout (&layout, json_object_get (vector, "layout"), NULL))
        return vector_fail (wrong, "its layout is refused");
    bool good = s_run (vector, layout, wrong);
    gradmq_layout_release (&layout);
    return good;
}
