//  T-3: no setting without an effect: a setting that the optimizer or schedule in force does not read
//  is refused: ARGUMENT. When one of these changes, explicit settings that the new one does not read go
//  back to their defaults and are named in `unset`.

#include "spec/fixture/change.h"

static void
test_setting_that_nobody_reads_is_refused (void **state)
{
    (void) state;
    static const struct {
        const char *name;
        double value;
    } cases [] = {{"momentum", 0.5}, {"beta1", 0.5},          {"epsilon", 1e-6},
                  {"rho", 0.5},      {"schedule_steps", 10},  {"schedule_factor", 0.5},
                  {"dampening", 0},  {"trust_coefficient", 1}};
    stage_t stage = stage_new ();
    for (size_t i = 0; i < sizeof cases / sizeof cases [0]; i++) {
        assert_int_equal (change_one_number (stage.peer, cases [i].name, cases [i].value),
                          GRADMQ_ERR_ARGUMENT);
        assert_non_null (strstr (stage.peer->reply.message, cases [i].name));
    }
    stage_end (&stage);
}

static void
test_setting_that_the_new_one_reads_comes_with_it (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_settings_t change;
    gradmq_settings_init (&change);
    change_text (&change, "optimizer", "momentum");
    change_number (&change, "momentum", 0.5);
    change_text (&change, "schedule", "step");
    change_number (&change, "schedule_steps", 10);
    assert_int_equal (change_send (stage.peer, &change, NULL, 0), GRADMQ_OK);
    assert_int_equal (stage.peer->reply.parameters.unset.count, 0);
    peer_destroy (&stage.peer);
}

static void
test_what_the_new_one_does_not_read_goes_back_and_is_named (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_settings_t change;
    gradmq_settings_init (&change);
    change_text (&change, "optimizer", "momentum");
    change_number (&change, "momentum", 0.5);
    change_number (&change, "l2", 0.25);
    change_text (&change, "schedule", "step");
    change_number (&change, "schedule_steps", 10);
    change_number (&change, "schedule_factor", 0.5);
    assert_int_equal (change_send (stage.peer, &change, NULL, 0), GRADMQ_OK);

    gradmq_settings_init (&change);
    change_text (&change, "optimizer", "sgd");    //  reads l2, but no momentum
    change_text (&change, "schedule", "cosine");  //  reads steps, but no factor
    assert_int_equal (change_send (stage.peer, &change, NULL, 0), GRADMQ_OK);
    const gradmq_texts_t *unset = &stage.peer->reply.parameters.unset;
    assert_int_equal (unset->count, 2);
    assert_true (change_listed (unset, "momentum"));
    assert_true (change_listed (unset, "schedule_factor"));
    const gradmq_settings_t *now = change_read (stage.peer);
    assert_false (change_given (now, "momentum"));
    assert_false (change_given (now, "schedule_factor"));
    assert_true (change_given (now, "l2") && now->l2 == 0.25);
    assert_true (change_given (now, "schedule_steps") && now->schedule_steps == 10);
    //  They do not come back by themselves.
    assert_int_equal (change_one_text (stage.peer, "optimizer", "momentum"), GRADMQ_OK);
    assert_true (stage.peer->reply.parameters.settings->momentum != 0.5);
    peer_destroy (&stage.peer);
}

static void
test_group_that_gives_what_nobody_reads_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_settings_t change;
    gradmq_settings_init (&change);
    change_text (&change, "optimizer", "lars");
    gradmq_settings_t groups = change;
    groups.groups_given = true;
    groups.group_count = 1;
    groups.groups [0] = (gradmq_group_t){
        .pattern = "t", .rate_scale = 1, .has_l2 = true, .l2 = 0.5, .has_weight_decay = true};
    uint32_t code = change_send (stage.peer, &groups, NULL, 0);
    assert_int_equal (code, GRADMQ_ERR_ARGUMENT);
    stage_end (&stage);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_setting_that_nobody_reads_is_refused),
        cmocka_unit_test (test_setting_that_the_new_one_reads_comes_with_it),
        cmocka_unit_test (test_what_the_new_one_does_not_read_goes_back_and_is_named),
        cmocka_unit_test (test_group_that_gives_what_nobody_reads_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
