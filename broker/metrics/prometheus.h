//  The text format of Prometheus, version 0.0.4: what there is, and its values.
//
//  Names follow from the tables: gradmq_NAME_total for a counter, gradmq_refused_by_reason_total for
//  BY_CODE refused_by with the code as label `reason`, a histogram gradmq_NAME for BY_SIZE, gradmq_NAME
//  for a gauge. Times are in seconds: pass_us is gradmq_pass_seconds. Every value has a label `model`.

#ifndef GRADMQ_METRICS_PROMETHEUS_H
#define GRADMQ_METRICS_PROMETHEUS_H

#include "metrics/counters.h"

#include <stdbool.h>
#include <stdio.h>

typedef enum {
#define GAUGE(name, help) GRADMQ_GAUGE_##name,
#define LABELLED(name, label, help)
#include "metrics/gauge.def"
    GRADMQ_GAUGES
} gradmq_gauge_id_t;

#undef GAUGE
#undef LABELLED
#define GAUGE(name, help)
#define LABELLED(name, label, help) GRADMQ_LABELLED_##name,
typedef enum {
#include "metrics/gauge.def"
    GRADMQ_LABELLEDS
} gradmq_labelled_id_t;
#undef GAUGE
#undef LABELLED

//  One value of a LABELLED.
typedef struct {
    const char *label;
    double value;
} gradmq_labelled_t;

//  Every counter and histogram. A reason is there once it occurred.
void gradmq_prometheus_counters (FILE *to, const char *model, const gradmq_counters_t *counters);

//  Every gauge; one that is not known is NAN.
void gradmq_prometheus_gauges (FILE *to, const char *model, const double values [GRADMQ_GAUGES]);

void gradmq_prometheus_labelled (FILE *to, const char *model, gradmq_labelled_id_t id,
                                 const gradmq_labelled_t *list, size_t count);

#define GRADMQ_FAMILY_BYTES 64

//  What stands in front of values.
typedef struct {
    char name [GRADMQ_FAMILY_BYTES];
    const char *type, *help;
} gradmq_family_t;

//  Row number `index` of all that is told, in the order in which it is; false past the last.
bool gradmq_prometheus_family (size_t index, gradmq_family_t *family);

#endif
