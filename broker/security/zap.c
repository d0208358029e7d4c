#include "security/zap.h"

#include "core/clock.h"
#include "core/log.h"

#include <czmq.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>

//  Frames of a request: version, id, domain, address, routing id, mechanism, and the key for CURVE.
enum {
    FRAME_VERSION,
    FRAME_ID,
    FRAME_DOMAIN,
    FRAME_ADDRESS,
    FRAME_MECHANISM = 5,
    FRAME_KEY,
    FRAMES
};

//  The longest of them that is looked at, and the octets of a key.
enum { FRAME_BYTES = 256, RAW_KEY_BYTES = 32, TELL_MS = 1000 };

#define ENDPOINT "inproc://zeromq.zap.01"
#define STOP_ENDPOINT "inproc://gradmq-zap-stop"

struct gradmq_zap {
    char domain [GRADMQ_ZAP_DOMAIN_BYTES];
    gradmq_authorised_t *authorised;
    gradmq_zap_t *next;
};

//  The one who answers: there while there are domains.
static struct {
    pthread_mutex_t turns;  //  one begins or ends at a time
    pthread_mutex_t mutex;  //  of the list
    gradmq_zap_t *domains;
    uint64_t opened;
    zsock_t *requests;  //  REP; the thread's
    uint64_t told_ms;   //  the thread's: when a refusal was logged last
    zsock_t *stop, *stopped;
    pthread_t thread;
} s_handler = {.turns = PTHREAD_MUTEX_INITIALIZER, .mutex = PTHREAD_MUTEX_INITIALIZER};

//  --------------------------------------------------------------------------------------------
//  One answer

typedef struct {
    char bytes [FRAME_BYTES];
    size_t size;
} s_frame_t;

//  A request, whole. libzmq asks: no other than this process can.
//    returns  how many frames there were; those that fit are kept
static size_t
s_receive (void *socket, s_frame_t frames [FRAMES])
{
    size_t count = 0;
    int more = 1;
    size_t size = sizeof more;
    while (more) {
        s_frame_t spare, *frame = count < FRAMES ? &frames [count] : &spare;
        int length = zmq_recv (socket, frame->bytes, FRAME_BYTES, 0);
        if (length < 0)
            return 0;
        frame->size = (size_t) length < FRAME_BYTES ? (size_t) length : FRAME_BYTES;
        count++;
        if (zmq_getsockopt (socket, ZMQ_RCVMORE, &more, &size))
            return 0;
    }
    return count;
}

static bool
s_is (const s_frame_t *frame, const char *text)
{
    return frame->size == strlen (text) && memcmp (frame->bytes, text, frame->size) == 0;
}

//  The key of who asks, when he may connect.
static bool
s_admit (const s_frame_t frames [FRAMES], size_t count, char key [GRADMQ_KEY_BYTES + 1])
{
    gradmq_permit_t permit;
    if (count != FRAMES || !s_is (&frames [FRAME_VERSION], "1.0")
        || !s_is (&frames [FRAME_MECHANISM], "CURVE") || frames [FRAME_KEY].size != RAW_KEY_BYTES
        || !zmq_z85_encode (key, (const uint8_t *) frames [FRAME_KEY].bytes, RAW_KEY_BYTES))
        return false;
    for (const gradmq_zap_t *zap = s_handler.domains; zap; zap = zap->next)
        if (s_is (&frames [FRAME_DOMAIN], zap->domain))
            return gradmq_authorised_find (zap->authorised, key, &permit);
    return false;
}

//  At most once a second: a peer comes again and again.
static void
s_log_refused (const s_frame_t frames [FRAMES], size_t count, const char *key)
{
    const gradmq_clock_t clock = gradmq_clock_real ();
    uint64_t now = gradmq_clock_ms (&clock);
    if (s_handler.told_ms && now - s_handler.told_ms < TELL_MS)
        return;
    s_handler.told_ms = now;
    const s_frame_t *address = &frames [FRAME_ADDRESS];
    gradmq_log (GRADMQ_LOG_WARNING, "a peer at %.*s was not let in: its key %s is not authorised",
                count > FRAME_ADDRESS ? (int) address->size : 0, address->bytes,
                key [0] ? key : "cannot be read, and");
}

static void
s_answer (void *socket)
{
    s_frame_t frames [FRAMES];
    char key [GRADMQ_KEY_BYTES + 1] = "";
    size_t count = s_receive (socket, frames);
    pthread_mutex_lock (&s_handler.mutex);
    bool admitted = s_admit (frames, count, key);
    pthread_mutex_unlock (&s_handler.mutex);
    if (!admitted)
        s_log_refused (frames, count, key);
    const char *text = admitted ? "OK" : "this key is not authorised";
    zmq_send (socket, "1.0", 3, ZMQ_SNDMORE);
    zmq_send (socket, frames [FRAME_ID].bytes, count > FRAME_ID ? frames [FRAME_ID].size : 0,
              ZMQ_SNDMORE);
    //  After 300 the peer is cut off and comes again, so that it gets in once its key is put into the
    //  folder; after 400 a peer of libzmq never would.
    zmq_send (socket, admitted ? "200" : "300", 3, ZMQ_SNDMORE);
    zmq_send (socket, text, strlen (text), ZMQ_SNDMORE);
    zmq_send (socket, key, admitted ? strlen (key) : 0, ZMQ_SNDMORE);
    zmq_send (socket, "", 0, 0);
}

