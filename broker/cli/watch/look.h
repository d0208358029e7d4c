//  One look at a coordinator, with what only two looks can tell: rates.

#ifndef GRADMQ_CLI_WATCH_LOOK_H
#define GRADMQ_CLI_WATCH_LOOK_H

#include "cli/open_step.h"
#include "cli/roster.h"
#include "cli/watch/gather.h"

//  Names of those waited for that a status tells (rule E-1).
#define GRADMQ_WAITING_NAMES 16

typedef struct {
    char name [GRADMQ_NAME_BYTES_MAX + 1];
    double value;  //  mean over the steps since the last look, else the newest
} gradmq_look_metric_t;

typedef struct {
    uint64_t at_ms, unix_ms;  //  monotonic, and since 1970
    char model [GRADMQ_NAME_BYTES_MAX + 1];
    uint32_t state;
    char why [GRADMQ_REASON_BYTES];
    char policy [GRADMQ_NAME_BYTES_MAX + 1], rule [GRADMQ_NAME_BYTES_MAX + 1];
    char open_step [GRADMQ_OPEN_STEP_BYTES], waiting [GRADMQ_OPEN_STEP_BYTES];
    uint64_t round, min_clock, contributions, needed;
    char names [GRADMQ_WAITING_NAMES][GRADMQ_NAME_BYTES_MAX + 1];  //  of those waited for
    size_t name_count;
    uint32_t waiting_total;
    double deadline_ms;  //  time left; NAN: none
    uint64_t instance, epoch, version;
    double versions_per_s, gradients_per_s;  //  NAN: not known yet
    double learning_rate;
    uint64_t queued_gradients, queued_bytes, uptime_ms, resident_bytes, elements;
    uint32_t members;
    uint64_t received, not_applied;  //  gradients, since the coordinator started
    double staleness_mean;           //  NAN: no step told it
    uint64_t staleness_maximum;
    double gradient_norm, update_norm;
    gradmq_look_metric_t metrics [GRADMQ_METRICS_MAX];
    size_t metric_count;
    gradmq_roster_t roster;
} gradmq_look_t;

//  Ask for status and members. `before` is the look before, NULL: none.
//    owns    the caller clears *self, also on error
GRADMQ_MUST_CHECK gradmq_err_t gradmq_look_take (gradmq_look_t *self, gradmq_remote_t *remote,
                                                 const gradmq_look_t *before,
                                                 const gradmq_gather_t *gather,
                                                 gradmq_reason_t *reason);
void gradmq_look_clear (gradmq_look_t *self);

//  The coordinator closed, as `gather` heard: the state and the position in which it did. The rest
//  stays as it was seen last; rates are NAN.
void gradmq_look_closed (gradmq_look_t *self, const gradmq_gather_t *gather);

//  Fill the rates from two looks: `before` NULL, another instance or epoch make them NAN.
void gradmq_look_rates (gradmq_look_t *self, const gradmq_look_t *before);

#endif
