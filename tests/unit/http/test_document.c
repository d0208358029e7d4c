#include "http/document.h"

#include "core/code.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint32_t s_refused_by [2][GRADMQ_COUNTED_CODES];
static gradmq_settings_t s_settings;
static gradmq_worker_row_t s_workers [2];
static gradmq_last_metric_t s_metric;
static gradmq_look_t s_look;
static gradmq_view_t s_view;

static int
s_reset (void **state)
{
    (void) state;
    memset (s_refused_by, 0, sizeof s_refused_by);
    gradmq_settings_init (&s_settings);
    s_workers [0] = (gradmq_worker_row_t){.name = "a", .queued = 2};
    s_workers [1] = (gradmq_worker_row_t){.name = "b\"\n<b>", .leaving = true};
    s_look = (gradmq_look_t){.whole = true, .refused_by = s_refused_by, .credit_gradients = 8};
    s_look.status = (gradmq_reply_t){.model = "m", .position = {1, 2, 3}};
    s_look.status.status.state = GRADMQ_STATE_RUNNING;
    s_look.settings.parameters = (gradmq_parameters_t){.settings = &s_settings, .revision = 4};
    s_look.workers.workers = (gradmq_workers_t){.workers = s_workers, .count = 2};
    s_metric = (gradmq_last_metric_t){"loss", 0.5, "a"};
    memset (&s_view, 0, sizeof s_view);
    s_view.look = &s_look;
    s_view.unix_ms = 5;
    s_view.gradient_norm = s_view.update_norm = NAN;
    return 0;
}

//  Does the status say this?
static bool
s_says (const char *words)
{
    size_t size;
    char *text = gradmq_document_status_json (&s_view, &size);
    assert_non_null (text);
    assert_int_equal (strlen (text), size);
    assert_null (strchr (text, '\n'));  //  it is a line of an event
    bool found = strstr (text, words) != NULL;
    free (text);
    return found;
}

static void
test_status_json_escapes_names_and_tells_refusals (void **state)
{
    (void) state;
    s_refused_by [1][GRADMQ_ERR_STALE] = 7;
    s_refused_by [1][GRADMQ_ERR_NON_FINITE] = 1;
    assert_true (s_says ("\"name\": \"b\\\"\\n<b>\""));
    assert_true (s_says ("\"state\": \"LEAVING\""));
    assert_true (s_says ("\"refused_by\": {\"NON_FINITE\": 1, \"STALE\": 7}}]"));
    assert_true (s_says ("\"workers_more\": false, \"step\": null}"));
    assert_true (s_says ("\"settings\": {\"revision\": 4"));
}

static void
test_status_json_settings_have_values_of_their_type (void **state)
{
    (void) state;
    strcpy (s_settings.optimizer, "adam");
    s_settings.given [GRADMQ_SETTING_optimizer] = true;
    s_settings.learning_rate = NAN;
    assert_true (s_says ("{\"name\": \"optimizer\", \"value\": \"adam\", \"given\": true}"));
    assert_true (s_says ("{\"name\": \"learning_rate\", \"value\": null, \"given\": false}"));
    assert_true (s_says ("{\"name\": \"lease_ms\", \"value\": 30000, \"given\": false}"));
}

static void
test_status_json_says_what_a_worker_waits_for (void **state)
{
    (void) state;
    gradmq_status_report_t *status = &s_look.status.status;
    const char *const awaited [] = {"a"};
    assert_true (s_says ("\"waits_for\": \"its turn in the queue\""));
    s_workers [0].queued = 8;
    assert_true (s_says ("\"waits_for\": \"credit\""));
    status->contributions = 1;
    assert_true (s_says ("\"waits_for\": \"the others of the open step\""));
    status->policy = "ssp";
    status->waiting_total = 1;
    status->waiting_for = (gradmq_texts_t){awaited, 1};
    assert_true (s_says ("\"awaited\": true, \"waits_for\": \"workers whose clock is behind\""));
    status->state = GRADMQ_STATE_STOPPED;
    assert_true (s_says ("\"waits_for\": \"a start\""));
    s_workers [0].queued = 0;
    assert_false (s_says ("\"waits_for\": \""));
    status->state = GRADMQ_STATE_EMPTY;
    assert_true (s_says ("\"waits_for\": \"a model\""));
}

