#include "http/library.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

static gradmq_http_library_t s_library;
static bool s_loaded;

//  C has no cast from what dlsym returns to a function.
static bool
s_find (void *file, const char *name, void *function, size_t size)
{
    void *found = dlsym (file, name);
    if (found)
        memcpy (function, &found, size);
    return found != NULL;
}

gradmq_err_t
gradmq_http_library_load (gradmq_reason_t *reason)
{
    if (s_loaded)
        return GRADMQ_OK;
    void *file = dlopen (GRADMQ_MICROHTTPD, RTLD_NOW | RTLD_LOCAL);
    if (!file)
        return gradmq_refuse (
            reason, GRADMQ_ERR_IO,
            "HTTP needs libmicrohttpd, which cannot be loaded: %.200s; install it, or "
            "leave http/listen empty",
            dlerror ());
#define X(name)                                                                                    \
    if (!s_find (file, "MHD_" #name, &s_library.name, sizeof s_library.name))                      \
        return gradmq_refuse (reason, GRADMQ_ERR_IO, "%s has no MHD_%s", GRADMQ_MICROHTTPD, #name);
#include "http/library.def"
#undef X
    s_loaded = true;
    return GRADMQ_OK;
}

const gradmq_http_library_t *
gradmq_http_library (void)
{
    return &s_library;
}
