//  model, worker, stream and client names are 1 to 64 ASCII letters, digits, `_`, `-`, `.`, and
//  the first is not `-` or `.`. Refused: NAME.

#include "spec/fixture/stage.h"

#define SIXTEEN "abcdefghijklmnop"
#define SIXTY_FOUR SIXTEEN SIXTEEN SIXTEEN SIXTEEN
static const char s_sixty_four [] = SIXTY_FOUR;
static const char s_sixty_five [] = SIXTY_FOUR "q";

static const char *const s_bad [] = {
    "",    "-a",  ".a",       "a/b",       "a b",        "a\n",  "a\x7f",
    "a*b", "a:b", "\xc3\xa9", "a\xc3\xa9", s_sixty_five, "a\\b", "/",
};

static const char *const s_good [] = {"a", "_", "9", "A-b.c_d", "a.", "a-", "__", s_sixty_four};

#define BAD (sizeof s_bad / sizeof s_bad [0])
#define GOOD (sizeof s_good / sizeof s_good [0])

static void
s_push (stage_t *stage, uint32_t field, const char *name)
{
    gradmq_gradient_t gradient = stage_gradient (stage);
    raw_t header = raw_header (GRADMQ_FRAME_GRADIENT);
    raw_identity (&header, &gradient);
    raw_text (&header, field, name);  //  the last one counts
    zmsg_t *message = raw_frames (&header, stage_values (), STAGE_BYTES);
    stage_malformed (stage, &message, GRADMQ_ERR_NAME);
}

static void
test_gradient_with_a_bad_model_or_worker_name_is_refused (void **state)
{
    (void) state;
    for (size_t i = 0; i < BAD; i++) {
        stage_t stage = stage_new ();
        s_push (&stage, 1, s_bad [i]);
        s_push (&stage, 2, s_bad [i]);
        stage_end (&stage);
    }
}

static void
test_gradient_without_a_name_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    raw_t header = raw_header (GRADMQ_FRAME_GRADIENT);
    raw_text (&header, 1, PEER_MODEL);
    zmsg_t *message = raw_frames (&header, stage_values (), STAGE_BYTES);
    stage_malformed (&stage, &message, GRADMQ_ERR_NAME);
    header = raw_header (GRADMQ_FRAME_GRADIENT);
    raw_text (&header, 2, STAGE_WORKER);
    message = raw_frames (&header, stage_values (), STAGE_BYTES);
    stage_malformed (&stage, &message, GRADMQ_ERR_NAME);
    stage_end (&stage);
}

//  A request with these names.
static zmsg_t *
s_request (const char *client, const char *model, uint32_t command, raw_t body)
{
    static uint64_t id;
    raw_t request = raw_header (GRADMQ_FRAME_REQUEST);
    raw_text (&request, 1, client);
    raw_varint (&request, 2, ++id);
    raw_text (&request, 3, model);
    raw_inside (&request, command, body);
    return raw_frames (&request, NULL, 0);
}

static raw_t
s_body (const char *name)
{
    raw_t body = raw_nothing ();
    raw_text (&body, 1, name);
    return body;
}

static void
test_request_with_a_bad_name_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    for (size_t i = 0; i < BAD; i++) {
        const char *bad = s_bad [i];
        zmsg_t *message = s_request (bad, PEER_MODEL, GRADMQ_COMMAND_STOP, raw_nothing ());
        stage_declined (&stage, &message, GRADMQ_ERR_NAME);
        message = s_request ("c", bad, GRADMQ_COMMAND_STOP, raw_nothing ());
        stage_declined (&stage, &message, GRADMQ_ERR_NAME);
        message = s_request ("c", PEER_MODEL, GRADMQ_COMMAND_JOIN, s_body (bad));
        stage_declined (&stage, &message, GRADMQ_ERR_NAME);
        message = s_request ("c", PEER_MODEL, GRADMQ_COMMAND_LEAVE, s_body (bad));
        stage_declined (&stage, &message, GRADMQ_ERR_NAME);
        message = s_request ("c", PEER_MODEL, GRADMQ_COMMAND_ACKNOWLEDGEMENT, s_body (bad));
        stage_declined (&stage, &message, GRADMQ_ERR_NAME);
        message = s_request ("c", PEER_MODEL, GRADMQ_COMMAND_GET_MODEL_PARAMETERS, s_body (bad));
        stage_declined (&stage, &message, GRADMQ_ERR_NAME);
    }
    stage_end (&stage);
}

static void
test_join_without_a_name_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    zmsg_t *message = s_request ("c", PEER_MODEL, GRADMQ_COMMAND_JOIN, raw_nothing ());
    stage_declined (&stage, &message, GRADMQ_ERR_NAME);
    stage_end (&stage);
}

static void
test_every_good_name_is_taken (void **state)
{
    (void) state;
    for (size_t i = 0; i < GOOD; i++) {
        gradmq_coordinator_options_t options = peer_options ();
        options.model = s_good [i];
        peer_t *peer = peer_new_with (&options);
        zmsg_t *message =
            s_request (s_good [i], s_good [i], GRADMQ_COMMAND_JOIN, s_body (s_good [i]));
        assert_int_equal (peer_request_frames (peer, &message), GRADMQ_OK);
        assert_string_equal (peer->reply.joined.ack.worker, s_good [i]);
        peer_destroy (&peer);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_gradient_with_a_bad_model_or_worker_name_is_refused),
        cmocka_unit_test (test_gradient_without_a_name_is_refused),
        cmocka_unit_test (test_request_with_a_bad_name_is_refused),
        cmocka_unit_test (test_join_without_a_name_is_refused),
        cmocka_unit_test (test_every_good_name_is_taken),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
