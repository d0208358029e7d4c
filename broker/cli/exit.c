#include "cli/exit.h"

static const gradmq_exit_row_t s_rows [] = {
#define EXIT(n, code, words) {.name = #n, .number = GRADMQ_EXIT_##n, .help = words},
#define LEADS(error, exit)
#include "cli/exit.def"
#undef EXIT
#undef LEADS
};

static const struct {
    gradmq_err_t err;
    gradmq_exit_t number;
} s_leads [] = {
#define EXIT(n, code, words)
#define LEADS(error, exit) {GRADMQ_ERR_##error, GRADMQ_EXIT_##exit},
#include "cli/exit.def"
#undef EXIT
#undef LEADS
};

const gradmq_exit_row_t *
gradmq_exit_at (size_t index)
{
    return index < sizeof s_rows / sizeof s_rows [0] ? &s_rows [index] : NULL;
}

gradmq_exit_t
gradmq_exit_of (gradmq_err_t err)
{
    if (!err)
        return GRADMQ_EXIT_DONE;
    for (size_t i = 0; i < sizeof s_leads / sizeof s_leads [0]; i++)
        if (s_leads [i].err == err)
            return s_leads [i].number;
    return GRADMQ_EXIT_REFUSED;
}
