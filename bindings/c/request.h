//  One REQ socket on the control endpoint: a request, asked again until there is an answer, with the
//  same request id. PROTOCOL.md, sections 15 and 18.

#ifndef GRADMQ_CLIENT_REQUEST_H
#define GRADMQ_CLIENT_REQUEST_H

#include "frames.h"
#include "session.h"

typedef struct {
    gradmq_session_t *session;  //  borrowed
    void *socket;
    gradmq_handshake_t handshake;
    uint64_t next_id;
    bool reached;  //  there was a peer once
    //  What is asked now.
    bool asking;
    bool sent;  //  to the peer that is there: not again before again_ms
    uint64_t id;
    uint64_t again_ms;
    uint32_t tries;
    zmq_msg_t header;
    bool has_header;
    gradmq_buffer_t *payload;
    const char *command;
} gradmq_requester_t;

//    errors  MEMORY, CONNECT; nothing is then owned
GRADMQ_MUST_CHECK gradmq_err_t gradmq_requester_open (gradmq_requester_t *self,
                                                      gradmq_session_t *session,
                                                      gradmq_reason_t *why);
void gradmq_requester_close (gradmq_requester_t *self);

//  Begin to ask; what was asked before is forgotten. Sets client and request_id of the request.
//    owns    borrows `request`; takes a reference of `payload`, which is cut, or NULL
//    errors  MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_requester_ask (gradmq_requester_t *self,
                                                     gradmq_request_t *request,
                                                     gradmq_buffer_t *payload,
                                                     gradmq_reason_t *why);

//  Look for the answer without waiting, and ask again when it is time to.
//    owns    with true *reply is the caller's: gradmq_reply_clear. Payload frames: from 1 on in
//            *frames.
//    returns true: it is there. A reply that cannot be read is an answer too: *err says so, and *reply is empty.
bool gradmq_requester_look (gradmq_requester_t *self, gradmq_reply_t *reply,
                            gradmq_frames_t *frames, gradmq_err_t *err, gradmq_reason_t *why);

//  How long until it should be looked at though nothing came; UINT64_MAX: nothing is asked.
uint64_t gradmq_requester_wait_ms (const gradmq_requester_t *self);

//  Wait for what is asked until it should be looked at, no longer than to deadline_ms on the session's clock.
void gradmq_requester_wait (const gradmq_requester_t *self, uint64_t deadline_ms);

//  Ask and wait for the answer, until deadline_ms on the session's clock.
//    owns    as in gradmq_requester_look; on error *reply is empty unless the error is the reply's
//    errors  the reply's code with its sentence; TIMEOUT, CONNECT (nobody was ever reached), BUSY
//            (to the end), MEMORY, and what gradmq_wire_decode_reply refuses
GRADMQ_MUST_CHECK gradmq_err_t gradmq_requester_call (
    gradmq_requester_t *self, gradmq_request_t *request, gradmq_buffer_t *payload,
    uint64_t deadline_ms, gradmq_reply_t *reply, gradmq_frames_t *frames, gradmq_reason_t *why);

//  The reply's code with its sentence.
gradmq_err_t gradmq_reply_error (const gradmq_reply_t *reply, gradmq_reason_t *why);

#endif
