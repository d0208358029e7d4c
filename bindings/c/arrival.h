//  Whole parameters as they arrive, and the numbers that views show of them. PROTOCOL.md, section 13.

#ifndef GRADMQ_CLIENT_ARRIVAL_H
#define GRADMQ_CLIENT_ARRIVAL_H

#include "gradmq.h"

#include "tensor/form.h"

typedef struct {
    const gradmq_form_t *form;
    const gradmq_dtype_t *dtype;  //  of the numbers
    uint64_t bytes;               //  that they have
    bool decoded;                 //  they are made of what arrived; else they are it
} gradmq_arrival_t;

//  What `bytes` in this dtype and encoding, as a header tells them (0: the master dtype, DENSE), hold.
//    errors  UNSUPPORTED, LENGTH
GRADMQ_MUST_CHECK gradmq_err_t gradmq_arrival_look (gradmq_arrival_t *self,
                                                    const gradmq_layout_t *layout, uint32_t dtype,
                                                    uint32_t encoding, uint64_t bytes,
                                                    gradmq_reason_t *why);

//  Make the numbers, self->bytes of them, where they have to be made.
void gradmq_arrival_decode (const gradmq_arrival_t *self, const gradmq_layout_t *layout,
                            const void *from, void *to);

//  The names of the streams that can be read, commas between.
//    owns    static
const char *gradmq_arrival_streams (void);

#endif
