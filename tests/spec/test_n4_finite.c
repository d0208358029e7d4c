//  N-4: a number in a header that must be finite (weight, loss_scale, settings) and is not is
//  refused: ARGUMENT.

#include "spec/fixture/stage.h"

#include <math.h>

enum { FIELD_WEIGHT = 10, FIELD_LOSS_SCALE = 13, FIELD_METRICS = 15 };

static const double s_not_finite [] = {NAN, -NAN, INFINITY, -INFINITY};

#define COUNT (sizeof s_not_finite / sizeof s_not_finite [0])

static void
s_refuse (uint32_t field)
{
    stage_t stage = stage_new ();
    for (size_t i = 0; i < COUNT; i++) {
        gradmq_gradient_t gradient = stage_gradient (&stage);
        raw_t header = raw_header (GRADMQ_FRAME_GRADIENT);
        raw_identity (&header, &gradient);
        raw_double (&header, field, s_not_finite [i]);
        zmsg_t *message = raw_frames (&header, stage_values (), STAGE_BYTES);
        stage_refused (&stage, &message, GRADMQ_ERR_ARGUMENT);
    }
    stage_end (&stage);
}

static void
test_weight_that_is_not_finite_is_refused (void **state)
{
    (void) state;
    s_refuse (FIELD_WEIGHT);
}

static void
test_loss_scale_that_is_not_finite_is_refused (void **state)
{
    (void) state;
    s_refuse (FIELD_LOSS_SCALE);
}

static void
test_metric_that_is_not_finite_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    for (size_t i = 0; i < 2 * COUNT; i++) {
        gradmq_gradient_t gradient = stage_gradient (&stage);
        raw_t metric = raw_nothing ();
        raw_text (&metric, 1, "loss");
        raw_double (&metric, 2, i < COUNT ? s_not_finite [i] : 1.0);
        raw_double (&metric, 3, i < COUNT ? 1.0 : s_not_finite [i - COUNT]);
        raw_t header = raw_header (GRADMQ_FRAME_GRADIENT);
        raw_identity (&header, &gradient);
        raw_inside (&header, FIELD_METRICS, metric);
        zmsg_t *message = raw_frames (&header, stage_values (), STAGE_BYTES);
        stage_refused (&stage, &message, GRADMQ_ERR_ARGUMENT);
    }
    stage_end (&stage);
}

//  SetParameters with this field of Settings.
static zmsg_t *
s_set (uint64_t request_id, uint32_t field, double value)
{
    raw_t settings = raw_nothing ();
    raw_double (&settings, field, value);
    raw_t set = raw_nothing ();
    raw_inside (&set, 1, settings);
    raw_t request = raw_request (request_id);
    raw_inside (&request, GRADMQ_COMMAND_SET_PARAMETERS, set);
    return raw_frames (&request, NULL, 0);
}

static void
test_setting_that_is_not_finite_is_refused (void **state)
{
    (void) state;
    const uint32_t fields [] = {3, 4, 6, 8, 14, 15, 22, 23, 30, 31, 32};
    stage_t stage = stage_new ();
    uint64_t id = 500;
    for (size_t f = 0; f < sizeof fields / sizeof fields [0]; f++)
        for (size_t i = 0; i < COUNT; i++) {
            zmsg_t *message = s_set (id++, fields [f], s_not_finite [i]);
            stage_declined (&stage, &message, GRADMQ_ERR_ARGUMENT);
        }
    stage_end (&stage);
}

static void
test_number_of_a_group_that_is_not_finite_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    uint64_t id = 500;
    for (uint32_t field = 2; field <= 4; field++)
        for (size_t i = 0; i < COUNT; i++) {
            raw_t group = raw_nothing ();
            raw_text (&group, 1, "t");
            raw_double (&group, field, s_not_finite [i]);
            raw_t groups = raw_nothing ();
            raw_inside (&groups, 1, group);
            raw_t settings = raw_nothing ();
            raw_inside (&settings, 16, groups);
            raw_t set = raw_nothing ();
            raw_inside (&set, 1, settings);
            raw_t request = raw_request (id++);
            raw_inside (&request, GRADMQ_COMMAND_SET_PARAMETERS, set);
            zmsg_t *message = raw_frames (&request, NULL, 0);
            stage_declined (&stage, &message, GRADMQ_ERR_ARGUMENT);
        }
    stage_end (&stage);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_weight_that_is_not_finite_is_refused),
        cmocka_unit_test (test_loss_scale_that_is_not_finite_is_refused),
        cmocka_unit_test (test_metric_that_is_not_finite_is_refused),
        cmocka_unit_test (test_setting_that_is_not_finite_is_refused),
        cmocka_unit_test (test_number_of_a_group_that_is_not_finite_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
