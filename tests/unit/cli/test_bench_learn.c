#include "cli/bench/learn/encoder.h"
#include "cli/bench/learn/fleet.h"
#include "cli/bench/learn/parity.h"
#include "cli/bench/learn/split.h"
#include "cli/bench/learn/study.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PARAMETERS = GRADMQ_LOGISTIC_PARAMETERS };

static gradmq_task_t s_task;

static int
s_open_task (void **state)
{
    (void) state;
    gradmq_reason_t reason;
    const char *source = getenv ("GRADMQ_SOURCE");
    char path [4096];
    snprintf (path, sizeof path, "%s/bindings/examples/digits/digits.csv", source ? source : ".");
    if (!gradmq_task_open (&s_task, path, &reason))
        return 0;
    fprintf (stderr, "%s\n", reason.text);
    return -1;
}

static int
s_close_task (void **state)
{
    (void) state;
    gradmq_task_clear (&s_task);
    return 0;
}

static gradmq_trial_result_t
s_run (gradmq_trial_t trial)
{
    gradmq_trial_result_t result = {0};
    gradmq_reason_t reason;
    if (gradmq_trial_run (&trial, &s_task, &result, &reason))
        fail_msg ("%s: %s", trial.arm->name, reason.text);
    return result;
}

static gradmq_trial_t
s_trial (const char *arm, size_t contributions)
{
    return (gradmq_trial_t){
        .arm = gradmq_arm_find (arm), .seed = 1, .contributions = contributions, .rate = 0.3};
}

static void
test_load_every_image_is_to_learn_from_or_held_out (void **state)
{
    (void) state;
    assert_int_equal (s_task.train.count + s_task.test.count, 1797);
    assert_in_range (s_task.test.count, 1797 / 5, 1797 / 5 + 10);
    for (size_t i = 0; i < s_task.train.count * GRADMQ_DIGITS_PIXELS; i++)
        assert_true (s_task.train.pixels [i] >= 0 && s_task.train.pixels [i] <= 1);
}

static void
s_assert_refused (const char *text, const char *sentence)
{
    char path [] = "/tmp/gradmq-digits-XXXXXX";
    int handle = mkstemp (path);
    assert_true (handle >= 0);
    FILE *file = fdopen (handle, "w");
    fputs (text, file);
    fclose (file);
    gradmq_digits_t train, test;
    gradmq_reason_t reason;
    assert_int_equal (gradmq_digits_load (&train, &test, path, &reason), GRADMQ_ERR_ARGUMENT);
    assert_non_null (strstr (reason.text, sentence));
    gradmq_digits_clear (&train);
    gradmq_digits_clear (&test);
    remove (path);
}

static void
test_load_what_is_no_image_is_refused_by_line (void **state)
{
    (void) state;
    s_assert_refused ("", "0 images are too few");
    s_assert_refused ("1,2,3\n", "line 1 is not 64 numbers");
    s_assert_refused ("17,2,3\n", "line 1 is not 64 numbers");
    s_assert_refused ("nothing\n", "line 1 is not 64 numbers");
}

static void
test_gradient_is_the_slope_of_the_objective (void **state)
{
    (void) state;
    double w [PARAMETERS], gradient [PARAMETERS], other [PARAMETERS];
    const uint32_t list [] = {0, 5, 77, 300};
    for (size_t j = 0; j < PARAMETERS; j++)
        w [j] = sin ((double) j);
    gradmq_logistic_gradient (w, &s_task.train, list, 4, gradient);
    for (size_t j = 0; j < PARAMETERS; j += 31) {
        const double step = 1e-5, kept = w [j];
        w [j] = kept + step;
        double above = gradmq_logistic_gradient (w, &s_task.train, list, 4, other);
        w [j] = kept - step;
        double below = gradmq_logistic_gradient (w, &s_task.train, list, 4, other);
        w [j] = kept;
        assert_true (fabs ((above - below) / (2 * step) - gradient [j]) < 1e-7);
    }
}

