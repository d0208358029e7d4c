#include "coordinator/reply_cache.h"

#include "core/limit.h"
#include "core/random.h"
#include "wire/message.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_BYTES = 64 << 10 };  //  for a reply that is not there yet

typedef struct {
    char client [GRADMQ_NAME_BYTES_MAX + 1];
    uint64_t request_id;
    uint8_t digest [GRADMQ_SHA256_BYTES];
    void *reply;
    size_t size;
} gradmq_kept_t;

struct gradmq_reply_cache {
    gradmq_kept_t kept [GRADMQ_REPLY_CACHE];
    size_t next;           //  the oldest, which goes first
    gradmq_kept_t coming;  //  has room for its reply
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
    free ((*self_p)->coming.reply);
    free (*self_p);
    *self_p = NULL;
}

//  What a header says, whatever form it has (rule W-9).
static gradmq_err_t
s_digest (const void *header, size_t size, uint8_t digest [GRADMQ_SHA256_BYTES])
{
    void *canonical;
    size_t canonical_size;
    gradmq_err_t err = gradmq_wire_canonical_request (header, size, &canonical, &canonical_size);
    if (err == GRADMQ_ERR_MEMORY)
        return err;
    if (err) {
        gradmq_sha256 (header, size, digest);
        return GRADMQ_OK;
    }
    gradmq_sha256 (canonical, canonical_size, digest);
    free (canonical);
    return GRADMQ_OK;
}

static const gradmq_kept_t *
s_find (const gradmq_reply_cache_t *self, const char *client, uint64_t request_id)
{
    for (size_t i = 0; i < GRADMQ_REPLY_CACHE; i++) {
        const gradmq_kept_t *kept = &self->kept [i];
        if (kept->reply && kept->request_id == request_id && strcmp (kept->client, client) == 0)
            return kept;
    }
    return NULL;
}

gradmq_cached_t
gradmq_reply_cache_find (gradmq_reply_cache_t *self, const char *client, uint64_t request_id,
                         const void *header, size_t size, const void **reply, size_t *reply_size)
{
    gradmq_kept_t *coming = &self->coming;
    if (!coming->reply)
        coming->reply = malloc (ROOM_BYTES);
    if (!coming->reply || s_digest (header, size, coming->digest))
        return GRADMQ_CACHED_UNABLE;
    const gradmq_kept_t *kept = s_find (self, client, request_id);
    if (!kept) {
        strncpy (coming->client, client, GRADMQ_NAME_BYTES_MAX);
        coming->request_id = request_id;
        return GRADMQ_CACHED_NOTHING;
    }
    if (memcmp (coming->digest, kept->digest, sizeof kept->digest) != 0)
        return GRADMQ_CACHED_OTHER;
    *reply = kept->reply;
    *reply_size = kept->size;
    return GRADMQ_CACHED_REPLY;
}

void
gradmq_reply_cache_keep (gradmq_reply_cache_t *self, const void *reply, size_t size)
{
    gradmq_kept_t *coming = &self->coming;
    void *fitting = realloc (coming->reply, size);
    if (fitting)
        coming->reply = fitting;
    else if (size > ROOM_BYTES)
        return;
    memcpy (coming->reply, reply, size);
    coming->size = size;
    free (self->kept [self->next].reply);
    self->kept [self->next] = *coming;
    self->next = (self->next + 1) % GRADMQ_REPLY_CACHE;
    memset (coming, 0, sizeof *coming);
}
