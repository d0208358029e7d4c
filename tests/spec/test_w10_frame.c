//  W-10: no frame may be longer than `frame_bytes`. A longer one makes ZeroMQ drop the connection
//  without a word: the coordinator stays up, and others are untouched.

#include "core/limit.h"
#include "spec/fixture/stage.h"

//  A socket of its own, so that what is dropped is not the fixture's, and a monitor of it.
static zsock_t *
s_connect (const stage_t *stage, int type, const char *name, zactor_t **monitor)
{
    zsock_t *socket = zsock_new (type);
    assert_non_null (socket);
    zsock_set_linger (socket, 0);
    zsock_set_sndtimeo (socket, PEER_WAIT_MS);
    *monitor = zactor_new (zmonitor, socket);
    assert_non_null (*monitor);
    zstr_sendx (*monitor, "LISTEN", "DISCONNECTED", NULL);
    zstr_send (*monitor, "START");
    zsock_wait (*monitor);
    zsock_set_rcvtimeo (*monitor, PEER_WAIT_MS);
    const char *endpoint = gradmq_coordinator_endpoint (stage->peer->coordinator, name, 0);
    assert_int_equal (zsock_connect (socket, "%s", endpoint), 0);
    return socket;
}

static void
s_wait_dropped (zactor_t *monitor)
{
    zmsg_t *message = zmsg_recv (monitor);
    if (!message)
        fail_msg ("the connection was not dropped");
    char *event = zmsg_popstr (message);
    assert_string_equal (event, "DISCONNECTED");
    zstr_free (&event);
    zmsg_destroy (&message);
}

static zframe_t *
s_too_long (void)
{
    zframe_t *frame = zframe_new (NULL, GRADMQ_FRAME_BYTES_MAX + 1);
    assert_non_null (frame);
    memset (zframe_data (frame), 0, zframe_size (frame));
    return frame;
}

static void
test_gradient_with_a_frame_over_the_limit_drops_its_connection_only (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    zactor_t *monitor;
    zsock_t *bad = s_connect (&stage, ZMQ_PUSH, "gradients", &monitor);
    gradmq_gradient_t gradient = stage_gradient (&stage);
    zmsg_t *message = peer_frames (&gradient, NULL, 0);
    zframe_t *frame = s_too_long ();
    zmsg_append (message, &frame);
    assert_int_equal (zmsg_send (&message, bad), 0);
    s_wait_dropped (monitor);
    stage_end (&stage);
    zactor_destroy (&monitor);
    zsock_destroy (&bad);
}

static void
test_request_with_a_frame_over_the_limit_drops_its_connection_only (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    zactor_t *monitor;
    zsock_t *bad = s_connect (&stage, ZMQ_REQ, "control", &monitor);
    zmsg_t *message = zmsg_new ();
    zframe_t *frame = s_too_long ();
    zmsg_append (message, &frame);
    assert_int_equal (zmsg_send (&message, bad), 0);
    s_wait_dropped (monitor);
    stage_end (&stage);
    zactor_destroy (&monitor);
    zsock_destroy (&bad);
}

static void
test_frame_of_exactly_the_limit_is_taken (void **state)
{
    (void) state;
    const uint64_t elements = GRADMQ_FRAME_BYTES_MAX / sizeof (float);
    peer_t *peer = peer_new ();
    peer_load (peer, elements);
    uint64_t incarnation = peer_join (peer, "w");
    float *values = calloc (elements, sizeof *values);
    assert_non_null (values);
    values [elements - 1] = 0.5f;
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
    peer_push (peer, &gradient, values, elements);
    free (values);
    peer_settle (peer, "w", incarnation, 1);
    float *now = peer_parameters (peer, elements, NULL);
    assert_true (now [0] == 1.0f && now [elements - 1] == 0.5f);
    free (now);
    peer_destroy (&peer);
}

static void
test_coordinator_cuts_its_own_payloads (void **state)
{
    (void) state;
    const uint64_t elements = 3 * GRADMQ_FRAME_BYTES_MAX / sizeof (float) / 2;
    peer_t *peer = peer_new ();
    float *ones = malloc (elements * sizeof *ones);
    assert_non_null (ones);
    for (uint64_t i = 0; i < elements; i++)
        ones [i] = 1;
    gradmq_coordinator_tensor_t tensor = {"t", 1, &elements};
    gradmq_reason_t why;
    assert_int_equal (gradmq_coordinator_set_model_parameters (
                          peer->coordinator, &tensor, 1, GRADMQ_DTYPE_F32, ones,
                          elements * sizeof *ones, false, NULL, NULL, &why),
                      GRADMQ_OK);
    free (ones);
    gradmq_request_t request = {.command = GRADMQ_COMMAND_GET_MODEL_PARAMETERS};
    assert_int_equal (peer_request (peer, &request, NULL, 0), GRADMQ_OK);
    assert_true (zmsg_size (peer->reply_payload) > 1);
    assert_int_equal (zmsg_content_size (peer->reply_payload), elements * sizeof (float));
    for (zframe_t *frame = zmsg_first (peer->reply_payload); frame;
         frame = zmsg_next (peer->reply_payload))
        assert_true (zframe_size (frame) <= GRADMQ_FRAME_BYTES_MAX);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_gradient_with_a_frame_over_the_limit_drops_its_connection_only),
        cmocka_unit_test (test_request_with_a_frame_over_the_limit_drops_its_connection_only),
        cmocka_unit_test (test_frame_of_exactly_the_limit_is_taken),
        cmocka_unit_test (test_coordinator_cuts_its_own_payloads),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
