//  U-9: the stream int8 is made from each version itself, as section 5 says; its frames end as W-12
//  wants.

#include "spec/fixture/act.h"

enum { LARGE = 3 * (1 << 20) + 77, SMALL = 5, BLOCK = 256 };

static const act_tensor_t s_tensors [] = {{"small", SMALL, 0}, {"large", LARGE, 0}};

static float *
s_values (void)
{
    float *values = malloc ((SMALL + LARGE) * sizeof *values);
    for (size_t i = 0; i < SMALL + LARGE; i++)
        values [i] = (float) ((double) (i * 2654435761u % 1000003) / 500000 - 1);
    return values;
}

//  One tensor's part is within half a scale of the values. Returns what follows it.
static const uint8_t *
s_within_the_bound (const uint8_t *part, const float *values, size_t count)
{
    const uint8_t *octets = part + (count + BLOCK - 1) / BLOCK * sizeof (float);
    for (size_t i = 0; i < count; i++) {
        float scale = 0;
        memcpy (&scale, part + i / BLOCK * sizeof scale, sizeof scale);
        double error = (double) values [i] - (int8_t) octets [i] * (double) scale;
        assert_true (fabs (error) <= (double) scale / 2 && scale < 0.008f);
    }
    return octets + count;
}

static void
test_int8_in_frames_is_within_half_a_scale (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    float *values = s_values ();
    act_load (peer, s_tensors, 2, values);
    gradmq_request_t get = {.command = GRADMQ_COMMAND_GET_MODEL_PARAMETERS, .stream = "int8"};
    assert_int_equal (peer_request (peer, &get, NULL, 0), GRADMQ_OK);
    const gradmq_model_parameters_t *got = &peer->reply.model_parameters;
    assert_int_equal (got->encoding, GRADMQ_ENCODING_INT8);
    assert_int_equal (got->dtype, GRADMQ_DTYPE_F32);
    zmsg_t *payload = peer->reply_payload;
    uint8_t *bytes = calloc (got->bytes, 1), *at = bytes;
    gradmq_part_t parts [2] = {{.tensor = 0}, {.tensor = 1, .offset = 4 + SMALL}};
    gradmq_frame_t frames [16];
    gradmq_payload_t whole = {frames, 0, got->bytes};
    for (zframe_t *frame = zmsg_first (payload); frame; frame = zmsg_next (payload)) {
        memcpy (at, zframe_data (frame), zframe_size (frame));
        frames [whole.count++] = (gradmq_frame_t){at, zframe_size (frame)};
        at += zframe_size (frame);
    }
    assert_true (whole.count > 2);
    assert_int_equal (at - bytes, got->bytes);
    const uint64_t shapes [] = {SMALL, LARGE};
    const gradmq_tensor_spec_t specs [] = {{"small", 1, &shapes [0]}, {"large", 1, &shapes [1]}};
    gradmq_layout_t *layout;
    assert_int_equal (gradmq_layout_open (&layout, specs, 2, GRADMQ_DTYPE_F32, NULL), GRADMQ_OK);
    for (size_t i = 0; i < 2; i++) {
        parts [i].encoding = GRADMQ_ENCODING_INT8;
        parts [i].dtype = gradmq_dtype (GRADMQ_DTYPE_F32);
        assert_int_equal (gradmq_part_size (gradmq_layout_tensor (layout, i), GRADMQ_ENCODING_INT8,
                                            parts [i].dtype, 0, &parts [i].bytes, NULL),
                          GRADMQ_OK);
    }
    assert_int_equal (gradmq_payload_check (&whole, layout, parts, 2, NULL), GRADMQ_OK);
    const uint8_t *large = s_within_the_bound (bytes, values, SMALL);
    assert_ptr_equal (s_within_the_bound (large, values + SMALL, LARGE), at);
    gradmq_layout_release (&layout);
    free (bytes);
    free (values);
    peer_destroy (&peer);
}

//  Many steps of a tenth of a scale: what is sent stays within half a scale of the version.
static void
test_errors_of_int8_do_not_add_up (void **state)
{
    (void) state;
    enum { STEPS = 200 };
    peer_t *peer = peer_new ();
    act_load_vector (peer, (float []){127, 0.25f}, 2);
    uint64_t incarnation = peer_join (peer, "w");
    for (uint64_t i = 1; i <= STEPS; i++) {
        gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, i);
        assert_int_equal (act_try (peer, &gradient, (float []){0, -0.125f}, 2).disposition,
                          GRADMQ_APPLIED);
    }
    gradmq_request_t get = {.command = GRADMQ_COMMAND_GET_MODEL_PARAMETERS, .stream = "int8"};
    assert_int_equal (peer_request (peer, &get, NULL, 0), GRADMQ_OK);
    const uint8_t *bytes = zframe_data (zmsg_first (peer->reply_payload));
    float scale;
    memcpy (&scale, bytes, sizeof scale);
    assert_true (scale == 1.0f && bytes [4] == 127);
    assert_true (fabs (0.25 + STEPS * 0.125 - (int8_t) bytes [5]) <= 0.5);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_int8_in_frames_is_within_half_a_scale),
        cmocka_unit_test (test_errors_of_int8_do_not_add_up),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
