#include "step/margin.h"
#include "unit/step/fixture.h"

typedef struct {
    const char *name, *value;
} s_extreme_t;

//  One step that meets parameters `p`, state from steps before it, and gradients at the bound.
static void
s_push (fixture_t *f, const char *rate, double value)
{
    double values [SMALL];
    for (size_t i = 0; i < SMALL; i++)
        values [i] = (i % 2 ? -1 : 1) * value * (i < 4 ? 1 : pow (10, -10 * (double) i));
    FIXTURE_SET (f, "learning_rate", rate);
    gradmq_outcome_t outcome = fixture_push (f, values);
    double *p = fixture_parameters (f);
    for (size_t i = 0; i < SMALL; i++)
        assert_true (isfinite (p [i]));
    free (p);
    assert_true (
        outcome.disposition == GRADMQ_APPLIED
        || (outcome.disposition == GRADMQ_SKIPPED && outcome.code == GRADMQ_ERR_NON_FINITE));
}

static void
s_run (const gradmq_optimizer_t *optimizer, uint32_t master, const s_extreme_t *extreme)
{
    static const char *const rates [] = {"0", "1e-3", "1", "1e3", "1e6"};
    double most = master == GRADMQ_DTYPE_F64 ? 1e150 : 9.9e17;
    const double gradients [] = {most, 1e-3 * most, 1, 1e-15, 1e-30, 0};
    const double parameters [] = {0, 1, 1e15, 1e30, 3e38};
    for (size_t p = 0; p < sizeof parameters / sizeof *parameters; p++) {
        fixture_t f;
        fixture_open_small (&f, master, parameters [p]);
        FIXTURE_SET (&f, "optimizer", optimizer->name);
        if (extreme->name)
            FIXTURE_SET (&f, extreme->name, extreme->value);
        for (size_t r = 0; r < sizeof rates / sizeof *rates; r++)
            for (size_t g = 0; g < sizeof gradients / sizeof *gradients; g++)
                s_push (&f, rates [r], gradients [g]);
        for (size_t g = sizeof gradients / sizeof *gradients; g-- > 0;)
            s_push (&f, "1", gradients [g]);
        fixture_close (&f);
    }
}

//  apply asserts that a step which the margin allows stays finite; here every optimizer meets the
//  ends of its settings' ranges.
static void
test_margin_extreme_settings_and_values_never_reach_infinity (void **state)
{
    (void) state;
    const s_extreme_t extremes [] = {{NULL, NULL},
                                     {"momentum", "1"},
                                     {"beta1", "0.999999"},
                                     {"beta1", "0"},
                                     {"beta2", "0"},
                                     {"beta2", "0.99999999"},
                                     {"epsilon", "1e-16"},
                                     {"epsilon", "1"},
                                     {"rho", "0.999999"},
                                     {"rho", "0"},
                                     {"l2", "1000"},
                                     {"weight_decay", "1000"},
                                     {"initial_accumulator", "1e6"},
                                     {"momentum_decay", "1"},
                                     {"trust_coefficient", "1000"}};
    for (size_t i = 0; gradmq_optimizer_at (i); i++)
        for (size_t e = 0; e < sizeof extremes / sizeof *extremes; e++) {
            const gradmq_optimizer_t *optimizer = gradmq_optimizer_at (i);
            const s_extreme_t *extreme = &extremes [e];
            if (extreme->name
                && !gradmq_optimizer_reads (
                    optimizer, gradmq_setting_id (gradmq_setting_find (extreme->name))))
                continue;
            s_run (optimizer, GRADMQ_DTYPE_F32, extreme);
            s_run (optimizer, GRADMQ_DTYPE_F64, extreme);
        }
}

//  Usual training is far from the margin, so that nothing is spared there.
static void
test_margin_usual_training_holds (void **state)
{
    (void) state;
    for (size_t i = 0; gradmq_optimizer_at (i); i++)
        for (uint32_t master = GRADMQ_DTYPE_F32; master <= GRADMQ_DTYPE_F64; master++) {
            const gradmq_optimizer_t *optimizer = gradmq_optimizer_at (i);
            fixture_t f;
            fixture_open_small (&f, master, 1);
            FIXTURE_SET (&f, "optimizer", optimizer->name);
            gradmq_plan_t *plan;
            assert_int_equal (gradmq_plan_open (&plan, f.layout, &f.settings, NULL, NULL),
                              GRADMQ_OK);
            assert_true (
                gradmq_margin_holds (plan, f.settings.learning_rate, plan->real->value_limit, 1e3)
                != optimizer->trust_ratio);
            assert_false (
                gradmq_margin_holds (plan, f.settings.learning_rate, 1, plan->real->safe_limit));
            gradmq_plan_destroy (&plan);
            fixture_close (&f);
        }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_margin_extreme_settings_and_values_never_reach_infinity),
        cmocka_unit_test (test_margin_usual_training_holds),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
