//  libmicrohttpd, loaded when HTTP is asked for. With what it brings along it takes 3 MiB, which a daemon
//  without HTTP does not have to hold; nor does it have to be there then.

#ifndef GRADMQ_HTTP_LIBRARY_H
#define GRADMQ_HTTP_LIBRARY_H

#include "core/reason.h"

#include <microhttpd.h>

typedef struct {
#define X(name) __typeof__ (&MHD_##name) name;
#include "http/library.def"
#undef X
} gradmq_http_library_t;

//  Load it, once.
//    thread  one at a time, and before any other uses it
//    errors  IO, with the file and why
GRADMQ_MUST_CHECK gradmq_err_t gradmq_http_library_load (gradmq_reason_t *reason);

//  Its functions, once it was loaded.
const gradmq_http_library_t *gradmq_http_library (void);

#endif
