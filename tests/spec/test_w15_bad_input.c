//  W-15, for every way in which a gradient can be bad: it is refused by name, counted, and leaves
//  parameters and other workers untouched; and its worker goes on.

#include "core/limit.h"
#include "spec/fixture/stage.h"

#include <math.h>

//  Who hears of it: malformed/, the worker's acknowledgement, the worker's notices.
typedef enum { MALFORMED, REFUSED, AWAY } s_where_t;

typedef struct {
    const char *what;
    zmsg_t *(*make) (const stage_t *stage, gradmq_gradient_t gradient);
    s_where_t where;
    gradmq_err_t code;
    bool frame_only;  //  its frames say it, not its message: no such thing within a request
} s_case_t;

static zmsg_t *
s_good (gradmq_gradient_t gradient)
{
    return peer_frames (&gradient, stage_values (), STAGE_BYTES);
}

static zmsg_t *
s_empty (const stage_t *stage, gradmq_gradient_t gradient)
{
    (void) stage;
    (void) gradient;
    zmsg_t *message = zmsg_new ();
    zmsg_addmem (message, "", 0);
    return message;
}

static zmsg_t *
s_wrong_preamble (const stage_t *stage, gradmq_gradient_t gradient)
{
    (void) stage;
    zmsg_t *message = s_good (gradient);
    zframe_data (zmsg_first (message)) [3] ^= 0xff;
    return message;
}

//  The last field loses its last octet.
static zmsg_t *
s_truncated (const stage_t *stage, gradmq_gradient_t gradient)
{
    (void) stage;
    zmsg_t *whole = s_good (gradient);
    zframe_t *header = zmsg_pop (whole);
    zframe_t *shorter = zframe_new (zframe_data (header), zframe_size (header) - 1);
    zframe_destroy (&header);
    zmsg_prepend (whole, &shorter);
    return whole;
}

static zmsg_t *
s_too_short (const stage_t *stage, gradmq_gradient_t gradient)
{
    (void) stage;
    return peer_frames (&gradient, stage_values (), STAGE_BYTES - sizeof (float));
}

static zmsg_t *
s_no_payload (const stage_t *stage, gradmq_gradient_t gradient)
{
    (void) stage;
    return peer_frames (&gradient, NULL, 0);
}

static zmsg_t *
s_part (gradmq_gradient_t gradient, gradmq_part_t part)
{
    part.dtype = gradmq_dtype (GRADMQ_DTYPE_F32);
    gradient.parts = &part;
    gradient.part_count = 1;
    return peer_frames (&gradient, stage_values (), STAGE_BYTES);
}

static zmsg_t *
s_overflow (const stage_t *stage, gradmq_gradient_t gradient)
{
    (void) stage;
    return s_part (gradient,
                   (gradmq_part_t){.encoding = GRADMQ_ENCODING_ROWS, .count = 1ull << 61});
}

static zmsg_t *
s_no_such_tensor (const stage_t *stage, gradmq_gradient_t gradient)
{
    (void) stage;
    return s_part (gradient,
                   (gradmq_part_t){.encoding = GRADMQ_ENCODING_DENSE, .tensor = UINT32_MAX});
}

static zmsg_t *
s_unknown_layout (const stage_t *stage, gradmq_gradient_t gradient)
{
    (void) stage;
    gradient.layout ^= 1;
    return s_good (gradient);
}

static zmsg_t *
s_unknown_kind (const stage_t *stage, gradmq_gradient_t gradient)
{
    (void) stage;
    gradient.kind = 77;
    return s_good (gradient);
}

static zmsg_t *
s_unknown_dtype (const stage_t *stage, gradmq_gradient_t gradient)
{
    (void) stage;
    gradient.dtype = 77;
    return s_good (gradient);
}

static zmsg_t *
s_too_many_frames (const stage_t *stage, gradmq_gradient_t gradient)
{
    (void) stage;
    zmsg_t *message = peer_frames (&gradient, NULL, 0);
    for (size_t i = 0; i <= GRADMQ_PAYLOAD_FRAMES_MAX; i++)
        zmsg_addmem (message, stage_values (), sizeof (float));
    return message;
}

static zmsg_t *
s_too_large (const stage_t *stage, gradmq_gradient_t gradient)
{
    (void) stage;
    raw_t header = raw_header (GRADMQ_FRAME_GRADIENT);
    raw_identity (&header, &gradient);
    void *filler = calloc (1, GRADMQ_HEADER_BYTES_MAX);
    assert_non_null (filler);
    raw_octets (&header, 100, filler, GRADMQ_HEADER_BYTES_MAX);
    free (filler);
    return raw_frames (&header, stage_values (), STAGE_BYTES);
}

static zmsg_t *
s_values (gradmq_gradient_t gradient, float last)
{
    return peer_frames (&gradient, (float []){1, 1, last}, STAGE_BYTES);
}

static zmsg_t *
s_not_a_number (const stage_t *stage, gradmq_gradient_t gradient)
{
    (void) stage;
    return s_values (gradient, NAN);
}

