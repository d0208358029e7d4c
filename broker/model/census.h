//  How many snapshots of a model are alive, whoever holds them. The room's own.

#ifndef GRADMQ_MODEL_CENSUS_H
#define GRADMQ_MODEL_CENSUS_H

#include "model/snapshot.h"

//  Reference-counted; lives as long as its model or one of its snapshots. Any thread.
typedef struct gradmq_census gradmq_census_t;

//    errors  NULL: out of memory
gradmq_census_t *gradmq_census_new (void);
void gradmq_census_release (gradmq_census_t **self_p);
size_t gradmq_census_alive (const gradmq_census_t *self);

//  Count this snapshot from now on until its last reference is gone; at most once a snapshot.
//    thread  its maker's, before anybody else holds it
void gradmq_snapshot_enrol (gradmq_snapshot_t *self, gradmq_census_t *census);

#endif
