//  Requests, replies, updates and events as plain C. The fields mean what the fields of the same
//  name in schemas/gradmq/v1 mean.
//
//  One struct serves both ways. To encode, the caller fills it with pointers to its own memory. What
//  was decoded points into `arena`, which gradmq_*_clear frees. A pointer that is NULL is a field
//  that is absent; numbers that can be absent have a has_ beside them where it matters.

#ifndef GRADMQ_WIRE_MESSAGE_H
#define GRADMQ_WIRE_MESSAGE_H

#include "core/code.h"
#include "core/limit.h"
#include "core/reason.h"
#include "settings/settings.h"
#include "tensor/layout.h"
#include "wire/gradient.h"

#define GRADMQ_PREAMBLE_BYTES 8

//  Fourth octet of a preamble: which message follows.
typedef enum {
    GRADMQ_FRAME_GRADIENT = 1,
    GRADMQ_FRAME_UPDATE = 2,
    GRADMQ_FRAME_EVENT = 3,
    GRADMQ_FRAME_REQUEST = 4,
    GRADMQ_FRAME_REPLY = 5
} gradmq_frame_kind_t;

typedef struct {
    uint64_t instance, epoch, version;
} gradmq_position_t;

typedef struct {
    const char *model, *worker;
    gradmq_position_t position;
    uint64_t incarnation, received_through, settled_through;
    const gradmq_range_t *missing;
    size_t missing_count;
    const gradmq_disposed_t *dispositions;
    size_t disposition_count;
    uint64_t dispositions_from;
    uint32_t credit_gradients;
    uint64_t credit_bytes;
    uint64_t applied;
} gradmq_ack_t;

typedef struct {
    uint64_t frame_bytes, header_bytes;
    uint32_t payload_frames, tensors, rank, name_bytes, tensor_name_bytes, metrics, groups;
    uint32_t receive_window;
} gradmq_limits_t;

typedef struct {
    const char *name;
    uint64_t value;
} gradmq_counter_t;

//  --------------------------------------------------------------------------------------------
//  Requests

typedef enum {
    GRADMQ_COMMAND_NONE = 0,
    //  Numbers are those of the fields of Request's body.
    GRADMQ_COMMAND_DESCRIBE = 10,
    GRADMQ_COMMAND_JOIN = 11,
    GRADMQ_COMMAND_LEAVE = 12,
    GRADMQ_COMMAND_SET_PARAMETERS = 13,
    GRADMQ_COMMAND_GET_PARAMETERS = 14,
    GRADMQ_COMMAND_SET_MODEL_PARAMETERS = 15,
    GRADMQ_COMMAND_GET_MODEL_PARAMETERS = 16,
    GRADMQ_COMMAND_ADD_GRADIENTS = 17,
    GRADMQ_COMMAND_ADD_MODEL_PARAMETERS = 18,
    GRADMQ_COMMAND_CLEAR_GRADIENTS = 19,
    GRADMQ_COMMAND_START = 20,
    GRADMQ_COMMAND_STOP = 21,
    GRADMQ_COMMAND_RESET = 22,
    GRADMQ_COMMAND_DESTROY = 23,
    GRADMQ_COMMAND_STATUS = 24,
    GRADMQ_COMMAND_LIST_WORKERS = 25,
    GRADMQ_COMMAND_ACKNOWLEDGEMENT = 26,
    GRADMQ_COMMAND_SYNC = 27,
    GRADMQ_COMMAND_CHECKPOINT = 28,
    GRADMQ_COMMAND_RESTORE = 29,
    GRADMQ_COMMAND_RECORD = 30
} gradmq_command_t;

