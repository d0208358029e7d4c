//  every request is answered by one reply with the same request_id. `code` 0 or absent means
//  done; else `message` says what was wrong and what to do, and nothing was changed.

#include "spec/fixture/stage.h"

static void
test_every_command_is_answered_with_its_id (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_gradient_t gradient = stage_gradient (&stage);
    gradient.layout++;  //  refused: AddGradients need not be applied here
    for (uint32_t command = GRADMQ_COMMAND_DESCRIBE; command <= GRADMQ_COMMAND_RESTORE; command++) {
        if (command == GRADMQ_COMMAND_DESTROY)
            continue;
        gradmq_request_t request = {.command = (gradmq_command_t) command,
                                    .request_id = 0xfedcba9876543210ull + command,
                                    .worker = "other",
                                    .incarnation = 1,
                                    .gradient = &gradient,
                                    .dry_run = true,
                                    .nonce = 1};
        uint32_t code = peer_request (stage.peer, &request, NULL, 0);
        const gradmq_reply_t *reply = &stage.peer->reply;
        assert_true (reply->request_id == 0xfedcba9876543210ull + command);
        assert_string_equal (reply->model, PEER_MODEL);
        if (code) {
            assert_int_equal (reply->answer, GRADMQ_ANSWER_NONE);
            assert_true (strlen (reply->message) > 10);
        }
    }
    peer_destroy (&stage.peer);
}

static void
test_answer_is_that_of_the_table (void **state)
{
    (void) state;
    static const struct {
        gradmq_command_t command;
        gradmq_answer_t answer;
    } rows [] = {
        {GRADMQ_COMMAND_DESCRIBE, GRADMQ_ANSWER_DESCRIPTION},
        {GRADMQ_COMMAND_JOIN, GRADMQ_ANSWER_JOINED},
        {GRADMQ_COMMAND_SET_PARAMETERS, GRADMQ_ANSWER_PARAMETERS},
        {GRADMQ_COMMAND_GET_PARAMETERS, GRADMQ_ANSWER_PARAMETERS},
        {GRADMQ_COMMAND_GET_MODEL_PARAMETERS, GRADMQ_ANSWER_MODEL_PARAMETERS},
        {GRADMQ_COMMAND_CLEAR_GRADIENTS, GRADMQ_ANSWER_CLEARED},
        {GRADMQ_COMMAND_STOP, GRADMQ_ANSWER_STATE},
        {GRADMQ_COMMAND_START, GRADMQ_ANSWER_STATE},
        {GRADMQ_COMMAND_STATUS, GRADMQ_ANSWER_STATUS},
        {GRADMQ_COMMAND_LIST_WORKERS, GRADMQ_ANSWER_WORKERS},
        {GRADMQ_COMMAND_SYNC, GRADMQ_ANSWER_NONE},
        {GRADMQ_COMMAND_DESTROY, GRADMQ_ANSWER_STATE},
    };
    stage_t stage = stage_new ();
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++) {
        gradmq_request_t request = {.command = rows [i].command, .worker = "third", .nonce = 1};
        assert_int_equal (peer_request (stage.peer, &request, NULL, 0), GRADMQ_OK);
        assert_int_equal (stage.peer->reply.answer, rows [i].answer);
        assert_null (stage.peer->reply.message);
    }
    peer_destroy (&stage.peer);
}

//  Eight clients ask at the same time; each gets its own answer, and only that.
static void
test_each_client_gets_its_own_answer (void **state)
{
    (void) state;
    enum { CLIENTS = 8, ROUNDS = 20 };
    stage_t stage = stage_new ();
    zsock_t *clients [CLIENTS];
    for (uint64_t i = 0; i < CLIENTS; i++) {
        clients [i] = zsock_new (ZMQ_REQ);
        zsock_set_rcvtimeo (clients [i], PEER_WAIT_MS);
        const char *at = gradmq_coordinator_endpoint (stage.peer->coordinator, "control", 0);
        assert_int_equal (zsock_connect (clients [i], "%s", at), 0);
    }
    for (uint64_t round = 0; round < ROUNDS; round++) {
        for (uint64_t i = 0; i < CLIENTS; i++) {
            raw_t request = raw_request (round * CLIENTS + i + 1);
            raw_inside (&request, GRADMQ_COMMAND_STATUS, raw_nothing ());
            zmsg_t *message = raw_frames (&request, NULL, 0);
            assert_int_equal (zmsg_send (&message, clients [i]), 0);
        }
        for (uint64_t i = 0; i < CLIENTS; i++) {
            zmsg_t *message = zmsg_recv (clients [i]);
            assert_non_null (message);
            gradmq_reply_t reply;
            zframe_t *header = zmsg_first (message);
            assert_int_equal (
                gradmq_wire_decode_reply (&reply, zframe_data (header), zframe_size (header), NULL),
                GRADMQ_OK);
            assert_int_equal (reply.request_id, round * CLIENTS + i + 1);
            gradmq_reply_clear (&reply);
            zmsg_destroy (&message);
        }
    }
    for (size_t i = 0; i < CLIENTS; i++)
        zsock_destroy (&clients [i]);
    stage_end (&stage);
}

//  How many events may wait for a subscriber has nothing to do with replies.
static void
test_no_reply_is_lost_where_few_events_may_wait (void **state)
{
    (void) state;
    gradmq_coordinator_options_t options = peer_options ();
    options.events_hwm = 1;
    peer_t *peer = peer_new_with (&options);
    for (int i = 0; i < 5000; i++) {
        gradmq_request_t request = {.command = GRADMQ_COMMAND_GET_PARAMETERS};
        assert_int_equal (peer_request (peer, &request, NULL, 0), GRADMQ_OK);
    }
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_every_command_is_answered_with_its_id),
        cmocka_unit_test (test_answer_is_that_of_the_table),
        cmocka_unit_test (test_each_client_gets_its_own_answer),
        cmocka_unit_test (test_no_reply_is_lost_where_few_events_may_wait),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
