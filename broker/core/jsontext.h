//  A JSON document that grows. Commas are its own business; a key is NULL inside of an array.

#ifndef GRADMQ_CORE_JSONTEXT_H
#define GRADMQ_CORE_JSONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

//  All zero: empty.
typedef struct {
    char *text;
    size_t size, room;
    bool failed;  //  out of memory: the text is not whole
} gradmq_jsontext_t;

void gradmq_jsontext_clear (gradmq_jsontext_t *self);
void gradmq_jsontext_free (gradmq_jsontext_t *self);

//  `open` is '{' or '[', `close` its other half.
void gradmq_jsontext_open (gradmq_jsontext_t *self, const char *key, char open);
void gradmq_jsontext_close (gradmq_jsontext_t *self, char close);

//  NULL text: null.
void gradmq_jsontext_text (gradmq_jsontext_t *self, const char *key, const char *text);
void gradmq_jsontext_number (gradmq_jsontext_t *self, const char *key, uint64_t number);
//  Not finite: null.
void gradmq_jsontext_real (gradmq_jsontext_t *self, const char *key, double number);
void gradmq_jsontext_flag (gradmq_jsontext_t *self, const char *key, bool flag);
//  64 bits that are a name rather than a count: sixteen hexadecimal digits as text, since many
//  readers of JSON have no whole numbers above 2^53.
void gradmq_jsontext_id (gradmq_jsontext_t *self, const char *key, uint64_t id);

//  A value that is JSON already.
void gradmq_jsontext_json (gradmq_jsontext_t *self, const char *key, const char *json);

#endif