typedef struct {
    const char *client, *model;
    uint64_t request_id;
    bool has_if_epoch, has_if_version;
    uint64_t if_epoch, if_version;
    gradmq_command_t command;
    //  Which of these is read goes by `command`.
    const char *worker;               //  JOIN, LEAVE, ACKNOWLEDGEMENT
    uint64_t incarnation;             //  JOIN (0: new), LEAVE, ACKNOWLEDGEMENT
    uint64_t low_water;               //  JOIN
    const char *const *capabilities;  //  JOIN
    size_t capability_count;
    uint64_t last_sequence;             //  LEAVE
    uint64_t sent_through;              //  ACKNOWLEDGEMENT
    const gradmq_settings_t *settings;  //  SET_PARAMETERS
    const char *const *reset;           //  SET_PARAMETERS
    size_t reset_count;
    const gradmq_tensor_spec_t *tensors;  //  SET_MODEL_PARAMETERS: names and shapes
    size_t tensor_count;
    uint32_t layout_dtype;  //  SET_MODEL_PARAMETERS: master dtype, F32 when 0
    uint32_t dtype;         //  SET_MODEL_PARAMETERS: of the payload; 0: the master's
    bool has_bytes;
    uint64_t bytes;      //  SET_MODEL_PARAMETERS
    const char *stream;  //  GET_MODEL_PARAMETERS
    bool has_newer_than;
    uint64_t newer_epoch, newer_version;
    gradmq_gradient_t *gradient;  //  ADD_GRADIENTS, ADD_MODEL_PARAMETERS; its parts are owned
                                  //  by it, not by the arena: gradmq_request_clear clears it
    gradmq_err_t fault;           //  what is wrong with the gradient beyond its identity
    bool dry_run;
    bool new_epoch;           //  CLEAR_GRADIENTS
    bool without_checkpoint;  //  DESTROY
    const char *after;        //  LIST_WORKERS
    uint32_t limit;
    uint64_t nonce;          //  SYNC
    const char *checkpoint;  //  RESTORE
    const char *recording;   //  RECORD; NULL with end_recording
    bool end_recording;      //  RECORD
    void *arena;
} gradmq_request_t;

//  Read a request's header frame: rules W-1 to W-9, R-2, and the shapes of names and numbers.
//  What needs the state of a coordinator is left to it, roles.
//    owns    on success the caller clears *self; on error nothing is owned
//    errors  MALFORMED, PREAMBLE, VERSION, UNSUPPORTED, TOO_LARGE, COMMAND, NAME, ARGUMENT, MEMORY.
//            request_id is then as far as it could be read, for the reply.
//            A gradient with a good identity but something else wrong with it is no error here: the
//            coordinator REFUSES it under check 9 of rule G-2. `fault` tells, and *reason says why.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_wire_decode_request (gradmq_request_t *self,
                                                           const void *header, size_t size,
                                                           gradmq_reason_t *reason);
GRADMQ_MUST_CHECK gradmq_err_t gradmq_wire_encode_request (const gradmq_request_t *self,
                                                           void **header, size_t *size);
void gradmq_request_clear (gradmq_request_t *self);

//  Write a request's header frame anew in the one form that we write, so that two headers that say
//  the same become the same octets (rule W-9). Unknown fields of a gradient come along.
//    owns    *canonical is the caller's: free ()
//    errors  as gradmq_wire_decode_request for a header that cannot be unpacked
GRADMQ_MUST_CHECK gradmq_err_t gradmq_wire_canonical_request (const void *header, size_t size,
                                                              void **canonical,
                                                              size_t *canonical_size);

//  --------------------------------------------------------------------------------------------
//  Replies

typedef enum {
    GRADMQ_ANSWER_NONE = 0,
    //  Numbers are those of the fields of Reply's body.
    GRADMQ_ANSWER_DESCRIPTION = 10,
    GRADMQ_ANSWER_JOINED = 11,
    GRADMQ_ANSWER_LEFT = 12,
    GRADMQ_ANSWER_PARAMETERS = 13,
    GRADMQ_ANSWER_LOADED = 14,
    GRADMQ_ANSWER_MODEL_PARAMETERS = 15,
    GRADMQ_ANSWER_ADDED = 16,
    GRADMQ_ANSWER_CLEARED = 17,
    GRADMQ_ANSWER_STATE = 18,
    GRADMQ_ANSWER_STATUS = 19,
    GRADMQ_ANSWER_WORKERS = 20,
    GRADMQ_ANSWER_ACKNOWLEDGEMENT = 21,
    GRADMQ_ANSWER_OPERATION = 22
} gradmq_answer_t;

//  A list of texts.
typedef struct {
    const char *const *items;
    size_t count;
} gradmq_texts_t;

typedef struct {
    const uint32_t *items;
    size_t count;
} gradmq_numbers_t;

