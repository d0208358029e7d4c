//  Giving memory back to the system when there is nothing to do.
//
//  Under load freed receive buffers are kept, because fresh pages cost more than the bytes that are
//  received into them. Once no gradient has come for a while they only take up room.

#ifndef GRADMQ_DAEMON_TRIM_H
#define GRADMQ_DAEMON_TRIM_H

#include <stdbool.h>
#include <stdint.h>

#define GRADMQ_TRIM_AFTER_MS 2000u

typedef struct {
    bool done;  //  since the last gradient
} gradmq_trim_t;

//  Give memory back once the coordinator was quiet for GRADMQ_TRIM_AFTER_MS, and again after the next
//  load. Call it now and then.
//    returns true when it did
bool gradmq_trim_look (gradmq_trim_t *self, uint64_t quiet_ms);

#endif
