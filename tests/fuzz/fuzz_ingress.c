//  The whole way from frames to versions: what the coordinator's actor does with gradients and requests
//  of several workers, in any order, while time passes. Everything but the sockets is the daemon's own.
//
//  Input: operations, a first octet each (its lower three bits choose one of s_operations) and what that
//  one reads.

#include "coordinator/control.h"
#include "coordinator/ingress.h"
#include "coordinator/publisher.h"
#include "fuzz.h"
#include "sockets.h"

#include <math.h>
#include <string.h>

enum {
    WORKERS = 4,
    ELEMENTS = 10,
    FRAMES_MOST = 60,
    VALUES_MOST = 40,
    RUN_MOST = 512,
    OPERATIONS_MOST = 200
};

typedef struct {
    const uint8_t *at;
    size_t left;
} s_input_t;

//  The coordinator and what is known of it.
static struct {
    gradmq_engine_t *engine;
    gradmq_publisher_t *publisher;
    gradmq_control_t *control;
    uint64_t now_us;
    uint64_t incarnation [WORKERS], sequence [WORKERS];
    uint64_t request_id;
    uint64_t epoch, version;
    size_t replies;
    gradmq_err_t code;           //  of the newest reply
    uint64_t joined;             //  incarnation in it
    uint64_t update_bytes_left;  //  of the update that is being sent
} s;

static uint8_t
s_octet (s_input_t *input)
{
    if (!input->left)
        return 0;
    input->left--;
    return *input->at++;
}

static uint16_t
s_u16 (s_input_t *input)
{
    uint8_t low = s_octet (input);
    return (uint16_t) (low | s_octet (input) << 8);
}

//  As many octets as are there, at most `most`.
static const uint8_t *
s_take (s_input_t *input, size_t most, size_t *size)
{
    const uint8_t *at = input->at;
    *size = most < input->left ? most : input->left;
    input->at += *size;
    input->left -= *size;
    return at;
}

//  --------------------------------------------------------------------------------------------
//  What is sent has to be readable

static void
s_reply_sent (size_t at, const void *bytes, size_t size, bool more)
{
    gradmq_reply_t reply;
    if (at == 0) {
        FUZZ_HOLDS (!gradmq_wire_decode_reply (&reply, bytes, size, NULL));
        s.code = reply.code;
        s.joined = reply.answer == GRADMQ_ANSWER_JOINED ? reply.joined.incarnation : 0;
        FUZZ_HOLDS (!reply.code || (reply.message && *reply.message));
        gradmq_reply_clear (&reply);
    }
    s.replies += !more;
}

static void
s_event_sent (size_t at, const void *bytes, size_t size, bool more)
{
    gradmq_event_t event;
    FUZZ_HOLDS (at < 2 && more == (at == 0));
    if (at == 0)
        return;
    FUZZ_HOLDS (!gradmq_wire_decode_event (&event, bytes, size, NULL));
    gradmq_event_clear (&event);
}

static void
s_update_sent (size_t at, const void *bytes, size_t size, bool more)
{
    gradmq_update_t update;
    gradmq_event_t mark;
    if (at == 0)
        return;
    if (at > 1) {
        FUZZ_HOLDS (size <= s.update_bytes_left && more == (size < s.update_bytes_left));
        s.update_bytes_left -= size;
    } else if (more) {
        FUZZ_HOLDS (!gradmq_wire_decode_update (&update, bytes, size, NULL));
        s.update_bytes_left = update.bytes;
        gradmq_update_clear (&update);
    } else {
        FUZZ_HOLDS (!gradmq_wire_decode_event (&mark, bytes, size, NULL));
        gradmq_event_clear (&mark);
    }
}

static fuzz_socket_t s_requests = {.sent = s_reply_sent};
static fuzz_socket_t s_updates = {.sent = s_update_sent};
static fuzz_socket_t s_events = {.sent = s_event_sent};
static fuzz_socket_t s_gradients;

//  --------------------------------------------------------------------------------------------
//  What has to hold after everything