static void
test_optimum_has_no_gradient (void **state)
{
    (void) state;
    double gradient [PARAMETERS], squares = 0;
    gradmq_logistic_gradient (s_task.optimum, &s_task.train, NULL, s_task.train.count, gradient);
    for (size_t j = 0; j < PARAMETERS; j++)
        squares += gradient [j] * gradient [j];
    assert_true (sqrt (squares) <= 1e-8);
    assert_true (s_task.best.accuracy > 0.9);
}

//  Each image belongs to exactly one worker, each worker has some, and no two seeds deal alike.
static void
test_split_is_disjoint_whole_and_uneven (void **state)
{
    (void) state;
    gradmq_reason_t reason;
    gradmq_split_t first, second;
    gradmq_dice_t dice = gradmq_dice (1, 1), other = gradmq_dice (2, 1);
    assert_int_equal (gradmq_split (&first, &s_task.train, 1.0, &dice, &reason), GRADMQ_OK);
    assert_int_equal (gradmq_split (&second, &s_task.train, 1.0, &other, &reason), GRADMQ_OK);
    unsigned *seen = calloc (s_task.train.count, sizeof *seen);
    assert_non_null (seen);
    assert_int_equal (first.first [GRADMQ_SPLIT_WORKERS], s_task.train.count);
    for (size_t i = 0; i < s_task.train.count; i++)
        seen [first.images [i]]++;
    for (size_t i = 0; i < s_task.train.count; i++)
        assert_int_equal (seen [i], 1);
    size_t smallest = s_task.train.count, greatest = 0;
    for (size_t i = 0; i < GRADMQ_SPLIT_WORKERS; i++) {
        size_t size = gradmq_split_size (&first, i);
        assert_true (size >= GRADMQ_SPLIT_LEAST);
        smallest = size < smallest ? size : smallest;
        greatest = size > greatest ? size : greatest;
    }
    assert_true (greatest > smallest);
    assert_memory_not_equal (first.images, second.images, s_task.train.count * sizeof (uint32_t));
    free (seen);
    gradmq_split_clear (&first);
    gradmq_split_clear (&second);
}

static void
test_split_too_few_images_are_refused (void **state)
{
    (void) state;
    gradmq_reason_t reason;
    gradmq_split_t split;
    gradmq_dice_t dice = gradmq_dice (1, 1);
    gradmq_digits_t few = s_task.train;
    few.count = 100;
    assert_int_equal (gradmq_split (&split, &few, 1.0, &dice, &reason), GRADMQ_ERR_ARGUMENT);
    gradmq_split_clear (&split);
    assert_int_equal (gradmq_split_evenly (&split, &few, &reason), GRADMQ_ERR_ARGUMENT);
    gradmq_split_clear (&split);
}

//  The coordinator takes the settings of every arm, and all of them learn something.
static void
test_arm_every_one_makes_versions_and_learns (void **state)
{
    (void) state;
    const double start = log (GRADMQ_DIGITS_CLASSES);
    const gradmq_arm_t *arm;
    for (size_t i = 0; (arm = gradmq_arm_at (i)); i++) {
        gradmq_trial_t trial = s_trial (arm->name, 160);
        trial.rate = 0.03;
        trial.outer = arm->outer [0];
        gradmq_trial_result_t result = s_run (trial);
        if (result.versions < 160 / arm->per_version / 2 || !(result.objective < start))
            fail_msg ("%s: %d versions, objective %g", arm->name, (int) result.versions,
                      result.objective);
    }
}

static void
test_trial_is_the_same_again_and_another_with_another_seed (void **state)
{
    (void) state;
    gradmq_trial_t trial = s_trial ("ssp", 200);
    gradmq_trial_result_t first = s_run (trial), again = s_run (trial);
    trial.seed = 2;
    gradmq_trial_result_t other = s_run (trial);
    assert_memory_equal (&first, &again, sizeof first);
    assert_true (first.distance != other.distance);
}

