#include "core/random.h"

#include <assert.h>
#include <sodium.h>

static void
s_start (void)
{
    int rc = sodium_init ();  //  idempotent and thread-safe; fails only without a random source
    assert (rc >= 0);
    (void) rc;
}

uint64_t
gradmq_random_u64 (void)
{
    s_start ();
    uint64_t value = 0;
    while (!value)
        randombytes_buf (&value, sizeof value);
    return value;
}

uint32_t
gradmq_random_below (uint32_t bound)
{
    s_start ();
    return randombytes_uniform (bound);
}

void
gradmq_sha256 (const void *bytes, size_t size, uint8_t digest [GRADMQ_SHA256_BYTES])
{
    crypto_hash_sha256 (digest, bytes, size);
}
