//  Rules T-2 to T-5 of the protocol.

#include "step/resolve.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static gradmq_settings_t s_now, s_change, s_result;
static const char *s_unset [GRADMQ_UNSET_MAX];
static size_t s_unset_count;
static gradmq_reason_t s_reason;

static int
s_begin (void **state)
{
    (void) state;
    gradmq_resolve_defaults (&s_now);
    gradmq_settings_init (&s_change);
    memset (&s_reason, 0, sizeof s_reason);
    return 0;
}

static void
s_give (const char *name, const char *text)
{
    gradmq_reason_t reason;
    if (gradmq_settings_parse (&s_change, name, text, &reason))
        fail_msg ("%s", reason.text);
}

static gradmq_err_t
s_try (const char *reset)
{
    return gradmq_resolve (&s_now, &s_change, &reset, reset ? 1 : 0, &s_result, s_unset,
                           &s_unset_count, &s_reason);
}

//  Take the change; what follows is another one.
static void
s_take (const char *reset)
{
    if (s_try (reset))
        fail_msg ("%s", s_reason.text);
    s_now = s_result;
    gradmq_settings_init (&s_change);
}

static void
s_assert_refused (const char *reset, gradmq_err_t err, const char *words)
{
    gradmq_settings_t before = s_now;
    s_result.learning_rate = 123;
    assert_int_equal (s_try (reset), err);
    assert_int_equal (s_reason.code, err);
    if (!strstr (s_reason.text, words))
        fail_msg ("\"%s\" does not say \"%s\"", s_reason.text, words);
    assert_memory_equal (&before, &s_now, sizeof before);
    assert_true (s_result.learning_rate == 123);
}

static void
test_defaults_are_those_of_sgd (void **state)
{
    (void) state;
    assert_string_equal (s_now.optimizer, "sgd");
    assert_true (s_now.learning_rate == 1.0);
    assert_true (s_now.l2 == 0.0);
    assert_true (s_now.weight_decay == 0.0);
    assert_true (isnan (s_now.momentum));
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++)
        assert_false (s_now.given [i]);
}

static void
test_resolve_fills_what_the_optimizer_reads_and_nothing_else (void **state)
{
    (void) state;
    s_give ("optimizer", "adamw");
    s_take (NULL);
    assert_true (s_now.learning_rate == 1e-3);
    assert_true (s_now.beta1 == 0.9);
    assert_true (s_now.beta2 == 0.999);
    assert_true (s_now.weight_decay == 0.01);
    assert_true (isnan (s_now.rho));
    assert_true (s_now.given [GRADMQ_SETTING_optimizer]);
    assert_false (s_now.given [GRADMQ_SETTING_learning_rate]);
    s_give ("optimizer", "lion");
    s_take (NULL);
    assert_true (s_now.learning_rate == 1e-4);
    assert_true (s_now.beta2 == 0.99);
    assert_true (isnan (s_now.epsilon));
    assert_int_equal (s_unset_count, 0);
}

static void
test_resolve_keeps_what_is_not_given (void **state)
{
    (void) state;
    s_give ("optimizer", "momentum");
    s_give ("momentum", "0.5");
    s_take (NULL);
    s_give ("dampening", "0.25");
    s_take (NULL);
    assert_true (s_now.momentum == 0.5);
    assert_true (s_now.dampening == 0.25);
    assert_true (s_now.given [GRADMQ_SETTING_momentum]);
}

static void
test_resolve_out_of_range_is_refused_with_the_range (void **state)
{
    (void) state;
    s_change.learning_rate = -1;
    s_change.given [GRADMQ_SETTING_learning_rate] = true;
    s_assert_refused (NULL, GRADMQ_ERR_ARGUMENT, "learning_rate is -1; it can be 0 to");
    s_change.learning_rate = NAN;
    s_assert_refused (NULL, GRADMQ_ERR_ARGUMENT, "learning_rate");
}

static void
test_resolve_unknown_names_are_refused_with_a_list (void **state)
{
    (void) state;
    s_give ("optimizer", "adamm");
    s_assert_refused (NULL, GRADMQ_ERR_UNSUPPORTED, "\"adamm\"");
    s_assert_refused (NULL, GRADMQ_ERR_UNSUPPORTED,
                      "sgd, momentum, nesterov, adagrad, adadelta, rmsprop, adam, adamw, amsgrad, "
                      "nadam, yogi, lion, lars, lamb");
    s_begin (NULL);
    s_give ("schedule", "cosin");
    s_assert_refused (NULL, GRADMQ_ERR_UNSUPPORTED, "constant, step, exponential, cosine, linear");
}

static void
test_resolve_streams_are_checked (void **state)
{
    (void) state;
    s_give ("streams", "f32,bf16");
    s_take (NULL);
    s_give ("streams", "");
    s_take (NULL);
    static const char *const wrong [] = {"f33", "F32", "f32, f16", ",f32", "f32,,f16"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong [0]; i++) {
        s_give ("streams", wrong [i]);
        s_assert_refused (NULL, GRADMQ_ERR_UNSUPPORTED, "f32, f64, f16, bf16");
    }
    s_give ("streams", "f32,f16,f32");
    s_assert_refused (NULL, GRADMQ_ERR_ARGUMENT, "twice");
    s_give ("streams", "f32,");
    s_assert_refused (NULL, GRADMQ_ERR_ARGUMENT, "comma");
}

