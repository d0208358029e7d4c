#include "parts.h"

#include "core/bytes.h"
#include "core/code.h"
#include "core/size.h"
#include "tensor/payload.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define INDEX_BYTES 4u

static gradmq_err_t
s_check_rows (const gradmq_tensor_t *tensor, const gradmq_part_info_t *part, gradmq_reason_t *why)
{
    for (uint64_t i = 0; i < part->row_count; i++) {
        if (part->rows [i] >= tensor->rows)
            return gradmq_refuse (why, GRADMQ_ERR_ARGUMENT,
                                  "row %u of tensor %s is not there: it has %" PRIu64 " rows",
                                  part->rows [i], tensor->name, tensor->rows);
        if (i && part->rows [i] <= part->rows [i - 1])
            return gradmq_refuse (why, GRADMQ_ERR_ARGUMENT,
                                  "rows of tensor %s must be strictly increasing: row %u follows "
                                  "row %u",
                                  tensor->name, part->rows [i], part->rows [i - 1]);
    }
    return GRADMQ_OK;
}

static gradmq_err_t
s_plan_one (const gradmq_layout_t *layout, const gradmq_dtype_t *dtype,
            const gradmq_part_info_t *parts, size_t at, gradmq_push_header_part_t *told,
            gradmq_reason_t *why)
{
    const gradmq_part_info_t *part = &parts [at];
    if (part->tensor >= gradmq_layout_count (layout)
        || (at && part->tensor <= parts [at - 1].tensor))
        return gradmq_refuse (why, GRADMQ_ERR_ARGUMENT,
                              "part %zu names tensor %u: parts go by ascending tensor, below %zu",
                              at, part->tensor, gradmq_layout_count (layout));
    const gradmq_tensor_t *tensor = gradmq_layout_tensor (layout, part->tensor);
    if (part->data == NULL)
        return gradmq_refuse (why, GRADMQ_ERR_ARGUMENT, "tensor %s has no data", tensor->name);
    *told = (gradmq_push_header_part_t){.tensor = part->tensor,
                                        .encoding = part->rows ? GRADMQ_ENCODING_ROWS
                                                               : GRADMQ_ENCODING_DENSE,
                                        .count = part->rows ? part->row_count : 0};
    gradmq_err_t err =
        gradmq_part_size (tensor, told->encoding, dtype, told->count, &told->bytes, why);
    if (!err && part->rows)
        err = s_check_rows (tensor, part, why);
    return err;
}

gradmq_err_t
gradmq_parts_plan (const gradmq_layout_t *layout, const gradmq_dtype_t *dtype,
                   const gradmq_part_info_t *parts, size_t count, gradmq_push_header_part_t **told,
                   uint64_t *bytes, gradmq_reason_t *why)
{
    *told = NULL;
    *bytes = 0;
    if (parts == NULL || count == 0)
        return gradmq_refuse (
            why, GRADMQ_ERR_ARGUMENT,
            "a partial gradient needs a part; to say \"nothing this time\", skip");
    if (count > gradmq_layout_count (layout))
        return gradmq_refuse (why, GRADMQ_ERR_ARGUMENT, "%zu parts are given for %zu tensors",
                              count, gradmq_layout_count (layout));
    gradmq_push_header_part_t *plan = (gradmq_push_header_part_t *) calloc (count, sizeof *plan);
    if (plan == NULL)
        return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "out of memory");
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; i < count && !err; i++) {
        err = s_plan_one (layout, dtype, parts, i, &plan [i], why);
        if (!err && !gradmq_size_add (*bytes, plan [i].bytes, bytes))
            err = gradmq_refuse (why, GRADMQ_ERR_LENGTH, "the parts are too long");
    }
    if (err) {
        free (plan);
        return err;
    }
    *told = plan;
    return GRADMQ_OK;
}

bool
gradmq_parts_write (const gradmq_dtype_t *dtype, const gradmq_part_info_t *parts,
                    const gradmq_push_header_part_t *told, size_t count, void *to,
                    gradmq_buffer_t *buffer)
{
    uint8_t *at = (uint8_t *) to;
    for (size_t i = 0; i < count; i++) {
        uint64_t indices = told [i].count * INDEX_BYTES;
        uint64_t elements = told [i].bytes - indices;
        for (uint64_t row = 0; row < told [i].count; row++)
            gradmq_put_u32 (at + row * INDEX_BYTES, parts [i].rows [row]);
        memcpy (at + indices, parts [i].data, (size_t) elements);
        at += told [i].bytes;
        if (buffer
            && (!gradmq_buffer_cut (buffer, indices, INDEX_BYTES)
                || !gradmq_buffer_cut (buffer, elements, dtype->size)))
            return false;
    }
    return true;
}
