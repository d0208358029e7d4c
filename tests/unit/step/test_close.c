//  A step of several contributions against plain doubles: every rule, dtypes, parts, rows, transforms.

#include "unit/step/several.h"

static const size_t s_counts [] = {1, 2, 17, 100};
static const uint32_t s_masters [] = {GRADMQ_DTYPE_F32, GRADMQ_DTYPE_F64};

static double
s_tolerance (const fixture_t *f)
{
    return gradmq_layout_dtype (f->layout)->code == GRADMQ_DTYPE_F64 ? 1e-12 : 1e-5;
}

//  The fixture's settings with this optimizer or the default one, and a step of n.
static void
s_open (fixture_t *f, uint32_t master)
{
    fixture_open (f, master);
    FIXTURE_SET (f, "policy", "bsp");
}

//  One step of n whole contributions whose dtypes go round.
static void
s_check_rule (uint32_t master, const char *rule, size_t n)
{
    static const uint32_t dtypes [] = {0, GRADMQ_DTYPE_F16, GRADMQ_DTYPE_BF16, GRADMQ_DTYPE_F32,
                                       GRADMQ_DTYPE_F64};
    fixture_t f;
    several_t several;
    reference_t reference;
    s_open (&f, master);
    FIXTURE_SET (&f, "rule", rule);
    reference_open (&reference, &f);
    several_open (&several, &f, n);
    for (size_t i = 0; i < n; i++) {
        several_whole (&several, i, dtypes [i % 5], 1000 + 8 * i);
        if (strcmp (rule, "weighted_mean") == 0)
            several.of [i].sample.gradient.weight = 0.25 + (double) (i % 9);
    }
    several_check (&several, &reference, NULL, s_tolerance (&f));
    several_close (&several);
    reference_close (&reference);
    fixture_close (&f);
}

static void
test_close_by_every_rule_gives_what_doubles_give (void **state)
{
    (void) state;
    for (size_t m = 0; m < 2; m++)
        for (size_t k = 0; gradmq_rule_at (k); k++)
            for (size_t i = 0; i < 4; i++) {
                gradmq_settings_t settings;
                gradmq_resolve_defaults (&settings);
                if (s_counts [i] >= gradmq_rule_least (gradmq_rule_at (k), &settings))
                    s_check_rule (s_masters [m], gradmq_rule_at (k)->name, s_counts [i]);
            }
}

//  What contribution i says of each tensor: all three forms in turn, so that a tensor has them mixed.
static void
s_mix (says_t says [TENSORS], size_t i)
{
    static const says_t forms [] = {SAYS_ROWS, SAYS_ALL, SAYS_NOTHING};
    says [0] = forms [i % 3];
    says [1] = i % 2 ? SAYS_ALL : SAYS_NOTHING;
    says [2] = i % 4 == 1 ? SAYS_NOTHING : SAYS_ALL;
    says [3] = i % 5 == 4 ? SAYS_NOTHING : SAYS_ROWS;  //  nobody has all of it
}

static const char *const s_linear [] = {"sum", "mean", "weighted_mean"};

//  Means divide a tensor by its contributors; ROWS alone stay rows, their union; mixed with DENSE they do
//  not. The optimizer's state shows which rows and tensors were stepped.
static void
s_check_parts (uint32_t master, const char *rule, const char *optimizer, size_t n)
{
    fixture_t f;
    reference_t reference;
    s_open (&f, master);
    FIXTURE_SET (&f, "rule", rule, "optimizer", optimizer);
    reference_open (&reference, &f);
    for (size_t step = 0; step < 3; step++) {
        several_t several;
        several_open (&several, &f, n);
        for (size_t i = 0; i < n; i++) {
            says_t says [TENSORS];
            s_mix (says, i + step);
            several_parts (&several, i, says, 4096);
            if (strcmp (rule, "weighted_mean") == 0)
                several.of [i].sample.gradient.weight = 1.5 + (double) i;
        }
        several_check (&several, &reference, NULL, s_tolerance (&f));
        several_close (&several);
    }
    reference_close (&reference);
    fixture_close (&f);
}

