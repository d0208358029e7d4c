//  a request that changes something carries `client` and `request_id`; refused: ARGUMENT. The
//  same (client, request_id) with the same header is answered from the newest `reply_cache` replies,
//  and done once.

#include "core/limit.h"
#include "spec/fixture/stage.h"

static const gradmq_command_t s_changing [] = {
    GRADMQ_COMMAND_JOIN,           GRADMQ_COMMAND_LEAVE,
    GRADMQ_COMMAND_SET_PARAMETERS, GRADMQ_COMMAND_SET_MODEL_PARAMETERS,
    GRADMQ_COMMAND_ADD_GRADIENTS,  GRADMQ_COMMAND_CLEAR_GRADIENTS,
    GRADMQ_COMMAND_START,          GRADMQ_COMMAND_STOP,
    GRADMQ_COMMAND_RESET,          GRADMQ_COMMAND_DESTROY,
    GRADMQ_COMMAND_CHECKPOINT,     GRADMQ_COMMAND_RESTORE,
};

static zmsg_t *
s_encode (const gradmq_request_t *request)
{
    void *header;
    size_t size;
    assert_int_equal (gradmq_wire_encode_request (request, &header, &size), GRADMQ_OK);
    zmsg_t *message = zmsg_new ();
    zmsg_addmem (message, header, size);
    free (header);
    return message;
}

static void
test_change_without_a_client_or_an_id_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_gradient_t gradient = stage_gradient (&stage);
    for (size_t i = 0; i < sizeof s_changing / sizeof s_changing [0]; i++) {
        gradmq_request_t request = {.model = PEER_MODEL,
                                    .client = "c",
                                    .command = s_changing [i],
                                    .worker = STAGE_WORKER,
                                    .incarnation = stage.worker,
                                    .gradient = &gradient,
                                    .new_epoch = true};
        zmsg_t *message = s_encode (&request);
        stage_declined (&stage, &message, GRADMQ_ERR_ARGUMENT);
        request.client = NULL;
        request.request_id = 7;
        message = s_encode (&request);
        stage_declined (&stage, &message, GRADMQ_ERR_ARGUMENT);
    }
    stage_end (&stage);
}

static void
test_gradient_that_is_added_again_is_applied_once (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_gradient_t gradient = stage_gradient (&stage);
    gradmq_request_t add = {.command = GRADMQ_COMMAND_ADD_GRADIENTS,
                            .gradient = &gradient,
                            .client = "c",
                            .request_id = 7};
    for (int i = 0; i < 3; i++) {
        assert_int_equal (peer_request (stage.peer, &add, stage_values (), STAGE_BYTES), GRADMQ_OK);
        assert_int_equal (stage.peer->reply.repeated_answer, i > 0);
    }
    assert_int_equal (peer_counter (stage.peer, "applied"), 1);
    assert_int_equal (peer_counter (stage.peer, "duplicates"), 0);
    peer_destroy (&stage.peer);
}

static void
test_clear_that_is_asked_for_again_begins_one_epoch (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_request_t clear = {.command = GRADMQ_COMMAND_CLEAR_GRADIENTS,
                              .new_epoch = true,
                              .client = "c",
                              .request_id = 7};
    assert_int_equal (peer_request (stage.peer, &clear, NULL, 0), GRADMQ_OK);
    uint64_t epoch = stage.peer->reply.position.epoch;
    assert_int_equal (peer_request (stage.peer, &clear, NULL, 0), GRADMQ_OK);
    assert_true (stage.peer->reply.repeated_answer);
    peer_counter (stage.peer, "steps");
    assert_true (stage.peer->reply.position.epoch == epoch);
    peer_destroy (&stage.peer);
}

static void
test_refusal_is_answered_again_too (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_request_t start = {.command = GRADMQ_COMMAND_START, .client = "c", .request_id = 7};
    gradmq_request_t stop = {.command = GRADMQ_COMMAND_STOP};
    assert_int_equal (peer_request (stage.peer, &start, NULL, 0), GRADMQ_ERR_STATE);
    assert_int_equal (peer_request (stage.peer, &stop, NULL, 0), GRADMQ_OK);
    assert_int_equal (peer_request (stage.peer, &start, NULL, 0), GRADMQ_ERR_STATE);
    assert_true (stage.peer->reply.repeated_answer);
    assert_non_null (stage.peer->reply.message);
    peer_destroy (&stage.peer);
}

