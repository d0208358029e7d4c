#include "endpoint.h"

#include <stdio.h>
#include <string.h>

static const char *const s_wildcards [] = {"tcp://*:", "tcp://0.0.0.0:", "tcp://[::]:"};

//  The wildcard that an endpoint begins with, or NULL.
static const char *
s_wildcard (const char *named)
{
    for (size_t i = 0; i < sizeof s_wildcards / sizeof s_wildcards [0]; i++)
        if (strncmp (named, s_wildcards [i], strlen (s_wildcards [i])) == 0)
            return s_wildcards [i];
    return NULL;
}

//  Where the host of control ends, its port's colon; NULL where control has no host.
static const char *
s_host_end (const char *control)
{
    const char *colon = strrchr (control, ':');
    return strncmp (control, "tcp://", 6) == 0 && colon >= control + 6 ? colon : NULL;
}

gradmq_err_t
gradmq_endpoint_resolve (char to [GRADMQ_ENDPOINT_BYTES], const char *named, const char *control,
                         gradmq_reason_t *why)
{
    const char *wildcard = s_wildcard (named), *end = s_host_end (control);
    if (wildcard && !end)
        return gradmq_refuse (why, GRADMQ_ERR_ARGUMENT,
                              "the coordinator names %s, and the control endpoint %s has no "
                              "host to put in place of the wildcard: connect over tcp",
                              named, control);
    int written = wildcard ? snprintf (to, GRADMQ_ENDPOINT_BYTES, "%.*s:%s", (int) (end - control),
                                       control, named + strlen (wildcard))
                           : snprintf (to, GRADMQ_ENDPOINT_BYTES, "%s", named);
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
    //  The first that can be reached; before all others the first of the same transport.
    for (size_t i = named->count; i-- > 0;)
        if (!s_wildcard (named->items [i]) || s_host_end (control))
            chosen = i;
    for (size_t i = named->count; i-- > 0;)
        if (strncmp (named->items [i], control, scheme) == 0)
            chosen = i;
    return gradmq_endpoint_resolve (to, named->items [chosen], control, why);
}
