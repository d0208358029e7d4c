//  Which names are names: schemas/PROTOCOL.md, section 4.

#ifndef GRADMQ_CORE_NAME_H
#define GRADMQ_CORE_NAME_H

#include <stdbool.h>

//  Models, workers, streams and clients (rule A-1). NULL is no name.
bool gradmq_name_valid (const char *name);

//  Tensors (rule A-2) and, with their own limit, metrics (rule A-3).
bool gradmq_tensor_name_valid (const char *name);
bool gradmq_metric_name_valid (const char *name);

#endif
