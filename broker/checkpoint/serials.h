//  Files of a folder that have a number in their names: checkpoints, journals.

#ifndef GRADMQ_CHECKPOINT_SERIALS_H
#define GRADMQ_CHECKPOINT_SERIALS_H

#include "core/reason.h"

#include <stddef.h>
#include <stdint.h>

//  Their numbers, the greatest first.
typedef struct {
    uint64_t *serials;
    size_t count;
} gradmq_serials_t;

//  List those whose names are `front`, 20 digits, `end`, whether or not they can be read.
//    owns    *self is the caller's: gradmq_serials_clear
//    errors  IO, MEMORY; *self is then clear
GRADMQ_MUST_CHECK gradmq_err_t gradmq_serials_list (gradmq_serials_t *self, const char *folder,
                                                    const char *front, const char *end,
                                                    gradmq_reason_t *reason);
void gradmq_serials_clear (gradmq_serials_t *self);

#endif