static void
test_step_json_what_was_not_measured_is_null (void **state)
{
    (void) state;
    const gradmq_step_metric_t metric = {"loss", 0.5, 0.25, 0.75, 3};
    gradmq_event_t event = {.kind = GRADMQ_EVENT_STEP, .model = "m", .position = {1, 2, 3}};
    event.step = (gradmq_step_body_t){
        .steps = 9, .learning_rate = 0.5, .metrics = &metric, .metric_count = 1};
    char *text = gradmq_document_step_json (&event, 77);
    assert_string_equal (
        text, "{\"model\": \"m\", \"position\": {\"instance\": \"0000000000000001\", \"epoch\": 2, "
              "\"version\": 3}, \"at_unix_ms\": 77, \"steps\": 9, \"learning_rate\": 0.5, "
              "\"gradient_norm\": null, \"update_norm\": null, \"staleness_mean\": null, "
              "\"staleness_maximum\": 0, \"metrics\": [{\"name\": \"loss\", \"mean\": 0.5, "
              "\"minimum\": 0.25, \"maximum\": 0.75, \"count\": 3}]}");
    free (text);
}

static void
test_metrics_tell_state_gauges_and_what_was_reported (void **state)
{
    (void) state;
    size_t size;
    s_view.reported [s_view.reported_count++] = (gradmq_labelled_t){s_metric.name, s_metric.value};
    s_look.counters.value [GRADMQ_COUNTER_applied] = 11;
    s_look.checkpoint_age_s = NAN;
    s_look.free_bytes = 4096;
    s_look.size_bytes = 1e12;
    char *text = gradmq_document_metrics (&s_view, 1500, &size);
    assert_int_equal (strlen (text), size);
    assert_non_null (strstr (text, "\ngradmq_applied_total{model=\"m\"} 11\n"));
    assert_non_null (strstr (text, "\ngradmq_version{model=\"m\"} 3\n"));
    assert_non_null (strstr (text, "\ngradmq_credit_gradients{model=\"m\"} 8\n"));
    assert_non_null (strstr (text, "\ngradmq_checkpoint_age_seconds{model=\"m\"} NaN\n"));
    assert_non_null (strstr (text, "\ngradmq_state_free_bytes{model=\"m\"} 4096\n"));
    assert_non_null (strstr (text, "\ngradmq_state_size_bytes{model=\"m\"} 1000000000000\n"));
    assert_non_null (strstr (text, "\ngradmq_idle_seconds{model=\"m\"} 1.5\n"));
    assert_non_null (strstr (text, "\ngradmq_state{model=\"m\",state=\"RUNNING\"} 1\n"));
    assert_non_null (strstr (text, "\ngradmq_state{model=\"m\",state=\"CLOSING\"} 0\n"));
    assert_non_null (strstr (text, "\ngradmq_reported{model=\"m\",metric=\"loss\"} 0.5\n"));
    assert_non_null (strstr (text, "\ngradmq_gradient_norm{model=\"m\"} NaN\n"));
    free (text);
}

static void
test_rates_are_a_second (void **state)
{
    (void) state;
    gradmq_look_t earlier = {0};
    gradmq_view_t before = {.look = &earlier, .clock_ms = 1000};
    s_view.clock_ms = 1500;
    s_look.counters.value [GRADMQ_COUNTER_gradients_received] = 10;
    s_look.counters.value [GRADMQ_COUNTER_gradients_bytes] = 4096;
    s_look.counters.value [GRADMQ_COUNTER_steps] = 3;
    gradmq_rates_t rates = gradmq_view_rates (&before, &s_view);
    assert_true (rates.gradients == 20 && rates.bytes == 8192 && rates.steps == 6);
    assert_true (rates.applied == 0);
    rates = gradmq_view_rates (NULL, &s_view);
    assert_true (rates.gradients == 0);
    rates = gradmq_view_rates (&s_view, &s_view);
    assert_true (rates.gradients == 0);
}

#define TEST(function) cmocka_unit_test_setup (function, s_reset)

int
main (void)
{
    const struct CMUnitTest tests [] = {
        TEST (test_status_json_escapes_names_and_tells_refusals),
        TEST (test_status_json_settings_have_values_of_their_type),
        TEST (test_status_json_says_what_a_worker_waits_for),
        TEST (test_step_json_what_was_not_measured_is_null),
        TEST (test_metrics_tell_state_gauges_and_what_was_reported),
        TEST (test_rates_are_a_second),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
