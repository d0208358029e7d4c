//  A second reader for the headers that nearly every gradient has, without protobuf-c.

#ifndef GRADMQ_WIRE_GRADIENT_QUICK_H
#define GRADMQ_WIRE_GRADIENT_QUICK_H

#include "wire/gradient.h"

//  Read a gradient's message, preamble taken off, when it is valid and holds nothing rare: no parts,
//  at most 8 metrics, no unknown or repeated fields. False: nothing is owned, and the message is
//  to be read by gradmq_gradient_decode_fully, which also finds the words for what is wrong with it.
bool gradmq_gradient_read_quickly (gradmq_gradient_t *self, const uint8_t *bytes, size_t size);

//  The same for every message, through protobuf-c. Tests and a fuzzer hold the two together.
//    errors  as gradmq_wire_decode_gradient but for the preamble's
GRADMQ_MUST_CHECK gradmq_err_t gradmq_gradient_decode_fully (gradmq_gradient_t *self,
                                                             const uint8_t *bytes, size_t size,
                                                             bool *attributable,
                                                             gradmq_reason_t *reason);

#endif
