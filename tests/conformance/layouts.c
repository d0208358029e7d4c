//  Vectors of layouts and of element types.

#include "vector.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool
vector_run_layout (const json_t *vector, char wrong [VECTOR_WRONG_BYTES])
{
    gradmq_layout_t *layout = NULL;
    gradmq_reason_t reason = {0};
    gradmq_err_t err = vector_layout (&layout, json_object_get (vector, "layout"), &reason);
    const char *code = vector_text (vector, "error");
    if (strcmp (gradmq_err_name (err), code ? code : "OK") != 0) {
        gradmq_layout_release (&layout);
        return vector_fail (wrong, "%s, not %s; %s", gradmq_err_name (err), code ? code : "OK",
                            reason.text);
    }
    if (err)
        return true;
    uint64_t id = gradmq_layout_id (layout);
    gradmq_layout_release (&layout);
    if (id != vector_u64 (vector, "id"))
        return vector_fail (wrong, "its id is %016" PRIx64, id);
    return true;
}

static void
s_convert (const gradmq_dtype_t *from, const gradmq_dtype_t *to, const uint8_t *input,
           uint8_t *output, size_t count)
{
    if (from->code == GRADMQ_DTYPE_F32 && to->code != GRADMQ_DTYPE_F64) {
        float *singles = calloc (count, sizeof *singles);
        from->to_f32 (singles, input, count);
        to->from_f32 (output, singles, count);
        free (singles);
    } else {
        double *doubles = calloc (count, sizeof *doubles);
        from->to_f64 (doubles, input, count);
        to->from_f64 (output, doubles, count);
        free (doubles);
    }
}

bool
vector_run_dtype (const json_t *vector, char wrong [VECTOR_WRONG_BYTES])
{
    const gradmq_dtype_t *from = gradmq_dtype_named (vector_text (vector, "from"));
    const gradmq_dtype_t *to = gradmq_dtype_named (vector_text (vector, "to"));
    size_t input_size, output_size;
    uint8_t *input = vector_hex (vector_text (vector, "input"), &input_size);
    uint8_t *output = vector_hex (vector_text (vector, "output"), &output_size);
    size_t count = input_size / from->size;
    uint8_t *made = calloc (count, to->size);
    bool good = output_size == count * to->size;
    s_convert (from, to, input, made, count);
    for (size_t i = 0; i < count && good; i++)
        if (memcmp (made + i * to->size, output + i * to->size, to->size) != 0)
            good = vector_fail (wrong, "element %zu is not converted as it should be", i);
    free (input);
    free (output);
    free (made);
    return good;
}
