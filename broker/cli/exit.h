//  What the program ends with (exit.def).

#ifndef GRADMQ_CLI_EXIT_H
#define GRADMQ_CLI_EXIT_H

#include "core/error.h"

#include <stddef.h>

typedef enum {
#define EXIT(name, number, help) GRADMQ_EXIT_##name = number,
#define LEADS(error, exit)
#include "cli/exit.def"
#undef EXIT
#undef LEADS
} gradmq_exit_t;

typedef struct {
    const char *name;
    gradmq_exit_t number;
    const char *help;
} gradmq_exit_row_t;

//  Row number `index`, in the order of their numbers; NULL past the last.
const gradmq_exit_row_t *gradmq_exit_at (size_t index);

//  What an error leads to; DONE for GRADMQ_OK.
gradmq_exit_t gradmq_exit_of (gradmq_err_t err);

#endif