static void
test_close_of_parts_divides_a_tensor_by_its_contributors (void **state)
{
    (void) state;
    for (size_t m = 0; m < 2; m++)
        for (size_t k = 0; k < 3; k++)
            for (size_t i = 0; i < 4; i++) {
                s_check_parts (s_masters [m], s_linear [k], "sgd", s_counts [i]);
                s_check_parts (s_masters [m], s_linear [k], "momentum", s_counts [i]);
            }
    s_check_parts (GRADMQ_DTYPE_F64, "mean", "adam", 17);
}

//  Frames may be cut anywhere between elements.
static void
test_close_does_not_depend_on_where_frames_are_cut (void **state)
{
    (void) state;
    static const size_t pieces [] = {8, 24, 4088, 1u << 20};
    double *first = NULL;
    for (size_t k = 0; k < 4; k++) {
        fixture_t f;
        several_t several;
        s_open (&f, GRADMQ_DTYPE_F64);
        FIXTURE_SET (&f, "clip_norm", "3");
        several_open (&several, &f, 5);
        for (size_t i = 0; i < 5; i++)
            several_whole (&several, i, GRADMQ_DTYPE_F64, pieces [(k + i) % 4]);
        several_step (&several);
        double *values = fixture_parameters (&f);
        if (first)
            assert_memory_equal (first, values, ELEMENTS * sizeof *values);
        else
            first = values;
        if (first != values)
            free (values);
        several_close (&several);
        fixture_close (&f);
    }
    free (first);
}

//  Under these settings, in both masters; `prepare` may change the contributions.
static void
s_check_settings (const char *const *pairs, bool parts, void (*prepare) (several_t *several))
{
    for (size_t m = 0; m < 2; m++) {
        fixture_t f;
        several_t several;
        reference_t reference;
        s_open (&f, s_masters [m]);
        assert_int_equal (fixture_try (&f, pairs, NULL), GRADMQ_OK);
        reference_open (&reference, &f);
        several_open (&several, &f, 7);
        for (size_t i = 0; i < 7; i++) {
            says_t says [TENSORS];
            s_mix (says, i);
            if (parts)
                several_parts (&several, i, says, 512);
            else
                several_whole (&several, i, 0, 1016);
        }
        if (prepare)
            prepare (&several);
        several_check (&several, &reference, NULL, s_tolerance (&f));
        several_close (&several);
        reference_close (&reference);
        fixture_close (&f);
    }
}

#define CHECK(parts, prepare, ...)                                                                 \
    s_check_settings ((const char *const []){__VA_ARGS__, NULL}, (parts), (prepare))

static void
test_close_clips_in_the_order_of_the_rule (void **state)
{
    (void) state;
    for (int parts = 0; parts < 2; parts++) {
        CHECK (parts, NULL, "clip_norm", "2");
        CHECK (parts, NULL, "clip_value", "0.125");
        CHECK (parts, NULL, "clip_global_norm", "1");
        CHECK (parts, NULL, "clip_norm", "20", "clip_value", "0.0625", "clip_global_norm", "0.5");
    }
    CHECK (false, NULL, "clip_norm", "4", "rule", "multi_krum", "krum_selected", "3");
    CHECK (false, NULL, "clip_norm", "4", "rule", "nnm_trimmed_mean", "byzantine", "2");
}

static void
s_scale_losses (several_t *several)
{
    for (size_t i = 0; i < several->n; i++)
        several->of [i].sample.gradient.loss_scale = ldexp (1, (int) i);
}

static void
test_close_unscales_and_ascends (void **state)
{
    (void) state;
    CHECK (false, s_scale_losses, "learning_rate", "0.5");
    CHECK (true, s_scale_losses, "mode", "ascent", "clip_norm", "1");
    CHECK (false, NULL, "mode", "ascent", "l2", "0.25", "rule", "median");
    CHECK (false, NULL, "mode", "ascent", "weight_decay", "0.25");
}

static void
s_weigh (several_t *several)
{
    for (size_t i = 0; i < several->n; i++)
        several->of [i].sample.gradient.weight = (double) (i + 1);
}

static void
test_close_caps_weights (void **state)
{
    (void) state;
    CHECK (false, s_weigh, "rule", "weighted_mean", "max_weight", "3.5");
    CHECK (true, s_weigh, "rule", "weighted_mean", "max_weight", "0.5");
}