static void
test_answer_that_says_not_now_is_not_kept (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_gradient_t gradient = peer_gradient (stage.peer, "third", 1ull << 40, 1);
    gradmq_request_t add = {.command = GRADMQ_COMMAND_ADD_GRADIENTS,
                            .gradient = &gradient,
                            .client = "c",
                            .request_id = 7};
    assert_int_equal (peer_request (stage.peer, &add, stage_values (), STAGE_BYTES),
                      GRADMQ_ERR_NOT_JOINED);
    gradmq_request_t join = {.command = GRADMQ_COMMAND_JOIN,
                             .worker = "third",
                             .incarnation = 1ull << 40,
                             .low_water = 1};
    assert_int_equal (peer_request (stage.peer, &join, NULL, 0), GRADMQ_OK);
    assert_int_equal (peer_request (stage.peer, &add, stage_values (), STAGE_BYTES), GRADMQ_OK);
    assert_false (stage.peer->reply.repeated_answer);
    assert_int_equal (peer_counter (stage.peer, "applied"), 1);
    peer_destroy (&stage.peer);
}

static void
test_same_id_of_another_client_is_another_request (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_request_t join = {
        .command = GRADMQ_COMMAND_JOIN, .worker = "x", .client = "c", .request_id = 7};
    assert_int_equal (peer_request (stage.peer, &join, NULL, 0), GRADMQ_OK);
    uint64_t incarnation = stage.peer->reply.joined.incarnation;
    join.client = "d";
    assert_int_equal (peer_request (stage.peer, &join, NULL, 0), GRADMQ_OK);
    assert_false (stage.peer->reply.repeated_answer);
    assert_true (stage.peer->reply.joined.incarnation > incarnation);
    peer_destroy (&stage.peer);
}

static void
test_newest_replies_are_kept_and_older_ones_forgotten (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_request_t stop = {.command = GRADMQ_COMMAND_STOP, .client = "c"};
    for (uint64_t id = 1; id <= GRADMQ_REPLY_CACHE + 1; id++) {
        stop.request_id = id;
        assert_int_equal (peer_request (stage.peer, &stop, NULL, 0), GRADMQ_OK);
    }
    stop.request_id = 2;  //  the oldest that is kept
    assert_int_equal (peer_request (stage.peer, &stop, NULL, 0), GRADMQ_OK);
    assert_true (stage.peer->reply.repeated_answer);
    stop.request_id = 1;
    assert_int_equal (peer_request (stage.peer, &stop, NULL, 0), GRADMQ_OK);
    assert_false (stage.peer->reply.repeated_answer);
    peer_destroy (&stage.peer);
}

static void
test_what_changes_nothing_needs_neither_and_is_asked_anew (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_request_t status = {.model = PEER_MODEL, .command = GRADMQ_COMMAND_STATUS};
    zmsg_t *message = s_encode (&status);
    assert_int_equal (peer_request_frames (stage.peer, &message), GRADMQ_OK);
    status.client = "c";
    status.request_id = 7;
    for (int i = 0; i < 2; i++) {
        assert_int_equal (peer_request (stage.peer, &status, NULL, 0), GRADMQ_OK);
        assert_false (stage.peer->reply.repeated_answer);
    }
    stage_end (&stage);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_change_without_a_client_or_an_id_is_refused),
        cmocka_unit_test (test_gradient_that_is_added_again_is_applied_once),
        cmocka_unit_test (test_clear_that_is_asked_for_again_begins_one_epoch),
        cmocka_unit_test (test_refusal_is_answered_again_too),
        cmocka_unit_test (test_answer_that_says_not_now_is_not_kept),
        cmocka_unit_test (test_same_id_of_another_client_is_another_request),
        cmocka_unit_test (test_newest_replies_are_kept_and_older_ones_forgotten),
        cmocka_unit_test (test_what_changes_nothing_needs_neither_and_is_asked_anew),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
