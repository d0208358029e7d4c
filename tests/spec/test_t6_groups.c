//  T-6: a group's pattern that matches no tensor of the model is refused: ARGUMENT; at a load, groups
//  are checked against the new layout. The first group that matches a tensor holds for it. Before a
//  model is loaded patterns are only checked for form.

#include "spec/fixture/change.h"

//  Set groups of these patterns, each with its rate_scale.
static uint32_t
s_groups (peer_t *peer, const char *const *patterns, const double *scales, size_t count)
{
    gradmq_settings_t change;
    gradmq_settings_init (&change);
    change.groups_given = true;
    change.group_count = count;
    for (size_t i = 0; i < count; i++) {
        change.groups [i].rate_scale = scales [i];
        snprintf (change.groups [i].pattern, sizeof change.groups [i].pattern, "%s", patterns [i]);
    }
    return change_send (peer, &change, NULL, 0);
}

static const double s_scales [] = {0.5, 0.25, 0.125};

static void
test_pattern_that_matches_nothing_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    assert_int_equal (s_groups (stage.peer, (const char *const []){"t", "u*"}, s_scales, 2),
                      GRADMQ_ERR_ARGUMENT);
    assert_non_null (strstr (stage.peer->reply.message, "u*"));
    change_read (stage.peer);
    assert_int_equal (stage.peer->reply.parameters.settings->group_count, 0);
    stage_end (&stage);
}

static void
test_load_that_a_group_does_not_match_is_refused_and_changes_nothing (void **state)
{
    (void) state;
    const uint64_t three = 3;
    const gradmq_tensor_spec_t other = {"other", 1, &three};
    const double one = 1;
    stage_t stage = stage_new ();
    assert_int_equal (s_groups (stage.peer, (const char *const []){"t"}, &one, 1), GRADMQ_OK);
    gradmq_request_t load = {
        .command = GRADMQ_COMMAND_SET_MODEL_PARAMETERS, .tensors = &other, .tensor_count = 1};
    stage_declined_request (&stage, &load, (float []){7, 7, 7}, 12, GRADMQ_ERR_ARGUMENT);
    stage_end (&stage);
}

static void
test_first_group_that_matches_holds (void **state)
{
    (void) state;
    const gradmq_tensor_spec_t tensors [] = {
        {"layer.bias", 0, NULL}, {"layer.weight", 0, NULL}, {"head", 0, NULL}};
    const char *const patterns [] = {"*.bias", "layer.*", "[g-h]ead"};
    stage_t stage = stage_new ();
    stage_load (&stage, tensors, 3, GRADMQ_DTYPE_F32, (float []){1, 1, 1}, 12);
    assert_int_equal (s_groups (stage.peer, patterns, s_scales, 3), GRADMQ_OK);
    gradmq_gradient_t gradient = stage_gradient (&stage);
    zmsg_t *message = peer_frames (&gradient, (float []){1, 1, 1}, 12);
    stage_applied (&stage, &message);
    float now [3];
    stage_read (&stage, now, sizeof now, NULL);
    for (size_t i = 0; i < 3; i++)
        assert_true (now [i] == 1.0f - (float) s_scales [i]);
    peer_destroy (&stage.peer);
}

static void
test_before_a_model_any_pattern_of_good_form_is_taken (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    assert_int_equal (s_groups (peer, (const char *const []){"no such tensor*"}, s_scales, 1),
                      GRADMQ_OK);
    assert_int_equal (peer->reply.parameters.settings->group_count, 1);
    assert_int_equal (s_groups (peer, (const char *const []){""}, s_scales, 1),
                      GRADMQ_ERR_ARGUMENT);
    assert_int_equal (s_groups (peer, (const char *const []){"a"}, (double []){-1}, 1),
                      GRADMQ_ERR_ARGUMENT);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_pattern_that_matches_nothing_is_refused),
        cmocka_unit_test (test_load_that_a_group_does_not_match_is_refused_and_changes_nothing),
        cmocka_unit_test (test_first_group_that_matches_holds),
        cmocka_unit_test (test_before_a_model_any_pattern_of_good_form_is_taken),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
