#include "arrival.h"

#include "core/code.h"
#include "kernel/int8.h"

#include <inttypes.h>

gradmq_err_t
gradmq_arrival_look (gradmq_arrival_t *self, const gradmq_layout_t *layout, uint32_t dtype,
                     uint32_t encoding, uint64_t bytes, gradmq_reason_t *why)
{
    uint32_t stated = dtype ? dtype : gradmq_layout_dtype (layout)->code;
    self->form = gradmq_form_of (encoding ? encoding : GRADMQ_ENCODING_DENSE, stated);
    if (self->form == NULL)
        return gradmq_refuse (why, GRADMQ_ERR_UNSUPPORTED,
                              "the parameters came in dtype %u and encoding %u; this library reads "
                              "the streams %s",
                              dtype, encoding, gradmq_arrival_streams ());
    if (gradmq_form_bytes (self->form, layout) != bytes)
        return gradmq_refuse (why, GRADMQ_ERR_LENGTH,
                              "the parameters came with %" PRIu64 " bytes, and %" PRIu64
                              " elements of the stream %s have %" PRIu64,
                              bytes, gradmq_layout_elements (layout), self->form->name,
                              gradmq_form_bytes (self->form, layout));
    self->dtype = gradmq_dtype (self->form->dtype);
    self->decoded = self->form->encoding != GRADMQ_ENCODING_DENSE;
    self->bytes = self->decoded ? gradmq_layout_elements (layout) * self->dtype->size : bytes;
    return GRADMQ_OK;
}

//  INT8, the only form that is not what views show: see tensor/form.def.
void
gradmq_arrival_decode (const gradmq_arrival_t *self, const gradmq_layout_t *layout,
                       const void *from, void *to)
{
    const uint8_t *part = from;
    uint8_t *out = to;
    for (size_t i = 0; i < gradmq_layout_count (layout); i++) {
        const gradmq_tensor_t *tensor = gradmq_layout_tensor (layout, i);
        uint64_t bytes = gradmq_form_tensor_bytes (self->form, tensor);
        const uint8_t *octets = part + bytes - tensor->elements;
        gradmq_kernel_int8_decode_blocks_f32 (out, part, octets, (size_t) tensor->elements);
        out += tensor->elements * self->dtype->size;
        part += bytes;
    }
}

const char *
gradmq_arrival_streams (void)
{
    return ""
#define X(stream, coding, type) #stream ", "
#include "tensor/form.def"
#undef X
           "and no other";
}