static zmsg_t *
s_infinite (const stage_t *stage, gradmq_gradient_t gradient)
{
    (void) stage;
    return s_values (gradient, -INFINITY);
}

static zmsg_t *
s_beyond_bound (const stage_t *stage, gradmq_gradient_t gradient)
{
    (void) stage;
    return s_values (gradient, 1e19f);
}

static zmsg_t *
s_misaligned (const stage_t *stage, gradmq_gradient_t gradient)
{
    (void) stage;
    zmsg_t *message = peer_frames (&gradient, stage_values (), 5);
    zmsg_addmem (message, (const uint8_t *) stage_values () + 5, STAGE_BYTES - 5);
    return message;
}

static zmsg_t *
s_wrong_model (const stage_t *stage, gradmq_gradient_t gradient)
{
    (void) stage;
    snprintf (gradient.model, sizeof gradient.model, "another");
    return s_good (gradient);
}

static zmsg_t *
s_zero_name (const stage_t *stage, gradmq_gradient_t gradient)
{
    (void) stage;
    gradient.worker [0] = 0;
    return s_good (gradient);
}

static zmsg_t *
s_long_name (const stage_t *stage, gradmq_gradient_t gradient)
{
    (void) stage;
    char name [1001];
    memset (name, 'w', sizeof name - 1);
    name [sizeof name - 1] = 0;
    raw_t header = raw_header (GRADMQ_FRAME_GRADIENT);
    raw_identity (&header, &gradient);
    raw_text (&header, 2, name);
    return raw_frames (&header, stage_values (), STAGE_BYTES);
}

static zmsg_t *
s_not_joined (const stage_t *stage, gradmq_gradient_t gradient)
{
    (void) stage;
    snprintf (gradient.worker, sizeof gradient.worker, "stranger");
    return s_good (gradient);
}

static zmsg_t *
s_fenced (const stage_t *stage, gradmq_gradient_t gradient)
{
    gradient.incarnation = stage->worker - 1;
    return s_good (gradient);
}

static zmsg_t *
s_sequence_zero (const stage_t *stage, gradmq_gradient_t gradient)
{
    (void) stage;
    gradient.sequence = gradient.low_water = 0;
    return s_good (gradient);
}

static const s_case_t s_cases [] = {
    {"an empty header", s_empty, MALFORMED, GRADMQ_ERR_MALFORMED, true},
    {"a wrong preamble", s_wrong_preamble, MALFORMED, GRADMQ_ERR_PREAMBLE, true},
    {"a truncated header", s_truncated, MALFORMED, GRADMQ_ERR_MALFORMED, false},
    {"a header that is too large", s_too_large, MALFORMED, GRADMQ_ERR_TOO_LARGE, false},
    {"another model", s_wrong_model, MALFORMED, GRADMQ_ERR_MODEL, false},
    {"a name of no octets", s_zero_name, MALFORMED, GRADMQ_ERR_NAME, false},
    {"a name of 1000 octets", s_long_name, MALFORMED, GRADMQ_ERR_NAME, false},
    {"sequence 0", s_sequence_zero, MALFORMED, GRADMQ_ERR_ARGUMENT, false},
    {"a payload that is too short", s_too_short, REFUSED, GRADMQ_ERR_LENGTH, false},
    {"no payload", s_no_payload, REFUSED, GRADMQ_ERR_LENGTH, false},
    {"a count of rows that overflows", s_overflow, REFUSED, GRADMQ_ERR_ARGUMENT, false},
    {"a tensor that is not there", s_no_such_tensor, REFUSED, GRADMQ_ERR_ARGUMENT, false},
    {"an unknown layout", s_unknown_layout, REFUSED, GRADMQ_ERR_LAYOUT, false},
    {"an unknown kind", s_unknown_kind, REFUSED, GRADMQ_ERR_UNSUPPORTED, false},
    {"an unknown dtype", s_unknown_dtype, REFUSED, GRADMQ_ERR_UNSUPPORTED, false},
    {"too many frames", s_too_many_frames, REFUSED, GRADMQ_ERR_FRAMES, false},
    {"a value that is no number", s_not_a_number, REFUSED, GRADMQ_ERR_NON_FINITE, false},
    {"an infinite value", s_infinite, REFUSED, GRADMQ_ERR_NON_FINITE, false},
    {"a value beyond the bound", s_beyond_bound, REFUSED, GRADMQ_ERR_NON_FINITE, false},
    {"a frame that ends in an element", s_misaligned, REFUSED, GRADMQ_ERR_ALIGNMENT, false},
    {"a worker that has not joined", s_not_joined, AWAY, GRADMQ_ERR_NOT_JOINED, false},
    {"an incarnation that is fenced", s_fenced, AWAY, GRADMQ_ERR_FENCED, false},
};

#define CASES (sizeof s_cases / sizeof s_cases [0])

