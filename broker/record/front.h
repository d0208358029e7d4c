//  What records begin with: numbers, and header frames of the protocol. Made here for a writer.

#ifndef GRADMQ_RECORD_FRONT_H
#define GRADMQ_RECORD_FRONT_H

#include "step/step.h"

//  Bytes that grow. All zero: empty.
typedef struct {
    uint8_t *bytes;
    size_t size, room;
    bool failed;  //  there was no memory for some of it
} gradmq_front_t;

void gradmq_front_begin (gradmq_front_t *self);
void gradmq_front_free (gradmq_front_t *self);

void gradmq_front_put (gradmq_front_t *self, const void *bytes, size_t size);
void gradmq_front_u32 (gradmq_front_t *self, uint32_t value);
void gradmq_front_u64 (gradmq_front_t *self, uint64_t value);

//  A Reply with Parameters, of the model `name`.
void gradmq_front_settings (gradmq_front_t *self, const char *name,
                            const gradmq_settings_t *settings);

//  The rest are preceded by their length: a Request with SetModelParameters, and a Gradient.
void gradmq_front_layout (gradmq_front_t *self, const char *name, const gradmq_layout_t *layout);
void gradmq_front_gradient (gradmq_front_t *self, const char *name,
                            const gradmq_gradient_t *gradient);

//  Tick, numbers of states and tensors, counts.
void gradmq_front_state (gradmq_front_t *self, const gradmq_step_state_t *state);

#endif
