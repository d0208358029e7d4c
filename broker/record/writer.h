//  Appending records to a file.

#ifndef GRADMQ_RECORD_WRITER_H
#define GRADMQ_RECORD_WRITER_H

#include "record/record.h"
#include "tensor/payload.h"

typedef struct gradmq_record_writer gradmq_record_writer_t;

//  Begin a file that is not there yet, for its owner alone to read.
//    owns    *self_p is the caller's: gradmq_record_writer_close
//    errors  ARGUMENT: it is there already; IO, MEMORY; *self_p is then NULL
GRADMQ_MUST_CHECK gradmq_err_t gradmq_record_writer_open (gradmq_record_writer_t **self_p,
                                                          const char *path,
                                                          gradmq_reason_t *reason);

//  What is appended from now on is going to be synced soon: have the disk begin with it before that.
void gradmq_record_writer_early (gradmq_record_writer_t *self);

//  Append a record whose body is `front` and then `payload`, which may be NULL. It is in the file
//  once the writer was flushed or closed.
//    `lsn`   where not NULL, filled with the record's number
//    errors  IO; what the file then ends with is no whole record
GRADMQ_MUST_CHECK gradmq_err_t gradmq_record_write (gradmq_record_writer_t *self,
                                                    gradmq_record_type_t type, const void *front,
                                                    size_t size, const gradmq_payload_t *payload,
                                                    uint64_t *lsn, gradmq_reason_t *reason);

//  Hand what was appended to the system.
//    errors  IO
GRADMQ_MUST_CHECK gradmq_err_t gradmq_record_writer_flush (gradmq_record_writer_t *self,
                                                           gradmq_reason_t *reason);

//  The same, and wait until it is on the disk.
//    errors  IO. What the disk has is then not known, and trying again does not tell.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_record_writer_sync (gradmq_record_writer_t *self,
                                                          gradmq_reason_t *reason);

//  Flush and close.
//    owns    takes *self_p and nulls it, also on error; NULL is fine
//    errors  IO
GRADMQ_MUST_CHECK gradmq_err_t gradmq_record_writer_close (gradmq_record_writer_t **self_p,
                                                           gradmq_reason_t *reason);

//  Bytes and records so far.
uint64_t gradmq_record_writer_bytes (const gradmq_record_writer_t *self);
uint64_t gradmq_record_writer_records (const gradmq_record_writer_t *self);

#endif