static void
s_turned_away (stage_t *stage, zmsg_t **message, gradmq_err_t code)
{
    peer_subscribe_events (stage->peer, "event/" PEER_MODEL "/w/");
    uint64_t before = peer_counter (stage->peer, "turned_away");
    peer_push_frames (stage->peer, message);
    gradmq_event_t event;
    peer_notice (stage->peer, "event/" PEER_MODEL "/w/", GRADMQ_NOTICE_TURNED_AWAY, &event);
    assert_int_equal (event.notice.code, code);
    gradmq_event_clear (&event);
    assert_int_equal (peer_counter (stage->peer, "turned_away"), before + 1);
}

static void
test_bad_gradient_is_refused_by_name (void **state)
{
    (void) state;
    for (size_t i = 0; i < CASES; i++) {
        const s_case_t *one = &s_cases [i];
        print_message ("%s\n", one->what);
        stage_t stage = stage_new ();
        zmsg_t *message = one->make (&stage, stage_gradient (&stage));
        if (one->where == MALFORMED)
            stage_malformed (&stage, &message, one->code);
        else if (one->where == REFUSED)
            stage_refused (&stage, &message, one->code);
        else
            s_turned_away (&stage, &message, one->code);
        stage_end (&stage);
    }
}

//  The same in a request. Takes *gradient.
static zmsg_t *
s_request (zmsg_t **gradient, uint64_t request_id)
{
    zframe_t *header = zmsg_pop (*gradient);
    raw_t add = raw_nothing ();
    raw_octets (&add, 1, zframe_data (header) + GRADMQ_PREAMBLE_BYTES,
                zframe_size (header) - GRADMQ_PREAMBLE_BYTES);
    zframe_destroy (&header);
    raw_t request = raw_request (request_id);
    raw_inside (&request, GRADMQ_COMMAND_ADD_GRADIENTS, add);
    zmsg_t *message = raw_frames (&request, NULL, 0);
    for (zframe_t *frame; (frame = zmsg_pop (*gradient));)
        zmsg_append (message, &frame);
    zmsg_destroy (gradient);
    return message;
}

static void
test_bad_gradient_in_a_request_is_answered_with_its_code (void **state)
{
    (void) state;
    for (size_t i = 0; i < CASES; i++) {
        const s_case_t *one = &s_cases [i];
        if (one->frame_only)
            continue;
        print_message ("%s\n", one->what);
        stage_t stage = stage_new ();
        zmsg_t *gradient = one->make (&stage, stage_gradient (&stage));
        zmsg_t *message = s_request (&gradient, 77);
        stage_declined (&stage, &message, one->code);
        peer_ack (stage.peer, STAGE_WORKER, stage.worker, 0);
        stage.sequence = stage.peer->reply.ack.received_through + 1;
        stage_end (&stage);
    }
}

//  All of them on one coordinator, three times over, while somebody trains: exactly what the
//  bystander sent is applied, and everything else is counted.
static void
test_training_goes_on_among_bad_gradients (void **state)
{
    (void) state;
    enum { ROUNDS = 3 };
    uint64_t counts [AWAY + 1] = {0}, trained = 0;
    stage_t stage = stage_new ();
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < CASES; i++) {
            zmsg_t *message = s_cases [i].make (&stage, stage_gradient (&stage));
            peer_push_frames (stage.peer, &message);
            stage.sequence += s_cases [i].where == REFUSED;
            counts [s_cases [i].where]++;
            gradmq_gradient_t good =
                peer_gradient (stage.peer, STAGE_BYSTANDER, stage.bystander, ++trained);
            peer_push (stage.peer, &good, stage_values (), STAGE_ELEMENTS);
        }
    peer_settle (stage.peer, STAGE_BYSTANDER, stage.bystander, trained);
    assert_int_equal (stage.peer->reply.ack.applied, trained);
    assert_int_equal (stage.peer->reply.ack.disposition_count, 0);
    assert_int_equal (peer_counter (stage.peer, "malformed"), counts [MALFORMED]);
    assert_int_equal (peer_counter (stage.peer, "refused"), counts [REFUSED]);
    assert_int_equal (peer_counter (stage.peer, "turned_away"), counts [AWAY]);
    assert_int_equal (peer_counter (stage.peer, "applied"), trained);
    float now [STAGE_ELEMENTS];
    uint64_t version;
    stage_read (&stage, now, sizeof now, &version);
    assert_int_equal (version, trained);
    for (size_t i = 0; i < STAGE_ELEMENTS; i++)
        assert_true (now [i] == 1.0f - (float) trained * stage_values () [i]);
    zmsg_t *message = s_good (stage_gradient (&stage));
    stage_applied (&stage, &message);  //  and the one who sent all that is not wedged
    peer_destroy (&stage.peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_bad_gradient_is_refused_by_name),
        cmocka_unit_test (test_bad_gradient_in_a_request_is_answered_with_its_code),
        cmocka_unit_test (test_training_goes_on_among_bad_gradients),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
