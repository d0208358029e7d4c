//  O-2: what becomes of a step becomes of all its contributions: APPLIED, or SKIPPED with the step's code.
//  A rule that selects makes those that it leaves out of a step that is made EXCLUDED. Of each step that
//  is not made the notice STEP_SKIPPED tells all, with the number of contributions.

#include "spec/fixture/crew.h"

static void
test_contributions_of_a_step_are_applied_alike (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (3, "buffer_gradients", "3");
    for (size_t i = 0; i < 2; i++)
        crew_push (crew, i, (float) i);
    crew_held (crew, 0, 1);
    crew_held (crew, 1, 1);
    assert_int_equal (crew_status (crew)->contributions, 2);
    assert_int_equal (crew->peer->reply.status.queued_gradients, 2);
    crew_push (crew, 2, 2);
    for (size_t i = 0; i < 3; i++)
        crew_disposed (crew, i, 1, GRADMQ_APPLIED, 0);
    crew_model (crew, 1, -1);
    assert_int_equal (crew_status (crew)->contributions, 0);
    assert_int_equal (crew->peer->reply.status.queued_gradients, 0);
    assert_int_equal (peer_counter (crew->peer, "applied"), 3);
    assert_int_equal (peer_counter (crew->peer, "steps"), 1);
    crew_destroy (&crew);
}

static void
test_contributions_of_a_step_that_overflows_are_skipped_alike (void **state)
{
    (void) state;
    static const float huge [] = {3e38f, 3e38f};
    crew_t *crew = CREW_NEW (3, "buffer_gradients", "3", "l2", "1000");
    act_load (crew->peer, &(act_tensor_t){"t", 2, 0}, 1, huge);
    crew_subscribe (crew);
    for (size_t i = 0; i < 3; i++)
        crew_push (crew, i, 1);
    for (size_t i = 0; i < 3; i++)
        crew_disposed (crew, i, 1, GRADMQ_SKIPPED, GRADMQ_ERR_NON_FINITE);
    crew_notice (crew, GRADMQ_NOTICE_STEP_SKIPPED, 3, GRADMQ_ERR_NON_FINITE);
    assert_int_equal (peer_counter (crew->peer, "steps_skipped"), 1);
    act_assert_parameters (crew->peer, 2, huge [0], 0);
    //  The next step is made.
    CREW_SET (crew, "l2", "0");
    for (size_t i = 0; i < 3; i++)
        crew_push (crew, i, 1e18f);
    for (size_t i = 0; i < 3; i++)
        crew_disposed (crew, i, 2, GRADMQ_APPLIED, 0);
    crew_destroy (&crew);
}

static void
test_what_a_rule_leaves_out_is_excluded (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (5, "policy", "bsp", "rule", "multi_krum", "krum_selected", "2");
    static const float values [] = {100, 1, 2, 3, 4};
    for (size_t i = 0; i < 5; i++)
        crew_push (crew, i, values [i]);
    //  Two nearest each: sums of squares 1: 5, 2: 2, 3: 2, 4: 5.
    crew_model (crew, 1, -2.5f);
    for (size_t i = 0; i < 5; i++)
        crew_disposed (crew, i, 1, i == 2 || i == 3 ? GRADMQ_APPLIED : GRADMQ_EXCLUDED, 0);
    assert_int_equal (peer_counter (crew->peer, "excluded"), 3);
    crew_destroy (&crew);
}

static void
test_nothing_is_excluded_from_a_step_that_is_not_made (void **state)
{
    (void) state;
    static const float huge [] = {3e38f, 3e38f};
    crew_t *crew = CREW_NEW (5, "policy", "bsp", "rule", "krum", "l2", "1000");
    act_load (crew->peer, &(act_tensor_t){"t", 2, 0}, 1, huge);
    for (size_t i = 0; i < 5; i++)
        crew_push (crew, i, (float) i);
    for (size_t i = 0; i < 5; i++)
        crew_disposed (crew, i, 1, GRADMQ_SKIPPED, GRADMQ_ERR_NON_FINITE);
    crew_destroy (&crew);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_contributions_of_a_step_are_applied_alike),
        cmocka_unit_test (test_contributions_of_a_step_that_overflows_are_skipped_alike),
        cmocka_unit_test (test_what_a_rule_leaves_out_is_excluded),
        cmocka_unit_test (test_nothing_is_excluded_from_a_step_that_is_not_made),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
