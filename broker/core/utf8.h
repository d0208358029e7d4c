//  UTF-8 as RFC 3629 has it.

#ifndef GRADMQ_CORE_UTF8_H
#define GRADMQ_CORE_UTF8_H

#include <stddef.h>

//  Length of the sequence that begins at `text`, 1 to 4; 0 when it is not valid within `left` bytes.
size_t gradmq_utf8_length (const char *text, size_t left);

#endif
