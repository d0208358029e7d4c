//  Memory for the parameters of a model: its own pages, which go back to the system when it is freed,
//  whatever the allocator is told to keep.

#ifndef GRADMQ_CHECKPOINT_ROOM_H
#define GRADMQ_CHECKPOINT_ROOM_H

#include <stdint.h>

//  `bytes` of undefined contents, aligned to 64 bytes, in huge pages where that is worth it.
//    owns    the caller's: gradmq_room_free
//    errors  NULL: out of memory
void *gradmq_room_new (uint64_t bytes);

//  NULL is fine.
void gradmq_room_free (void *data);

#endif