static void
s_check_values (void)
{
    float values [ELEMENTS];
    const gradmq_layout_t *layout = gradmq_model_layout (s.engine->model);
    if (!layout || gradmq_layout_dtype (layout)->code != GRADMQ_DTYPE_F32
        || gradmq_layout_elements (layout) > ELEMENTS)
        return;
    size_t count = (size_t) gradmq_layout_elements (layout);
    memcpy (values, gradmq_snapshot_bytes (gradmq_model_newest (s.engine->model)),
            count * sizeof *values);
    for (size_t i = 0; i < count; i++)
        FUZZ_HOLDS (isfinite (values [i]));
}

//  Whatever was received is settled once, or is still kept.
static void
s_check_books (void)
{
    const gradmq_engine_t *engine = s.engine;
    const uint64_t *counts = engine->counters.value;
    FUZZ_HOLDS (counts [GRADMQ_COUNTER_gradients_received]
                == counts [GRADMQ_COUNTER_applied] + counts [GRADMQ_COUNTER_excluded]
                       + counts [GRADMQ_COUNTER_skipped] + counts [GRADMQ_COUNTER_refused]
                       + counts [GRADMQ_COUNTER_discarded] + gradmq_engine_kept (engine));
    gradmq_position_t now = gradmq_engine_position (engine);
    FUZZ_HOLDS (now.epoch > s.epoch || (now.epoch == s.epoch && now.version >= s.version));
    s.epoch = now.epoch;
    s.version = now.version;
}

//  What the actor does after it has read.
static void
s_work (void)
{
    for (int i = 0; i < 4 && gradmq_engine_run (s.engine, RUN_MOST); i++)
        ;
    gradmq_publisher_update (s.publisher, s.engine, false);
    gradmq_publisher_acks (s.publisher, s.engine, false);
    gradmq_publisher_report (s.publisher, s.engine);
    if (s.engine->state != GRADMQ_STATE_CLOSING)
        s_check_books ();
    s_check_values ();
}

//  --------------------------------------------------------------------------------------------
//  Operations

static void
s_read_gradients (void)
{
    bool more;
    (void) gradmq_ingress_read (s.engine, &s_gradients, RUN_MOST, UINT64_MAX, &more);
    FUZZ_HOLDS (!more && !fuzz_sockets_drop ());
}

static void
s_read_requests (void)
{
    size_t before = s.replies;
    (void) gradmq_control_answer (s.control, 1);
    FUZZ_HOLDS (s.replies == before + 1 && !s_requests.at && !fuzz_sockets_drop ());
}

//  Feed a header and what follows it, cut in pieces.
static void
s_feed (const void *header, size_t size, const uint8_t *payload, size_t left, size_t piece)
{
    size_t frames = 0;
    fuzz_sockets_feed (header, size, left > 0);
    while (left) {
        size_t taken = left < piece || !piece || ++frames == FRAMES_MOST ? left : piece;
        left -= taken;
        fuzz_sockets_feed (payload, taken, left > 0);
        payload += taken;
    }
}

//  Any octets: a header of some length, a payload of some length, in pieces.
static void
s_feed_raw (s_input_t *input)
{
    size_t header_size, payload_size;
    size_t header_most = s_u16 (input), payload_most = s_octet (input), piece = s_octet (input);
    const uint8_t *header = s_take (input, header_most, &header_size);
    const uint8_t *payload = s_take (input, payload_most, &payload_size);
    s_feed (header, header_size, payload, payload_size, piece);
}

static void
s_raw_gradient (s_input_t *input)
{
    s_feed_raw (input);
    s_read_gradients ();
}

static void
s_raw_request (s_input_t *input)
{
    s_feed_raw (input);
    s_read_requests ();
}

