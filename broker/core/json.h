//  Writing JSON strings. Whole documents are written with printf around this.

#ifndef GRADMQ_CORE_JSON_H
#define GRADMQ_CORE_JSON_H

#include <stddef.h>

//  Write `text` with quotes and escapes; cut at `size`, always terminated and closed by a quote.
//  Bytes that are not ASCII pass as they are when they are valid UTF-8 and as U+FFFD when not.
//    units   at most 6 * strlen (text) + 3 bytes are needed
//    returns the length written, without the terminator
size_t gradmq_json_quote (char *to, size_t size, const char *text);

#endif
