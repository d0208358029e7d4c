//  What a journal has beside a recording: what it goes on from, and who has joined and what became of
//  their gradients. schemas/RECORD.md, section 4.

#ifndef GRADMQ_RECORD_JOURNAL_H
#define GRADMQ_RECORD_JOURNAL_H

#include "core/bytes.h"
#include "record/reader.h"

//  CONTINUES.
typedef struct {
    uint64_t serial;  //  number of this journal
    uint64_t before,
        records;              //  number of the journal before it and its records; 0: there was none
    uint64_t epoch, version;  //  of the model that it goes on from; 0, 0: there is none
} gradmq_continues_body_t;

//  What is called for the other records, in their order, and `disposed` for each gradient of a step that was
//  played, too. Names are valid, and NUL ends them.
typedef struct {
    void *context;
    gradmq_err_t (*workers) (void *context, const char *text, gradmq_reason_t *reason);
    gradmq_err_t (*joined) (void *context, const char *worker, uint64_t incarnation, uint64_t next,
                            gradmq_reason_t *reason);
    void (*gone) (void *context, const char *worker, uint64_t incarnation);
    void (*disposed) (void *context, const char *worker, uint64_t incarnation, uint64_t sequence,
                      uint32_t disposition, uint32_t code);
    void (*running) (void *context, bool running);
} gradmq_watcher_t;

//    errors  FORMAT
GRADMQ_MUST_CHECK gradmq_err_t gradmq_body_continues (gradmq_cursor_t body,
                                                      gradmq_continues_body_t *continues,
                                                      gradmq_reason_t *reason);

//  Read RUNNING, WORKERS, JOINED, GONE or DISPOSED, and tell it.
//    `watcher`  NULL: it is only read
//    errors     FORMAT, MEMORY, and what the watcher says
GRADMQ_MUST_CHECK gradmq_err_t gradmq_journal_tell (const gradmq_watcher_t *watcher,
                                                    gradmq_record_type_t type, gradmq_cursor_t body,
                                                    gradmq_reason_t *reason);

//  What a journal goes on from: its first two records.
//    `last`   of those that were written
//    `whole`  false: it ended before that was written, so nothing happened in it
//    errors   IO, FORMAT, VERSION, UNSUPPORTED, MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_journal_begins (const char *path, bool last,
                                                      gradmq_continues_body_t *continues,
                                                      bool *whole, gradmq_reason_t *reason);

#endif
