//  O-15: a weight above `max_weight` counts as that.

#include "spec/fixture/crew.h"

static void
s_weighted (crew_t *crew, size_t worker, double weight, float value)
{
    gradmq_gradient_t gradient = crew_gradient (crew, worker);
    gradient.weight = weight;
    crew_send (crew, &gradient, value);
}

static void
test_weight_is_capped (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "bsp", "rule", "weighted_mean", "max_weight", "3");
    s_weighted (crew, 0, 1000, 4);
    s_weighted (crew, 1, 1, 8);
    crew_model (crew, 1, -5);
    s_weighted (crew, 0, 3, 4);
    s_weighted (crew, 1, 3.5, 8);
    crew_model (crew, 2, -11);
    CREW_SET (crew, "max_weight", "1e6");
    s_weighted (crew, 0, 7, 8);
    s_weighted (crew, 1, 1, 16);
    crew_model (crew, 3, -20);
    crew_destroy (&crew);
}

static void
test_weight_is_refused_where_nothing_weighs (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (1, "policy", "bsp");
    s_weighted (crew, 0, 2, 1);
    crew_disposed (crew, 0, 1, GRADMQ_REFUSED, GRADMQ_ERR_ARGUMENT);
    assert_int_equal (CREW_TRY (crew, "max_weight", "2"), GRADMQ_ERR_ARGUMENT);
    crew_destroy (&crew);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_weight_is_capped),
        cmocka_unit_test (test_weight_is_refused_where_nothing_weighs),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
