//  M-2: a load is all or nothing. Its values are finite (refused: NON_FINITE), and of the payload's
//  dtype converted to the master dtype. It resets optimizer state and the schedule, keeps settings,
//  and keeps the queue: a queued gradient that states the old epoch or another layout is refused when
//  its turn comes.

#include "spec/fixture/stage.h"

#include <math.h>

//  Load "t" of three elements; `dtype` is the payload's.
static uint32_t
s_load (stage_t *stage, uint32_t master, uint32_t dtype, const void *values, size_t size)
{
    const uint64_t elements = STAGE_ELEMENTS;
    const gradmq_tensor_spec_t tensor = {"t", 1, &elements};
    gradmq_request_t request = {.command = GRADMQ_COMMAND_SET_MODEL_PARAMETERS,
                                .tensors = &tensor,
                                .tensor_count = 1,
                                .layout_dtype = master,
                                .dtype = dtype};
    return peer_request (stage->peer, &request, values, size);
}

static void
test_load_that_is_not_finite_changes_nothing (void **state)
{
    (void) state;
    const float bad [] = {NAN, INFINITY, -INFINITY};
    stage_t stage = stage_new ();
    peer_counter (stage.peer, "steps");
    gradmq_position_t before = stage.peer->reply.position;
    for (size_t i = 0; i < 3; i++)
        for (size_t at = 0; at < STAGE_ELEMENTS; at++) {
            float values [STAGE_ELEMENTS] = {7, 7, 7};
            values [at] = bad [i];
            assert_int_equal (s_load (&stage, GRADMQ_DTYPE_F32, 0, values, sizeof values),
                              GRADMQ_ERR_NON_FINITE);
            assert_true (stage.peer->reply.position.epoch == before.epoch);
        }
    //  Finite in F64, not in the master dtype.
    assert_int_equal (
        s_load (&stage, GRADMQ_DTYPE_F32, GRADMQ_DTYPE_F64, (double []){1, 1e300, 1}, 24),
        GRADMQ_ERR_NON_FINITE);
    stage_end (&stage);
}

static void
test_load_of_another_layout_that_fails_changes_nothing (void **state)
{
    (void) state;
    const uint64_t five = 5;
    const gradmq_tensor_spec_t tensors [] = {{"x", 1, &five}, {"y", 1, &five}};
    stage_t stage = stage_new ();
    gradmq_request_t request = {
        .command = GRADMQ_COMMAND_SET_MODEL_PARAMETERS, .tensors = tensors, .tensor_count = 2};
    float values [10] = {[9] = NAN};
    stage_declined_request (&stage, &request, values, sizeof values, GRADMQ_ERR_NON_FINITE);
    stage_end (&stage);
}

static void
test_values_are_converted_to_the_master_dtype (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    float f32 [STAGE_ELEMENTS];
    double f64 [STAGE_ELEMENTS];
    const uint16_t f16 [] = {0x3c00, 0xc000, 0x3555};   //  1, -2, 0.333251953125
    const uint16_t bf16 [] = {0x3f80, 0xc000, 0x3eab};  //  1, -2, 0.333984375
    assert_int_equal (s_load (&stage, GRADMQ_DTYPE_F32, GRADMQ_DTYPE_F16, f16, 6), GRADMQ_OK);
    stage_read (&stage, f32, sizeof f32, NULL);
    assert_true (f32 [0] == 1.0f && f32 [1] == -2.0f && f32 [2] == 0.333251953125f);
    assert_int_equal (s_load (&stage, GRADMQ_DTYPE_F64, GRADMQ_DTYPE_BF16, bf16, 6), GRADMQ_OK);
    stage_read (&stage, f64, sizeof f64, NULL);
    assert_true (f64 [0] == 1.0 && f64 [1] == -2.0 && f64 [2] == 0.333984375);
    const double thirds [] = {1.0 / 3, 2.0 / 3, 1e-30};
    assert_int_equal (s_load (&stage, GRADMQ_DTYPE_F32, GRADMQ_DTYPE_F64, thirds, 24), GRADMQ_OK);
    stage_read (&stage, f32, sizeof f32, NULL);
    for (size_t i = 0; i < STAGE_ELEMENTS; i++)
        assert_true (f32 [i] == (float) thirds [i]);
    peer_destroy (&stage.peer);
}

static void
s_apply (stage_t *stage)
{
    gradmq_gradient_t gradient = stage_gradient (stage);
    zmsg_t *message = peer_frames (&gradient, stage_values (), STAGE_BYTES);
    stage_applied (stage, &message);
}

