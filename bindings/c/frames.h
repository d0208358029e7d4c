//  A message as it arrived: frames one after the other.

#ifndef GRADMQ_CLIENT_FRAMES_H
#define GRADMQ_CLIENT_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

//  All zero: empty. Frames are closed by the next receive and by gradmq_frames_free.
typedef struct {
    zmq_msg_t *items;
    size_t count, room;
} gradmq_frames_t;

//  Receive a whole message without waiting.
//    returns false: there is none. What was in *self is gone then too. A message of too many frames,
//            or one that there is no memory for, is dropped and has no frames.
bool gradmq_frames_receive (gradmq_frames_t *self, void *socket);

void gradmq_frames_clear (gradmq_frames_t *self);
void gradmq_frames_free (gradmq_frames_t *self);

//  Exchange what two hold.
void gradmq_frames_swap (gradmq_frames_t *self, gradmq_frames_t *other);

const void *gradmq_frames_data (gradmq_frames_t *self, size_t index);
size_t gradmq_frames_size (const gradmq_frames_t *self, size_t index);

//  Bytes of frames `first` and later.
uint64_t gradmq_frames_bytes (const gradmq_frames_t *self, size_t first);

//  Put frames `first` and later one after the other into `to`.
void gradmq_frames_copy (gradmq_frames_t *self, size_t first, void *to);

#endif
