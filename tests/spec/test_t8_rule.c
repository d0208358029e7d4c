//  T-8: `rule`, where nobody set it, is weighted_mean for merge and mean else. It has no effect, and is
//  refused, where each gradient is a step.

#include "spec/fixture/change.h"
#include "spec/fixture/crew.h"

static void
test_default_goes_by_the_policy (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (1, "policy", "bsp");
    assert_string_equal (change_read (crew->peer)->rule, "mean");
    assert_false (change_given (crew->peer->reply.parameters.settings, "rule"));
    CREW_SET (crew, "policy", "merge");
    assert_string_equal (change_read (crew->peer)->rule, "weighted_mean");
    CREW_SET (crew, "policy", "async", "buffer_gradients", "2");
    assert_string_equal (change_read (crew->peer)->rule, "mean");
    CREW_SET (crew, "rule", "sum");
    CREW_SET (crew, "policy", "merge");
    assert_string_equal (change_read (crew->peer)->rule, "sum");
    assert_true (change_given (crew->peer->reply.parameters.settings, "rule"));
    crew_destroy (&crew);
}

static void
test_refused_where_each_gradient_is_a_step (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (1, "policy", "async");
    assert_int_equal (CREW_TRY (crew, "rule", "mean"), GRADMQ_ERR_ARGUMENT);
    assert_int_equal (CREW_TRY (crew, "policy", "ssp", "rule", "sum"), GRADMQ_ERR_ARGUMENT);
    assert_int_equal (CREW_TRY (crew, "policy", "bsp", "rule", "average"), GRADMQ_ERR_UNSUPPORTED);
    //  merge of one contribution has a rule all the same: it weighs.
    CREW_SET (crew, "policy", "merge", "merge_count", "1", "rule", "sum");
    crew_destroy (&crew);
}

//  Rule T-3: what the new policy does not read is put back and named.
static void
test_rule_is_unset_where_it_loses_its_effect (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (1, "policy", "async", "buffer_gradients", "5", "rule", "trimmed_mean",
                             "trim_fraction", "0.25");
    assert_int_equal (change_one_number (crew->peer, "buffer_gradients", 1), GRADMQ_OK);
    const gradmq_texts_t *unset = &crew->peer->reply.parameters.unset;
    assert_true (change_listed (unset, "rule"));
    assert_true (change_listed (unset, "trim_fraction"));
    assert_false (change_listed (unset, "buffer_gradients"));
    CREW_SET (crew, "buffer_gradients", "5");
    assert_string_equal (change_read (crew->peer)->rule, "mean");
    crew_destroy (&crew);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_default_goes_by_the_policy),
        cmocka_unit_test (test_refused_where_each_gradient_is_a_step),
        cmocka_unit_test (test_rule_is_unset_where_it_loses_its_effect),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
