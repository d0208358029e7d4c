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
    const uint32_t encodings [] = {0, GRADMQ_ENCODING_LOW_RANK + 1, 77, UINT32_MAX};
    for (size_t i = 0; i < 4; i++) {
        gradmq_request_t describe = {.command = GRADMQ_COMMAND_DESCRIBE};
        assert_int_equal (peer_request (stage.peer, &describe, NULL, 0), GRADMQ_OK);
        assert_false (s_listed (&stage.peer->reply.description, encodings [i]));
        gradmq_part_t part = {.tensor = 0,
                              .encoding = encodings [i],
                              .dtype = gradmq_dtype (GRADMQ_DTYPE_F32),
                              .count = 1};
        gradmq_gradient_t gradient = stage_gradient (&stage);
        gradient.parts = &part;
        gradient.part_count = 1;
        stage_refused_gradient (&stage, &gradient, stage_values (), 8, GRADMQ_ERR_UNSUPPORTED);
    }
    stage_end (&stage);
}

//  Of a matrix of 2 x 2: octets of a gradient of zeros.
static void
test_encodings_that_are_listed_are_taken (void **state)
{
    (void) state;
    static const struct {
        uint32_t encoding;
        uint64_t count;
        size_t size;
    } cases [] = {{GRADMQ_ENCODING_DENSE, 0, 16},
                  {GRADMQ_ENCODING_ROWS, 1, 12},
                  {GRADMQ_ENCODING_TOP_K, 1, 8},
                  {GRADMQ_ENCODING_INT8, 0, 8},
                  {GRADMQ_ENCODING_LOW_RANK, 1, 16}};
    const uint64_t shape [] = {2, 2};
    const gradmq_tensor_spec_t tensor = {"t", 2, shape};
    stage_t stage = stage_new ();
    stage_load (&stage, &tensor, 1, GRADMQ_DTYPE_F32, (float []){1, 1, 1, 1}, 16);
    for (size_t i = 0; i < sizeof cases / sizeof cases [0]; i++) {
        gradmq_request_t describe = {.command = GRADMQ_COMMAND_DESCRIBE};
        assert_int_equal (peer_request (stage.peer, &describe, NULL, 0), GRADMQ_OK);
        assert_true (s_listed (&stage.peer->reply.description, cases [i].encoding));
        gradmq_part_t part = {.tensor = 0,
                              .encoding = cases [i].encoding,
                              .dtype = gradmq_dtype (GRADMQ_DTYPE_F32),
                              .count = cases [i].count};
        gradmq_gradient_t gradient = stage_gradient (&stage);
        gradient.parts = &part;
        gradient.part_count = 1;
        zmsg_t *message = peer_frames (&gradient, (uint32_t [4]){0}, cases [i].size);
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
