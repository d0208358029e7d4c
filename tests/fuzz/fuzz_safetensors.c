//  Any bytes as a safetensors file: refused, or a model whose numbers fit together.

#include "fuzz.h"

#include "checkpoint/safetensors.h"

#include <string.h>

static void
s_check (gradmq_safetensors_t *model, uint32_t dtype)
{
    const gradmq_layout_t *layout = gradmq_safetensors_layout (model);
    uint64_t elements = 0;
    FUZZ_HOLDS (!dtype || gradmq_layout_dtype (layout)->code == dtype);
    for (size_t i = 0; i < gradmq_layout_count (layout); i++) {
        const gradmq_tensor_t *tensor = gradmq_layout_tensor (layout, i);
        FUZZ_HOLDS (tensor->first == elements && tensor->elements > 0);
        elements += tensor->elements;
    }
    FUZZ_HOLDS (elements == gradmq_layout_elements (layout));
    const gradmq_metadata_t *pairs = gradmq_safetensors_metadata (model);
    for (size_t i = 1; i < gradmq_safetensors_metadata_count (model); i++)
        FUZZ_HOLDS (strcmp (pairs [i - 1].key, pairs [i].key) < 0);
    //  Every byte of the parameters is there and was written.
    const unsigned char *data = gradmq_safetensors_data (model);
    volatile unsigned char sum = 0;
    for (uint64_t i = 0; i < gradmq_layout_bytes (layout); i++)
        sum = (unsigned char) (sum ^ data [i]);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static const uint32_t dtypes [] = {0, GRADMQ_DTYPE_F32, GRADMQ_DTYPE_F64};
    for (size_t i = 0; i < 3; i++) {
        gradmq_safetensors_t *model;
        gradmq_reason_t why = {0};
        gradmq_err_t err = gradmq_safetensors_parse (&model, data, size, dtypes [i], &why);
        FUZZ_HOLDS (err ? !model && why.text [0] && why.code == err : model != NULL);
        if (!err)
            s_check (model, dtypes [i]);
        gradmq_safetensors_destroy (&model);
    }
    return 0;
}
