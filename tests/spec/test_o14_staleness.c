//  O-14: `staleness_scale` multiplies by 1 / max (1, staleness / members) where it is `members`, and by
//  1 / max (1, staleness) where it is `inverse`: the gradient where the optimizer is linear in it, else the
//  step's rate, by the mean over its contributions. lion, lars, lamb and rules that compare refuse it.

#include "spec/fixture/crew.h"

static void
s_stale (crew_t *crew, size_t worker, uint64_t base, float value)
{
    gradmq_gradient_t gradient = crew_gradient (crew, worker);
    crew_base (crew, &gradient, base);
    crew_send (crew, &gradient, value);
}

static void
test_inverse (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "staleness_scale", "inverse");
    static const float after [] = {-8, -16, -20, -22.5f};
    static const float values [] = {8, 8, 8, 7.5f};
    for (unsigned i = 0; i < 4; i++) {  //  staleness 0, 1, 2, 3
        s_stale (crew, 0, 0, values [i]);
        crew_model (crew, i + 1, after [i]);
    }
    crew_push (crew, 0, 1);
    crew_disposed (crew, 0, 5, GRADMQ_REFUSED, GRADMQ_ERR_BASE);
    crew_destroy (&crew);
}

static void
test_members (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "staleness_scale", "members");
    static const float after [] = {-8, -16, -24, -30, -34};
    static const float values [] = {8, 8, 8, 9, 8};
    for (unsigned i = 0; i < 5; i++) {  //  divided by 1, 1, 1, 3/2, 2
        s_stale (crew, 0, 0, values [i]);
        crew_model (crew, i + 1, after [i]);
    }
    crew_destroy (&crew);
}

//  Of two contributions one is stale by 4: sgd takes the gradients each by its own.
static void
test_each_contribution_by_its_own (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "staleness_scale", "inverse", "buffer_gradients", "2");
    for (unsigned i = 1; i <= 4; i++) {
        for (size_t w = 0; w < 2; w++)
            s_stale (crew, w, i - 1, 0);
        crew_model (crew, i, 0);
    }
    s_stale (crew, 0, 0, 8);
    s_stale (crew, 1, 4, 4);
    crew_model (crew, 5, -3);
    crew_destroy (&crew);
}

//  adagrad's first step is the rate, whatever the gradient; scales 1/4 and 1 make 5/8 of it.
static void
test_rate_by_the_mean_where_the_optimizer_is_adaptive (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "staleness_scale", "inverse", "buffer_gradients", "2");
    for (unsigned i = 1; i <= 4; i++) {
        for (size_t w = 0; w < 2; w++)
            s_stale (crew, w, i - 1, 0);
        crew_model (crew, i, 0);
    }
    CREW_SET (crew, "optimizer", "adagrad", "learning_rate", "1", "epsilon", "1e-16");
    s_stale (crew, 0, 0, 8);
    s_stale (crew, 1, 4, 4);
    crew_model (crew, 5, -0.625f);
    crew_destroy (&crew);
}

static void
test_refused_where_it_would_be_undone (void **state)
{
    (void) state;
    static const char *const optimizers [] = {"lion", "lars", "lamb"};
    static const char *const rules [] = {"median", "trimmed_mean", "krum", "multi_krum"};
    crew_t *crew = CREW_NEW (1, "policy", "async");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal (
            CREW_TRY (crew, "optimizer", optimizers [i], "staleness_scale", "members"),
            GRADMQ_ERR_ARGUMENT);
        CREW_SET (crew, "optimizer", optimizers [i]);
        assert_int_equal (CREW_TRY (crew, "staleness_scale", "inverse"), GRADMQ_ERR_ARGUMENT);
    }
    CREW_SET (crew, "optimizer", "adam", "staleness_scale", "members");
    assert_int_equal (CREW_TRY (crew, "optimizer", "lion"), GRADMQ_ERR_ARGUMENT);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal (CREW_TRY (crew, "buffer_gradients", "5", "rule", rules [i]),
                          GRADMQ_ERR_ARGUMENT);
    CREW_SET (crew, "buffer_gradients", "5", "rule", "sum");
    assert_int_equal (CREW_TRY (crew, "policy", "bsp", "staleness_scale", "members"),
                      GRADMQ_ERR_ARGUMENT);
    crew_destroy (&crew);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_inverse),
        cmocka_unit_test (test_members),
        cmocka_unit_test (test_each_contribution_by_its_own),
        cmocka_unit_test (test_rate_by_the_mean_where_the_optimizer_is_adaptive),
        cmocka_unit_test (test_refused_where_it_would_be_undone),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
