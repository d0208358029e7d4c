#include "cli/bench/subscribers.h"

#include "cli/bench/raw.h"
#include "cli/bench/server.h"

#include "client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOPIC "params/bench/f32/"
#define MARK "sync/"
#define MARK_RAW "sync/raw/"

//  ------------------------------------------------------------------------------------------------
//  The raw publisher: for each frame that comes in an update goes out, or a mark for an empty one.

static gradmq_err_t
s_publish (void *pull, void *pub, const gradmq_bench_message_t *update, gradmq_reason_t *reason)
{
    char order;
    int size = zmq_recv (pull, &order, sizeof order, 0);
    if (size < 0)
        return gradmq_refuse (reason, GRADMQ_ERR_IO, "cannot receive: %s", zmq_strerror (errno));
    if (size > 0)
        return gradmq_bench_raw_send (pub, update, reason);
    if (zmq_send (pub, MARK_RAW, strlen (MARK_RAW), 0) < 0)
        return gradmq_refuse (reason, GRADMQ_ERR_IO, "cannot send: %s", zmq_strerror (errno));
    return GRADMQ_OK;
}

//  Frames like those of an update here.
static gradmq_bench_message_t
s_update (const gradmq_bench_case_t *self)
{
    gradmq_bench_message_t message = {.payload = self->payload, .payload_bytes = self->bytes};
    const gradmq_update_t update = {.model = GRADMQ_BENCH_MODEL,
                                    .stream = "f32",
                                    .position = {UINT64_MAX, UINT64_C (1) << 50, 10000},
                                    .stream_sequence = 10000,
                                    .has_previous = true,
                                    .previous_epoch = UINT64_C (1) << 50,
                                    .previous_version = 9999,
                                    .layout_id = UINT64_MAX,
                                    .dtype = GRADMQ_F32,
                                    .encoding = GRADMQ_ENCODING_DENSE,
                                    .bytes = self->bytes};
    void *header;
    size_t size;
    message.topic_size = (size_t) snprintf (message.topic, sizeof message.topic, "%s", TOPIC);
    if (gradmq_wire_encode_update (&update, &header, &size))
        return message;
    message.header_size = size < sizeof message.header ? size : sizeof message.header;
    memcpy (message.header, header, message.header_size);
    free (header);
    return message;
}

gradmq_err_t
gradmq_bench_publisher (int wire, const void *argument, gradmq_reason_t *reason)
{
    gradmq_bench_case_t self = *(const gradmq_bench_case_t *) argument;
    void *pull, *pub, *context = zmq_ctx_new ();
    gradmq_bench_tune ();
    gradmq_bench_message_t update = s_update (&self);
    gradmq_bench_note_t note = {0};
    gradmq_err_t err = gradmq_bench_raw_bind (&pull, context, ZMQ_PULL, 0, self.gradients, reason);
    if (!err)
        err = gradmq_bench_raw_bind (&pub, context, ZMQ_PUB, 0, self.raw, reason);
    if (err)
        return err;
    memcpy (note.text, self.gradients, sizeof note.text);
    gradmq_bench_tell (wire, &note);
    memcpy (note.text, self.raw, sizeof note.text);
    gradmq_bench_tell (wire, &note);
    while (!err)
        err = s_publish (pull, pub, &update, reason);
    return err;
}

//  ------------------------------------------------------------------------------------------------
//  A subscriber of both publishers

static char
s_kind (zmq_msg_t *first)
{
    const char *topic = zmq_msg_data (first);
    size_t size = zmq_msg_size (first);
    if (size >= strlen (MARK_RAW) && memcmp (topic, MARK_RAW, strlen (MARK_RAW)) == 0)
        return GRADMQ_BENCH_HAS_RAW;
    return size >= strlen (MARK) && memcmp (topic, MARK, strlen (MARK)) == 0
               ? GRADMQ_BENCH_HAS_OURS
               : GRADMQ_BENCH_HAS_UPDATE;
}

static gradmq_err_t
s_take (void *sub, int landed, bool seen [2], gradmq_reason_t *reason)
{
    zmq_msg_t first;
    zmq_msg_init (&first);
    if (zmq_msg_recv (&first, sub, 0) < 0)
        return gradmq_refuse (reason, GRADMQ_ERR_IO, "cannot receive: %s", zmq_strerror (errno));
    char kind = s_kind (&first);
    gradmq_err_t err = zmq_msg_more (&first) ? gradmq_bench_raw_receive (sub, reason) : GRADMQ_OK;
    zmq_msg_close (&first);
    bool *again = kind == GRADMQ_BENCH_HAS_UPDATE ? NULL : &seen [kind == GRADMQ_BENCH_HAS_RAW];
    if (err || (again && *again))
        return err;
    if (again)
        *again = true;
    if (write (landed, &kind, 1) != 1)
        return gradmq_refuse (reason, GRADMQ_ERR_IO, "cannot write: %s", strerror (errno));
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_bench_subscriber (int wire, const void *argument, gradmq_reason_t *reason)
{
    const gradmq_bench_case_t *self = argument;
    bool seen [2] = {false, false};
    void *sub;
    (void) wire;
    gradmq_bench_tune ();
    gradmq_err_t err =
        gradmq_bench_raw_connect (&sub, zmq_ctx_new (), ZMQ_SUB, 0, self->updates, reason);
    if (err)
        return err;
    if (zmq_connect (sub, self->raw))
        return gradmq_refuse (reason, GRADMQ_ERR_IO, "%s: %s", self->raw, zmq_strerror (errno));
    zmq_setsockopt (sub, ZMQ_SUBSCRIBE, TOPIC, strlen (TOPIC));
    zmq_setsockopt (sub, ZMQ_SUBSCRIBE, MARK, strlen (MARK));
    while (!err)
        err = s_take (sub, self->landed [1], seen, reason);
    return err;
}
