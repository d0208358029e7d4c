//  W-9: receivers take fields in any order, a repeated number packed or unpacked, and the last of
//  several values of a single field. Comparing two headers means comparing what they say.

#include "spec/fixture/stage.h"

static void
test_gradient_with_its_fields_in_any_order_is_taken (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_gradient_t gradient = stage_gradient (&stage);
    raw_t header = raw_header (GRADMQ_FRAME_GRADIENT);
    raw_double (&header, 13, 2.0);  //  loss_scale
    raw_fixed64 (&header, 11, gradient.layout);
    raw_varint (&header, 9, GRADMQ_KIND_GRADIENT);
    raw_varint (&header, 5, gradient.low_water);
    raw_varint (&header, 4, gradient.sequence);
    raw_varint (&header, 3, gradient.incarnation);
    raw_text (&header, 2, gradient.worker);
    raw_text (&header, 1, gradient.model);
    zmsg_t *message = raw_frames (&header, stage_values (), STAGE_BYTES);
    stage_applied (&stage, &message);
    float now [STAGE_ELEMENTS];
    stage_read (&stage, now, sizeof now, NULL);
    for (size_t i = 0; i < STAGE_ELEMENTS; i++)
        assert_true (now [i] == 1.0f - stage_values () [i] / 2);
    peer_destroy (&stage.peer);
}

static void
test_last_of_several_values_counts (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_gradient_t gradient = stage_gradient (&stage);
    raw_t header = raw_header (GRADMQ_FRAME_GRADIENT);
    raw_text (&header, 1, "another");
    raw_text (&header, 2, STAGE_BYSTANDER);
    raw_varint (&header, 3, 1);
    raw_varint (&header, 4, 900);
    raw_varint (&header, 9, GRADMQ_KIND_SKIP);
    raw_fixed64 (&header, 11, 1);
    raw_identity (&header, &gradient);
    raw_varint (&header, 9, GRADMQ_KIND_GRADIENT);
    zmsg_t *message = raw_frames (&header, stage_values (), STAGE_BYTES);
    stage_applied (&stage, &message);
    peer_ack (stage.peer, STAGE_BYSTANDER, stage.bystander, 0);
    assert_int_equal (stage.peer->reply.ack.received_through, 0);
    peer_destroy (&stage.peer);
}

//  A load of one tensor of shape (3, 1), the shape packed or not.
static zmsg_t *
s_load (uint64_t request_id, bool packed)
{
    raw_t tensor = raw_nothing ();
    raw_text (&tensor, 1, "t");
    if (packed)
        raw_octets (&tensor, 2, "\x03\x01", 2);
    else {
        raw_varint (&tensor, 2, 3);
        raw_varint (&tensor, 2, 1);
    }
    raw_t layout = raw_nothing ();
    raw_inside (&layout, 1, tensor);
    raw_varint (&layout, 2, GRADMQ_DTYPE_F32);
    raw_t load = raw_nothing ();
    raw_inside (&load, 1, layout);
    raw_t request = raw_request (request_id);
    raw_inside (&request, GRADMQ_COMMAND_SET_MODEL_PARAMETERS, load);
    return raw_frames (&request, stage_values (), STAGE_BYTES);
}

static void
test_repeated_number_is_taken_packed_and_unpacked (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    zmsg_t *message = s_load (77, true);
    assert_int_equal (peer_request_frames (peer, &message), GRADMQ_OK);
    uint64_t layout = peer->reply.loaded.layout_id;
    assert_int_equal (peer->reply.loaded.elements, 3);
    message = s_load (78, false);
    assert_int_equal (peer_request_frames (peer, &message), GRADMQ_OK);
    assert_int_equal (peer->reply.loaded.elements, 3);
    assert_true (peer->reply.loaded.layout_id == layout);
    peer_destroy (&peer);
}

static void
test_retry_that_is_written_in_another_order_is_a_retry (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    raw_t join = raw_nothing ();
    raw_text (&join, 1, "w");
    raw_t request = raw_request (77);
    raw_inside (&request, GRADMQ_COMMAND_JOIN, join);
    zmsg_t *message = raw_frames (&request, NULL, 0);
    assert_int_equal (peer_request_frames (peer, &message), GRADMQ_OK);
    uint64_t incarnation = peer->reply.joined.incarnation;

    join = raw_nothing ();
    raw_text (&join, 1, "w");
    request = raw_header (GRADMQ_FRAME_REQUEST);
    raw_inside (&request, GRADMQ_COMMAND_JOIN, join);
    raw_text (&request, 3, PEER_MODEL);
    raw_varint (&request, 2, 77);
    raw_text (&request, 1, "raw");
    message = raw_frames (&request, NULL, 0);
    assert_int_equal (peer_request_frames (peer, &message), GRADMQ_OK);
    assert_true (peer->reply.repeated_answer);
    assert_true (peer->reply.joined.incarnation == incarnation);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_gradient_with_its_fields_in_any_order_is_taken),
        cmocka_unit_test (test_last_of_several_values_counts),
        cmocka_unit_test (test_repeated_number_is_taken_packed_and_unpacked),
        cmocka_unit_test (test_retry_that_is_written_in_another_order_is_a_retry),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