//  Frozen tensors neither change nor count in a norm or a distance.
static void
test_close_leaves_frozen_tensors_alone (void **state)
{
    (void) state;
    static const char *const rules [] = {"mean", "krum", "median", "nnm_trimmed_mean"};
    for (size_t k = 0; k < 4; k++) {
        fixture_t f;
        several_t several;
        reference_t reference;
        s_open (&f, GRADMQ_DTYPE_F64);
        gradmq_group_t *group = &f.settings.groups [f.settings.group_count++];
        *group = (gradmq_group_t){.rate_scale = 1, .frozen = true};
        snprintf (group->pattern, sizeof group->pattern, "dense.*");
        f.settings.groups_given = true;
        FIXTURE_SET (&f, "rule", rules [k], "clip_norm", "1", "clip_global_norm", "0.5");
        reference_open (&reference, &f);
        several_open (&several, &f, 7);
        several.frozen [1] = several.frozen [2] = true;
        for (size_t i = 0; i < 7; i++)
            several_whole (&several, i, 0, 4096);
        several_check (&several, &reference, NULL, 1e-12);
        several_close (&several);
        reference_close (&reference);
        fixture_close (&f);
    }
}

//  A step in which all say something of frozen tensors alone is a step.
static void
test_close_of_frozen_tensors_alone_is_a_step (void **state)
{
    (void) state;
    fixture_t f;
    several_t several;
    s_open (&f, GRADMQ_DTYPE_F32);
    gradmq_group_t *group = &f.settings.groups [f.settings.group_count++];
    *group = (gradmq_group_t){.rate_scale = 1, .frozen = true};
    snprintf (group->pattern, sizeof group->pattern, "dense.b");
    f.settings.groups_given = true;
    FIXTURE_SET (&f, "rule", "mean", "clip_global_norm", "1");
    double *before = fixture_parameters (&f);
    several_open (&several, &f, 2);
    for (size_t i = 0; i < 2; i++)
        several_parts (&several, i, (says_t [TENSORS]){[2] = SAYS_ALL}, 64);
    several_step (&several);
    assert_int_equal (several.outcomes [0].disposition, GRADMQ_APPLIED);
    assert_int_equal (gradmq_model_version (f.model), 1);
    double *after = fixture_parameters (&f);
    assert_memory_equal (before, after, ELEMENTS * sizeof *before);
    free (before);
    free (after);
    several_close (&several);
    fixture_close (&f);
}

//  --------------------------------------------------------------------------------------------
//  merge

static void
s_open_merge (fixture_t *f, uint32_t master, const char *count)
{
    fixture_open (f, master);
    FIXTURE_SET (f, "policy", "merge", "merge_count", count, "mode", "ascent");
    gradmq_model_retain (f->model, 4);
}

static void
test_close_of_deltas_adds_their_weighted_mean (void **state)
{
    (void) state;
    for (size_t m = 0; m < 2; m++) {
        fixture_t f;
        several_t several;
        reference_t reference;
        s_open_merge (&f, s_masters [m], "7");
        reference_open (&reference, &f);
        several_open (&several, &f, 7);
        for (size_t i = 0; i < 7; i++) {
            says_t says [TENSORS];
            s_mix (says, i);
            several_parts (&several, i, says, 4096);
            several.of [i].sample.gradient.kind = GRADMQ_KIND_DELTA;
            several.of [i].sample.gradient.weight = 1 + (double) i;
        }
        several_check (&several, &reference, NULL, s_tolerance (&f));
        several_close (&several);
        reference_close (&reference);
        fixture_close (&f);
    }
}

//  Models from the newest version, from a version before it, and from none that is stated.
static void
s_check_models (uint32_t master, const char *clip, bool old_base)
{
    fixture_t f;
    several_t several;
    reference_t reference;
    s_open_merge (&f, master, "5");
    FIXTURE_SET (&f, "clip_norm", clip);
    double *base = fixture_parameters (&f);
    for (size_t step = 0; step < 2; step++) {
        if (!old_base) {
            free (base);
            base = fixture_parameters (&f);
        }
        reference_open (&reference, &f);
        several_open (&several, &f, 5);
        for (size_t i = 0; i < 5; i++) {
            gradmq_gradient_t *gradient = &several.of [i].sample.gradient;
            several_whole (&several, i, i % 2 ? 0 : GRADMQ_DTYPE_F16, 2048);
            gradient->kind = GRADMQ_KIND_MODEL_PARAMETERS;
            gradient->weight = 1 + (double) i;
            gradient->has_base = old_base;
            gradient->base_epoch = gradmq_model_epoch (f.model);
            gradient->base_version = 0;
        }
        several_check (&several, &reference, base, s_tolerance (&f));
        several_close (&several);
        reference_close (&reference);
    }
    free (base);
    fixture_close (&f);
}

