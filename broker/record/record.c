#include "record/record.h"

const uint8_t gradmq_record_magic [GRADMQ_RECORD_FILE_BYTES] = {0x47, 0x4D, 0x51, 0xF2, 1, 0, 0, 0};

const char *
gradmq_record_name (uint32_t type)
{
    switch (type) {
#define X(name, number)                                                                            \
    case number:                                                                                   \
        return #name;
#include "record/record.def"
#undef X
    }
    return "?";
}
