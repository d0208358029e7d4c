#include "coordinator/reply_cache.h"

#include "core/limit.h"
#include "core/random.h"
#include "wire/message.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    char client [GRADMQ_NAME_BYTES_MAX + 1];
    uint64_t request_id;
    uint8_t digest [GRADMQ_SHA256_BYTES];
    void *reply;
    size_t size;
} gradmq_kept_t;

struct gradmq_reply_cache {
    gradmq_kept_t kept [GRADMQ_REPLY_CACHE];
    size_t next;  //  the oldest, which goes first
};

gradmq_reply_cache_t *
gradmq_reply_cache_new (void)
{
    return calloc (1, sizeof (gradmq_reply_cache_t));
}

void
gradmq_reply_cache_destroy (gradmq_reply_cache_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    for (size_t i = 0; i < GRADMQ_REPLY_CACHE; i++)
        free ((*self_p)->kept [i].reply);
    free (*self_p);
    *self_p = NULL;
}

//  What a header says, whatever form it has (rule W-9).
static void
s_digest (const void *header, size_t size, uint8_t digest [GRADMQ_SHA256_BYTES])
{
    void *canonical;
    size_t canonical_size;
    if (gradmq_wire_canonical_request (header, size, &canonical, &canonical_size)) {
        gradmq_sha256 (header, size, digest);
        return;
    }
    gradmq_sha256 (canonical, canonical_size, digest);
    free (canonical);
}

gradmq_cached_t
gradmq_reply_cache_find (const gradmq_reply_cache_t *self, const char *client, uint64_t request_id,
                         const void *header, size_t size, const void **reply, size_t *reply_size)
{
    for (size_t i = 0; i < GRADMQ_REPLY_CACHE; i++) {
        const gradmq_kept_t *kept = &self->kept [i];
        if (!kept->reply || kept->request_id != request_id || strcmp (kept->client, client) != 0)
            continue;
        uint8_t digest [GRADMQ_SHA256_BYTES];
        s_digest (header, size, digest);
        if (memcmp (digest, kept->digest, sizeof digest) != 0)
            return GRADMQ_CACHED_OTHER;
        *reply = kept->reply;
        *reply_size = kept->size;
        return GRADMQ_CACHED_REPLY;
    }
    return GRADMQ_CACHED_NOTHING;
}

void
gradmq_reply_cache_keep (gradmq_reply_cache_t *self, const char *client, uint64_t request_id,
                         const void *header, size_t size, const void *reply, size_t reply_size)
{
    void *copy = malloc (reply_size);
    if (!copy)
        return;
    memcpy (copy, reply, reply_size);
    gradmq_kept_t *kept = &self->kept [self->next];
    self->next = (self->next + 1) % GRADMQ_REPLY_CACHE;
    free (kept->reply);
    memset (kept, 0, sizeof *kept);
    strncpy (kept->client, client, GRADMQ_NAME_BYTES_MAX);
    kept->request_id = request_id;
    s_digest (header, size, kept->digest);
    kept->reply = copy;
    kept->size = reply_size;
}