typedef struct {
    const char *product;
    uint32_t protocol_minor, state;
    const gradmq_tensor_spec_t *tensors;  //  none: no model
    size_t tensor_count;
    uint32_t layout_dtype;
    uint64_t layout_id;
    gradmq_texts_t gradients, updates, events;  //  endpoints
    gradmq_texts_t streams, stream_names;
    gradmq_limits_t limits;
    gradmq_numbers_t dtypes, encodings, kinds;
    gradmq_texts_t optimizers, schedules, policies, rules;
    uint64_t heartbeat_ms;
} gradmq_description_t;

typedef struct {
    uint64_t incarnation, layout_id, start_clock, round, lease_ms;
    gradmq_ack_t ack;
    gradmq_texts_t capabilities;
} gradmq_joined_t;

typedef struct {
    bool complete;
    gradmq_ack_t ack;
} gradmq_left_t;

typedef struct {
    //  All values but REALs that are NAN are written; `given` goes as explicit_names. Decoded: what
    //  was absent is at its default, or NAN if it is a REAL.
    const gradmq_settings_t *settings;
    uint64_t revision;
    uint64_t from_epoch, from_version;
    gradmq_texts_t unset;
} gradmq_parameters_t;

typedef struct {
    uint64_t layout_id, elements;
} gradmq_loaded_t;

typedef struct {
    bool unchanged;
    const char *stream;
    uint64_t layout_id;
    uint32_t dtype, encoding;
    uint64_t bytes, stream_sequence;
} gradmq_model_parameters_t;

typedef struct {
    const char *name;
    double value;
    const char *worker;
} gradmq_last_metric_t;

typedef struct {
    uint64_t operation;
    const char *name;
    bool done;
    uint32_t code;
    const char *message;
} gradmq_operation_t;

typedef struct {
    const char *product, *why, *durability, *policy, *rule;
    uint32_t state, members, tensors;
    uint64_t uptime_ms, queued_gradients, queued_bytes, elements;
    double learning_rate;
    uint64_t schedule_tick, settings_revision, snapshots_pinned, resident_bytes;
    const gradmq_counter_t *counters;
    size_t counter_count;
    const gradmq_operation_t *operations;
    size_t operation_count;
    uint64_t round, min_clock, contributions, needed;
    bool has_deadline;
    uint64_t deadline_ms;
    gradmq_texts_t waiting_for;
    uint32_t waiting_total;
    const gradmq_last_metric_t *metrics;
    size_t metric_count;
} gradmq_status_report_t;

typedef struct {
    const char *name;
    uint64_t incarnation;
    bool leaving;
    uint64_t lease_left_ms, seen_ms_ago, received_through, settled_through, queued, clock;
    uint64_t base_version;
    double staleness_mean;
    const gradmq_counter_t *dispositions;
    size_t disposition_count;
    const gradmq_metric_t *metrics;
    size_t metric_count;
} gradmq_worker_row_t;

typedef struct {
    const gradmq_worker_row_t *workers;
    size_t count;
    bool more;
} gradmq_workers_t;

typedef struct {
    uint64_t request_id;
    uint32_t code;  //  as on the wire: a later version may send one that is not in error.def
    const char *message, *model;
    gradmq_position_t position;
    bool repeated_answer;
    gradmq_answer_t answer;
    //  Which of these is read goes by `answer`.
    union {
        gradmq_description_t description;
        gradmq_joined_t joined;
        gradmq_left_t left;
        gradmq_parameters_t parameters;
        gradmq_loaded_t loaded;
        gradmq_model_parameters_t model_parameters;
        struct {
            bool has_ack;
            gradmq_ack_t ack;
        } added;
        uint64_t cleared;
        uint32_t state;
        gradmq_status_report_t status;
        gradmq_workers_t workers;
        gradmq_ack_t ack;
        gradmq_operation_t operation;
    };
    void *arena;
} gradmq_reply_t;

//  Replies, updates and events are read leniently: unknown fields and bodies are passed over (W-7).
//    owns    on success the caller clears *self; on error nothing is owned
//    errors  MALFORMED, PREAMBLE, VERSION, UNSUPPORTED, TOO_LARGE, NAME, ARGUMENT, MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_wire_decode_reply (gradmq_reply_t *self, const void *header,
                                                         size_t size, gradmq_reason_t *reason);
GRADMQ_MUST_CHECK gradmq_err_t gradmq_wire_encode_reply (const gradmq_reply_t *self, void **header,
                                                         size_t *size);
