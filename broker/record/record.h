//  Records: what happened to a model, one after the other in a file. schemas/RECORD.md.

#ifndef GRADMQ_RECORD_RECORD_H
#define GRADMQ_RECORD_RECORD_H

#include <stdint.h>

typedef enum {
    GRADMQ_RECORD_NONE = 0,
#define X(name, number) GRADMQ_RECORD_##name = number,
#include "record/record.def"
#undef X
} gradmq_record_type_t;

#define GRADMQ_RECORD_FILE_BYTES 8   //  before the first record
#define GRADMQ_RECORD_HEAD_BYTES 28  //  before each record's body
#define GRADMQ_RECORDS_TOGETHER 64u  //  greatest number of records that are one

//  Where the fields of a record's head stand.
enum {
    GRADMQ_RECORD_AT_HEAD_SUM = 0,
    GRADMQ_RECORD_AT_BODY_SUM = 4,
    GRADMQ_RECORD_AT_LSN = 8,
    GRADMQ_RECORD_AT_LENGTH = 16,
    GRADMQ_RECORD_AT_TYPE = 24
};

//  What a file begins with: "GMQ", an octet that no text has, the format's major version, zeros.
extern const uint8_t gradmq_record_magic [GRADMQ_RECORD_FILE_BYTES];

//  "?" for a number that is no type.
const char *gradmq_record_name (uint32_t type);

#endif