static void *
s_run (void *unused)
{
    (void) unused;
    zmq_pollitem_t items [] = {{.socket = zsock_resolve (s_handler.requests), .events = ZMQ_POLLIN},
                               {.socket = zsock_resolve (s_handler.stopped), .events = ZMQ_POLLIN}};
    while (!(items [1].revents & ZMQ_POLLIN)) {
        if (zmq_poll (items, 2, -1) < 0 && errno != EINTR)
            break;
        if (items [0].revents & ZMQ_POLLIN)
            s_answer (items [0].socket);
    }
    //  A socket is closed by and by, but its endpoint is free for the next one at once.
    zsock_unbind (s_handler.requests, ENDPOINT);
    zsock_destroy (&s_handler.requests);
    zsock_destroy (&s_handler.stopped);
    return NULL;
}

//  --------------------------------------------------------------------------------------------
//  Beginning and end

//  Signals are for the threads of the program that we are in.
static bool
s_spawn (void)
{
    sigset_t all, kept;
    sigfillset (&all);
    pthread_sigmask (SIG_SETMASK, &all, &kept);
    int rc = pthread_create (&s_handler.thread, NULL, s_run, NULL);
    pthread_sigmask (SIG_SETMASK, &kept, NULL);
    return rc == 0;
}

//  Sockets and thread of who answers.
static gradmq_err_t
s_begin (gradmq_reason_t *reason)
{
    s_handler.requests = zsock_new (ZMQ_REP);
    s_handler.stop = zsock_new (ZMQ_PAIR);
    s_handler.stopped = zsock_new (ZMQ_PAIR);
    gradmq_err_t err = GRADMQ_OK;
    if (!s_handler.requests || !s_handler.stop || !s_handler.stopped)
        err = gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "cannot make a socket: %s",
                             zmq_strerror (errno));
    else if (zsock_bind (s_handler.requests, ENDPOINT))
        err = gradmq_refuse (reason, GRADMQ_ERR_BIND,
                             "cannot answer who may connect, at " ENDPOINT ": %s; CURVE needs that "
                             "nobody else in this process does, such as a zauth of CZMQ",
                             zmq_strerror (errno));
    else if (zsock_bind (s_handler.stop, STOP_ENDPOINT)
             || zsock_connect (s_handler.stopped, STOP_ENDPOINT) || !s_spawn ())
        err = gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "cannot start who answers for keys");
    if (err) {
        zsock_destroy (&s_handler.requests);
        zsock_destroy (&s_handler.stop);
        zsock_destroy (&s_handler.stopped);
    }
    return err;
}

gradmq_err_t
gradmq_zap_open (gradmq_zap_t **self_p, gradmq_authorised_t *authorised, gradmq_reason_t *reason)
{
    gradmq_zap_t *self = *self_p = calloc (1, sizeof *self);
    if (!self)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory for keys");
    self->authorised = authorised;
    pthread_mutex_lock (&s_handler.turns);
    gradmq_err_t err = s_handler.domains ? GRADMQ_OK : s_begin (reason);
    if (!err) {
        snprintf (self->domain, sizeof self->domain, "gradmq.%" PRIu64, ++s_handler.opened);
        pthread_mutex_lock (&s_handler.mutex);
        self->next = s_handler.domains;
        s_handler.domains = self;
        pthread_mutex_unlock (&s_handler.mutex);
    }
    pthread_mutex_unlock (&s_handler.turns);
    if (err) {
        free (self);
        *self_p = NULL;
    }
    return err;
}

static void
s_end (void)
{
    zsock_signal (s_handler.stop, 0);
    pthread_join (s_handler.thread, NULL);
    zsock_unbind (s_handler.stop, STOP_ENDPOINT);
    zsock_destroy (&s_handler.stop);
}

void
gradmq_zap_close (gradmq_zap_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    pthread_mutex_lock (&s_handler.turns);
    pthread_mutex_lock (&s_handler.mutex);
    gradmq_zap_t **at = &s_handler.domains;
    while (*at != *self_p)
        at = &(*at)->next;
    *at = (*self_p)->next;
    pthread_mutex_unlock (&s_handler.mutex);
    if (!s_handler.domains)
        s_end ();
    pthread_mutex_unlock (&s_handler.turns);
    free (*self_p);
    *self_p = NULL;
}

const char *
gradmq_zap_domain (const gradmq_zap_t *self)
{
    return self->domain;
}