static void
test_close_of_models_takes_their_differences (void **state)
{
    (void) state;
    for (size_t m = 0; m < 2; m++) {
        s_check_models (s_masters [m], "0", false);
        s_check_models (s_masters [m], "0", true);
        s_check_models (s_masters [m], "1", true);
    }
}

//  sgd with rate 1 and weighted_mean: the weighted mean of the models themselves.
static void
test_close_of_models_from_the_newest_is_their_weighted_mean (void **state)
{
    (void) state;
    fixture_t f;
    several_t several;
    s_open_merge (&f, GRADMQ_DTYPE_F64, "3");
    several_open (&several, &f, 3);
    static double mean [ELEMENTS];
    for (size_t i = 0; i < 3; i++) {
        several_whole (&several, i, 0, 4096);
        several.of [i].sample.gradient.kind = GRADMQ_KIND_MODEL_PARAMETERS;
        several.of [i].sample.gradient.weight = (double) (1u << i);
        for (size_t e = 0; e < ELEMENTS; e++)
            mean [e] += several.of [i].x [e] * (double) (1u << i) / 7;
    }
    several_step (&several);
    double *values = fixture_parameters (&f);
    for (size_t e = 0; e < ELEMENTS; e++)
        assert_true (fabs (values [e] - mean [e]) <= 1e-14);
    free (values);
    several_close (&several);
    fixture_close (&f);
}

//  --------------------------------------------------------------------------------------------
//  Staleness, and steps that are not made

//  After six steps the contributions state bases 0, 1 and so on.
static void
s_check_stale (const char *optimizer, const char *scale, const char *clip)
{
    fixture_t f;
    several_t several;
    reference_t reference;
    fixture_open (&f, GRADMQ_DTYPE_F64);
    static double zeros [ELEMENTS];
    for (size_t i = 0; i < 6; i++)
        assert_int_equal (fixture_push (&f, zeros).disposition, GRADMQ_APPLIED);
    FIXTURE_SET (&f, "buffer_gradients", "7", "optimizer", optimizer, "staleness_scale", scale,
                 "learning_rate", "0.25", "clip_norm", clip, "rule", "sum");
    gradmq_step_set_members (f.step, 2);
    reference_open (&reference, &f);
    several_open (&several, &f, 7);
    for (size_t i = 0; i < 7; i++) {
        gradmq_gradient_t *gradient = &several.of [i].sample.gradient;
        several_whole (&several, i, 0, 4096);
        gradient->has_base = true;
        gradient->base_epoch = gradmq_model_epoch (f.model);
        gradient->base_version = i;
        double staleness = (double) (6 - i);
        several.of [i].scale = 1 / fmax (1, strcmp (scale, "inverse") ? staleness / 2 : staleness);
    }
    several_check (&several, &reference, NULL, 1e-12);
    for (size_t i = 0; i < 7; i++)
        assert_int_equal (several.outcomes [i].staleness, 6 - i);
    several_close (&several);
    reference_close (&reference);
    fixture_close (&f);
}

static void
test_close_scales_stale_contributions (void **state)
{
    (void) state;
    static const char *const optimizers [] = {"sgd", "momentum", "adam", "adagrad"};
    for (size_t i = 0; i < 4; i++) {
        s_check_stale (optimizers [i], "inverse", "0");
        s_check_stale (optimizers [i], "members", "0");
    }
    //  An adaptive optimizer would make a step of what rounding leaves of sums that are 0, as it would of
    //  means.
    for (size_t i = 0; i < 2; i++) {
        s_check_stale (optimizers [i], "inverse", "1");
        s_check_stale (optimizers [i], "members", "1");
    }
}