//  A gradient that a worker could have pushed, with a few octets of its header changed.
static void
s_made_gradient (s_input_t *input)
{
    uint8_t who = s_octet (input) % WORKERS, flags = s_octet (input), ahead = s_octet (input);
    uint8_t spoiled = s_octet (input), piece = s_octet (input), count = s_octet (input);
    gradmq_gradient_t gradient;
    gradmq_gradient_init (&gradient);
    snprintf (gradient.model, sizeof gradient.model, "m");
    snprintf (gradient.worker, sizeof gradient.worker, "w%u", who);
    gradient.incarnation = s.incarnation [who];
    gradient.sequence = s.sequence [who] + (ahead & 0x0fu);
    gradient.low_water = gradient.sequence > (ahead >> 4) ? gradient.sequence - (ahead >> 4) : 1;
    gradient.kind = (flags & 3u) + 1;
    gradient.has_base = flags & 4;
    gradient.base_epoch = s.epoch;
    gradient.base_version = s.version > (flags >> 6) ? s.version - (flags >> 6) : 0;
    gradient.has_clock = flags & 8;
    gradient.clock = s.sequence [who];
    gradient.last_of_clock = flags & 16;
    gradient.weight = flags & 32 ? 2 : 1;
    const gradmq_layout_t *layout = gradmq_model_layout (s.engine->model);
    gradient.layout = layout && gradient.kind != 4 ? gradmq_layout_id (layout) : 0;
    s.sequence [who] += (ahead & 0x0fu) == 0;
    void *header;
    size_t size, payload_size;
    FUZZ_HOLDS (!gradmq_wire_encode_gradient (&gradient, &header, &size));
    if (spoiled)
        ((uint8_t *) header) [spoiled % size] ^= (uint8_t) (1u << (spoiled & 7u));
    const uint8_t *payload =
        s_take (input, gradient.kind == 4 ? 0 : count % (VALUES_MOST + 1), &payload_size);
    //  Mostly as long as it should be: what the input does not have is zero.
    uint8_t whole [VALUES_MOST] = {0};
    memcpy (whole, payload, payload_size);
    if (gradient.kind != 4 && count < 0xf0 && layout && gradmq_layout_bytes (layout) <= VALUES_MOST)
        payload_size = (size_t) gradmq_layout_bytes (layout);
    s_feed (header, size, whole, payload_size, piece & ~3u);
    s_read_gradients ();
    free (header);
}

static void
s_ask (gradmq_request_t *request)
{
    void *header;
    size_t size;
    request->client = "fuzz";
    request->model = "m";
    request->request_id = ++s.request_id;
    FUZZ_HOLDS (!gradmq_wire_encode_request (request, &header, &size));
    fuzz_sockets_feed (header, size, false);
    s_read_requests ();
    free (header);
}

static void
s_join (s_input_t *input)
{
    uint8_t choice = s_octet (input), who = choice % WORKERS;
    char name [8];
    snprintf (name, sizeof name, "w%u", who);
    gradmq_request_t request = {.command = GRADMQ_COMMAND_JOIN, .worker = name};
    if (choice & 0x40)
        request = (gradmq_request_t){
            .command = GRADMQ_COMMAND_LEAVE, .worker = name, .last_sequence = s.sequence [who] - 1};
    if (choice & 0xc0)
        request.incarnation = s.incarnation [who];
    if (request.command == GRADMQ_COMMAND_JOIN)
        request.low_water = s.sequence [who];
    s_ask (&request);
    if (s.joined && s.joined != s.incarnation [who]) {
        s.incarnation [who] = s.joined;
        s.sequence [who] = 1;
    }
}

static void
s_set (s_input_t *input)
{
    static const char *const changes [][2] = {{"policy", "async"},
                                              {"policy", "bsp"},
                                              {"policy", "ssp"},
                                              {"policy", "merge"},
                                              {"rule", "median"},
                                              {"rule", "trimmed_mean"},
                                              {"rule", "krum"},
                                              {"rule", "nnm_trimmed_mean"},
                                              {"rule", "mean"},
                                              {"byzantine", "1"},
                                              {"quorum", "2"},
                                              {"merge_count", "2"},
                                              {"merge_count", "5"},
                                              {"buffer_gradients", "3"},
                                              {"max_staleness", "2"},
                                              {"optimizer", "adam"},
                                              {"optimizer", "sgd"},
                                              {"optimizer", "lars"},
                                              {"queue_gradients", "8"},
                                              {"clock_bound", "1"},
                                              {"round_timeout_ms", "500"},
                                              {"streams", "f32,f16,int8"},
                                              {"clip_norm", "1"},
                                              {"weight_decay", "0.1"},
                                              {"publish_every", "2"},
                                              {"lease_ms", "1000"},
                                              {"mode", "ascent"}};
    enum { COUNT = sizeof changes / sizeof changes [0], MOST = 3 };
    gradmq_settings_t settings;
    gradmq_settings_init (&settings);
    uint8_t count = s_octet (input) % MOST + 1;
    for (uint8_t i = 0; i < count; i++) {
        const char *const *change = changes [s_octet (input) % COUNT];
        FUZZ_HOLDS (gradmq_settings_parse (&settings, change [0], change [1], NULL)
                    != GRADMQ_ERR_MEMORY);
    }
    gradmq_request_t request = {.command = GRADMQ_COMMAND_SET_PARAMETERS, .settings = &settings};
    s_ask (&request);
}

