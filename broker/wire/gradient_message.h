//  Between protobuf-c's Gradient and ours.

#ifndef GRADMQ_WIRE_GRADIENT_MESSAGE_H
#define GRADMQ_WIRE_GRADIENT_MESSAGE_H

#include "gradmq/v1/gradient.pb-c.h"
#include "wire/arena.h"
#include "wire/gradient.h"

//  Check a message and take it over: gradmq_wire_decode_gradient but for preamble and unpacking.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_gradient_read (gradmq_gradient_t *self,
                                                     const Gradmq__V1__Gradient *message,
                                                     bool *attributable, gradmq_reason_t *reason);

//  A message in the arena that shares our texts; NULL: out of memory.
Gradmq__V1__Gradient *gradmq_gradient_write (const gradmq_gradient_t *self, gradmq_arena_t *arena);

//  Rules for single values, shared by the ways to read a gradient. N-2, N-4, G-6, G-7.
//    errors  NAME, ARGUMENT; with *attributable false
GRADMQ_MUST_CHECK gradmq_err_t
gradmq_gradient_check_identity (const char *model, const char *worker, uint64_t incarnation,
                                uint64_t sequence, uint64_t low_water, gradmq_reason_t *reason);
GRADMQ_MUST_CHECK gradmq_err_t gradmq_gradient_check_numbers (const gradmq_gradient_t *self,
                                                              gradmq_reason_t *reason);
GRADMQ_MUST_CHECK gradmq_err_t gradmq_metric_check (const char *name, double value, double weight,
                                                    gradmq_reason_t *reason);

//  Free parts and metrics, keep all else.
void gradmq_gradient_drop_lists (gradmq_gradient_t *self);

#endif
