//  Numbers of the protocol's open lists other than errors and dtypes: schemas/PROTOCOL.md,
//  sections 5, 7, 9, 10 and 14. Names for people come from gradmq_code_name.

#ifndef GRADMQ_CORE_CODE_H
#define GRADMQ_CORE_CODE_H

#include <stdint.h>

typedef enum {
    GRADMQ_STATE_EMPTY = 1,
    GRADMQ_STATE_STOPPED = 2,
    GRADMQ_STATE_RUNNING = 3,
    GRADMQ_STATE_CLOSING = 4
} gradmq_state_t;

typedef enum {
    GRADMQ_KIND_GRADIENT = 1,
    GRADMQ_KIND_DELTA = 2,
    GRADMQ_KIND_MODEL_PARAMETERS = 3,
    GRADMQ_KIND_SKIP = 4
} gradmq_kind_t;

typedef enum {
    GRADMQ_ENCODING_DENSE = 1,
    GRADMQ_ENCODING_ROWS = 2,
    GRADMQ_ENCODING_TOP_K = 3,
    GRADMQ_ENCODING_INT8 = 4,
    GRADMQ_ENCODING_LOW_RANK = 5
} gradmq_encoding_code_t;

typedef enum {
    GRADMQ_APPLIED = 1,
    GRADMQ_EXCLUDED = 2,
    GRADMQ_SKIPPED = 3,
    GRADMQ_REFUSED = 4,
    GRADMQ_DISCARDED = 5
} gradmq_disposition_t;

typedef enum {
    GRADMQ_NOTICE_STARTED = 1,
    GRADMQ_NOTICE_STOPPED = 2,
    GRADMQ_NOTICE_CLOSING = 3,
    GRADMQ_NOTICE_EPOCH = 4,
    GRADMQ_NOTICE_SETTINGS = 5,
    GRADMQ_NOTICE_JOINED = 6,
    GRADMQ_NOTICE_LEFT = 7,
    GRADMQ_NOTICE_EXPIRED = 8,
    GRADMQ_NOTICE_FENCED = 9,
    GRADMQ_NOTICE_REFUSED = 10,
    GRADMQ_NOTICE_TURNED_AWAY = 11,
    GRADMQ_NOTICE_CLEARED = 12,
    GRADMQ_NOTICE_STEP_SKIPPED = 13,
    GRADMQ_NOTICE_OPERATION = 14
} gradmq_notice_t;

//  Sequences first..last, both included, and why they are missing: 0 (not arrived) or an error code.
typedef struct {
    uint64_t first, last;
    uint32_t code;
} gradmq_range_t;

//  What one sequence came to.
typedef struct {
    uint64_t sequence;
    uint32_t disposition, code;
} gradmq_disposed_t;

//  Names as the protocol writes them; "?" for a number that is not in its list.
const char *gradmq_state_name (uint32_t state);
const char *gradmq_kind_name (uint32_t kind);
const char *gradmq_encoding_name (uint32_t encoding);
const char *gradmq_disposition_name (uint32_t disposition);
const char *gradmq_notice_name (uint32_t notice);

#endif
