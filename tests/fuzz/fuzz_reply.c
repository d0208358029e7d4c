//  A reply's header as a client gets it.

#include "fuzz.h"
#include "wire/message.h"

#include <string.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    gradmq_reply_t first, second;
    gradmq_reason_t reason;
    void *header, *again;
    size_t length, length_again;
    if (gradmq_wire_decode_reply (&first, data, size, &reason)) {
        FUZZ_HOLDS (!first.arena && strlen (reason.text) < sizeof reason.text);
        return 0;
    }
    //  What was decoded says the same after encoding.
    FUZZ_HOLDS (!gradmq_wire_encode_reply (&first, &header, &length));
    FUZZ_HOLDS (!gradmq_wire_decode_reply (&second, header, length, &reason));
    FUZZ_HOLDS (!gradmq_wire_encode_reply (&second, &again, &length_again));
    FUZZ_HOLDS (length == length_again && memcmp (header, again, length) == 0);
    gradmq_reply_clear (&first);
    gradmq_reply_clear (&second);
    free (header);
    free (again);
    return 0;
}
