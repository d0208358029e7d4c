//  L-7: a coordinator refuses encodings that its Describe does not list: UNSUPPORTED.

#include "spec/fixture/stage.h"

static bool
s_listed (const gradmq_description_t *description, uint32_t encoding)
{
    for (size_t i = 0; i < description->encodings.count; i++)
        if (description->encodings.items [i] == encoding)
            return true;
    return false;
}

static void
test_encoding_that_is_not_listed_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    size_t refused = 0;
    for (uint32_t encoding = GRADMQ_ENCODING_DENSE; encoding <= GRADMQ_ENCODING_LOW_RANK;
         encoding++) {
        gradmq_request_t describe = {.command = GRADMQ_COMMAND_DESCRIBE};
        assert_int_equal (peer_request (stage.peer, &describe, NULL, 0), GRADMQ_OK);
        if (s_listed (&stage.peer->reply.description, encoding))
            continue;
        gradmq_part_t part = {.tensor = 0,
                              .encoding = encoding,
                              .dtype = gradmq_dtype (GRADMQ_DTYPE_F32),
                              .count = 1};
        gradmq_gradient_t gradient = stage_gradient (&stage);
        gradient.parts = &part;
        gradient.part_count = 1;
        stage_refused_gradient (&stage, &gradient, stage_values (), 8, GRADMQ_ERR_UNSUPPORTED);
        refused++;
    }
    assert_int_equal (refused, 3);  //  TOP_K, INT8, LOW_RANK are not taken yet
    stage_end (&stage);
}

static void
test_encodings_that_are_listed_are_taken (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_request_t describe = {.command = GRADMQ_COMMAND_DESCRIBE};
    assert_int_equal (peer_request (stage.peer, &describe, NULL, 0), GRADMQ_OK);
    assert_true (s_listed (&stage.peer->reply.description, GRADMQ_ENCODING_DENSE));
    assert_true (s_listed (&stage.peer->reply.description, GRADMQ_ENCODING_ROWS));
    const uint32_t encodings [] = {GRADMQ_ENCODING_DENSE, GRADMQ_ENCODING_ROWS};
    const size_t sizes [] = {STAGE_BYTES, 8};
    for (size_t i = 0; i < 2; i++) {
        gradmq_part_t part = {.tensor = 0,
                              .encoding = encodings [i],
                              .dtype = gradmq_dtype (GRADMQ_DTYPE_F32),
                              .count = i};
        gradmq_gradient_t gradient = stage_gradient (&stage);
        gradient.parts = &part;
        gradient.part_count = 1;
        zmsg_t *message = peer_frames (&gradient, (uint32_t [3]){0}, sizes [i]);
        stage_applied (&stage, &message);
    }
    peer_destroy (&stage.peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_encoding_that_is_not_listed_is_refused),
        cmocka_unit_test (test_encodings_that_are_listed_are_taken),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
