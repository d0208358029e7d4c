//  W-13: the sum of the payload frames is what the header says (`bytes`, the sum over `parts`, or the
//  whole layout in the stated dtype); refused: LENGTH.

#include "spec/fixture/stage.h"

static const float s_many [8] = {1, 1, 1, 1, 1, 1, 1, 1};

static void
test_gradient_that_is_not_the_whole_layout_is_refused (void **state)
{
    (void) state;
    const size_t sizes [] = {0, 1, 4, 8, 11, 13, 16, 32};
    stage_t stage = stage_new ();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes [0]; i++) {
        gradmq_gradient_t gradient = stage_gradient (&stage);
        stage_refused_gradient (&stage, &gradient, s_many, sizes [i], GRADMQ_ERR_LENGTH);
    }
    stage_end (&stage);
}

static void
test_gradient_in_another_dtype_has_its_length (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_gradient_t gradient = stage_gradient (&stage);
    gradient.dtype = GRADMQ_DTYPE_F64;
    stage_refused_gradient (&stage, &gradient, s_many, STAGE_BYTES, GRADMQ_ERR_LENGTH);
    gradient = stage_gradient (&stage);
    gradient.dtype = GRADMQ_DTYPE_F16;
    stage_refused_gradient (&stage, &gradient, s_many, STAGE_BYTES, GRADMQ_ERR_LENGTH);
    stage_end (&stage);
}

static void
test_gradient_whose_parts_are_longer_or_shorter_is_refused (void **state)
{
    (void) state;
    const size_t sizes [] = {0, 4, 12, 20, 24};
    stage_t stage = stage_new ();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes [0]; i++) {
        gradmq_part_t part = {.tensor = 0,
                              .encoding = GRADMQ_ENCODING_ROWS,
                              .dtype = gradmq_dtype (GRADMQ_DTYPE_F32),
                              .count = 2,
                              .bytes = 16};
        gradmq_gradient_t gradient = stage_gradient (&stage);
        gradient.parts = &part;
        gradient.part_count = 1;
        stage_refused_gradient (&stage, &gradient, s_many, sizes [i], GRADMQ_ERR_LENGTH);
    }
    stage_end (&stage);
}

static void
test_load_is_as_long_as_its_layout_and_its_bytes (void **state)
{
    (void) state;
    const uint64_t elements = 3;
    const gradmq_tensor_spec_t tensor = {"t", 1, &elements};
    const struct {
        uint64_t bytes;
        size_t size;
    } cases [] = {{12, 0}, {12, 8}, {12, 16}, {11, 12}, {16, 12}, {16, 16}, {UINT64_MAX, 12}};
    stage_t stage = stage_new ();
    for (size_t i = 0; i < sizeof cases / sizeof cases [0]; i++) {
        gradmq_request_t request = {.command = GRADMQ_COMMAND_SET_MODEL_PARAMETERS,
                                    .tensors = &tensor,
                                    .tensor_count = 1,
                                    .has_bytes = true,
                                    .bytes = cases [i].bytes};
        stage_declined_request (&stage, &request, s_many, cases [i].size, GRADMQ_ERR_LENGTH);
    }
    stage_end (&stage);
}

//  The length is looked at before memory is taken: a few octets cannot ask for a terabyte of state.
static void
test_load_of_a_huge_layout_without_payload_takes_no_memory (void **state)
{
    (void) state;
    const uint64_t elements = 1ull << 40;
    const gradmq_tensor_spec_t tensor = {"t", 1, &elements};
    const char *optimizers [] = {"sgd", "adam"};
    stage_t stage = stage_new ();
    for (size_t i = 0; i < 2; i++) {
        peer_set (stage.peer, "optimizer", optimizers [i]);
        gradmq_request_t request = {
            .command = GRADMQ_COMMAND_SET_MODEL_PARAMETERS, .tensors = &tensor, .tensor_count = 1};
        stage_declined_request (&stage, &request, s_many, 16, GRADMQ_ERR_LENGTH);
    }
    peer_set (stage.peer, "optimizer", "sgd");
    stage_end (&stage);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_gradient_that_is_not_the_whole_layout_is_refused),
        cmocka_unit_test (test_gradient_in_another_dtype_has_its_length),
        cmocka_unit_test (test_gradient_whose_parts_are_longer_or_shorter_is_refused),
        cmocka_unit_test (test_load_is_as_long_as_its_layout_and_its_bytes),
        cmocka_unit_test (test_load_of_a_huge_layout_without_payload_takes_no_memory),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