void gradmq_reply_clear (gradmq_reply_t *self);

//  Where a reply is put together, so that what was done can be told when memory has run out.
typedef struct {
    uint8_t header [GRADMQ_HEADER_BYTES_MAX];
    _Alignas(max_align_t) uint8_t pieces [256 << 10];
} gradmq_reply_room_t;

//  As gradmq_wire_encode_reply, into room->header. Memory is needed only for a reply of more pieces
//  than the room has place for.
//    errors  MEMORY; TOO_LARGE: more than header_bytes
GRADMQ_MUST_CHECK gradmq_err_t gradmq_wire_encode_reply_in (const gradmq_reply_t *self,
                                                            gradmq_reply_room_t *room,
                                                            size_t *size);

//  --------------------------------------------------------------------------------------------
//  Updates

typedef struct {
    const char *model, *stream;
    gradmq_position_t position;
    uint64_t stream_sequence;
    bool has_previous;
    uint64_t previous_epoch, previous_version;
    uint64_t layout_id;
    uint32_t dtype, encoding;
    uint64_t bytes;
    double learning_rate;
    uint64_t settings_revision;
    void *arena;
} gradmq_update_t;

GRADMQ_MUST_CHECK gradmq_err_t gradmq_wire_decode_update (gradmq_update_t *self, const void *header,
                                                          size_t size, gradmq_reason_t *reason);
GRADMQ_MUST_CHECK gradmq_err_t gradmq_wire_encode_update (const gradmq_update_t *self,
                                                          void **header, size_t *size);
void gradmq_update_clear (gradmq_update_t *self);

//  --------------------------------------------------------------------------------------------
//  Events

typedef enum {
    GRADMQ_EVENT_NONE = 0,
    //  Numbers are those of the fields of Event's body.
    GRADMQ_EVENT_ACKNOWLEDGEMENT = 1,
    GRADMQ_EVENT_HEARTBEAT = 2,
    GRADMQ_EVENT_NOTICE = 3,
    GRADMQ_EVENT_ANNOUNCEMENT = 4,
    GRADMQ_EVENT_MALFORMED = 5,
    GRADMQ_EVENT_SYNC = 6,
    GRADMQ_EVENT_STEP = 7
} gradmq_event_kind_t;

typedef struct {
    uint32_t state;
    const char *why, *durability;
    uint64_t round, min_clock, queued, settings_revision, heartbeat_ms;
    bool has_deadline;
    uint64_t deadline_ms;
    gradmq_texts_t waiting_for;
    uint32_t waiting_total, members;
} gradmq_heartbeat_t;

typedef struct {
    uint32_t notice, code;
    const char *message, *worker;
    uint64_t incarnation, sequence, operation, count, settings_revision;
} gradmq_notice_body_t;

typedef struct {
    const char *peer_address, *user_id, *message;
    uint32_t code;
    uint64_t count;
} gradmq_malformed_t;

typedef struct {
    const char *name;
    double mean, minimum, maximum;
    uint64_t count;
} gradmq_step_metric_t;

typedef struct {
    uint64_t steps;
    double learning_rate;
    bool has_gradient_norm, has_update_norm, has_staleness;
    double gradient_norm, update_norm, staleness_mean;
    uint64_t staleness_maximum;
    const gradmq_step_metric_t *metrics;
    size_t metric_count;
} gradmq_step_body_t;

typedef struct {
    gradmq_event_kind_t kind;
    const char *model;           //  but for SYNC
    gradmq_position_t position;  //  but for MALFORMED
    union {
        gradmq_ack_t ack;  //  its own model and position count
        gradmq_heartbeat_t heartbeat;
        gradmq_notice_body_t notice;
        gradmq_malformed_t malformed;
        uint64_t nonce;
        gradmq_step_body_t step;
    };
    void *arena;
} gradmq_event_t;

GRADMQ_MUST_CHECK gradmq_err_t gradmq_wire_decode_event (gradmq_event_t *self, const void *header,
                                                         size_t size, gradmq_reason_t *reason);
GRADMQ_MUST_CHECK gradmq_err_t gradmq_wire_encode_event (const gradmq_event_t *self, void **header,
                                                         size_t *size);
void gradmq_event_clear (gradmq_event_t *self);

#endif
