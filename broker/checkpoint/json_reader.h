//  Reading JSON whose form is known: the caller asks for what has to come next. Strict as RFC 8259,
//  without recursion, without memory of its own: strings are decoded where they stand.
//
//  It is not a library of Debian because of what headers of model files need: positions of errors,
//  duplicate keys seen by the caller, whole numbers of 64 bits, and a cost in memory that does not
//  depend on what is in the text (a tree of a header of 100 MB takes more than a gigabyte).

#ifndef GRADMQ_CHECKPOINT_JSON_READER_H
#define GRADMQ_CHECKPOINT_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    char *text;  //  the caller's; decoded strings are written over it
    size_t size;
    size_t at;
    const char *wrong;  //  what was expected at `at`; NULL while all is well
} gradmq_json_reader_t;

gradmq_json_reader_t gradmq_json_reader (char *text, size_t size);

//  True, and behind it, when the next character is `c`. White space before it is skipped.
bool gradmq_json_next_is (gradmq_json_reader_t *self, char c);

//  Each of these is false, and says in `wrong` what was expected, when something else comes.

//  The character `c`; `wrong` is what to say without it.
bool gradmq_json_take (gradmq_json_reader_t *self, char c, const char *wrong);

//  A string of valid UTF-8 without NUL.
//    owns    *text lives as long as the reader's text
bool gradmq_json_take_string (gradmq_json_reader_t *self, const char **text);

//  A whole number from 0 to 2^64 - 1, without fraction and exponent.
bool gradmq_json_take_u64 (gradmq_json_reader_t *self, uint64_t *value);

//  Nothing but white space to the end.
bool gradmq_json_take_end (gradmq_json_reader_t *self);

#endif
