//  An event's header as a client gets it.

#include "fuzz.h"
#include "wire/message.h"

#include <string.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    gradmq_event_t first, second;
    gradmq_reason_t reason;
    void *header, *again;
    size_t length, length_again;
    if (gradmq_wire_decode_event (&first, data, size, &reason)) {
        FUZZ_HOLDS (!first.arena && strlen (reason.text) < sizeof reason.text);
        return 0;
    }
    //  What was decoded says the same after encoding.
    FUZZ_HOLDS (!gradmq_wire_encode_event (&first, &header, &length));
    FUZZ_HOLDS (!gradmq_wire_decode_event (&second, header, length, &reason));
    FUZZ_HOLDS (!gradmq_wire_encode_event (&second, &again, &length_again));
    FUZZ_HOLDS (length == length_again && memcmp (header, again, length) == 0);
    gradmq_event_clear (&first);
    gradmq_event_clear (&second);
    free (header);
    free (again);
    return 0;
}
