//  What the command line says. One table, option.def, makes the structure, the parser and --help.

#ifndef DIGITS_OPTIONS_H
#define DIGITS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
#define TEXT(field, name, value, fallback, help) const char *field;
#define COUNT(field, name, value, fallback, most, help) uint64_t field;
#include "option.def"
} digits_options_t;

typedef struct {
    const char *name;
    int (*run) (const digits_options_t *options);  //  returns the exit status
    const char *help;
} digits_verb_t;

//  One function a verb; each tells its errors on stderr.
#define VERB(name, help) int digits_##name (const digits_options_t *options);
#include "verb.def"

//  Read the command line. On error, and for --help, *verb is NULL.
//    returns  the exit status for when *verb is NULL: 0 after --help, 2 for a wrong command line
int digits_options_read (digits_options_t *options, const digits_verb_t **verb, int argc,
                         char **argv);

//  False, and a sentence on stderr, when an option that a verb needs was not given.
bool digits_options_need (const char *name, const char *value);

#endif
