#include "core/code.h"

#include <stddef.h>

//  The name at position `number` of a table whose entry 0 stands for no code.
static const char *
s_name (const char *const *names, size_t count, uint32_t number)
{
    return number > 0 && number < count ? names [number] : "?";
}

#define NAME_OF(names, number) s_name (names, sizeof names / sizeof names [0], number)

const char *
gradmq_state_name (uint32_t state)
{
    static const char *const names [] = {"", "EMPTY", "STOPPED", "RUNNING", "CLOSING"};
    return NAME_OF (names, state);
}

const char *
gradmq_kind_name (uint32_t kind)
{
    static const char *const names [] = {"", "GRADIENT", "DELTA", "MODEL_PARAMETERS", "SKIP"};
    return NAME_OF (names, kind);
}

const char *
gradmq_encoding_name (uint32_t encoding)
{
    static const char *const names [] = {"", "DENSE", "ROWS", "TOP_K", "INT8", "LOW_RANK"};
    return NAME_OF (names, encoding);
}

const char *
gradmq_disposition_name (uint32_t disposition)
{
    static const char *const names [] = {"",        "APPLIED", "EXCLUDED",
                                         "SKIPPED", "REFUSED", "DISCARDED"};
    return NAME_OF (names, disposition);
}

const char *
gradmq_notice_name (uint32_t notice)
{
    static const char *const names [] = {"",        "STARTED",      "STOPPED",  "CLOSING",
                                         "EPOCH",   "SETTINGS",     "JOINED",   "LEFT",
                                         "EXPIRED", "FENCED",       "REFUSED",  "TURNED_AWAY",
                                         "CLEARED", "STEP_SKIPPED", "OPERATION"};
    return NAME_OF (names, notice);
}
