//  What was published between two looks, summed up.

#ifndef GRADMQ_CLI_WATCH_GATHER_H
#define GRADMQ_CLI_WATCH_GATHER_H

#include "client.h"

#define GRADMQ_GATHER_NOTICES 8
#define GRADMQ_GATHER_NOTICE_BYTES 256

typedef struct {
    char name [GRADMQ_NAME_BYTES_MAX + 1];
    double sum;  //  of the means, each times its count
    uint64_t count;
} gradmq_gather_metric_t;

typedef struct {
    uint64_t steps;
    double staleness_sum;  //  of the means, each times its steps
    uint64_t staleness_steps, staleness_maximum;
    double gradient_norm, update_norm;  //  newest; NAN: none was told
    gradmq_gather_metric_t metrics [GRADMQ_METRICS_MAX];
    size_t metric_count;
    //  The newest notices, oldest first. They stay when the rest begins anew.
    char notices [GRADMQ_GATHER_NOTICES][GRADMQ_GATHER_NOTICE_BYTES];
    size_t notice_count;
    bool closing;            //  the coordinator said that it closes
    gradmq_position_t last;  //  with closing: where it is
} gradmq_gather_t;

//  Forget everything but notices and closing.
void gradmq_gather_begin (gradmq_gather_t *self);

//  Take one event in; `clock` is the time of day as it should stand before a notice.
void gradmq_gather_event (gradmq_gather_t *self, const gradmq_event_t *event, const char *clock);

//  One more line among the notices.
void gradmq_gather_note (gradmq_gather_t *self, const char *clock, const char *text);

//  Mean over the steps of this interval; NAN when none told it.
double gradmq_gather_staleness (const gradmq_gather_t *self);
double gradmq_gather_mean (const gradmq_gather_t *self, const char *metric);

#endif
