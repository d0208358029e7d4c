//  W-12: a payload frame does not end inside an element (or inside an index); refused: ALIGNMENT.
//  Receivers do not expect a frame to be aligned in memory.

#include "spec/fixture/stage.h"

//  Cut `octets` into frames of these sizes, the last takes the rest.
static zmsg_t *
s_cut (const gradmq_gradient_t *gradient, const void *octets, size_t size, size_t first)
{
    zmsg_t *message = peer_frames (gradient, octets, first);
    zmsg_addmem (message, (const uint8_t *) octets + first, size - first);
    return message;
}

static void
test_dense_frame_that_ends_inside_an_element_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    for (size_t first = 1; first < STAGE_BYTES; first++) {
        if (first % sizeof (float) == 0)
            continue;
        gradmq_gradient_t gradient = stage_gradient (&stage);
        zmsg_t *message = s_cut (&gradient, stage_values (), STAGE_BYTES, first);
        stage_refused (&stage, &message, GRADMQ_ERR_ALIGNMENT);
    }
    stage_end (&stage);
}

static void
test_element_is_that_of_the_stated_dtype (void **state)
{
    (void) state;
    const uint16_t bf16 [STAGE_ELEMENTS] = {0x3f80, 0x3f80, 0x3f80};  //  1.0
    const double f64 [STAGE_ELEMENTS] = {1, 1, 1};
    stage_t stage = stage_new ();
    gradmq_gradient_t gradient = stage_gradient (&stage);
    gradient.dtype = GRADMQ_DTYPE_F64;
    zmsg_t *message = s_cut (&gradient, f64, sizeof f64, 12);
    stage_refused (&stage, &message, GRADMQ_ERR_ALIGNMENT);
    gradient = stage_gradient (&stage);
    gradient.dtype = GRADMQ_DTYPE_BF16;
    message = s_cut (&gradient, bf16, sizeof bf16, 3);
    stage_refused (&stage, &message, GRADMQ_ERR_ALIGNMENT);
    gradient = stage_gradient (&stage);
    gradient.dtype = GRADMQ_DTYPE_BF16;
    message = s_cut (&gradient, bf16, sizeof bf16, 2);
    stage_applied (&stage, &message);
    peer_destroy (&stage.peer);
}

//  A gradient of rows 0 and 2 of "t": indices, then two elements of 8 octets.
static void
test_frame_that_ends_inside_an_index_is_refused (void **state)
{
    (void) state;
    uint8_t octets [2 * 4 + 2 * 8];
    gradmq_put_u32 (octets, 0);
    gradmq_put_u32 (octets + 4, 2);
    memcpy (octets + 8, (double []){1.0, 1.0}, 16);
    stage_t stage = stage_new ();
    for (size_t first = 1; first < sizeof octets; first++) {
        gradmq_part_t part = {.tensor = 0,
                              .encoding = GRADMQ_ENCODING_ROWS,
                              .dtype = gradmq_dtype (GRADMQ_DTYPE_F64),
                              .count = 2,
                              .bytes = sizeof octets};
        if (first == 4 || first == 8 || first == 16)
            continue;
        gradmq_gradient_t gradient = stage_gradient (&stage);
        gradient.parts = &part;
        gradient.part_count = 1;
        zmsg_t *message = s_cut (&gradient, octets, sizeof octets, first);
        stage_refused (&stage, &message, GRADMQ_ERR_ALIGNMENT);
    }
    stage_end (&stage);
}

static void
test_load_whose_frame_ends_inside_an_element_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    raw_t tensor = raw_nothing ();
    raw_text (&tensor, 1, "t");
    raw_varint (&tensor, 2, STAGE_ELEMENTS);
    raw_t layout = raw_nothing ();
    raw_inside (&layout, 1, tensor);
    raw_varint (&layout, 2, GRADMQ_DTYPE_F32);
    raw_t load = raw_nothing ();
    raw_inside (&load, 1, layout);
    raw_t request = raw_request (77);
    raw_inside (&request, GRADMQ_COMMAND_SET_MODEL_PARAMETERS, load);
    zmsg_t *message = raw_frames (&request, stage_values (), 6);
    zmsg_addmem (message, (const uint8_t *) stage_values () + 6, 6);
    stage_declined (&stage, &message, GRADMQ_ERR_ALIGNMENT);
    stage_end (&stage);
}

//  A bf16 part of one element puts the f32 part behind it on an odd address.
static void
test_elements_at_any_address_are_read (void **state)
{
    (void) state;
    const uint64_t one = 1, three = 3;
    const gradmq_tensor_spec_t tensors [] = {{"a", 1, &one}, {"b", 1, &three}};
    stage_t stage = stage_new ();
    stage_load (&stage, tensors, 2, GRADMQ_DTYPE_F32, (float []){1, 1, 1, 1}, 16);
    uint8_t octets [2 + STAGE_BYTES] = {0x80, 0x3f};
    memcpy (octets + 2, stage_values (), STAGE_BYTES);
    gradmq_part_t parts [] = {
        {.tensor = 0,
         .encoding = GRADMQ_ENCODING_DENSE,
         .dtype = gradmq_dtype (GRADMQ_DTYPE_BF16),
         .bytes = 2},
        {.tensor = 1,
         .encoding = GRADMQ_ENCODING_DENSE,
         .dtype = gradmq_dtype (GRADMQ_DTYPE_F32),
         .bytes = STAGE_BYTES},
    };
    gradmq_gradient_t gradient = stage_gradient (&stage);
    gradient.parts = parts;
    gradient.part_count = 2;
    zmsg_t *message = peer_frames (&gradient, octets, sizeof octets);
    stage_applied (&stage, &message);
    float now [4];
    stage_read (&stage, now, sizeof now, NULL);
    assert_true (now [0] == 0.0f);
    for (size_t i = 0; i < STAGE_ELEMENTS; i++)
        assert_true (now [i + 1] == 1.0f - stage_values () [i]);
    peer_destroy (&stage.peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_dense_frame_that_ends_inside_an_element_is_refused),
        cmocka_unit_test (test_element_is_that_of_the_stated_dtype),
        cmocka_unit_test (test_frame_that_ends_inside_an_index_is_refused),
        cmocka_unit_test (test_load_whose_frame_ends_inside_an_element_is_refused),
        cmocka_unit_test (test_elements_at_any_address_are_read),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
