//  Any bytes as a certificate: refused with the file's name, or what it says is valid, and its patterns
//  of workers' names can be held against any name.

#include "core/name.h"
#include "fuzz.h"
#include "security/authorised.h"

#include <string.h>

//  The last octets of the input as a name.
static void
s_match (const gradmq_certificate_t *certificate, const uint8_t *data, size_t size)
{
    gradmq_permit_t permit = {.role = certificate->role};
    memcpy (permit.name, certificate->name, sizeof permit.name);
    memcpy (permit.workers, certificate->workers, sizeof permit.workers);
    char name [GRADMQ_NAME_BYTES_MAX + 1] = {0};
    size_t taken = size < GRADMQ_NAME_BYTES_MAX ? size : GRADMQ_NAME_BYTES_MAX;
    memcpy (name, data + size - taken, taken);
    bool good = gradmq_permit_names (&permit, name);
    FUZZ_HOLDS (good || *permit.workers);
    //  A pattern without anything special is good for its own name.
    if (*permit.workers && !strpbrk (permit.workers, "*?, \t"))
        FUZZ_HOLDS (gradmq_permit_names (&permit, permit.workers));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    gradmq_certificate_t certificate;
    gradmq_reason_t why = {0};
    if (gradmq_certificate_read (&certificate, "fuzz", (const char *) data, size, &why)) {
        FUZZ_HOLDS (strstr (why.text, "fuzz"));
        return 0;
    }
    FUZZ_HOLDS (gradmq_key_valid (certificate.public_key));
    FUZZ_HOLDS (!*certificate.secret_key || gradmq_key_valid (certificate.secret_key));
    FUZZ_HOLDS (strlen (certificate.workers) < sizeof certificate.workers);
    s_match (&certificate, data, size);
    return 0;
}
