//  U-6: a Get for a stream answers what a subscriber of that stream would hold at that position.

#include "spec/fixture/act.h"

enum { FLOATS = 1000 };

static const struct {
    const char *stream;
    uint32_t dtype;
    size_t size;  //  octets of the payload
} s_streams [] = {
    {"f32", GRADMQ_DTYPE_F32, 4 * FLOATS},      {"f64", GRADMQ_DTYPE_F64, 8 * FLOATS},
    {"f16", GRADMQ_DTYPE_F16, 2 * FLOATS},      {"bf16", GRADMQ_DTYPE_BF16, 2 * FLOATS},
    {"int8", GRADMQ_DTYPE_F32, 4 * 4 + FLOATS},
};

enum { STREAMS = sizeof s_streams / sizeof s_streams [0] };

static uint32_t
s_get (peer_t *peer, const char *stream)
{
    gradmq_request_t get = {.command = GRADMQ_COMMAND_GET_MODEL_PARAMETERS, .stream = stream};
    return peer_request (peer, &get, NULL, 0);
}

static void
test_get_and_update_of_a_stream_are_the_same_bytes (void **state)
{
    (void) state;
    float values [FLOATS];
    for (int i = 0; i < FLOATS; i++)
        values [i] = 1.0f / (float) (i + 3);
    for (size_t i = 0; i < STREAMS; i++) {
        peer_t *peer = peer_new ();
        peer_set (peer, "streams", s_streams [i].stream);
        peer_subscribe_updates (peer, "params/");
        act_load_vector (peer, values, FLOATS);
        gradmq_update_t update;
        uint8_t *payload;
        size_t size;
        peer_update (peer, &update, &payload, &size);
        assert_string_equal (update.stream, s_streams [i].stream);
        assert_int_equal (update.dtype, s_streams [i].dtype);
        assert_int_equal (size, s_streams [i].size);
        assert_int_equal (s_get (peer, s_streams [i].stream), GRADMQ_OK);
        const gradmq_model_parameters_t *got = &peer->reply.model_parameters;
        assert_string_equal (got->stream, s_streams [i].stream);
        assert_int_equal (got->dtype, update.dtype);
        assert_int_equal (got->encoding, update.encoding);
        assert_int_equal (got->bytes, size);
        assert_int_equal (got->stream_sequence, update.stream_sequence);
        assert_int_equal (peer->reply.position.version, update.position.version);
        assert_int_equal (zmsg_content_size (peer->reply_payload), size);
        assert_memory_equal (zframe_data (zmsg_first (peer->reply_payload)), payload, size);
        free (payload);
        gradmq_update_clear (&update);
        peer_destroy (&peer);
    }
}

static void
test_stream_follows_the_newest_version (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    for (uint64_t i = 1; i <= 3; i++) {
        act_push (peer, "w", incarnation, i, 0.25f, 1);
        peer_settle (peer, "w", incarnation, i);
        assert_int_equal (s_get (peer, "f64"), GRADMQ_OK);
        double value;
        memcpy (&value, zframe_data (zmsg_first (peer->reply_payload)), sizeof value);
        assert_true (value == 1 - 0.25 * (double) i);
        assert_int_equal (peer->reply.position.version, i);
    }
    peer_destroy (&peer);
}

static void
test_nothing_newer_has_no_payload_and_no_stream_is_refused (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    assert_int_equal (s_get (peer, NULL), GRADMQ_ERR_NO_MODEL);
    peer_load (peer, 1);
    assert_int_equal (s_get (peer, "int4"), GRADMQ_ERR_UNSUPPORTED);
    assert_non_null (strstr (peer->reply.message, "bf16"));
    gradmq_request_t get = {.command = GRADMQ_COMMAND_GET_MODEL_PARAMETERS,
                            .has_newer_than = true,
                            .newer_epoch = peer->reply.position.epoch};
    assert_int_equal (peer_request (peer, &get, NULL, 0), GRADMQ_OK);
    assert_true (peer->reply.model_parameters.unchanged);
    assert_int_equal (zmsg_size (peer->reply_payload), 0);
    get.newer_epoch--;
    get.request_id = 0;
    assert_int_equal (peer_request (peer, &get, NULL, 0), GRADMQ_OK);
    assert_false (peer->reply.model_parameters.unchanged);
    assert_int_equal (zmsg_content_size (peer->reply_payload), 4);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_get_and_update_of_a_stream_are_the_same_bytes),
        cmocka_unit_test (test_stream_follows_the_newest_version),
        cmocka_unit_test (test_nothing_newer_has_no_payload_and_no_stream_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
