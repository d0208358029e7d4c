//  The members of a coordinator, all pages of ListWorkers, copied.

#ifndef GRADMQ_CLI_ROSTER_H
#define GRADMQ_CLI_ROSTER_H

#include "client.h"

#define GRADMQ_ROSTER_TEXT_BYTES 160
#define GRADMQ_ROSTER_METRICS 8

typedef struct {
    char name [GRADMQ_NAME_BYTES_MAX + 1];
    double value;
} gradmq_roster_metric_t;

typedef struct {
    char name [GRADMQ_NAME_BYTES_MAX + 1];
    uint64_t incarnation;
    bool leaving;
    uint64_t lease_left_ms, seen_ms_ago, received_through, settled_through, queued;
    uint64_t base_version;
    uint64_t clock;
    double staleness_mean;
    uint64_t applied, not_applied;
    char not_applied_text [GRADMQ_ROSTER_TEXT_BYTES];  //  "2 REFUSED.EPOCH, 1 SKIPPED"
    char metrics_text [GRADMQ_ROSTER_TEXT_BYTES];      //  "loss 0.12, accuracy 0.97"
    gradmq_roster_metric_t metrics [GRADMQ_ROSTER_METRICS];
    size_t metric_count;
    double received_per_s;  //  NAN until somebody who looked twice sets it
} gradmq_roster_row_t;

typedef struct {
    gradmq_roster_row_t *members;  //  by name
    size_t count;
} gradmq_roster_t;

//  Ask for the members. *self was zero.
//    owns    the caller clears *self, also on error
GRADMQ_MUST_CHECK gradmq_err_t gradmq_roster_read (gradmq_roster_t *self, gradmq_remote_t *remote,
                                                   gradmq_reason_t *reason);
void gradmq_roster_clear (gradmq_roster_t *self);

//  The member of that name and incarnation, NULL when there is none.
const gradmq_roster_row_t *gradmq_roster_find (const gradmq_roster_t *self, const char *name,
                                               uint64_t incarnation);

//  Copy one row as it came.
void gradmq_roster_row_set (gradmq_roster_row_t *self, const gradmq_worker_row_t *row);

#endif
