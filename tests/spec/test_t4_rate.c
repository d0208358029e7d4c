//  T-4: learning_rate has a default an optimizer. Changing the optimizer while a rate is set explicitly
//  needs a rate (or its reset) in the same request; refused: ARGUMENT.

#include "spec/fixture/change.h"

static void
test_default_rate_follows_the_optimizer (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    assert_true (change_read (stage.peer)->learning_rate == 1.0);
    assert_int_equal (change_one_text (stage.peer, "optimizer", "adam"), GRADMQ_OK);
    assert_true (change_read (stage.peer)->learning_rate == 0.001);
    assert_false (change_given (stage.peer->reply.parameters.settings, "learning_rate"));
    assert_int_equal (change_one_text (stage.peer, "optimizer", "sgd"), GRADMQ_OK);
    assert_true (change_read (stage.peer)->learning_rate == 1.0);
    stage_end (&stage);
}

static void
test_another_optimizer_under_an_explicit_rate_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    assert_int_equal (change_one_number (stage.peer, "learning_rate", 1.0), GRADMQ_OK);
    assert_int_equal (change_one_text (stage.peer, "optimizer", "adam"), GRADMQ_ERR_ARGUMENT);
    assert_non_null (strstr (stage.peer->reply.message, "learning_rate"));
    assert_string_equal (change_read (stage.peer)->optimizer, "sgd");
    //  The same optimizer is no change.
    assert_int_equal (change_one_text (stage.peer, "optimizer", "sgd"), GRADMQ_OK);
    stage_end (&stage);
}

static void
test_rate_or_its_reset_in_the_same_request_is_enough (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    assert_int_equal (change_one_number (stage.peer, "learning_rate", 0.5), GRADMQ_OK);
    gradmq_settings_t change;
    gradmq_settings_init (&change);
    change_text (&change, "optimizer", "adam");
    change_number (&change, "learning_rate", 0.25);
    assert_int_equal (change_send (stage.peer, &change, NULL, 0), GRADMQ_OK);
    assert_true (change_read (stage.peer)->learning_rate == 0.25);
    gradmq_settings_init (&change);
    change_text (&change, "optimizer", "sgd");
    const char *const reset [] = {"learning_rate"};
    assert_int_equal (change_send (stage.peer, &change, reset, 1), GRADMQ_OK);
    assert_true (change_read (stage.peer)->learning_rate == 1.0);
    stage_end (&stage);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_default_rate_follows_the_optimizer),
        cmocka_unit_test (test_another_optimizer_under_an_explicit_rate_is_refused),
        cmocka_unit_test (test_rate_or_its_reset_in_the_same_request_is_enough),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
