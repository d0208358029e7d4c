//  A text that every machine with python3 has: the sources of its standard library. Eight workers learn from
//  modules of their own, and whole files are held out.

#ifndef GRADMQ_CLI_BENCH_LEARN_TEXT_LIBRARY_H
#define GRADMQ_CLI_BENCH_LEARN_TEXT_LIBRARY_H

#include "core/reason.h"

#include <stddef.h>
#include <stdint.h>

#define GRADMQ_LIBRARY_WORKERS 8u
#define GRADMQ_LIBRARY_PACKAGE_BYTES 64u

//  No part is smaller than this.
#define GRADMQ_LIBRARY_LEAST 1024u

//  Files one after the other.
typedef struct {
    uint8_t *bytes;
    size_t size, space;
} gradmq_text_part_t;

//  All zero: none.
typedef struct {
    char package [GRADMQ_LIBRARY_PACKAGE_BYTES];  //  name and version
    gradmq_text_part_t parts [GRADMQ_LIBRARY_WORKERS];
    gradmq_text_part_t test;  //  held out
} gradmq_library_t;

//  The newest folder of a standard library here.
//    shape   folder [size]
//    errors  IO: there is none; ARGUMENT: too long a path
GRADMQ_MUST_CHECK gradmq_err_t gradmq_library_find (char *folder, size_t size,
                                                    gradmq_reason_t *reason);

//  Read the .py files of a folder in the order of their names. Which worker learns from a file depends on its
//  module alone: the first part of its path. Every eighth file, by a hash of its path, is held out.
//    `most`  bytes of a part, and of what is held out
//    owns    the caller clears *self, also on error
//    errors  IO; ARGUMENT: too little text for parts of GRADMQ_LIBRARY_LEAST; MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_library_load (gradmq_library_t *self, const char *folder,
                                                    size_t most, gradmq_reason_t *reason);
void gradmq_library_clear (gradmq_library_t *self);

#endif
