//  Any bytes as a list of workers in a checkpoint or a journal: refused with the line, or taken in, and
//  then the same when it is written and taken in again.

#include "fuzz.h"
#include "sync/muster.h"

#include <string.h>

//  What the members that were read from `text` are as text; NULL: they cannot be read.
static char *
s_again (const char *text, gradmq_reason_t *why)
{
    gradmq_members_t *members = gradmq_members_new ();
    FUZZ_HOLDS (members);
    char *written = NULL;
    if (!gradmq_muster_read (members, text, 1000, 30000, why))
        written = gradmq_muster_write (members);
    gradmq_members_destroy (&members);
    return written;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    char *text = malloc (size + 1);
    if (!text)
        return 0;
    memcpy (text, data, size);
    text [size] = 0;
    gradmq_reason_t why = {0};
    char *first = s_again (text, &why);
    if (first) {
        char *second = s_again (first, &why);
        FUZZ_HOLDS (second && strcmp (first, second) == 0);
        free (second);
    } else
        FUZZ_HOLDS (strstr (why.text, "line"));
    free (first);
    free (text);
    return 0;
}
