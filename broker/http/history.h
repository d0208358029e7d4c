//  Reports on steps since the start, as JSON. When there are too many, every other one goes, so that what
//  is left still reaches back to the start.
//
//    thread  any

#ifndef GRADMQ_HTTP_HISTORY_H
#define GRADMQ_HTTP_HISTORY_H

#include <stddef.h>

typedef struct gradmq_history gradmq_history_t;

//    errors  NULL: out of memory
gradmq_history_t *gradmq_history_new (void);
void gradmq_history_destroy (gradmq_history_t **self_p);

//  Copies it. Without memory it is left out.
void gradmq_history_add (gradmq_history_t *self, const char *json);

//  All of them as a list.
//    owns    the caller's: free (); NULL: out of memory
char *gradmq_history_text (gradmq_history_t *self, size_t *size);

#endif
