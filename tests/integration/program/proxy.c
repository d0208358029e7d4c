//  A bad network between a coordinator and its clients. Whole messages are lost, doubled, held back
//  and overtaken by others; now and then a connection breaks with all that it carries.
//
//      program.proxy FOLDER SEED LOST DOUBLED HELD
//
//  The coordinator is bound to ipc://control, ipc://gradients, ipc://updates and ipc://events in
//  FOLDER. The proxy binds the same names in the folder where it runs, so that a client which runs
//  there finds it by what Describe says, unchanged. LOST, DOUBLED and HELD are per cent, of each of
//  five lanes: requests, replies, gradients, updates, events.
//
//  SIGTERM ends it; it then says what it did, a line a lane.

#include "dice.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

enum {
    WINDOW = 50,       //  a held message is overtaken by at most so many
    HELD_MS = 150,     //  and is held for at most so long
    BREAK_MS = 2000,   //  between two broken connections, at most
    LINGER_MS = 10,    //  a closing socket's
    HELD_MOST = 4096,  //  messages held at a time in a lane
    ENDPOINT_BYTES = 256
};

typedef struct {
    const char *name;
    int front, back;  //  types of the sockets for clients and for the coordinator
} s_kind_t;

enum { CONTROL, GRADIENTS, UPDATES, EVENTS, CHANNELS };

static const s_kind_t s_kinds [CHANNELS] = {
    [CONTROL] = {"control", ZMQ_ROUTER, ZMQ_DEALER},
    [GRADIENTS] = {"gradients", ZMQ_PULL, ZMQ_PUSH},
    [UPDATES] = {"updates", ZMQ_PUB, ZMQ_SUB},
    [EVENTS] = {"events", ZMQ_PUB, ZMQ_SUB},
};

//  A context a channel, whose end is the end of all that its sockets hold.
typedef struct {
    void *context, *front, *back;
    uint64_t broken;
} s_channel_t;

typedef struct {
    zmq_msg_t *frames;
    size_t count;
    uint64_t turn;    //  held until so many have come in this lane
    uint64_t due_ms;  //  but no longer than this
} s_message_t;

typedef struct {
    const char *name;
    int channel;
    bool to_back;  //  from clients to the coordinator
    s_message_t held [HELD_MOST];
    size_t held_count;
    uint64_t seen, lost, doubled, late;
} s_lane_t;

static s_lane_t s_lanes [] = {
    {.name = "requests", .channel = CONTROL, .to_back = true},
    {.name = "replies", .channel = CONTROL},
    {.name = "gradients", .channel = GRADIENTS, .to_back = true},
    {.name = "updates", .channel = UPDATES},
    {.name = "events", .channel = EVENTS},
};

enum { LANES = sizeof s_lanes / sizeof s_lanes [0] };

typedef struct {
    const char *folder;
    unsigned lost, doubled, held;  //  per cent
    dice_t dice;
    s_channel_t channels [CHANNELS];
    uint64_t break_ms;  //  when the next connection breaks
} s_proxy_t;

static volatile sig_atomic_t s_over;

static void
s_end (int number)
{
    (void) number;
    s_over = 1;
}

static void
s_die (const char *what)
{
    fprintf (stderr, "program.proxy: %s: %s\n", what, zmq_strerror (zmq_errno ()));
    exit (1);
}

static uint64_t
s_now (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (uint64_t) now.tv_sec * 1000 + (uint64_t) now.tv_nsec / 1000000;
}

//  ------------------------------------------------------------------------------------------------
//  Connections

static void *
s_socket (s_channel_t *channel, int type)
{
    const int linger = LINGER_MS;
    void *socket = zmq_socket (channel->context, type);
    if (socket == NULL || zmq_setsockopt (socket, ZMQ_LINGER, &linger, sizeof linger) != 0)
        s_die ("a socket");
    if (type == ZMQ_SUB && zmq_setsockopt (socket, ZMQ_SUBSCRIBE, "", 0) != 0)
        s_die ("a subscription");
    return socket;
}

static void
s_open (s_proxy_t *self, int which)
{
    const s_kind_t *kind = &s_kinds [which];
    s_channel_t *channel = &self->channels [which];
    char endpoint [ENDPOINT_BYTES];
    channel->context = zmq_ctx_new ();
    if (channel->context == NULL)
        s_die ("a context");
    channel->front = s_socket (channel, kind->front);
    channel->back = s_socket (channel, kind->back);
    snprintf (endpoint, sizeof endpoint, "ipc://%s/%s", self->folder, kind->name);
    if (zmq_connect (channel->back, endpoint) != 0)
        s_die (endpoint);
    snprintf (endpoint, sizeof endpoint, "ipc://%s", kind->name);
    if (zmq_bind (channel->front, endpoint) != 0)
        s_die (endpoint);
}

static void
s_close (s_channel_t *channel)
{
    zmq_close (channel->front);
    zmq_close (channel->back);
    while (zmq_ctx_term (channel->context) != 0 && zmq_errno () == EINTR)
        ;
}

static void
s_break_one (s_proxy_t *self, uint64_t now)
{
    if (now < self->break_ms)
        return;
    int which = (int) dice_below (&self->dice, CHANNELS);
    s_close (&self->channels [which]);
    s_open (self, which);
    self->channels [which].broken++;
    self->break_ms = s_now () + dice_below (&self->dice, BREAK_MS);
}

//  ------------------------------------------------------------------------------------------------
//  Messages

static void
s_clear (s_message_t *message)
{
    for (size_t i = 0; i < message->count; i++)
        zmq_msg_close (&message->frames [i]);
    free (message->frames);
    *message = (s_message_t){0};
}

