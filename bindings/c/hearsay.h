//  What heartbeats told of the coordinator, and the sentence that says it to whoever waits.
//  PROTOCOL.md, rule E-1.

#ifndef GRADMQ_CLIENT_HEARSAY_H
#define GRADMQ_CLIENT_HEARSAY_H

#include "core/reason.h"
#include "wire/message.h"

typedef struct {
    uint32_t state;  //  0: not known
    uint64_t heard_ms;
    uint64_t heartbeat_ms;
    uint64_t min_clock;
    char why [GRADMQ_REASON_BYTES / 2];
    char waiting_for [GRADMQ_REASON_BYTES / 4];  //  as many names as there is room for
    uint32_t waiting_total;
    bool has_deadline;
    uint64_t deadline_ms;  //  by our clock
} gradmq_hearsay_t;

void gradmq_hearsay_take (gradmq_hearsay_t *self, const gradmq_heartbeat_t *heartbeat,
                          uint64_t now_ms);

//  Such as "round 9 has 3 answers and waits for others: w2, w5 (2 in all), no longer than 1.5 s".
void gradmq_hearsay_say (const gradmq_hearsay_t *self, uint64_t now_ms, char *text, size_t size);

#endif
