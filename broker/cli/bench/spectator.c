#include "cli/bench/spectator.h"

#include "cli/bench/bench.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LISTENERS = 2, BLOCK_BYTES = 65536 };

#define SCRAPE_SECONDS 1.0

static const char s_metrics [] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
static const char s_events [] = "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n";
static const char s_good [] = "HTTP/1.1 200 ";

gradmq_err_t
gradmq_bench_free_address (gradmq_address_t *address, gradmq_reason_t *reason)
{
    gradmq_err_t err = gradmq_address_read (address, "127.0.0.1:0", reason);
    int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (!err
        && (fd < 0 || bind (fd, &address->any, address->bytes)
            || getsockname (fd, &address->any, &address->bytes)))
        err =
            gradmq_refuse (reason, GRADMQ_ERR_BIND, "no free port for HTTP: %s", strerror (errno));
    if (fd >= 0)
        close (fd);
    return err;
}

static gradmq_err_t
s_ask (int *fd, const gradmq_address_t *address, const char *request, gradmq_reason_t *reason)
{
    *fd = socket (address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t size = strlen (request);
    if (*fd < 0 || connect (*fd, &address->any, address->bytes)
        || send (*fd, request, size, MSG_NOSIGNAL) != (ssize_t) size)
        return gradmq_refuse (reason, GRADMQ_ERR_CONNECT, "gradmqd does not answer HTTP: %s",
                              strerror (errno));
    return GRADMQ_OK;
}

static gradmq_err_t
s_scrape (const gradmq_address_t *address, char *block, gradmq_reason_t *reason)
{
    int fd;
    ssize_t got = 0, size = 0;
    gradmq_err_t err = s_ask (&fd, address, s_metrics, reason);
    while (!err && size < BLOCK_BYTES
           && (got = recv (fd, block + size, (size_t) (BLOCK_BYTES - size), 0)) > 0)
        size += got;
    if (fd >= 0)
        close (fd);
    if (!err && (size < (ssize_t) sizeof s_good || memcmp (block, s_good, sizeof s_good - 1) != 0))
        err = gradmq_refuse (reason, GRADMQ_ERR_MALFORMED, "/metrics is not answered");
    return err;
}

//  Read what there is of events until something is said or it is time.
static gradmq_err_t
s_listen (struct pollfd items [LISTENERS + 1], double until, char *block, uint64_t *bytes,
          gradmq_reason_t *reason)
{
    for (;;) {
        double left = until - gradmq_bench_seconds ();
        if (left <= 0 || items [LISTENERS].revents)
            return GRADMQ_OK;
        poll (items, LISTENERS + 1, (int) (left * 1000) + 1);
        for (size_t i = 0; i < LISTENERS; i++) {
            ssize_t got = items [i].revents ? recv (items [i].fd, block, BLOCK_BYTES, 0) : 1;
            if (got <= 0)
                return gradmq_refuse (reason, GRADMQ_ERR_MALFORMED, "/events came to an end");
            if (items [i].revents)
                *bytes += (uint64_t) got;
        }
    }
}

//  Look from one note to the next.
static gradmq_err_t
s_look (int wire, const gradmq_address_t *address, gradmq_bench_note_t *found,
        gradmq_reason_t *reason)
{
    static char block [BLOCK_BYTES];
    struct pollfd items [LISTENERS + 1] = {{.fd = -1}, {.fd = -1}, {.fd = wire, .events = POLLIN}};
    uint64_t bytes = 0;
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; i < LISTENERS && !err; i++) {
        err = s_ask (&items [i].fd, address, s_events, reason);
        items [i].events = POLLIN;
    }
    for (; !err && !items [LISTENERS].revents; found->count++) {
        double next = gradmq_bench_seconds () + SCRAPE_SECONDS;
        err = s_scrape (address, block, reason);
        if (!err)
            err = s_listen (items, next, block, &bytes, reason);
    }
    for (size_t i = 0; i < LISTENERS; i++)
        if (items [i].fd >= 0)
            close (items [i].fd);
    found->seconds = (double) bytes;
    return err;
}

gradmq_err_t
gradmq_bench_spectator (int wire, const void *argument, gradmq_reason_t *reason)
{
    gradmq_bench_note_t note = {0};
    gradmq_err_t err = GRADMQ_OK;
    gradmq_bench_tell (wire, &note);
    while (!err && !(err = gradmq_bench_hear (wire, -1, &note, reason))) {
        gradmq_bench_note_t found = {0};
        err = s_look (wire, argument, &found, reason);
        if (!err)
            err = gradmq_bench_hear (wire, -1, &note, reason);
        if (!err)
            gradmq_bench_tell (wire, &found);
    }
    return err;
}
