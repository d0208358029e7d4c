//  A gradient, decoded and checked. Everything after the wire takes this and no other form.

#ifndef GRADMQ_WIRE_GRADIENT_H
#define GRADMQ_WIRE_GRADIENT_H

#include "core/code.h"
#include "core/limit.h"
#include "core/reason.h"
#include "tensor/payload.h"

typedef struct {
    char name [GRADMQ_NAME_BYTES_MAX + 1];
    double value;
    double weight;
} gradmq_metric_t;

//  Who, which, from where, and what. Fields that the message did not have hold the protocol's
//  defaults.
typedef struct {
    char model [GRADMQ_NAME_BYTES_MAX + 1];
    char worker [GRADMQ_NAME_BYTES_MAX + 1];
    uint64_t incarnation;
    uint64_t sequence;
    uint64_t low_water;
    bool has_base;
    uint64_t base_epoch;
    uint64_t base_version;
    bool has_clock;
    uint64_t clock;
    bool last_of_clock;
    uint32_t kind;
    double weight;
    uint64_t layout;
    uint32_t dtype;  //  0: the master dtype
    double loss_scale;
    //  None: every tensor, dense. Owned: freed by gradmq_gradient_clear. Before
    //  gradmq_gradient_check, dtype of a part may be NULL (the message's) and offset is unset.
    size_t part_count;
    gradmq_part_t *parts;
    uint64_t *stated_bytes;  //  a part's `bytes` as the message had it; UINT64_MAX: it had none
    size_t metric_count;
    gradmq_metric_t *metrics;  //  owned, as parts are
    //  View of the tensor data; whoever built this gradient owns the frames.
    gradmq_payload_t payload;
} gradmq_gradient_t;

//  All fields at the protocol's defaults, nothing owned.
void gradmq_gradient_init (gradmq_gradient_t *self);

//  Free what is owned; the frames are not. Leaves an initialized gradient.
void gradmq_gradient_clear (gradmq_gradient_t *self);

//  Read a gradient's header frame, preamble included. Rules W-1 to W-9, A-1, A-3, N-2, N-4, G-6,
//  G-7; nothing that needs a model. payload is empty afterwards.
//    owns    on success the caller clears *self; on error nothing is owned
//    errors  MALFORMED, PREAMBLE, VERSION, UNSUPPORTED, TOO_LARGE, NAME, ARGUMENT, MEMORY. The
//            identity (model, worker, incarnation, sequence) is filled as far as it could be read,
//            so that checks 9 of rule G-2 can be attributed: *attributable tells.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_wire_decode_gradient (gradmq_gradient_t *self,
                                                            const void *header, size_t size,
                                                            bool *attributable,
                                                            gradmq_reason_t *reason);

//  Write a gradient's header frame, preamble included.
//    owns    *header is the caller's: free ()
//    errors  MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_wire_encode_gradient (const gradmq_gradient_t *self,
                                                            void **header, size_t *size);

//  The same into the caller's memory, such as a ZeroMQ message's.
//    returns the bytes that the header has. When that is more than `size`, what `buffer` holds is
//            not a header; call with NULL and 0 to learn the size.
size_t gradmq_wire_encode_gradient_into (const gradmq_gradient_t *self, void *buffer, size_t size);

//  Hold a gradient against the model's layout: check 9 of rule G-2 but for what a policy decides.
//  Fills dtype and offset of the parts. Values are not looked at.
//  Without parts none are made: the caller reads the whole layout in the stated dtype. A SKIP needs
//  no layout id and has neither parts nor payload.
//    errors  LAYOUT, UNSUPPORTED, ARGUMENT, LENGTH, ALIGNMENT, FRAMES
GRADMQ_MUST_CHECK gradmq_err_t gradmq_gradient_check (gradmq_gradient_t *self,
                                                      const gradmq_layout_t *layout,
                                                      gradmq_reason_t *reason);

#endif
