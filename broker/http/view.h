//  What was seen at a time, with what follows from the looks before it. Nobody changes it any more.

#ifndef GRADMQ_HTTP_VIEW_H
#define GRADMQ_HTTP_VIEW_H

#include "coordinator/look.h"
#include "http/limit.h"
#include "metrics/prometheus.h"

#include <stdatomic.h>

//  Since the look before; all a second.
typedef struct {
    double gradients, bytes, applied, steps;
} gradmq_rates_t;

typedef struct {
    gradmq_look_t *look;  //  whole
    uint64_t clock_ms, unix_ms;
    gradmq_rates_t rates;
    char *step;                         //  newest report on steps as JSON; NULL: there was none
    double gradient_norm, update_norm;  //  as they were measured last; NAN: never
    gradmq_labelled_t reported [GRADMQ_HTTP_NAMES_MOST];  //  metrics of workers, for /metrics
    size_t reported_count;
    atomic_uint references;
} gradmq_view_t;

//  One reference, which is the caller's.
//    owns    takes *look_p and nulls it on success
//    errors  NULL: out of memory
gradmq_view_t *gradmq_view_new (gradmq_look_t **look_p);

//  One more reference.
gradmq_view_t *gradmq_view_hold (gradmq_view_t *self);

//  Give a reference back; the last frees it. NULL is fine.
void gradmq_view_release (gradmq_view_t **self_p);

//  Rates between the counters of two looks.
gradmq_rates_t gradmq_view_rates (const gradmq_view_t *before, const gradmq_view_t *now);

#endif
