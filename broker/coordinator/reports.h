//  The newest reports on steps, kept for those who share the process: gradmq_coordinator_look. They are
//  kept as they are published.
//
//    thread  the coordinator actor's alone

#ifndef GRADMQ_COORDINATOR_REPORTS_H
#define GRADMQ_COORDINATOR_REPORTS_H

#include "wire/message.h"

//  Four seconds of them, as they come at most every GRADMQ_REPORT_MS.
#define GRADMQ_REPORTS_KEPT 16u

typedef struct {
    void *header;  //  free ()
    size_t size;
} gradmq_encoded_t;

typedef struct gradmq_reports {
    uint64_t count;  //  of all there were; number n is at n % GRADMQ_REPORTS_KEPT
    gradmq_encoded_t kept [GRADMQ_REPORTS_KEPT];
} gradmq_reports_t;

//    errors  NULL: out of memory
gradmq_reports_t *gradmq_reports_new (void);
void gradmq_reports_destroy (gradmq_reports_t **self_p);

//  Keep a report; the oldest goes. NULL keeps nothing.
void gradmq_reports_add (gradmq_reports_t *self, const gradmq_event_t *event);

//  Copies of those behind the first `after`, as far as they are still there, in order.
//    shape    list [GRADMQ_REPORTS_KEPT]
//    owns     the caller's: free () each header
//    returns  how many there are; without memory less than there could be
size_t gradmq_reports_copy (const gradmq_reports_t *self, uint64_t after, gradmq_encoded_t *list);

#endif
