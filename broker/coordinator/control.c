#include "coordinator/control.h"

#include "coordinator/frames.h"
#include "coordinator/guard.h"
#include "coordinator/ingress.h"
#include "coordinator/journal.h"
#include "coordinator/reply_cache.h"
#include "core/handover.h"
#include "core/log.h"
#include "core/name.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct gradmq_control {
    void *socket;
    gradmq_engine_t *engine;
    gradmq_publisher_t *publisher;
    const gradmq_endpoints_t *endpoints;
    gradmq_reply_cache_t *cache;
    gradmq_reply_room_t *room;
};

gradmq_control_t *
gradmq_control_new (void *socket, gradmq_engine_t *engine, gradmq_publisher_t *publisher,
                    const gradmq_endpoints_t *endpoints)
{
    gradmq_control_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->socket = socket;
    self->engine = engine;
    self->publisher = publisher;
    self->endpoints = endpoints;
    self->cache = gradmq_reply_cache_new ();
    self->room = malloc (sizeof *self->room);
    if (!self->cache || !self->room)
        gradmq_control_destroy (&self);
    return self;
}

void
gradmq_control_destroy (gradmq_control_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    gradmq_reply_cache_destroy (&(*self_p)->cache);
    free ((*self_p)->room);
    free (*self_p);
    *self_p = NULL;
}

//  What can be said of a request before its command is run: rules.
static gradmq_err_t
s_check (const gradmq_engine_t *engine, const gradmq_command_row_t *row,
         const gradmq_request_t *request, size_t payload_frames, gradmq_reason_t *reason)
{
    gradmq_position_t position = gradmq_engine_position (engine);
    if (!request->model && row->command != GRADMQ_COMMAND_DESCRIBE)
        return gradmq_refuse (reason, GRADMQ_ERR_MODEL, "the model's name is missing");
    if (request->model && strcmp (request->model, engine->name) != 0)
        return gradmq_refuse (reason, GRADMQ_ERR_MODEL, "this coordinator owns model %s, not %s",
                              engine->name, request->model);
    if (row->changes && (!request->client || !request->request_id))
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "%s changes something, so it needs a client's name and a request id",
                              row->name);
    if (payload_frames && !row->payload)
        return gradmq_refuse (reason, GRADMQ_ERR_LENGTH, "%s takes no payload", row->name);
    if (request->has_if_epoch && request->if_epoch != position.epoch)
        return gradmq_refuse (reason, GRADMQ_ERR_CONDITION,
                              "the model is at epoch %" PRIu64 ", not %" PRIu64, position.epoch,
                              request->if_epoch);
    if (request->has_if_version && request->if_version != position.version)
        return gradmq_refuse (reason, GRADMQ_ERR_CONDITION,
                              "the model is at version %" PRIu64 ", not %" PRIu64, position.version,
                              request->if_version);
    return GRADMQ_OK;
}

//  A request that cannot be run still gets its reply.
static void
s_refuse (gradmq_exchange_t *exchange, gradmq_err_t err)
{
    gradmq_reply_t *reply = exchange->reply;
    if (!exchange->reason->code)
        gradmq_refuse (exchange->reason, err, "%s", gradmq_err_text (err));
    reply->answer = GRADMQ_ANSWER_NONE;
    reply->code = err;
    reply->message = gradmq_reason_text (exchange->reason);
    gradmq_image_release (&exchange->image);
    gradmq_count (&exchange->engine->counters, GRADMQ_COUNTER_requests_refused, 1);
}

static void
s_run (gradmq_exchange_t *exchange, const gradmq_command_row_t *row)
{
    size_t frames = (*exchange->payload)->message_count;
    gradmq_err_t err = s_check (exchange->engine, row, exchange->request, frames, exchange->reason);
    if (!err)
        err = row->run (exchange);
    gradmq_journal_commit (exchange->engine);
    if (err)
        s_refuse (exchange, err);
    exchange->reply->model = exchange->engine->name;
    exchange->reply->position = gradmq_engine_position (exchange->engine);
}

//  REP must answer before it reads again, with an empty frame where nothing else can be had.
static void
s_send (gradmq_control_t *self, const void *header, size_t size, gradmq_image_t *image)
{
    if (!gradmq_send_copy (self->socket, header, size, image != NULL)
        || (image && !gradmq_send_image (self->socket, image)))
        gradmq_send_copy (self->socket, "", 0, false);
}

//  Encode the reply, send it, and keep it where a retry must find it.
static void
s_reply (gradmq_control_t *self, gradmq_exchange_t *exchange, bool keep)
{
    void *larger = NULL;  //  than the room
    size_t size;
    gradmq_reply_t last = {.code = GRADMQ_ERR_MEMORY,
                           .request_id = exchange->reply->request_id,
                           .position = exchange->reply->position};
    if (gradmq_wire_encode_reply_in (exchange->reply, self->room, &size)
        && gradmq_wire_encode_reply (exchange->reply, &larger, &size)
        && gradmq_wire_encode_reply_in (&last, self->room, &size)) {
        gradmq_log (GRADMQ_LOG_ERROR, "out of memory for a reply");
        gradmq_send_copy (self->socket, "", 0, false);
        return;
    }
    const void *header = larger ? larger : self->room->header;
    if (keep)
        gradmq_reply_cache_keep (self->cache, header, size);
    s_send (self, header, size, exchange->image);
    free (larger);
}

//  A request that may have been done before, and is not done now.
static void
s_hold_off (gradmq_control_t *self, gradmq_exchange_t *exchange, gradmq_err_t err)
{
    s_refuse (exchange, err);
    exchange->reply->position = gradmq_engine_position (self->engine);
    s_reply (self, exchange, false);
}

