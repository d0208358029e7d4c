//  W-8: must_understand lists field numbers of the message that carries it. A receiver that does not
//  know one of them refuses the message: UNSUPPORTED.

#include "spec/fixture/stage.h"

static void
test_gradient_that_must_be_understood_is_refused (void **state)
{
    (void) state;
    const uint32_t numbers [] = {0, 17, 20, 500, 0x1fffffff};
    stage_t stage = stage_new ();
    for (size_t i = 0; i < sizeof numbers / sizeof numbers [0]; i++) {
        gradmq_gradient_t gradient = stage_gradient (&stage);
        raw_t header = raw_header (GRADMQ_FRAME_GRADIENT);
        raw_identity (&header, &gradient);
        raw_varint (&header, 16, 1);  //  known
        raw_varint (&header, 16, numbers [i]);
        zmsg_t *message = raw_frames (&header, stage_values (), STAGE_BYTES);
        stage_malformed (&stage, &message, GRADMQ_ERR_UNSUPPORTED);
    }
    stage_end (&stage);
}

static void
test_request_that_must_be_understood_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    raw_t request = raw_request (77);
    raw_octets (&request, 6, "\x01\x07", 2);  //  packed: 1 is known, 7 is not
    raw_inside (&request, GRADMQ_COMMAND_STOP, raw_nothing ());
    zmsg_t *message = raw_frames (&request, NULL, 0);
    stage_declined (&stage, &message, GRADMQ_ERR_UNSUPPORTED);
    assert_non_null (strstr (stage.peer->reply.message, "7"));
    stage_end (&stage);
}

static void
test_gradient_in_a_request_that_must_be_understood_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_gradient_t gradient = stage_gradient (&stage);
    raw_t inner = raw_nothing ();
    raw_identity (&inner, &gradient);
    raw_varint (&inner, 16, 18);
    raw_t add = raw_nothing ();
    raw_inside (&add, 1, inner);
    raw_t request = raw_request (77);
    raw_inside (&request, GRADMQ_COMMAND_ADD_GRADIENTS, add);
    zmsg_t *message = raw_frames (&request, stage_values (), STAGE_BYTES);
    stage_declined (&stage, &message, GRADMQ_ERR_UNSUPPORTED);
    stage_end (&stage);
}

static void
test_known_fields_are_understood (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_gradient_t gradient = stage_gradient (&stage);
    raw_t header = raw_header (GRADMQ_FRAME_GRADIENT);
    raw_identity (&header, &gradient);
    raw_octets (&header, 16, "\x06\x0e\x0f", 3);  //  based_on, parts, metrics
    zmsg_t *message = raw_frames (&header, stage_values (), STAGE_BYTES);
    peer_push_frames (stage.peer, &message);
    peer_settle (stage.peer, STAGE_WORKER, stage.worker, 1);
    assert_int_equal (stage.peer->reply.ack.applied, 1);
    peer_destroy (&stage.peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_gradient_that_must_be_understood_is_refused),
        cmocka_unit_test (test_request_that_must_be_understood_is_refused),
        cmocka_unit_test (test_gradient_in_a_request_that_must_be_understood_is_refused),
        cmocka_unit_test (test_known_fields_are_understood),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