static void
test_trial_bsp_makes_a_version_of_eight (void **state)
{
    (void) state;
    assert_int_equal (s_run (s_trial ("mean", 160)).versions, 20);
    assert_int_equal (s_run (s_trial ("async", 160)).versions, 160);
    assert_int_equal (s_run (s_trial ("buffer", 160)).versions, 20);
}

static void
test_attack_nan_is_refused_as_not_finite_and_no_other (void **state)
{
    (void) state;
    gradmq_trial_t trial = s_trial ("mean", 160);
    assert_int_equal (s_run (trial).not_finite, 0);
    trial.attack = GRADMQ_ATTACK_NOT_A_NUMBER;
    trial.attackers = 2;
    gradmq_trial_result_t result = s_run (trial);
    assert_int_equal (result.bad, 40);
    assert_int_equal (result.not_finite, 40);
    assert_int_equal (result.versions, 20);
    assert_true (isfinite (result.distance));
}

static void
test_attack_flipped_breaks_mean_and_not_trimmed_mean (void **state)
{
    (void) state;
    gradmq_trial_t trial = s_trial ("mean", 480);
    trial.attack = GRADMQ_ATTACK_FLIPPED;
    trial.attackers = 1;
    assert_true (s_run (trial).accuracy < 0.3);
    trial.arm = gradmq_arm_find ("trimmed_mean");
    assert_true (s_run (trial).accuracy > 0.6);
}

//  Of 1 and 3 the mean is 2 and the deviation 1.
static void
test_attack_little_is_so_many_deviations_from_the_mean (void **state)
{
    (void) state;
    const double others [] = {1, 10, 3, 10};
    double gradient [] = {5, 5};
    gradmq_dice_t dice = gradmq_dice (1, 1);
    gradmq_attack (GRADMQ_ATTACK_LITTLE, &dice, others, 2, gradient, 2);
    assert_true (fabs (gradient [0] - (2 - GRADMQ_ATTACK_DEVIATIONS)) < 1e-12);
    assert_true (fabs (gradient [1] - 10) < 1e-12);
}

//  What whole gradients lose in half precision goes with later ones: their sum is right but for what
//  the last one lost. Without feedback the same error would be made each time.
static void
test_encoder_feedback_makes_the_sum_right (void **state)
{
    (void) state;
    enum { TIMES = 1000 };
    gradmq_encoder_t encoder;
    gradmq_reason_t reason;
    gradmq_gradient_t header;
    double values [PARAMETERS], sum = 0, sent;
    for (size_t j = 0; j < PARAMETERS; j++)
        values [j] = 0.1;
    gradmq_gradient_init (&header);
    assert_int_equal (
        gradmq_encoder_open (&encoder, gradmq_encoder_find ("bf16"), s_task.layout, &reason),
        GRADMQ_OK);
    assert_int_equal (encoder.size, 2 * PARAMETERS);
    for (size_t i = 0; i < TIMES; i++) {
        assert_int_equal (gradmq_encoder_encode (&encoder, values, &header, &reason), GRADMQ_OK);
        gradmq_dtype (GRADMQ_DTYPE_BF16)->to_f64 (&sent, encoder.bytes, 1);
        assert_true (sent != 0.1);
        sum += sent;
    }
    assert_true (fabs (sum - TIMES * 0.1) < 0.001);
    gradmq_encoder_close (&encoder);
}

static void
test_encoder_compressed_is_shorter_and_told_by_parts (void **state)
{
    (void) state;
    static const char *const names [] = {"int8", "top_k", "low_rank"};
    double values [PARAMETERS];
    for (size_t j = 0; j < PARAMETERS; j++)
        values [j] = cos ((double) j);
    for (size_t i = 0; i < 3; i++) {
        gradmq_encoder_t encoder;
        gradmq_reason_t reason;
        gradmq_gradient_t header;
        gradmq_gradient_init (&header);
        assert_int_equal (
            gradmq_encoder_open (&encoder, gradmq_encoder_find (names [i]), s_task.layout, &reason),
            GRADMQ_OK);
        assert_int_equal (gradmq_encoder_encode (&encoder, values, &header, &reason), GRADMQ_OK);
        assert_int_equal (header.part_count, 2);
        assert_int_equal (header.parts [1].offset + header.parts [1].bytes, encoder.size);
        assert_true (encoder.size < PARAMETERS * sizeof (float) / 3);
        values [7] = NAN;
        assert_int_equal (gradmq_encoder_encode (&encoder, values, &header, &reason),
                          GRADMQ_ERR_NON_FINITE);
        values [7] = 1;
        gradmq_encoder_close (&encoder);
    }
    assert_null (gradmq_encoder_find ("int9"));
}

