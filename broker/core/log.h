//  The log: one line an entry on standard error, for people or as JSON. Log once, where the error
//  is absorbed.

#ifndef GRADMQ_CORE_LOG_H
#define GRADMQ_CORE_LOG_H

#include "core/export.h"

#include <stdbool.h>
#include <stdio.h>

typedef enum {
    GRADMQ_LOG_ERROR = 0,
    GRADMQ_LOG_WARNING = 1,
    GRADMQ_LOG_INFO = 2,
    GRADMQ_LOG_DEBUG = 3
} gradmq_log_level_t;

typedef enum { GRADMQ_LOG_TEXT = 0, GRADMQ_LOG_JSON = 1 } gradmq_log_form_t;

//  Where the log goes from now on. Nothing is logged before the first call, so that the libraries
//  are silent inside other people's programs.
//    owns    borrows `stream`, which must outlive the log; NULL: silent
//    thread  call before other threads log
void gradmq_log_open (FILE *stream, gradmq_log_level_t level, gradmq_log_form_t form);

//  Write one entry.
//    thread  any
void gradmq_log (gradmq_log_level_t level, const char *format, ...) GRADMQ_PRINTF (2, 3);

//  True when an entry of this level would be written.
bool gradmq_log_wants (gradmq_log_level_t level);

#endif