//  The same contribution alone and as a step of one gives the same: clipped first, then scaled.
static void
test_close_of_one_scales_as_a_single_step_does (void **state)
{
    (void) state;
    double *values [2];
    for (size_t k = 0; k < 2; k++) {
        fixture_t f;
        several_t several;
        fixture_open (&f, GRADMQ_DTYPE_F64);
        static double zeros [ELEMENTS];
        for (size_t i = 0; i < 4; i++)
            assert_int_equal (fixture_push (&f, zeros).disposition, GRADMQ_APPLIED);
        FIXTURE_SET (&f, "clip_norm", "1", "staleness_scale", "inverse");
        if (k)
            FIXTURE_SET (&f, "buffer_gradients", "2");
        several_open (&several, &f, 1);
        several_whole (&several, 0, 0, 4096);
        gradmq_gradient_t *gradient = &several.of [0].sample.gradient;
        gradient->has_base = true;
        gradient->base_epoch = gradmq_model_epoch (f.model);
        if (k)
            several_step (&several);
        else
            assert_int_equal (fixture_apply (&f, &several.of [0].sample, NULL).disposition,
                              GRADMQ_APPLIED);
        values [k] = fixture_parameters (&f);
        several_close (&several);
        fixture_close (&f);
    }
    for (size_t e = 0; e < ELEMENTS; e++)
        assert_true (fabs (values [0][e] - values [1][e]) <= 1e-15);
    free (values [0]);
    free (values [1]);
}

//  The mean over n parts of a batch is one gradient of the batch's mean.
static void
test_close_of_a_mean_equals_one_gradient_of_it (void **state)
{
    (void) state;
    static const size_t counts [] = {2, 4, 64};
    for (size_t k = 0; k < 3; k++) {
        fixture_t one, many;
        several_t several;
        static double mean [ELEMENTS];
        memset (mean, 0, sizeof mean);
        s_open (&many, GRADMQ_DTYPE_F32);
        fixture_open (&one, GRADMQ_DTYPE_F32);
        several_open (&several, &many, counts [k]);
        for (size_t i = 0; i < counts [k]; i++) {
            several_whole (&several, i, 0, 4096);
            for (size_t e = 0; e < ELEMENTS; e++)
                mean [e] += several.of [i].x [e] / (double) counts [k];
        }
        several_step (&several);
        assert_int_equal (fixture_push (&one, mean).disposition, GRADMQ_APPLIED);
        double *a = fixture_parameters (&one), *b = fixture_parameters (&many);
        for (size_t e = 0; e < ELEMENTS; e++)
            assert_true (fabs (a [e] - b [e]) <= 1e-6);
        free (a);
        free (b);
        several_close (&several);
        fixture_close (&one);
        fixture_close (&many);
    }
}

//  Nothing is kept of a step whose aggregate or result is not finite: see rule Y-4.
static void
test_close_that_overflows_leaves_everything_as_it_was (void **state)
{
    (void) state;
    static const char *const optimizers [] = {"sgd", "momentum", "adam"};
    for (size_t k = 0; k < 3; k++) {
        fixture_t f, twin;
        several_t several;
        double huge [SMALL];
        fixture_open_small (&f, GRADMQ_DTYPE_F32, 3e38);
        fixture_open_small (&twin, GRADMQ_DTYPE_F32, 3e38);
        FIXTURE_SET (&f, "policy", "bsp", "optimizer", optimizers [k], "l2", "1000");
        FIXTURE_SET (&twin, "optimizer", optimizers [k]);
        for (size_t i = 0; i < SMALL; i++)
            huge [i] = 0.5;
        several_open (&several, &f, 3);
        for (size_t i = 0; i < 3; i++)
            sample_whole (&several.of [i].sample, &f, 0, huge, 12);
        several_step (&several);
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal (several.outcomes [i].disposition, GRADMQ_SKIPPED);
            assert_int_equal (several.outcomes [i].code, GRADMQ_ERR_NON_FINITE);
        }
        assert_int_equal (several.report.steps, 0);
        assert_int_equal (gradmq_model_version (f.model), 0);
        assert_int_equal (gradmq_step_tick (f.step), 0);
        //  The state is as it was too: what follows is a first step.
        FIXTURE_SET (&f, "l2", "0");
        several_step (&several);
        assert_int_equal (several.outcomes [2].disposition, GRADMQ_APPLIED);
        assert_int_equal (fixture_push (&twin, huge).disposition, GRADMQ_APPLIED);
        double *a = fixture_parameters (&f), *b = fixture_parameters (&twin);
        assert_memory_equal (a, b, SMALL * sizeof *a);
        free (a);
        free (b);
        several_close (&several);
        fixture_close (&f);
        fixture_close (&twin);
    }
}