static void
test_parity_rounds_come_to_what_one_process_does (void **state)
{
    (void) state;
    gradmq_parity_t parity;
    gradmq_reason_t reason;
    assert_int_equal (gradmq_parity (&s_task, &parity, &reason), GRADMQ_OK);
    assert_true (parity.difference <= parity.allowed);
    assert_true (parity.difference > 0);
}

static void
test_tune_takes_the_rate_that_ends_lowest (void **state)
{
    (void) state;
    const double rates [] = {1e-4, 0.1, 3.0};
    gradmq_reason_t reason;
    gradmq_trial_t trial = s_trial ("async", 200);
    const gradmq_study_t study = {.run = gradmq_study_digits,
                                  .task = &s_task,
                                  .layout = s_task.layout,
                                  .seeds = 2,
                                  .tuning_seeds = 1,
                                  .rates = rates,
                                  .rate_count = 3};
    assert_int_equal (gradmq_study_tune (&study, &trial, &reason), GRADMQ_OK);
    assert_true (trial.rate == 0.1);
}

static void
test_contributions_follow_what_is_equal (void **state)
{
    (void) state;
    const gradmq_study_t study = {
        .run = gradmq_study_digits, .task = &s_task, .layout = s_task.layout, .gradients = 800};
    const gradmq_arm_t *fedavg = gradmq_arm_find ("fedavg"), *f16 = gradmq_arm_find ("async_f16");
    assert_int_equal (gradmq_study_contributions (&study, fedavg, GRADMQ_EQUAL_GRADIENTS), 100);
    assert_int_equal (gradmq_study_contributions (&study, fedavg, GRADMQ_EQUAL_BYTES), 800);
    assert_int_equal (gradmq_study_contributions (&study, f16, GRADMQ_EQUAL_GRADIENTS), 800);
    assert_int_equal (gradmq_study_contributions (&study, f16, GRADMQ_EQUAL_BYTES), 1600);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_load_every_image_is_to_learn_from_or_held_out),
        cmocka_unit_test (test_load_what_is_no_image_is_refused_by_line),
        cmocka_unit_test (test_gradient_is_the_slope_of_the_objective),
        cmocka_unit_test (test_optimum_has_no_gradient),
        cmocka_unit_test (test_split_is_disjoint_whole_and_uneven),
        cmocka_unit_test (test_split_too_few_images_are_refused),
        cmocka_unit_test (test_arm_every_one_makes_versions_and_learns),
        cmocka_unit_test (test_trial_is_the_same_again_and_another_with_another_seed),
        cmocka_unit_test (test_trial_bsp_makes_a_version_of_eight),
        cmocka_unit_test (test_attack_nan_is_refused_as_not_finite_and_no_other),
        cmocka_unit_test (test_attack_flipped_breaks_mean_and_not_trimmed_mean),
        cmocka_unit_test (test_attack_little_is_so_many_deviations_from_the_mean),
        cmocka_unit_test (test_encoder_feedback_makes_the_sum_right),
        cmocka_unit_test (test_encoder_compressed_is_shorter_and_told_by_parts),
        cmocka_unit_test (test_parity_rounds_come_to_what_one_process_does),
        cmocka_unit_test (test_tune_takes_the_rate_that_ends_lowest),
        cmocka_unit_test (test_contributions_follow_what_is_equal),
    };
    return cmocka_run_group_tests (tests, s_open_task, s_close_task);
}
