//  W-7: unknown fields in a Request, at any depth outside `gradient`, are refused: UNSUPPORTED.
//  Everywhere else they are ignored.

#include "spec/fixture/stage.h"

static raw_t
s_unknown (void)
{
    raw_t inner = raw_nothing ();
    raw_varint (&inner, 500, 1);
    return inner;
}

static void
test_request_with_an_unknown_field_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    raw_t request = raw_request (77);
    raw_inside (&request, GRADMQ_COMMAND_STOP, raw_nothing ());
    raw_varint (&request, 500, 1);
    zmsg_t *message = raw_frames (&request, NULL, 0);
    stage_declined (&stage, &message, GRADMQ_ERR_UNSUPPORTED);
    assert_non_null (strstr (stage.peer->reply.message, "500"));
    stage_end (&stage);
}

static void
test_command_with_an_unknown_field_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    for (uint32_t command = GRADMQ_COMMAND_DESCRIBE; command <= GRADMQ_COMMAND_RESTORE; command++) {
        raw_t request = raw_request (100 + command);
        raw_inside (&request, command, s_unknown ());
        zmsg_t *message = raw_frames (&request, NULL, 0);
        stage_declined (&stage, &message, GRADMQ_ERR_UNSUPPORTED);
    }
    stage_end (&stage);
}

static void
test_unknown_field_deep_inside_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    //  SetModelParameters { layout { tensors { unknown } } }
    raw_t layout = raw_nothing ();
    raw_inside (&layout, 1, s_unknown ());
    raw_t load = raw_nothing ();
    raw_inside (&load, 1, layout);
    raw_t request = raw_request (77);
    raw_inside (&request, GRADMQ_COMMAND_SET_MODEL_PARAMETERS, load);
    zmsg_t *message = raw_frames (&request, stage_values (), STAGE_BYTES);
    stage_declined (&stage, &message, GRADMQ_ERR_UNSUPPORTED);
    //  SetParameters { settings { groups { groups { unknown } } } }
    raw_t groups = raw_nothing ();
    raw_inside (&groups, 1, s_unknown ());
    raw_t settings = raw_nothing ();
    raw_inside (&settings, 16, groups);
    raw_t set = raw_nothing ();
    raw_inside (&set, 1, settings);
    request = raw_request (78);
    raw_inside (&request, GRADMQ_COMMAND_SET_PARAMETERS, set);
    message = raw_frames (&request, NULL, 0);
    stage_declined (&stage, &message, GRADMQ_ERR_UNSUPPORTED);
    stage_end (&stage);
}

//  A gradient with unknown fields, at two depths.
static void
s_add_gradient (raw_t *header, const gradmq_gradient_t *gradient)
{
    raw_identity (header, gradient);
    raw_varint (header, 500, 7);
    raw_text (header, 501, "something new");
    raw_t part = raw_nothing ();
    raw_varint (&part, 1, 0);
    raw_varint (&part, 500, 1);
    raw_inside (header, 14, part);
}

static void
test_unknown_fields_of_a_pushed_gradient_are_ignored (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_gradient_t gradient = stage_gradient (&stage);
    raw_t header = raw_header (GRADMQ_FRAME_GRADIENT);
    s_add_gradient (&header, &gradient);
    zmsg_t *message = raw_frames (&header, stage_values (), STAGE_BYTES);
    peer_push_frames (stage.peer, &message);
    peer_settle (stage.peer, STAGE_WORKER, stage.worker, 1);
    assert_int_equal (stage.peer->reply.ack.applied, 1);
    peer_destroy (&stage.peer);
}

static void
test_unknown_fields_of_a_gradient_in_a_request_are_ignored (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_gradient_t gradient = stage_gradient (&stage);
    raw_t inner = raw_nothing ();
    s_add_gradient (&inner, &gradient);
    raw_t add = raw_nothing ();
    raw_inside (&add, 1, inner);
    raw_t request = raw_request (77);
    raw_inside (&request, GRADMQ_COMMAND_ADD_GRADIENTS, add);
    zmsg_t *message = raw_frames (&request, stage_values (), STAGE_BYTES);
    assert_int_equal (peer_request_frames (stage.peer, &message), GRADMQ_OK);
    peer_settle (stage.peer, STAGE_WORKER, stage.worker, 1);
    assert_int_equal (stage.peer->reply.ack.applied, 1);
    peer_destroy (&stage.peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_request_with_an_unknown_field_is_refused),
        cmocka_unit_test (test_command_with_an_unknown_field_is_refused),
        cmocka_unit_test (test_unknown_field_deep_inside_is_refused),
        cmocka_unit_test (test_unknown_fields_of_a_pushed_gradient_are_ignored),
        cmocka_unit_test (test_unknown_fields_of_a_gradient_in_a_request_are_ignored),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
