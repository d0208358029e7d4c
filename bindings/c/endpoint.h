//  Endpoints as Describe names them, made ones that can be connected to.

#ifndef GRADMQ_CLIENT_ENDPOINT_H
#define GRADMQ_CLIENT_ENDPOINT_H

#include "core/reason.h"
#include "wire/message.h"

#define GRADMQ_ENDPOINT_BYTES 256

//  `named` with, in place of a wildcard host, the host of `control` (rule K-2).
//    errors  ARGUMENT: too long, or a wildcard and a control endpoint that is not tcp
GRADMQ_MUST_CHECK gradmq_err_t gradmq_endpoint_resolve (char to [GRADMQ_ENDPOINT_BYTES],
                                                        const char *named, const char *control,
                                                        gradmq_reason_t *why);

//  The one of several to use: the first of the transport by which control was reached, else the
//  first.
//    errors  ARGUMENT as above; CONNECT: none is named
GRADMQ_MUST_CHECK gradmq_err_t gradmq_endpoint_choose (char to [GRADMQ_ENDPOINT_BYTES],
                                                       const gradmq_texts_t *named,
                                                       const char *control, const char *socket,
                                                       gradmq_reason_t *why);

#endif