static void
s_command (s_input_t *input)
{
    static const gradmq_command_t commands [] = {
        GRADMQ_COMMAND_START,      GRADMQ_COMMAND_STOP,
        GRADMQ_COMMAND_RESET,      GRADMQ_COMMAND_CLEAR_GRADIENTS,
        GRADMQ_COMMAND_STATUS,     GRADMQ_COMMAND_LIST_WORKERS,
        GRADMQ_COMMAND_DESCRIBE,   GRADMQ_COMMAND_GET_MODEL_PARAMETERS,
        GRADMQ_COMMAND_CHECKPOINT, GRADMQ_COMMAND_GET_PARAMETERS};
    uint8_t choice = s_octet (input);
    gradmq_request_t request = {.command =
                                    commands [choice % (sizeof commands / sizeof commands [0])],
                                .new_epoch = choice & 0x80};
    s_ask (&request);
}

//  Time passes, up to twelve seconds; then comes a heartbeat.
static void
s_wait (s_input_t *input)
{
    uint64_t ms = (uint64_t) s_octet (input) * 50;
    s.now_us += ms * 1000;
    gradmq_engine_expire (s.engine, gradmq_clock_ms (&s.engine->clock), 0);
    gradmq_publisher_heartbeat (s.publisher, s.engine);
    gradmq_publisher_acks (s.publisher, s.engine, true);
}

static void (*const s_operations [8]) (s_input_t *input) = {
    s_made_gradient, s_made_gradient, s_raw_gradient, s_raw_request,
    s_join,          s_set,           s_command,      s_wait};

//  --------------------------------------------------------------------------------------------
//  One coordinator an input

static uint64_t
s_time (void *context)
{
    (void) context;
    return s.now_us;
}

static void
s_load (void)
{
    static const uint64_t matrix [] = {2, 3}, vector [] = {4};
    static const gradmq_tensor_spec_t tensors [] = {{"a", 2, matrix}, {"b", 1, vector}};
    static const float values [ELEMENTS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    const gradmq_frame_t frame = {(const uint8_t *) values, sizeof values};
    const gradmq_payload_t payload = {.frames = &frame, .count = 1, .bytes = sizeof values};
    gradmq_layout_t *layout;
    gradmq_reason_t why;
    FUZZ_HOLDS (!gradmq_layout_open (&layout, tensors, 2, GRADMQ_DTYPE_F32, &why));
    FUZZ_HOLDS (
        !gradmq_engine_load (s.engine, layout, gradmq_layout_dtype (layout), &payload, &why));
    FUZZ_HOLDS (!gradmq_engine_start (s.engine, &why));
    gradmq_layout_release (&layout);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static const gradmq_endpoints_t nowhere;
    s_input_t input = {data, size};
    memset (&s, 0, sizeof s);
    s.now_us = 1000000;
    s.engine = gradmq_engine_new ("m", (gradmq_clock_t){s_time, s_time, NULL}, 1000);
    s.publisher = gradmq_publisher_new (&s_updates, &s_events, false);
    FUZZ_HOLDS (s.engine && s.publisher);
    s.engine->publisher = s.publisher;
    s.control = gradmq_control_new (&s_requests, s.engine, s.publisher, &nowhere);
    FUZZ_HOLDS (s.control);
    s_load ();
    for (int i = 0; input.left && i < OPERATIONS_MOST; i++) {
        s_operations [s_octet (&input) & 7u](&input);
        s_work ();
    }
    gradmq_engine_close (s.engine);
    gradmq_control_destroy (&s.control);
    gradmq_publisher_destroy (&s.publisher);
    gradmq_engine_destroy (&s.engine);
    return 0;
}
