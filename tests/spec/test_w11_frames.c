//  W-11: a payload of more than `payload_frames` frames is refused: FRAMES. An empty payload frame is
//  refused: LENGTH.

#include "core/limit.h"
#include "spec/fixture/stage.h"

//  A message of this header and `count` frames of one float 1.0 each.
static zmsg_t *
s_cut (zmsg_t *message, size_t count)
{
    for (size_t i = 0; i < count; i++)
        zmsg_addmem (message, "\x00\x00\x80\x3f", 4);
    return message;
}

static void
test_gradient_of_one_frame_too_many_is_refused_and_of_the_most_is_taken (void **state)
{
    (void) state;
    const size_t most = GRADMQ_PAYLOAD_FRAMES_MAX;
    peer_t *peer = peer_new ();
    peer_load (peer, most);
    stage_t stage = {.peer = peer, .worker = peer_join (peer, STAGE_WORKER), .sequence = 1};
    gradmq_gradient_t gradient = stage_gradient (&stage);
    zmsg_t *message = s_cut (peer_frames (&gradient, NULL, 0), most + 1);
    stage_refused (&stage, &message, GRADMQ_ERR_FRAMES);
    peer_assert_untouched (peer, most);
    gradient = stage_gradient (&stage);
    message = s_cut (peer_frames (&gradient, NULL, 0), most);
    stage_applied (&stage, &message);
    float *now = peer_parameters (peer, most, NULL);
    assert_true (now [0] == 0.0f && now [most - 1] == 0.0f);
    free (now);
    peer_destroy (&peer);
}

//  A load of `elements` ones whose payload is still to come.
static zmsg_t *
s_load (uint64_t request_id, uint64_t elements)
{
    gradmq_tensor_spec_t tensor = {"t", 1, &elements};
    gradmq_request_t request = {.client = "tester",
                                .request_id = request_id,
                                .model = PEER_MODEL,
                                .command = GRADMQ_COMMAND_SET_MODEL_PARAMETERS,
                                .tensors = &tensor,
                                .tensor_count = 1,
                                .layout_dtype = GRADMQ_DTYPE_F32};
    void *header;
    size_t size;
    assert_int_equal (gradmq_wire_encode_request (&request, &header, &size), GRADMQ_OK);
    zmsg_t *message = zmsg_new ();
    zmsg_addmem (message, header, size);
    free (header);
    return message;
}

static void
test_request_of_one_frame_too_many_is_refused (void **state)
{
    (void) state;
    const size_t most = GRADMQ_PAYLOAD_FRAMES_MAX;
    stage_t stage = stage_new ();
    zmsg_t *message = s_cut (s_load (9001, most + 1), most + 1);
    stage_declined (&stage, &message, GRADMQ_ERR_FRAMES);
    stage_end (&stage);
}

static void
test_gradient_with_an_empty_payload_frame_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    for (size_t at = 0; at <= STAGE_ELEMENTS; at++) {
        gradmq_gradient_t gradient = stage_gradient (&stage);
        zmsg_t *message = s_cut (peer_frames (&gradient, NULL, 0), at);
        zmsg_addmem (message, "", 0);
        s_cut (message, STAGE_ELEMENTS - at);
        stage_refused (&stage, &message, GRADMQ_ERR_LENGTH);
    }
    stage_end (&stage);
}

static void
test_load_with_an_empty_payload_frame_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    zmsg_t *message = s_load (9001, 2);
    s_cut (message, 1);
    zmsg_addmem (message, "", 0);
    s_cut (message, 1);
    stage_declined (&stage, &message, GRADMQ_ERR_LENGTH);
    stage_end (&stage);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_gradient_of_one_frame_too_many_is_refused_and_of_the_most_is_taken),
        cmocka_unit_test (test_request_of_one_frame_too_many_is_refused),
        cmocka_unit_test (test_gradient_with_an_empty_payload_frame_is_refused),
        cmocka_unit_test (test_load_with_an_empty_payload_frame_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
