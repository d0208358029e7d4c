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
    GRADMQ_CACHED_OTHER,    //  this id was used for another request
    GRADMQ_CACHED_UNABLE    //  no memory to look it up, or to keep an answer to it
} gradmq_cached_t;

//  Look up a request by its client and id; `header` is the whole header frame of it. Where it was not
//  seen there is room for its reply from then on: what cannot be kept is not begun.
//    owns    *reply is borrowed, until the next keep
gradmq_cached_t gradmq_reply_cache_find (gradmq_reply_cache_t *self, const char *client,
                                         uint64_t request_id, const void *header, size_t size,
                                         const void **reply, size_t *reply_size);

//  Keep the reply (its header frame) to the request that was looked up last and not seen. One of more
//  than 64 KiB needs memory, and is not kept where there is none.
void gradmq_reply_cache_keep (gradmq_reply_cache_t *self, const void *reply, size_t size);

#endif
