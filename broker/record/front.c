#include "record/front.h"

#include "core/bytes.h"
#include "wire/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM_LEAST = 512 };

//  What a gradient that was added in process is written under: it has neither worker nor sequence.
static const char s_nobody [] = "_";

void
gradmq_front_begin (gradmq_front_t *self)
{
    self->size = 0;
    self->failed = false;
}

void
gradmq_front_free (gradmq_front_t *self)
{
    free (self->bytes);
    *self = (gradmq_front_t){0};
}

//  Room for `size` more bytes; NULL: there is none.
static uint8_t *
s_more (gradmq_front_t *self, size_t size)
{
    size_t room = self->room ? self->room : ROOM_LEAST;
    while (room - self->size < size)
        room *= 2;
    if (room != self->room) {
        uint8_t *bytes = realloc (self->bytes, room);
        if (!bytes) {
            self->failed = true;
            return NULL;
        }
        self->bytes = bytes;
        self->room = room;
    }
    self->size += size;
    return self->bytes + self->size - size;
}

void
gradmq_front_put (gradmq_front_t *self, const void *bytes, size_t size)
{
    uint8_t *at = s_more (self, size);
    if (at)
        memcpy (at, bytes, size);
}

void
gradmq_front_u32 (gradmq_front_t *self, uint32_t value)
{
    uint8_t *at = s_more (self, sizeof value);
    if (at)
        gradmq_put_u32 (at, value);
}

void
gradmq_front_u64 (gradmq_front_t *self, uint64_t value)
{
    uint8_t *at = s_more (self, sizeof value);
    if (at)
        gradmq_put_u64 (at, value);
}

void
gradmq_front_settings (gradmq_front_t *self, const char *name, const gradmq_settings_t *settings)
{
    gradmq_reply_t reply = {
        .model = name, .answer = GRADMQ_ANSWER_PARAMETERS, .parameters = {.settings = settings}};
    void *header = NULL;
    size_t size = 0;
    if (gradmq_wire_encode_reply (&reply, &header, &size)) {
        self->failed = true;
        return;
    }
    gradmq_front_put (self, header, size);
    free (header);
}

//  What SetModelParameters says of a layout.
static bool
s_encode_layout (const char *name, const gradmq_layout_t *layout, void **header, size_t *size)
{
    size_t count = gradmq_layout_count (layout);
    gradmq_tensor_spec_t *specs = calloc (count, sizeof *specs);
    if (!specs)
        return false;
    for (size_t i = 0; i < count; i++) {
        const gradmq_tensor_t *tensor = gradmq_layout_tensor (layout, i);
        specs [i] = (gradmq_tensor_spec_t){
            .name = tensor->name, .rank = tensor->rank, .shape = tensor->shape};
    }
    gradmq_request_t request = {
        .command = GRADMQ_COMMAND_SET_MODEL_PARAMETERS,
        .model = name,
        .tensors = specs,
        .tensor_count = count,
        .layout_dtype = gradmq_layout_dtype (layout)->code,
        .has_bytes = true,
        .bytes = gradmq_layout_bytes (layout),
    };
    gradmq_err_t err = gradmq_wire_encode_request (&request, header, size);
    free (specs);
    return !err;
}

void
gradmq_front_layout (gradmq_front_t *self, const char *name, const gradmq_layout_t *layout)
{
    void *header = NULL;
    size_t size = 0;
    if (!s_encode_layout (name, layout, &header, &size)) {
        self->failed = true;
        return;
    }
    gradmq_front_u32 (self, (uint32_t) size);
    gradmq_front_put (self, header, size);
    free (header);
}

void
gradmq_front_gradient (gradmq_front_t *self, const char *name, const gradmq_gradient_t *gradient)
{
    gradmq_gradient_t named = *gradient;
    if (!named.worker [0]) {
        snprintf (named.model, sizeof named.model, "%s", name);
        snprintf (named.worker, sizeof named.worker, "%s", s_nobody);
        named.incarnation = named.sequence = named.low_water = 1;
    }
    size_t size = gradmq_wire_encode_gradient_into (&named, NULL, 0);
    gradmq_front_u32 (self, (uint32_t) size);
    uint8_t *at = s_more (self, size);
    if (at)
        (void) gradmq_wire_encode_gradient_into (&named, at, size);
}

void
gradmq_front_state (gradmq_front_t *self, const gradmq_step_state_t *state)
{
    gradmq_front_u64 (self, state->tick);
    gradmq_front_u32 (self, (uint32_t) state->state_count);
    gradmq_front_u32 (self, (uint32_t) state->tensor_count);
    for (size_t t = 0; t < state->tensor_count; t++) {
        gradmq_front_u64 (self, state->counts [t].count);
        for (size_t i = 0; i < 2; i++) {
            uint64_t bits;
            memcpy (&bits, &state->counts [t].running [i], sizeof bits);
            gradmq_front_u64 (self, bits);
        }
    }
}
