//  Addresses to listen at, as people write them: "127.0.0.1:9570", "[::1]:9570", "localhost:9570".

#ifndef GRADMQ_CORE_ADDRESS_H
#define GRADMQ_CORE_ADDRESS_H

#include "core/reason.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    };
    socklen_t bytes;
    bool loopback;  //  only this machine can reach it
} gradmq_address_t;

#define GRADMQ_ADDRESS_TEXT_BYTES 64

//  Numbers only, but for "localhost", so that nothing is looked up; port 0 is any that is free.
//    errors  ARGUMENT, with what it can be; *self is then undefined
GRADMQ_MUST_CHECK gradmq_err_t gradmq_address_read (gradmq_address_t *self, const char *text,
                                                    gradmq_reason_t *reason);

//  Write it as gradmq_address_read reads it.
//    returns `text`
const char *gradmq_address_write (const gradmq_address_t *self,
                                  char text [GRADMQ_ADDRESS_TEXT_BYTES]);

//  True for the name of a host that is this machine, whatever it resolves to: "localhost", an address
//  that begins with 127., "[::1]".
bool gradmq_address_names_loopback (const char *host, size_t length);

#endif
