#include "coordinator/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t
s_time (void *context)
{
    (void) context;
    return 1;
}

//  A model of two numbers in F32.
static gradmq_model_t *
s_model (void)
{
    const uint64_t elements = 2;
    const gradmq_tensor_spec_t spec = {"w", 1, &elements};
    const float values [] = {1.0f, -2.0f};
    gradmq_frame_t frame = {(const uint8_t *) values, sizeof values};
    gradmq_payload_t payload = {&frame, 1, sizeof values};
    gradmq_layout_t *layout;
    gradmq_model_t *model =
        gradmq_model_new ((gradmq_clock_t){.monotonic_us = s_time, .unix_us = s_time});
    assert_non_null (model);
    assert_int_equal (gradmq_layout_open (&layout, &spec, 1, GRADMQ_DTYPE_F32, NULL), GRADMQ_OK);
    assert_int_equal (
        gradmq_model_load (model, layout, gradmq_layout_dtype (layout), &payload, NULL), GRADMQ_OK);
    gradmq_layout_release (&layout);
    return model;
}

static void
s_step (gradmq_model_t *model)
{
    gradmq_snapshot_t *next;
    assert_int_equal (gradmq_model_next (model, true, &next), GRADMQ_OK);
    memset (gradmq_snapshot_write (next), 0, 8);
    gradmq_model_commit (model, &next, 1);
}

//  Rule U-8: a reader of a converted version holds one, too, or memory had no bound.
static void
test_image_converted_pins_its_version_while_a_reader_has_it (void **state)
{
    (void) state;
    gradmq_model_t *model = s_model ();
    gradmq_streams_t *streams = gradmq_streams_new ();
    gradmq_image_t *images [3], *again;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal (
            gradmq_streams_image (streams, model, gradmq_form_named ("f16"), &images [i]),
            GRADMQ_OK);
        assert_int_equal (gradmq_streams_image (streams, model, gradmq_form_named ("f16"), &again),
                          GRADMQ_OK);
        assert_ptr_equal (gradmq_image_bytes (again), gradmq_image_bytes (images [i]));
        gradmq_image_release (&again);
        s_step (model);
    }
    assert_int_equal (gradmq_model_pinned (model), 3);
    assert_memory_equal (gradmq_image_bytes (images [0]), "\x00\x3c\x00\xc0", 4);
    for (size_t i = 0; i < 3; i++)
        gradmq_image_release (&images [i]);
    assert_int_equal (gradmq_model_pinned (model), 0);
    gradmq_streams_destroy (&streams);
    gradmq_model_destroy (&model);
}

static void
test_image_converted_that_is_only_kept_leaves_the_step_in_place (void **state)
{
    (void) state;
    gradmq_model_t *model = s_model ();
    gradmq_streams_t *streams = gradmq_streams_new ();
    gradmq_image_t *image;
    assert_int_equal (gradmq_streams_image (streams, model, gradmq_form_named ("bf16"), &image),
                      GRADMQ_OK);
    assert_int_equal (gradmq_image_size (image), 4);
    gradmq_image_release (&image);
    assert_false (gradmq_snapshot_shared (gradmq_model_newest (model)));
    gradmq_model_destroy (&model);
    gradmq_streams_destroy (&streams);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_image_converted_pins_its_version_while_a_reader_has_it),
        cmocka_unit_test (test_image_converted_that_is_only_kept_leaves_the_step_in_place),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
