//  T-5: changing the optimizer resets its state, not the schedule. Changing one of its numbers keeps
//  both. Changing the schedule's kind starts it anew.

#include "spec/fixture/change.h"

//  Under momentum 0.5, rate 1 and a schedule that halves nothing soon.
static stage_t
s_stage (void)
{
    stage_t stage = stage_new ();
    gradmq_settings_t change;
    gradmq_settings_init (&change);
    change_text (&change, "optimizer", "momentum");
    change_number (&change, "momentum", 0.5);
    change_number (&change, "learning_rate", 1);
    change_text (&change, "schedule", "step");
    change_number (&change, "schedule_steps", 1000);
    assert_int_equal (change_send (stage.peer, &change, NULL, 0), GRADMQ_OK);
    return stage;
}

//  Apply a gradient of ones: how far element 0 went.
static float
s_step (stage_t *stage)
{
    const float ones [STAGE_ELEMENTS] = {1, 1, 1};
    float before [STAGE_ELEMENTS], now [STAGE_ELEMENTS];
    stage_read (stage, before, sizeof before, NULL);
    gradmq_gradient_t gradient = stage_gradient (stage);
    zmsg_t *message = peer_frames (&gradient, ones, sizeof ones);
    stage_applied (stage, &message);
    stage_read (stage, now, sizeof now, NULL);
    return before [0] - now [0];
}

static uint64_t
s_tick (stage_t *stage)
{
    peer_counter (stage->peer, "steps");
    return stage->peer->reply.status.schedule_tick;
}

static void
test_another_optimizer_begins_without_state_and_the_schedule_goes_on (void **state)
{
    (void) state;
    stage_t stage = s_stage ();
    assert_true (s_step (&stage) == 1.0f);
    assert_true (s_step (&stage) == 1.5f);
    gradmq_settings_t change;
    gradmq_settings_init (&change);
    change_text (&change, "optimizer", "nesterov");
    change_number (&change, "learning_rate", 1);
    assert_int_equal (change_send (stage.peer, &change, NULL, 0), GRADMQ_OK);
    gradmq_settings_init (&change);
    change_text (&change, "optimizer", "momentum");
    change_number (&change, "momentum", 0.5);
    change_number (&change, "learning_rate", 1);
    assert_int_equal (change_send (stage.peer, &change, NULL, 0), GRADMQ_OK);
    assert_int_equal (s_tick (&stage), 2);
    assert_true (s_step (&stage) == 1.0f);
    assert_int_equal (s_tick (&stage), 3);
    peer_destroy (&stage.peer);
}

static void
test_another_number_keeps_state_and_schedule (void **state)
{
    (void) state;
    stage_t stage = s_stage ();
    assert_true (s_step (&stage) == 1.0f);
    assert_int_equal (change_one_number (stage.peer, "learning_rate", 0.5), GRADMQ_OK);
    assert_true (s_step (&stage) == 0.75f);  //  half of 0.5 x 1 + 1
    assert_int_equal (change_one_number (stage.peer, "momentum", 0), GRADMQ_OK);
    assert_true (s_step (&stage) == 0.5f);
    assert_int_equal (s_tick (&stage), 3);
    peer_destroy (&stage.peer);
}

static void
test_another_kind_of_schedule_starts_anew_and_keeps_the_state (void **state)
{
    (void) state;
    stage_t stage = s_stage ();
    assert_true (s_step (&stage) == 1.0f);
    assert_int_equal (change_one_number (stage.peer, "schedule_steps", 500), GRADMQ_OK);
    assert_int_equal (s_tick (&stage), 1);
    assert_int_equal (change_one_text (stage.peer, "schedule", "constant"), GRADMQ_OK);
    assert_int_equal (s_tick (&stage), 0);
    assert_true (s_step (&stage) == 1.5f);
    assert_int_equal (s_tick (&stage), 1);
    peer_destroy (&stage.peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_another_optimizer_begins_without_state_and_the_schedule_goes_on),
        cmocka_unit_test (test_another_number_keeps_state_and_schedule),
        cmocka_unit_test (test_another_kind_of_schedule_starts_anew_and_keeps_the_state),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
