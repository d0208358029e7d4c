//  Reading CZMQ's zconfig format (ZeroMQ's RFC 4, "ZPL"), item by item:
//
//      # comment
//      section
//          key = "value"      # four spaces a level; "..." or '...' or bare up to a #
//
//  It is read here and not by zconfig, which cannot be given a file that was not looked at before:
//  a line of more than 1024 bytes makes it read behind the end of the file, what it refuses it
//  reports on standard output, and it tells neither lines nor duplicates. What is accepted here
//  means the same to zconfig; a test and the fuzzer compare.

#ifndef GRADMQ_CORE_ZPL_H
#define GRADMQ_CORE_ZPL_H

#include "core/reason.h"

#include <stdbool.h>
#include <stddef.h>

#define GRADMQ_ZPL_LINE_BYTES_MAX 1024u
#define GRADMQ_ZPL_LEVELS_MAX 4u

typedef struct {
    const char *name;  //  of the file, for reasons
    const char *text;
    size_t size;
    size_t at;
    size_t line;
    size_t level;  //  deepest that the next item can have
    char path [GRADMQ_ZPL_LEVELS_MAX * (GRADMQ_ZPL_LINE_BYTES_MAX + 1)];
    size_t ends [GRADMQ_ZPL_LEVELS_MAX];  //  of the path up to each level
    char buffer [GRADMQ_ZPL_LINE_BYTES_MAX + 1];
} gradmq_zpl_t;

//  Where names and values stand until the next call.
typedef struct {
    size_t line;
    const char *path;   //  names of all levels with slashes between; NULL: the text is over
    const char *value;  //  NULL: none was written
} gradmq_zpl_item_t;

//  Begin to read; name and text are borrowed.
void gradmq_zpl_open (gradmq_zpl_t *self, const char *name, const char *text, size_t size);

//  The next item.
//    errors  CONFIG: not the format, with file and line; nothing more can then be read
GRADMQ_MUST_CHECK gradmq_err_t gradmq_zpl_next (gradmq_zpl_t *self, gradmq_zpl_item_t *item,
                                                gradmq_reason_t *reason);

//  A value as it can stand behind "key = ".
//    `to`      room for strlen (value) + 3 bytes
//    returns   false: it has both kinds of quotes, and cannot be written
bool gradmq_zpl_quote (char *to, const char *value);

#endif