static void
test_load_resets_state_and_schedule_and_keeps_settings (void **state)
{
    (void) state;
    const float ones [STAGE_ELEMENTS] = {1, 1, 1};
    stage_t stage = stage_new ();
    peer_set (stage.peer, "optimizer", "adam");
    peer_set (stage.peer, "schedule", "step");
    peer_set (stage.peer, "schedule_steps", "2");
    float first [STAGE_ELEMENTS], again [STAGE_ELEMENTS];
    s_apply (&stage);
    stage_read (&stage, first, sizeof first, NULL);
    s_apply (&stage);
    s_apply (&stage);
    gradmq_request_t status = {.command = GRADMQ_COMMAND_STATUS};
    assert_int_equal (peer_request (stage.peer, &status, NULL, 0), GRADMQ_OK);
    assert_int_equal (stage.peer->reply.status.schedule_tick, 3);
    uint64_t revision = stage.peer->reply.status.settings_revision;
    assert_int_equal (s_load (&stage, GRADMQ_DTYPE_F32, 0, ones, sizeof ones), GRADMQ_OK);
    assert_int_equal (
        peer_request (stage.peer, &(gradmq_request_t){.command = status.command}, NULL, 0),
        GRADMQ_OK);
    assert_int_equal (stage.peer->reply.status.schedule_tick, 0);
    assert_true (stage.peer->reply.status.settings_revision == revision);
    gradmq_request_t get = {.command = GRADMQ_COMMAND_GET_PARAMETERS};
    assert_int_equal (peer_request (stage.peer, &get, NULL, 0), GRADMQ_OK);
    assert_string_equal (stage.peer->reply.parameters.settings->optimizer, "adam");
    s_apply (&stage);
    stage_read (&stage, again, sizeof again, NULL);
    assert_memory_equal (again, first, sizeof first);
    peer_destroy (&stage.peer);
}

static void
test_queue_stays_and_what_does_not_fit_is_refused_when_its_turn_comes (void **state)
{
    (void) state;
    const uint64_t four = 4;
    const gradmq_tensor_spec_t other = {"other", 1, &four};
    stage_t stage = {.peer = peer_new (), .sequence = 1};
    peer_load_stopped (stage.peer, STAGE_ELEMENTS);
    stage.worker = peer_join (stage.peer, STAGE_WORKER);
    gradmq_gradient_t gradient = stage_gradient (&stage);
    gradient.has_base = true;
    gradient.base_epoch = stage.peer->reply.position.epoch;
    peer_push (stage.peer, &gradient, stage_values (), STAGE_ELEMENTS);
    gradient = peer_gradient (stage.peer, STAGE_WORKER, stage.worker, 2);  //  without a base
    peer_push (stage.peer, &gradient, stage_values (), STAGE_ELEMENTS);
    peer_wait_counter (stage.peer, "gradients_received", 2);

    peer_load (stage.peer, STAGE_ELEMENTS);  //  the same layout, a new epoch, and started
    peer_settle (stage.peer, STAGE_WORKER, stage.worker, 2);
    const gradmq_ack_t *ack = &stage.peer->reply.ack;
    assert_int_equal (ack->applied, 1);
    assert_int_equal (ack->disposition_count, 1);
    assert_int_equal (ack->dispositions [0].sequence, 1);
    assert_int_equal (ack->dispositions [0].code, GRADMQ_ERR_EPOCH);

    gradmq_request_t stop = {.command = GRADMQ_COMMAND_STOP};
    assert_int_equal (peer_request (stage.peer, &stop, NULL, 0), GRADMQ_OK);
    gradient = peer_gradient (stage.peer, STAGE_WORKER, stage.worker, 3);
    peer_push (stage.peer, &gradient, stage_values (), STAGE_ELEMENTS);
    peer_wait_counter (stage.peer, "gradients_received", 3);
    stage_load (&stage, &other, 1, GRADMQ_DTYPE_F32, (float []){1, 1, 1, 1}, 16);
    gradmq_request_t start = {.command = GRADMQ_COMMAND_START};
    assert_int_equal (peer_request (stage.peer, &start, NULL, 0), GRADMQ_OK);
    peer_settle (stage.peer, STAGE_WORKER, stage.worker, 3);
    ack = &stage.peer->reply.ack;
    assert_int_equal (ack->dispositions [ack->disposition_count - 1].sequence, 3);
    assert_int_equal (ack->dispositions [ack->disposition_count - 1].code, GRADMQ_ERR_LAYOUT);
    peer_assert_untouched (stage.peer, 4);
    peer_destroy (&stage.peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_load_that_is_not_finite_changes_nothing),
        cmocka_unit_test (test_load_of_another_layout_that_fails_changes_nothing),
        cmocka_unit_test (test_values_are_converted_to_the_master_dtype),
        cmocka_unit_test (test_load_resets_state_and_schedule_and_keeps_settings),
        cmocka_unit_test (test_queue_stays_and_what_does_not_fit_is_refused_when_its_turn_comes),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
