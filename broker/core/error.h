//  Errors are values: a code, its name, a sentence. One table, error.def, makes all of them.
//
//  Installed with the libraries; C and C++.

#ifndef GRADMQ_CORE_ERROR_H
#define GRADMQ_CORE_ERROR_H

#include "core/export.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    GRADMQ_OK = 0,
#define X(name, number, sentence) GRADMQ_ERR_##name = number,
#include "core/error.def"
#undef X
} gradmq_err_t;

#define GRADMQ_REASON_BYTES 512

//  An error with its sentence: what was wrong with which value, and what to do. Calls that can
//  refuse take a pointer to one, which may be NULL, and fill it when they do.
typedef struct {
    gradmq_err_t code;
    char text [GRADMQ_REASON_BYTES];
} gradmq_reason_t;

//  The code's name, such as "LAYOUT"; "OK" for 0, "UNKNOWN" for what is not in the table.
//    owns    static text
GRADMQ_EXPORT const char *gradmq_err_name (gradmq_err_t code);

//  The code's sentence for people.
//    owns    static text
GRADMQ_EXPORT const char *gradmq_err_text (gradmq_err_t code);

//  The code with this number; GRADMQ_ERR_INTERNAL for a number that is not in the table.
GRADMQ_EXPORT gradmq_err_t gradmq_err_from_number (unsigned long number);

#ifdef __cplusplus
}
#endif

#endif