//  A sum may be greater than any gradient that is taken, so that adam's squares of it overflow.
static void
test_close_of_a_sum_too_large_to_square_is_skipped (void **state)
{
    (void) state;
    fixture_t f;
    several_t several;
    double huge [SMALL];
    fixture_open_small (&f, GRADMQ_DTYPE_F32, 1);
    FIXTURE_SET (&f, "policy", "bsp", "rule", "sum", "optimizer", "adam");
    for (size_t i = 0; i < SMALL; i++)
        huge [i] = 1e18;
    several_open (&several, &f, 100);
    for (size_t i = 0; i < 100; i++)
        sample_whole (&several.of [i].sample, &f, 0, huge, 12);
    several_step (&several);
    assert_int_equal (several.report.steps, 0);
    assert_int_equal (several.outcomes [99].disposition, GRADMQ_SKIPPED);
    assert_int_equal (several.outcomes [99].code, GRADMQ_ERR_NON_FINITE);
    double *parameters = fixture_parameters (&f);
    for (size_t i = 0; i < SMALL; i++)
        assert_true (parameters [i] == 1);
    free (parameters);
    several_close (&several);
    fixture_close (&f);
}

//  The greatest gradients there may be, of many workers: squares of their sum are within F64.
static void
test_close_of_the_greatest_gradients_is_clipped (void **state)
{
    (void) state;
    fixture_t f;
    several_t several;
    double huge [SMALL];
    fixture_open_small (&f, GRADMQ_DTYPE_F64, 1);
    FIXTURE_SET (&f, "policy", "bsp", "rule", "sum", "clip_global_norm", "1");
    for (size_t i = 0; i < SMALL; i++)
        huge [i] = 1e150;
    several_open (&several, &f, 100);
    for (size_t i = 0; i < 100; i++)
        sample_whole (&several.of [i].sample, &f, 0, huge, 24);
    several_step (&several);
    assert_int_equal (several.outcomes [0].disposition, GRADMQ_APPLIED);
    double *values = fixture_parameters (&f);
    assert_true (fabs (values [0] - (1 - 1 / sqrt (SMALL))) < 1e-12);
    free (values);
    several_close (&several);
    fixture_close (&f);
}

static void
test_close_with_too_few_is_skipped (void **state)
{
    (void) state;
    fixture_t f;
    several_t several;
    s_open (&f, GRADMQ_DTYPE_F32);
    FIXTURE_SET (&f, "rule", "krum");
    several_open (&several, &f, 4);
    for (size_t i = 0; i < 4; i++)
        several_whole (&several, i, 0, 4096);
    several_step (&several);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal (several.outcomes [i].disposition, GRADMQ_SKIPPED);
        assert_int_equal (several.outcomes [i].code, GRADMQ_ERR_STATE);
    }
    assert_int_equal (several.report.steps, 0);
    assert_int_equal (gradmq_model_version (f.model), 0);
    several_close (&several);
    fixture_close (&f);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_close_by_every_rule_gives_what_doubles_give),
        cmocka_unit_test (test_close_of_parts_divides_a_tensor_by_its_contributors),
        cmocka_unit_test (test_close_does_not_depend_on_where_frames_are_cut),
        cmocka_unit_test (test_close_clips_in_the_order_of_the_rule),
        cmocka_unit_test (test_close_unscales_and_ascends),
        cmocka_unit_test (test_close_caps_weights),
        cmocka_unit_test (test_close_leaves_frozen_tensors_alone),
        cmocka_unit_test (test_close_of_frozen_tensors_alone_is_a_step),
        cmocka_unit_test (test_close_of_deltas_adds_their_weighted_mean),
        cmocka_unit_test (test_close_of_models_takes_their_differences),
        cmocka_unit_test (test_close_of_models_from_the_newest_is_their_weighted_mean),
        cmocka_unit_test (test_close_scales_stale_contributions),
        cmocka_unit_test (test_close_of_one_scales_as_a_single_step_does),
        cmocka_unit_test (test_close_of_a_mean_equals_one_gradient_of_it),
        cmocka_unit_test (test_close_that_overflows_leaves_everything_as_it_was),
        cmocka_unit_test (test_close_of_a_sum_too_large_to_square_is_skipped),
        cmocka_unit_test (test_close_of_the_greatest_gradients_is_clipped),
        cmocka_unit_test (test_close_with_too_few_is_skipped),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
