#include "core/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { HOST_BYTES = 64, PORT_MOST = 65535 };

bool
gradmq_address_names_loopback (const char *host, size_t length)
{
    struct in_addr v4;
    char text [HOST_BYTES];
    if (length >= sizeof text)
        return false;
    memcpy (text, host, length);
    text [length] = 0;
    return strcmp (text, "localhost") == 0 || strcmp (text, "[::1]") == 0
           || (inet_pton (AF_INET, text, &v4) == 1 && ntohl (v4.s_addr) >> 24 == 127);
}

//  A port: digits up to PORT_MOST.
static bool
s_port (const char *text, uint16_t *port)
{
    unsigned long number = 0;
    size_t digits = strspn (text, "0123456789");
    if (!digits || digits > 5 || text [digits])
        return false;
    for (size_t i = 0; i < digits; i++)
        number = number * 10 + (unsigned long) (text [i] - '0');
    *port = (uint16_t) number;
    return number <= PORT_MOST;
}

static bool
s_host (gradmq_address_t *self, const char *host, uint16_t port)
{
    size_t length = strlen (host);
    if (strcmp (host, "localhost") == 0)
        host = "127.0.0.1";
    if (inet_pton (AF_INET, host, &self->v4.sin_addr) == 1) {
        self->v4.sin_family = AF_INET;
        self->v4.sin_port = htons (port);
        self->bytes = sizeof self->v4;
        return true;
    }
    char inner [HOST_BYTES];
    if (length < 3 || host [0] != '[' || host [length - 1] != ']')
        return false;
    memcpy (inner, host + 1, length - 2);
    inner [length - 2] = 0;
    self->v6.sin6_family = AF_INET6;
    self->v6.sin6_port = htons (port);
    self->bytes = sizeof self->v6;
    return inet_pton (AF_INET6, inner, &self->v6.sin6_addr) == 1;
}

gradmq_err_t
gradmq_address_read (gradmq_address_t *self, const char *text, gradmq_reason_t *reason)
{
    const char *colon = strrchr (text, ':');
    size_t length = colon ? (size_t) (colon - text) : 0;
    char host [HOST_BYTES];
    uint16_t port;
    memset (self, 0, sizeof *self);
    if (length && length < sizeof host) {
        memcpy (host, text, length);
        host [length] = 0;
        self->loopback = gradmq_address_names_loopback (host, length);
        if (s_port (colon + 1, &port) && s_host (self, host, port))
            return GRADMQ_OK;
    }
    return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                          "\"%.80s\"; it can be ADDRESS:PORT with an address in numbers, such as "
                          "127.0.0.1:9570 or [::1]:9570",
                          text);
}

const char *
gradmq_address_write (const gradmq_address_t *self, char text [GRADMQ_ADDRESS_TEXT_BYTES])
{
    char host [INET6_ADDRSTRLEN] = "?";
    bool six = self->any.sa_family == AF_INET6;
    const void *from = six ? (const void *) &self->v6.sin6_addr : (const void *) &self->v4.sin_addr;
    inet_ntop (self->any.sa_family, from, host, sizeof host);
    snprintf (text, GRADMQ_ADDRESS_TEXT_BYTES, six ? "[%s]:%u" : "%s:%u", host,
              (unsigned) ntohs (six ? self->v6.sin6_port : self->v4.sin_port));
    return text;
}
