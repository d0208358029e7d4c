//  What messages say, as members of a JSON object: what `gradmq status --json` and its like print.
//  The object is opened and closed by the caller, so that there can be more in it.

#ifndef GRADMQ_WIRE_JSON_H
#define GRADMQ_WIRE_JSON_H

#include "core/jsontext.h"
#include "wire/message.h"

//  A member that is an array of strings, named by the key.
void gradmq_wire_json_texts (gradmq_jsontext_t *to, const char *key, const gradmq_texts_t *texts);

//  A member "position" with instance, epoch and version.
void gradmq_wire_json_position (gradmq_jsontext_t *to, const gradmq_position_t *position);

//  Members named as the fields of the status are, from "product" to "metrics".
void gradmq_wire_json_status (gradmq_jsontext_t *to, const gradmq_status_report_t *status);

//  Members of a worker, from "name" to "metrics".
void gradmq_wire_json_worker (gradmq_jsontext_t *to, const gradmq_worker_row_t *worker);

//  Members of a report on steps, from "steps" to "metrics"; what was not measured is null.
void gradmq_wire_json_step (gradmq_jsontext_t *to, const gradmq_step_body_t *step);

#endif
