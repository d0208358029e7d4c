//  U-3: the payload is the packed model, each tensor in the stream's encoding, in frames as in W-10 to
//  W-13.

#include "spec/fixture/act.h"

static void
test_header_and_payload_are_the_packed_model (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_subscribe_updates (peer, "params/" PEER_MODEL "/f32/");
    static const act_tensor_t tensors [] = {{"a", 2, 3}, {"b", 2, 0}};
    static const float values [] = {1, 2, 3, 4, 5, 6, -7, 8};
    act_load (peer, tensors, 2, values);
    gradmq_update_t update;
    uint8_t *payload;
    size_t size;
    peer_update (peer, &update, &payload, &size);
    assert_string_equal (update.model, PEER_MODEL);
    assert_string_equal (update.stream, "f32");
    assert_int_equal (update.layout_id, peer->layout);
    assert_int_equal (update.dtype, GRADMQ_DTYPE_F32);
    assert_int_equal (update.encoding, GRADMQ_ENCODING_DENSE);
    assert_int_equal (update.bytes, sizeof values);
    assert_int_equal (size, sizeof values);
    assert_memory_equal (payload, values, sizeof values);
    free (payload);
    gradmq_update_clear (&update);
    peer_destroy (&peer);
}

static void
test_large_model_comes_in_frames_that_end_between_elements (void **state)
{
    (void) state;
    enum { FLOATS = 5 * (1 << 18) + 3 };
    peer_t *peer = peer_new ();
    peer_subscribe_updates (peer, "params/" PEER_MODEL "/f32/");
    float *values = malloc (FLOATS * sizeof *values);
    for (int i = 0; i < FLOATS; i++)
        values [i] = (float) i;
    act_load (peer, &(act_tensor_t){"t", FLOATS, 0}, 1, values);
    zmsg_t *message = zmsg_recv (peer->updates);
    while (message && memcmp (zframe_data (zmsg_first (message)), "sync/", 5) == 0) {
        zmsg_destroy (&message);
        message = zmsg_recv (peer->updates);
    }
    assert_non_null (message);
    assert_true (zmsg_size (message) > 3);
    zmsg_first (message);
    zmsg_next (message);
    const uint8_t *at = (const uint8_t *) values;
    for (zframe_t *frame = zmsg_next (message); frame; frame = zmsg_next (message)) {
        assert_true (zframe_size (frame) > 0 && zframe_size (frame) <= GRADMQ_FRAME_BYTES_MAX);
        assert_int_equal (zframe_size (frame) % sizeof *values, 0);
        assert_memory_equal (zframe_data (frame), at, zframe_size (frame));
        at += zframe_size (frame);
    }
    assert_ptr_equal (at, values + FLOATS);
    zmsg_destroy (&message);
    free (values);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_header_and_payload_are_the_packed_model),
        cmocka_unit_test (test_large_model_comes_in_frames_that_end_between_elements),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
