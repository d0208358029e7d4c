#include "unit/step/fixture.h"

static gradmq_err_t
s_admit (const fixture_t *f, const gradmq_gradient_t *gradient)
{
    gradmq_reason_t reason;
    gradmq_err_t rc = gradmq_step_admit (f->step, f->model, gradient, &reason);
    if (rc)
        assert_int_equal (reason.code, rc);
    return rc;
}

static gradmq_gradient_t
s_gradient (const fixture_t *f)
{
    return (gradmq_gradient_t){.kind = GRADMQ_KIND_GRADIENT,
                               .weight = 1,
                               .loss_scale = 1,
                               .layout = gradmq_layout_id (f->layout)};
}

static void
test_admit_kinds_weights_and_layouts (void **state)
{
    (void) state;
    fixture_t f;
    fixture_open (&f, GRADMQ_DTYPE_F32);
    gradmq_gradient_t gradient = s_gradient (&f);
    assert_int_equal (s_admit (&f, &gradient), GRADMQ_OK);
    gradient.weight = 2;
    assert_int_equal (s_admit (&f, &gradient), GRADMQ_ERR_ARGUMENT);
    gradient.weight = 1;
    const uint32_t refused [] = {0, GRADMQ_KIND_DELTA, GRADMQ_KIND_MODEL_PARAMETERS, 5};
    for (size_t i = 0; i < 4; i++) {
        gradient.kind = refused [i];
        assert_int_equal (s_admit (&f, &gradient), GRADMQ_ERR_UNSUPPORTED);
    }
    gradient.kind = GRADMQ_KIND_SKIP;
    assert_int_equal (s_admit (&f, &gradient), GRADMQ_OK);
    gradient.layout = 0;
    assert_int_equal (s_admit (&f, &gradient), GRADMQ_OK);
    gradient.kind = GRADMQ_KIND_GRADIENT;
    assert_int_equal (s_admit (&f, &gradient), GRADMQ_ERR_LAYOUT);
    fixture_close (&f);
}

static void
test_admit_rows_need_an_optimizer_that_is_lazy (void **state)
{
    (void) state;
    fixture_t f;
    fixture_open (&f, GRADMQ_DTYPE_F32);
    gradmq_part_t part = {.tensor = 0, .encoding = GRADMQ_ENCODING_ROWS, .count = 1};
    gradmq_gradient_t gradient = s_gradient (&f);
    gradient.part_count = 1;
    gradient.parts = &part;
    assert_int_equal (s_admit (&f, &gradient), GRADMQ_OK);
    FIXTURE_SET (&f, "l2", "0.1");
    assert_int_equal (s_admit (&f, &gradient), GRADMQ_ERR_UNSUPPORTED);
    FIXTURE_SET (&f, "groups", "embed.* l2=0");
    assert_int_equal (s_admit (&f, &gradient), GRADMQ_OK);
    FIXTURE_SET (&f, "groups", "");
    FIXTURE_SET (&f, "optimizer", "lamb");
    assert_int_equal (s_admit (&f, &gradient), GRADMQ_ERR_UNSUPPORTED);
    part.encoding = GRADMQ_ENCODING_DENSE;
    assert_int_equal (s_admit (&f, &gradient), GRADMQ_OK);
    fixture_close (&f);
}

static void
test_admit_base_epoch_and_staleness (void **state)
{
    (void) state;
    fixture_t f;
    fixture_open_small (&f, GRADMQ_DTYPE_F32, 1);
    const double values [SMALL] = {0};
    for (int i = 0; i < 5; i++)
        fixture_push (&f, values);
    gradmq_gradient_t gradient = s_gradient (&f);
    gradient.has_base = true;
    gradient.base_epoch = gradmq_model_epoch (f.model);
    gradient.base_version = 0;
    assert_int_equal (s_admit (&f, &gradient), GRADMQ_OK);
    gradient.base_version = 6;
    assert_int_equal (s_admit (&f, &gradient), GRADMQ_ERR_EPOCH);
    gradient.base_version = UINT64_MAX;
    assert_int_equal (s_admit (&f, &gradient), GRADMQ_ERR_EPOCH);
    gradient.base_version = 5;
    gradient.base_epoch--;
    assert_int_equal (s_admit (&f, &gradient), GRADMQ_ERR_EPOCH);
    gradient.base_epoch++;
    FIXTURE_SET (&f, "max_staleness", "2");
    assert_int_equal (s_admit (&f, &gradient), GRADMQ_OK);
    gradient.base_version = 3;
    assert_int_equal (s_admit (&f, &gradient), GRADMQ_OK);
    gradient.base_version = 2;
    assert_int_equal (s_admit (&f, &gradient), GRADMQ_ERR_STALE);
    gradient.has_base = false;
    assert_int_equal (s_admit (&f, &gradient), GRADMQ_ERR_BASE);
    fixture_close (&f);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_admit_kinds_weights_and_layouts),
        cmocka_unit_test (test_admit_rows_need_an_optimizer_that_is_lazy),
        cmocka_unit_test (test_admit_base_epoch_and_staleness),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
