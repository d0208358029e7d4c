//  Filling a gradmq_reason_t (core/error.h).

#ifndef GRADMQ_CORE_REASON_H
#define GRADMQ_CORE_REASON_H

#include "core/error.h"

//  Fill *self (when not NULL) and return the code, so that `return gradmq_refuse (...)` reads well.
//  The text is cut at GRADMQ_REASON_BYTES; control characters and bytes that are not UTF-8 are
//  replaced by '?', so that it can go into a reply, a log and a terminal.
gradmq_err_t gradmq_refuse (gradmq_reason_t *self, gradmq_err_t code, const char *format, ...)
    GRADMQ_PRINTF (3, 4);

#ifdef __clang_analyzer__
//  The analyser looks at one file at a time: here it learns that the code is what is returned.
#define gradmq_refuse(self, code, ...) ((void) gradmq_refuse (self, code, __VA_ARGS__), (code))
#endif

//  The text, or the code's own sentence when no text was given.
const char *gradmq_reason_text (const gradmq_reason_t *self);

#endif
