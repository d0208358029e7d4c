//  The newest replies to requests that changed something, so that a retry is answered and not done
//  again: rule R-3.

#ifndef GRADMQ_COORDINATOR_REPLY_CACHE_H
#define GRADMQ_COORDINATOR_REPLY_CACHE_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gradmq_reply_cache gradmq_reply_cache_t;

//    errors  NULL: out of memory
gradmq_reply_cache_t *gradmq_reply_cache_new (void);
void gradmq_reply_cache_destroy (gradmq_reply_cache_t **self_p);

typedef enum {
    GRADMQ_CACHED_NOTHING,  //  not seen
    GRADMQ_CACHED_REPLY,    //  the same request was answered
    GRADMQ_CACHED_OTHER     //  this id was used for another request
} gradmq_cached_t;

//  Look up a request by its client and id; `header` is the whole header frame of it.
//    owns    *reply is borrowed, until the next keep
gradmq_cached_t gradmq_reply_cache_find (const gradmq_reply_cache_t *self, const char *client,
                                         uint64_t request_id, const void *header, size_t size,
                                         const void **reply, size_t *reply_size);

//  Keep a reply (its header frame). Where there is no memory it is not kept.
void gradmq_reply_cache_keep (gradmq_reply_cache_t *self, const char *client, uint64_t request_id,
                              const void *header, size_t size, const void *reply,
                              size_t reply_size);

#endif
