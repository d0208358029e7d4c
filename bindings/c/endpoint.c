#include "endpoint.h"

#include <stdio.h>
#include <string.h>

static const char *const s_wildcards [] = {"tcp://*:", "tcp://0.0.0.0:", "tcp://[::]:"};

gradmq_err_t
gradmq_endpoint_resolve (char to [GRADMQ_ENDPOINT_BYTES], const char *named, const char *control,
                         gradmq_reason_t *why)
{
    int written = -1;
    for (size_t i = 0; i < sizeof s_wildcards / sizeof s_wildcards [0]; i++) {
        size_t length = strlen (s_wildcards [i]);
        if (strncmp (named, s_wildcards [i], length) != 0)
            continue;
        const char *colon = strrchr (control, ':');
        if (strncmp (control, "tcp://", 6) != 0 || colon == NULL || colon < control + 6)
            return gradmq_refuse (why, GRADMQ_ERR_ARGUMENT,
                                  "the coordinator names %s, and the control endpoint %s has no "
                                  "host to put in place of the wildcard: connect over tcp",
                                  named, control);
        written = snprintf (to, GRADMQ_ENDPOINT_BYTES, "%.*s:%s", (int) (colon - control), control,
                            named + length);
        break;
    }
    if (written < 0)
        written = snprintf (to, GRADMQ_ENDPOINT_BYTES, "%s", named);
    if (written < 0 || written >= GRADMQ_ENDPOINT_BYTES)
        return gradmq_refuse (why, GRADMQ_ERR_ARGUMENT, "the endpoint %.100s... is too long",
                              named);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_endpoint_choose (char to [GRADMQ_ENDPOINT_BYTES], const gradmq_texts_t *named,
                        const char *control, const char *socket, gradmq_reason_t *why)
{
    if (named->count == 0)
        return gradmq_refuse (why, GRADMQ_ERR_CONNECT,
                              "the coordinator at %s names no endpoint for %s", control, socket);
    const char *colon = strstr (control, "://");
    size_t scheme = colon ? (size_t) (colon - control) + 3 : 0;
    size_t chosen = 0;
    for (size_t i = named->count; i-- > 0;)
        if (strncmp (named->items [i], control, scheme) == 0)
            chosen = i;
    return gradmq_endpoint_resolve (to, named->items [chosen], control, why);
}
