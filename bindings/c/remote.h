//  A remote's insides, shared by the files that each do one thing with it:
//      remote.c            open, close, call, the plain commands
//      remote_settings.c   setParameters, getParameters
//      remote_model.c      setModelParameters, getModelParameters
//      remote_gradients.c  addGradients
//      remote_merge.c      addModelParameters, its count, reset
//      report.c            status, describe and workers as JSON
//      watch.c             what is published

#ifndef GRADMQ_CLIENT_REMOTE_H
#define GRADMQ_CLIENT_REMOTE_H

#include "client.h"
#include "core/jsontext.h"
#include "known.h"
#include "request.h"

struct gradmq_remote {
    gradmq_session_t session;
    gradmq_requester_t requester;
    gradmq_frames_t frames;
    gradmq_reply_t reply;  //  the newest; all zero: none
    gradmq_position_t position;
    gradmq_buffer_t *payload;  //  of the newest reply, in one piece; NULL: none

    gradmq_known_t known;  //  the model's layout
    bool has_base;         //  parameters were given to the caller: of this position
    uint64_t base_epoch, base_version;

    gradmq_settings_info_t settings_info;
    gradmq_setting_info_t settings [GRADMQ_SETTINGS + 1];
    char texts [GRADMQ_SETTINGS][GRADMQ_SETTING_TEXT_BYTES];
    char *groups;
    char unset_names [GRADMQ_SETTINGS + 1][GRADMQ_SETTING_TEXT_BYTES];
    const char *unset [GRADMQ_SETTINGS + 1];
    size_t unset_count;

    gradmq_jsontext_t document;
};

//  gradmq_remote_call with the payload in a buffer that is cut already, and a time of its own.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_remote_ask (gradmq_remote_t *self, gradmq_request_t *request,
                                                  gradmq_buffer_t *payload, uint32_t timeout_ms,
                                                  const gradmq_reply_t **reply,
                                                  gradmq_reason_t *why);

//  The same within the session's time, holding the answer to be of one kind.
//    errors  MALFORMED: it is of another
GRADMQ_MUST_CHECK gradmq_err_t gradmq_remote_expect (gradmq_remote_t *self,
                                                     gradmq_request_t *request,
                                                     gradmq_buffer_t *payload,
                                                     gradmq_answer_t answer, gradmq_reason_t *why);

//  One gradient or set of parameters that is added by a member that joins for it.
typedef struct {
    gradmq_command_t command;  //  ADD_GRADIENTS, ADD_MODEL_PARAMETERS
    const gradmq_part_info_t *parts;
    size_t count;
    const gradmq_push_t *push;
    bool dry_run;
    bool settled;  //  wait until it is
} gradmq_remote_add_t;

//  Join, add it, leave.
//    errors  those of gradmq_remote_add_gradients
GRADMQ_MUST_CHECK gradmq_err_t gradmq_remote_add (gradmq_remote_t *self,
                                                  const gradmq_remote_add_t *add,
                                                  gradmq_reason_t *why);

//  Ask what the coordinator waits for: one sentence.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_remote_waits (gradmq_remote_t *self, char *text, size_t size,
                                                    gradmq_reason_t *why);

//  See that layout and layout_info are of the model with this layout id.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_remote_know_layout (gradmq_remote_t *self, uint64_t layout_id,
                                                          gradmq_reason_t *why);

#endif