static void
test_resolve_setting_without_a_reader_is_refused (void **state)
{
    (void) state;
    s_give ("momentum", "0.9");
    s_assert_refused (NULL, GRADMQ_ERR_ARGUMENT,
                      "momentum has no effect: the optimizer sgd does not read it");
    s_begin (NULL);
    s_give ("schedule_steps", "10");
    s_assert_refused (NULL, GRADMQ_ERR_ARGUMENT, "the schedule constant does not read it");
    s_give ("schedule", "step");
    s_take (NULL);
    assert_int_equal (s_now.schedule_steps, 10);
}

static void
test_resolve_change_of_optimizer_puts_back_what_it_does_not_read (void **state)
{
    (void) state;
    s_give ("optimizer", "adam");
    s_give ("beta1", "0.8");
    s_give ("epsilon", "1e-7");
    s_take (NULL);
    s_give ("optimizer", "lion");
    s_take (NULL);
    assert_int_equal (s_unset_count, 1);
    assert_string_equal (s_unset [0], "epsilon");
    assert_true (s_now.beta1 == 0.8);
    assert_false (s_now.given [GRADMQ_SETTING_epsilon]);
    assert_true (isnan (s_now.epsilon));
}

static void
test_resolve_change_of_schedule_puts_back_what_it_does_not_read (void **state)
{
    (void) state;
    s_give ("schedule", "step");
    s_give ("schedule_steps", "50");
    s_give ("schedule_factor", "0.5");
    s_take (NULL);
    s_give ("schedule", "cosine");
    s_take (NULL);
    assert_int_equal (s_unset_count, 1);
    assert_string_equal (s_unset [0], "schedule_factor");
    assert_true (s_now.schedule_factor == 0.1);
    assert_int_equal (s_now.schedule_steps, 50);
}

static void
test_resolve_new_optimizer_with_an_old_rate_is_refused (void **state)
{
    (void) state;
    s_give ("learning_rate", "0.5");
    s_take (NULL);
    s_give ("optimizer", "adam");
    s_assert_refused (NULL, GRADMQ_ERR_ARGUMENT, "learning_rate 0.5 was set for sgd");
    s_take ("learning_rate");
    assert_true (s_now.learning_rate == 1e-3);
    assert_false (s_now.given [GRADMQ_SETTING_learning_rate]);
    s_give ("optimizer", "lamb");
    s_give ("learning_rate", "0.02");
    s_take (NULL);
    assert_true (s_now.learning_rate == 0.02);
    s_give ("optimizer", "lamb");
    s_take (NULL);
    assert_true (s_now.learning_rate == 0.02);
}

static void
test_resolve_reset_of_the_optimizer_follows_the_same_rules (void **state)
{
    (void) state;
    s_give ("optimizer", "adam");
    s_give ("beta2", "0.9");
    s_take (NULL);
    s_take ("optimizer");
    assert_string_equal (s_now.optimizer, "sgd");
    assert_true (s_now.learning_rate == 1);
    assert_int_equal (s_unset_count, 1);
    assert_string_equal (s_unset [0], "beta2");
}

static void
test_resolve_reset_goes_back_to_the_optimizers_default (void **state)
{
    (void) state;
    s_give ("optimizer", "adam");
    s_give ("beta1", "0.5");
    s_give ("beta2", "0.6");
    s_take (NULL);
    s_take ("beta1");
    assert_true (s_now.beta1 == 0.9);
    assert_true (s_now.beta2 == 0.6);
    s_assert_refused ("beta3", GRADMQ_ERR_ARGUMENT, "beta3");
    s_give ("beta1", "0.7");
    s_assert_refused ("beta1", GRADMQ_ERR_ARGUMENT, "both given and reset");
}

static void
test_resolve_group_with_an_idle_decay_is_refused (void **state)
{
    (void) state;
    s_give ("optimizer", "adam");
    s_change.groups_given = true;
    s_change.group_count = 1;
    s_change.groups [0] =
        (gradmq_group_t){.pattern = "bias*", .rate_scale = 2, .has_weight_decay = true};
    s_assert_refused (NULL, GRADMQ_ERR_ARGUMENT, "group \"bias*\" gives weight_decay");
    s_change.groups [0].has_weight_decay = false;
    s_change.groups [0].has_l2 = true;
    s_take (NULL);
    assert_int_equal (s_now.group_count, 1);
    s_give ("optimizer", "adamw");
    s_assert_refused (NULL, GRADMQ_ERR_ARGUMENT, "gives l2");
    s_take ("groups");
    assert_int_equal (s_now.group_count, 0);
}

int
main (void)
{
#define T(name) cmocka_unit_test_setup (name, s_begin)
    const struct CMUnitTest tests [] = {
        T (test_defaults_are_those_of_sgd),
        T (test_resolve_fills_what_the_optimizer_reads_and_nothing_else),
        T (test_resolve_keeps_what_is_not_given),
        T (test_resolve_out_of_range_is_refused_with_the_range),
        T (test_resolve_unknown_names_are_refused_with_a_list),
        T (test_resolve_streams_are_checked),
        T (test_resolve_setting_without_a_reader_is_refused),
        T (test_resolve_change_of_optimizer_puts_back_what_it_does_not_read),
        T (test_resolve_change_of_schedule_puts_back_what_it_does_not_read),
        T (test_resolve_new_optimizer_with_an_old_rate_is_refused),
        T (test_resolve_reset_of_the_optimizer_follows_the_same_rules),
        T (test_resolve_reset_goes_back_to_the_optimizers_default),
        T (test_resolve_group_with_an_idle_decay_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
