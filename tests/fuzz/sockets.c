#include "sockets.h"

#include "core/export.h"
#include "fuzz.h"

#include <errno.h>
#include <string.h>
#include <zmq.h>

//  How many an input can be made of, which is bounded by what feeds them.
enum { FRAMES_MAX = 128 };

static struct {
    const uint8_t *bytes;
    size_t size;
    bool more;
} s_frames [FRAMES_MAX];
static size_t s_first, s_last;
static bool s_more;  //  the frame that was received last is followed by another

void
fuzz_sockets_feed (const uint8_t *bytes, size_t size, bool more)
{
    FUZZ_HOLDS (s_last < FRAMES_MAX);
    s_frames [s_last].bytes = bytes;
    s_frames [s_last].size = size;
    s_frames [s_last++].more = more;
}

size_t
fuzz_sockets_drop (void)
{
    size_t left = s_last - s_first;
    s_first = s_last = 0;
    return left;
}

//  What the linker puts in the places of ZeroMQ's; libraries call some of them, too.
GRADMQ_EXPORT int __wrap_zmq_msg_recv (zmq_msg_t *message, void *socket, int flags);
GRADMQ_EXPORT int __wrap_zmq_msg_more (const zmq_msg_t *message);
GRADMQ_EXPORT int __wrap_zmq_msg_send (zmq_msg_t *message, void *socket, int flags);
GRADMQ_EXPORT int __wrap_zmq_send (void *socket, const void *bytes, size_t size, int flags);
GRADMQ_EXPORT int __wrap_zmq_getsockopt (void *socket, int option, void *value, size_t *size);
GRADMQ_EXPORT int __wrap_zmq_setsockopt (void *socket, int option, const void *value, size_t size);

int
__wrap_zmq_msg_recv (zmq_msg_t *message, void *socket, int flags)
{
    FUZZ_HOLDS (socket && flags & ZMQ_DONTWAIT);
    if (s_first == s_last) {
        errno = EAGAIN;
        return -1;
    }
    size_t size = s_frames [s_first].size;
    FUZZ_HOLDS (!zmq_msg_close (message) && !zmq_msg_init_size (message, size));
    if (size)
        memcpy (zmq_msg_data (message), s_frames [s_first].bytes, size);
    s_more = s_frames [s_first++].more;
    return (int) size;
}

int
__wrap_zmq_msg_more (const zmq_msg_t *message)
{
    FUZZ_HOLDS (message);
    return s_more;
}

static int
s_send (fuzz_socket_t *socket, const void *bytes, size_t size, int flags)
{
    bool more = flags & ZMQ_SNDMORE;
    socket->sent (socket->at, bytes, size, more);
    socket->at = more ? socket->at + 1 : 0;
    return (int) size;
}

int
__wrap_zmq_msg_send (zmq_msg_t *message, void *socket, int flags)
{
    int size = s_send (socket, zmq_msg_data (message), zmq_msg_size (message), flags);
    zmq_msg_close (message);
    return size;
}

int
__wrap_zmq_send (void *socket, const void *bytes, size_t size, int flags)
{
    return s_send (socket, bytes, size, flags);
}

int
__wrap_zmq_getsockopt (void *socket, int option, void *value, size_t *size)
{
    FUZZ_HOLDS (socket && option == ZMQ_EVENTS);
    memset (value, 0, *size);
    return 0;
}

int
__wrap_zmq_setsockopt (void *socket, int option, const void *value, size_t size)
{
    FUZZ_HOLDS (socket && option == ZMQ_SNDHWM && value && size == sizeof (int));
    return 0;
}
