//  Reading records back: each is whole and as it was written, or it is refused. No number in a file
//  is believed before it was held against the file's length.

#ifndef GRADMQ_RECORD_READER_H
#define GRADMQ_RECORD_READER_H

#include "core/reason.h"
#include "record/record.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct gradmq_record_reader gradmq_record_reader_t;

//  One record.
typedef struct {
    gradmq_record_type_t type;  //  NONE: behind the last one
    uint64_t lsn;
    uint64_t offset;  //  of its head in the file
    uint8_t *body;    //  of this call alone, unless it is taken
    size_t size;
} gradmq_record_t;

//    `last`  of the journals that were written, which a power cut may have left with more than a short end:
//            damage of which no SYNCED behind it says that it was on the disk counts as a record that was
//            cut off. A file that has zeros for its first bytes, and no SYNCED, has no record.
//    owns    *self_p is the caller's: gradmq_record_reader_close
//    errors  IO; FORMAT: no file of records; VERSION: of another major version; MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_record_reader_open (gradmq_record_reader_t **self_p,
                                                          const char *path, bool last,
                                                          gradmq_reason_t *reason);

//  The same, not the last, for bytes in memory, which have to outlive the reader.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_record_reader_open_bytes (gradmq_record_reader_t **self_p,
                                                                const void *bytes, size_t size,
                                                                gradmq_reason_t *reason);

//  NULL and *NULL are fine.
void gradmq_record_reader_close (gradmq_record_reader_t **self_p);

//  The next record.
//    owns    record->body is the reader's, until the next call
//    errors  FORMAT: damaged, with LSN and offset; UNSUPPORTED: a type that is not known here; IO,
//            MEMORY. A last record that was cut off is none of these: it counts as not there, with those
//            that it belongs together with, and gradmq_record_reader_cut tells.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_record_next (gradmq_record_reader_t *self,
                                                   gradmq_record_t *record,
                                                   gradmq_reason_t *reason);

//  Keep the newest record's body beyond the next call.
//    owns    the caller's: free ()
uint8_t *gradmq_record_take (gradmq_record_reader_t *self);

//  Bytes at the file's end that are a record, or records that belong together, and were cut off; 0: none, or
//  not known yet.
uint64_t gradmq_record_reader_cut (const gradmq_record_reader_t *self);

#endif
