#include "core/error.h"

const char *
gradmq_err_name (gradmq_err_t code)
{
    switch (code) {
        case GRADMQ_OK:
            return "OK";
#define X(name, number, sentence)                                                                  \
    case GRADMQ_ERR_##name:                                                                        \
        return #name;
#include "core/error.def"
#undef X
    }
    return "UNKNOWN";
}

const char *
gradmq_err_text (gradmq_err_t code)
{
    switch (code) {
        case GRADMQ_OK:
            return "done";
#define X(name, number, sentence)                                                                  \
    case GRADMQ_ERR_##name:                                                                        \
        return sentence;
#include "core/error.def"
#undef X
    }
    return "an error that this version does not know";
}

gradmq_err_t
gradmq_err_from_number (unsigned long number)
{
    switch (number) {
        case 0:
            return GRADMQ_OK;
#define X(name, value, sentence)                                                                   \
    case value:                                                                                    \
        return GRADMQ_ERR_##name;
#include "core/error.def"
#undef X
        default:
            return GRADMQ_ERR_INTERNAL;
    }
}
