//  T-1: SetParameters is all or nothing. What is absent keeps its value; names in `reset` go back to
//  their defaults. The answer shows all effective settings, which of them somebody set, their
//  revision (+1 a change), and `effective_from`.

#include "spec/fixture/change.h"

#include <math.h>

static void
test_one_bad_value_changes_nothing (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    change_read (stage.peer);
    uint64_t revision = stage.peer->reply.parameters.revision;
    gradmq_settings_t change;
    gradmq_settings_init (&change);
    change_text (&change, "optimizer", "adam");
    change_number (&change, "learning_rate", 0.5);
    change_number (&change, "clip_norm", -1);
    assert_int_equal (change_send (stage.peer, &change, NULL, 0), GRADMQ_ERR_ARGUMENT);
    const char *const reset [] = {"mode", "no_such_setting"};
    gradmq_settings_init (&change);
    change_number (&change, "learning_rate", 0.5);
    assert_int_equal (change_send (stage.peer, &change, reset, 2), GRADMQ_ERR_ARGUMENT);
    const gradmq_settings_t *now = change_read (stage.peer);
    assert_string_equal (now->optimizer, "sgd");
    assert_true (now->learning_rate == 1.0);
    assert_true (stage.peer->reply.parameters.revision == revision);
    stage_end (&stage);
}

static void
test_absent_keeps_its_value_and_reset_goes_back (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    assert_int_equal (change_one_number (stage.peer, "learning_rate", 0.5), GRADMQ_OK);
    assert_int_equal (change_one_number (stage.peer, "clip_norm", 8), GRADMQ_OK);
    const gradmq_settings_t *now = stage.peer->reply.parameters.settings;
    assert_true (now->learning_rate == 0.5 && now->clip_norm == 8);
    assert_true (change_given (now, "learning_rate") && change_given (now, "clip_norm"));
    assert_false (change_given (now, "clip_value"));
    const char *const reset [] = {"learning_rate"};
    assert_int_equal (change_send (stage.peer, NULL, reset, 1), GRADMQ_OK);
    now = change_read (stage.peer);
    assert_true (now->learning_rate == 1.0 && now->clip_norm == 8);
    assert_false (change_given (now, "learning_rate"));
    assert_true (change_given (now, "clip_norm"));
    stage_end (&stage);
}

static void
test_given_and_reset_at_once_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_settings_t change;
    gradmq_settings_init (&change);
    change_number (&change, "learning_rate", 0.5);
    const char *const reset [] = {"learning_rate"};
    assert_int_equal (change_send (stage.peer, &change, reset, 1), GRADMQ_ERR_ARGUMENT);
    stage_end (&stage);
}

static void
test_answer_shows_revision_and_from_where_it_holds (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    change_read (stage.peer);
    uint64_t revision = stage.peer->reply.parameters.revision;
    for (int i = 0; i < 3; i++) {
        gradmq_gradient_t gradient = stage_gradient (&stage);
        zmsg_t *message = peer_frames (&gradient, stage_values (), STAGE_BYTES);
        stage_applied (&stage, &message);
    }
    assert_int_equal (change_one_number (stage.peer, "learning_rate", 0.5), GRADMQ_OK);
    const gradmq_parameters_t *answer = &stage.peer->reply.parameters;
    assert_int_equal (answer->revision, revision + 1);
    assert_true (answer->from_epoch == stage.peer->reply.position.epoch);
    assert_int_equal (answer->from_version, 3);
    //  Every setting in force is shown.
    assert_string_equal (answer->settings->optimizer, "sgd");
    assert_string_equal (answer->settings->schedule, "constant");
    assert_int_equal (answer->settings->lease_ms, 30000);
    assert_true (isnan (answer->settings->beta1));  //  no effect under sgd
    //  The next step is the first under the new rate.
    float before [STAGE_ELEMENTS], now [STAGE_ELEMENTS];
    stage_read (&stage, before, sizeof before, NULL);
    gradmq_gradient_t gradient = stage_gradient (&stage);
    zmsg_t *message = peer_frames (&gradient, stage_values (), STAGE_BYTES);
    stage_applied (&stage, &message);
    stage_read (&stage, now, sizeof now, NULL);
    for (size_t i = 0; i < STAGE_ELEMENTS; i++)
        assert_true (now [i] == before [i] - stage_values () [i] / 2);
    peer_destroy (&stage.peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_one_bad_value_changes_nothing),
        cmocka_unit_test (test_absent_keeps_its_value_and_reset_goes_back),
        cmocka_unit_test (test_given_and_reset_at_once_is_refused),
        cmocka_unit_test (test_answer_shows_revision_and_from_where_it_holds),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