static zmq_msg_t *
s_add_frame (s_message_t *message)
{
    zmq_msg_t *frames =
        (zmq_msg_t *) realloc (message->frames, (message->count + 1) * sizeof *frames);
    if (frames == NULL)
        s_die ("memory");
    message->frames = frames;
    zmq_msg_init (&frames [message->count]);
    return &frames [message->count++];
}

//  A whole message, when one is there.
static bool
s_receive (s_message_t *message, void *socket)
{
    *message = (s_message_t){0};
    zmq_msg_t *frame;
    do {
        frame = s_add_frame (message);
        if (zmq_msg_recv (frame, socket, ZMQ_DONTWAIT) < 0) {
            s_clear (message);
            return false;
        }
    } while (zmq_msg_more (frame));
    return true;
}

//  What cannot go at once is lost.
static void
s_send (s_message_t *message, void *socket)
{
    for (size_t i = 0; i < message->count; i++) {
        int more = i + 1 < message->count ? ZMQ_SNDMORE : 0;
        if (zmq_msg_send (&message->frames [i], socket, ZMQ_DONTWAIT | more) < 0)
            break;
    }
    s_clear (message);
}

static s_message_t
s_copy (const s_message_t *message)
{
    s_message_t copy = {0};
    for (size_t i = 0; i < message->count; i++)
        if (zmq_msg_copy (s_add_frame (&copy), &message->frames [i]) != 0)
            s_die ("a copy");
    return copy;
}

//  ------------------------------------------------------------------------------------------------
//  Lanes

static void *
s_from (const s_proxy_t *self, const s_lane_t *lane)
{
    const s_channel_t *channel = &self->channels [lane->channel];
    return lane->to_back ? channel->front : channel->back;
}

static void *
s_to (const s_proxy_t *self, const s_lane_t *lane)
{
    const s_channel_t *channel = &self->channels [lane->channel];
    return lane->to_back ? channel->back : channel->front;
}

//  Into the lane: it goes on at once, or later.
static void
s_put (s_proxy_t *self, s_lane_t *lane, s_message_t *message, uint64_t now)
{
    if (lane->held_count == HELD_MOST || !dice_percent (&self->dice, self->held)) {
        s_send (message, s_to (self, lane));
        return;
    }
    message->turn = lane->seen + 1 + dice_below (&self->dice, WINDOW);
    message->due_ms = now + dice_below (&self->dice, HELD_MS);
    lane->held [lane->held_count++] = *message;
}

static void
s_release (s_proxy_t *self, s_lane_t *lane, uint64_t now)
{
    for (size_t i = 0; i < lane->held_count;) {
        s_message_t *message = &lane->held [i];
        if (message->turn > lane->seen && message->due_ms > now) {
            i++;
            continue;
        }
        s_send (message, s_to (self, lane));
        lane->late++;
        *message = lane->held [--lane->held_count];
    }
}

static void
s_serve (s_proxy_t *self, s_lane_t *lane, uint64_t now)
{
    s_message_t message;
    while (s_receive (&message, s_from (self, lane))) {
        lane->seen++;
        if (dice_percent (&self->dice, self->lost)) {
            lane->lost++;
            s_clear (&message);
        } else {
            if (dice_percent (&self->dice, self->doubled)) {
                lane->doubled++;
                s_message_t copy = s_copy (&message);
                s_put (self, lane, &copy, now);
            }
            s_put (self, lane, &message, now);
        }
        s_release (self, lane, now);
    }
    s_release (self, lane, now);
}

//  ------------------------------------------------------------------------------------------------

static void
s_run (s_proxy_t *self)
{
    while (!s_over) {
        zmq_pollitem_t items [LANES];
        for (size_t i = 0; i < LANES; i++)
            items [i] =
                (zmq_pollitem_t){.socket = s_from (self, &s_lanes [i]), .events = ZMQ_POLLIN};
        zmq_poll (items, LANES, 10);
        uint64_t now = s_now ();
        for (size_t i = 0; i < LANES; i++)
            s_serve (self, &s_lanes [i], now);
        s_break_one (self, now);
    }
}

static void
s_report (const s_proxy_t *self)
{
    for (size_t i = 0; i < LANES; i++) {
        const s_lane_t *lane = &s_lanes [i];
        printf ("%s: %" PRIu64 " came, %" PRIu64 " lost, %" PRIu64 " doubled, %" PRIu64
                " late, broken %" PRIu64 " times\n",
                lane->name, lane->seen, lane->lost, lane->doubled, lane->late,
                self->channels [lane->channel].broken);
    }
}

int
main (int argc, char **argv)
{
    setvbuf (stdout, NULL, _IOLBF, 0);
    if (argc != 6) {
        fprintf (stderr, "usage: program.proxy FOLDER SEED LOST DOUBLED HELD\n");
        return 2;
    }
    static s_proxy_t self;
    self = (s_proxy_t){.folder = argv [1],
                       .lost = (unsigned) strtoul (argv [3], NULL, 10),
                       .doubled = (unsigned) strtoul (argv [4], NULL, 10),
                       .held = (unsigned) strtoul (argv [5], NULL, 10),
                       .dice = {strtoull (argv [2], NULL, 10)}};
    const struct sigaction action = {.sa_handler = s_end};
    sigaction (SIGTERM, &action, NULL);
    for (int i = 0; i < CHANNELS; i++)
        s_open (&self, i);
    self.break_ms = s_now () + dice_below (&self.dice, BREAK_MS);
    puts ("ready");
    s_run (&self);
    for (size_t i = 0; i < LANES; i++)
        while (s_lanes [i].held_count)
            s_clear (&s_lanes [i].held [--s_lanes [i].held_count]);
    for (int i = 0; i < CHANNELS; i++)
        s_close (&self.channels [i]);
    s_report (&self);
    return 0;
}
