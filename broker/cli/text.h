//  Text for people: widths on a terminal, bytes, durations, and what came from outside made
//  harmless.

#ifndef GRADMQ_CLI_TEXT_H
#define GRADMQ_CLI_TEXT_H

#include <stddef.h>
#include <stdint.h>

//  Long enough for every gradmq_text_* below.
#define GRADMQ_TEXT_BYTES 40

//  How many columns of a terminal valid UTF-8 takes: 2 for East Asian wide characters and emoji,
//  0 for combining ones.
size_t gradmq_text_width (const char *text);

//  Write `text` with what a terminal could take for a command replaced by '?': control characters
//  (C0, DEL, C1), marks that turn the direction of writing, bytes that are not UTF-8.
//    shape   `to` may be `text`
//    units   at most strlen (text) + 1 bytes are needed; cut at a whole character
//    returns `to`
const char *gradmq_text_clean (char *to, size_t size, const char *text);

//  Bytes of `text` that take at most `columns` columns.
size_t gradmq_text_fit (const char *text, size_t columns);

//  "17 B", "1.5 KiB", "12 MiB".
const char *gradmq_text_size (char text [GRADMQ_TEXT_BYTES], uint64_t size_bytes);

//  "850 ms", "12.3 s", "4 min 12 s", "3 h 5 min", "2 d 4 h".
const char *gradmq_text_span (char text [GRADMQ_TEXT_BYTES], uint64_t span_ms);

//  A number in about four digits: "0.001235", "12.3", "1.2e+07"; "-" when it is not finite.
const char *gradmq_text_real (char text [GRADMQ_TEXT_BYTES], double value);

//  The shortest text that reads back as the same number.
const char *gradmq_text_exact (char text [GRADMQ_TEXT_BYTES], double value);

const char *gradmq_text_count (char text [GRADMQ_TEXT_BYTES], uint64_t value);

//  16 hexadecimal digits.
const char *gradmq_text_id (char text [GRADMQ_TEXT_BYTES], uint64_t value);

#endif
