//  What is told, as text.

#ifndef GRADMQ_HTTP_DOCUMENT_H
#define GRADMQ_HTTP_DOCUMENT_H

#include "http/view.h"

//  The document of `gradmq status --json`, and in it also: at_unix_ms, rates (a second), credit (of each
//  worker), settings (revision, since which position, name and value of each), workers (those of
//  `gradmq workers --json`, each with its state, whether others wait for it, what it waits for, and its
//  refusals by code), workers_more, step (the newest report on steps). One line.
//    owns    the caller's: free (); NULL: out of memory
char *gradmq_document_status_json (const gradmq_view_t *view, size_t *size);

//  A report on steps: model, position, at_unix_ms, steps, rates, norms, staleness, metrics. One line.
//    owns    the caller's: free (); NULL: out of memory
char *gradmq_document_step_json (const gradmq_event_t *event, uint64_t unix_ms);

//  Everything in Prometheus' text format.
//    `idle_ms`  since the coordinator went round its loop
//    owns       the caller's: free (); NULL: out of memory
char *gradmq_document_metrics (const gradmq_view_t *view, uint64_t idle_ms, size_t *size);

#endif