//  Answer from the cache where the request is there already; where that cannot be found out, or its
//  answer could not be kept, it is not done.
//    returns true when it was answered
static bool
s_repeat (gradmq_control_t *self, gradmq_exchange_t *exchange, const void *asked, size_t size)
{
    const gradmq_request_t *request = exchange->request;
    const void *kept;
    size_t kept_size;
    gradmq_cached_t cached = gradmq_reply_cache_find (
        self->cache, request->client, request->request_id, asked, size, &kept, &kept_size);
    if (cached == GRADMQ_CACHED_NOTHING)
        return false;
    if (cached == GRADMQ_CACHED_UNABLE) {
        s_hold_off (self, exchange, GRADMQ_ERR_MEMORY);
        return true;
    }
    if (cached == GRADMQ_CACHED_OTHER) {
        gradmq_refuse (exchange->reason, GRADMQ_ERR_REQUEST_ID,
                       "client %s used request id %" PRIu64 " for another request", request->client,
                       request->request_id);
        s_hold_off (self, exchange, GRADMQ_ERR_REQUEST_ID);
        return true;
    }
    gradmq_count (&self->engine->counters, GRADMQ_COUNTER_requests_repeated, 1);
    gradmq_reply_t again;
    if (gradmq_wire_decode_reply (&again, kept, kept_size, NULL)) {
        s_hold_off (self, exchange, GRADMQ_ERR_MEMORY);
        return true;
    }
    again.repeated_answer = true;
    gradmq_exchange_t repeated = {.reply = &again, .request = request};
    s_reply (self, &repeated, false);
    gradmq_reply_clear (&again);
    return true;
}

//  Codes that say "not now" are not kept: a retry is meant to find out whether it is possible now.
static bool
s_final (uint32_t code)
{
    return code != GRADMQ_ERR_QUEUE_FULL && code != GRADMQ_ERR_WINDOW && code != GRADMQ_ERR_BUSY
           && code != GRADMQ_ERR_MEMORY && code != GRADMQ_ERR_NOT_JOINED;
}

//  Whether its sender may have this done. Who may not is counted and told.
static gradmq_err_t
s_guard (gradmq_engine_t *engine, zmq_msg_t *header, const gradmq_command_row_t *row,
         const gradmq_request_t *request, gradmq_reason_t *reason)
{
    gradmq_err_t err = gradmq_guard_request (engine->guard, header, row, request, reason);
    if (err)
        gradmq_engine_forbidden (engine, reason, zmq_msg_gets (header, "Peer-Address"));
    return err;
}

static void
s_exchange (gradmq_control_t *self, zmq_msg_t *header, gradmq_entry_t **payload,
            gradmq_err_t trouble)
{
    const void *asked = zmq_msg_data (header);
    size_t size = zmq_msg_size (header);
    gradmq_reason_t reason = {0};
    gradmq_request_t request;
    gradmq_reply_t reply = {0};
    gradmq_exchange_t exchange = {.engine = self->engine,
                                  .publisher = self->publisher,
                                  .endpoints = self->endpoints,
                                  .request = &request,
                                  .payload = payload,
                                  .trouble = trouble,
                                  .reply = &reply,
                                  .reason = &reason};
    gradmq_err_t err = gradmq_wire_decode_request (&request, asked, size, &reason);
    const gradmq_command_row_t *row = err ? NULL : gradmq_command_find (request.command);
    if (!err && !row)
        err = GRADMQ_ERR_COMMAND;
    if (!err)
        err = s_guard (self->engine, header, row, &request, &reason);
    //  Too many frames of a gradient are one more thing to refuse it for.
    if (!err && !(request.gradient && trouble == GRADMQ_ERR_FRAMES))
        err = trouble;
    reply.request_id = request.request_id;
    bool named = !err && row->changes && request.client && request.request_id;
    if (named && s_repeat (self, &exchange, asked, size)) {
        gradmq_request_clear (&request);
        return;
    }
    if (err) {
        s_refuse (&exchange, err);
        if (err != GRADMQ_ERR_PERMISSION)  //  it is told nothing else
            reply.position = gradmq_engine_position (self->engine);
    } else
        s_run (&exchange, row);
    s_reply (self, &exchange, named && s_final (reply.code));
    gradmq_image_release (&exchange.image);
    for (size_t i = 0; i < exchange.scratch_count; i++)
        free (exchange.scratch [i]);
    gradmq_request_clear (&request);
}

uint64_t
gradmq_control_answer (gradmq_control_t *self, size_t most)
{
    uint64_t bytes = 0;
    for (size_t count = 0; count < most; count++) {
        zmq_msg_t header;
        zmq_msg_init (&header);
        if (zmq_msg_recv (&header, self->socket, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close (&header);
            break;
        }
        GRADMQ_TAKE_OVER (zmq_msg_data (&header));
        gradmq_count (&self->engine->counters, GRADMQ_COUNTER_requests, 1);
        gradmq_entry_t none = {.message_count = GRADMQ_PAYLOAD_FRAMES_MAX};
        gradmq_entry_t *entry = gradmq_queue_new_entry (&self->engine->queue);
        gradmq_err_t trouble =
            gradmq_ingress_frames (self->socket, entry ? entry : &none, zmq_msg_more (&header));
        if (!entry) {
            entry = &none;
            trouble = GRADMQ_ERR_MEMORY;
        }
        bytes += entry->gradient.payload.bytes;
        s_exchange (self, &header, &entry, trouble);
        if (entry != &none)
            gradmq_queue_free_entry (&self->engine->queue, &entry);
        zmq_msg_close (&header);
    }
    return bytes;
}
