//  a tensor name is 1 to 128 octets of valid UTF-8 without control characters. No two tensors of
//  a layout have the same name, and none is `__metadata__`. Refused: NAME.

#include "spec/fixture/stage.h"

#define SIXTEEN "abcdefghijklmnop"
#define SIXTY_FOUR SIXTEEN SIXTEEN SIXTEEN SIXTEEN

//  A load of tensors with these names, one element each.
static zmsg_t *
s_load (const char *const *names, size_t count)
{
    static uint64_t id;
    raw_t layout = raw_nothing ();
    for (size_t i = 0; i < count; i++) {
        raw_t tensor = raw_nothing ();
        if (names [i])
            raw_text (&tensor, 1, names [i]);
        raw_inside (&layout, 1, tensor);
    }
    raw_varint (&layout, 2, GRADMQ_DTYPE_F32);
    raw_t load = raw_nothing ();
    raw_inside (&load, 1, layout);
    raw_t request = raw_request (++id);
    raw_inside (&request, GRADMQ_COMMAND_SET_MODEL_PARAMETERS, load);
    return raw_frames (&request, stage_values (), count * sizeof (float));
}

static void
test_bad_tensor_name_is_refused (void **state)
{
    (void) state;
    static const char *const bad [] = {
        NULL, "", "a\nb", "\x1f", "a\x7f", "__metadata__", SIXTY_FOUR SIXTY_FOUR "q",
    };
    stage_t stage = stage_new ();
    for (size_t i = 0; i < sizeof bad / sizeof bad [0]; i++) {
        zmsg_t *message = s_load (&bad [i], 1);
        stage_declined (&stage, &message, GRADMQ_ERR_NAME);
        message = s_load ((const char *const []){"a", bad [i]}, 2);
        stage_declined (&stage, &message, GRADMQ_ERR_NAME);
    }
    stage_end (&stage);
}

static void
test_tensor_name_that_is_there_twice_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    zmsg_t *message = s_load ((const char *const []){"a", "b", "a"}, 3);
    stage_declined (&stage, &message, GRADMQ_ERR_NAME);
    stage_end (&stage);
}

static void
test_every_good_tensor_name_is_taken_and_described (void **state)
{
    (void) state;
    static const char *const good [] = {
        "a", " ", "layers.0/weight:q*", "\xe6\x9d\xb1\xe4\xba\xac", "-", SIXTY_FOUR SIXTY_FOUR,
    };
    peer_t *peer = peer_new ();
    for (size_t i = 0; i < sizeof good / sizeof good [0]; i++) {
        zmsg_t *message = s_load (&good [i], 1);
        assert_int_equal (peer_request_frames (peer, &message), GRADMQ_OK);
        gradmq_request_t describe = {.command = GRADMQ_COMMAND_DESCRIBE};
        assert_int_equal (peer_request (peer, &describe, NULL, 0), GRADMQ_OK);
        assert_int_equal (peer->reply.description.tensor_count, 1);
        assert_string_equal (peer->reply.description.tensors [0].name, good [i]);
    }
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_bad_tensor_name_is_refused),
        cmocka_unit_test (test_tensor_name_that_is_there_twice_is_refused),
        cmocka_unit_test (test_every_good_tensor_name_is_taken_and_described),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
