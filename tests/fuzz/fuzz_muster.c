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

//  Does `text` have this line?
static bool
s_has (const char *text, const char *line, size_t size)
{
    while (*text) {
        size_t here = strcspn (text, "\n") + 1;
        if (here == size && memcmp (text, line, size) == 0)
            return true;
        text += here;
    }
    return false;
}

//  Who is gone stands in the order in which they went; of those who are here it has no meaning.
static bool
s_alike (const char *first, const char *second)
{
    bool gone = true, alike = strlen (first) == strlen (second);
    for (const char *line = first; *line && alike;) {
        size_t size = strcspn (line, "\n") + 1;
        const char *here = strstr (line, " here ");
        gone = gone && !(here && here < line + size);
        alike =
            gone ? memcmp (line, second + (line - first), size) == 0 : s_has (second, line, size);
        line += size;
    }
    return alike;
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
        FUZZ_HOLDS (second && s_alike (first, second));
        free (second);
    } else
        FUZZ_HOLDS (strstr (why.text, "line"));
    free (first);
    free (text);
    return 0;
}
