//  Remote control, reports and watching, against a coordinator in this process.

#include "client.h"
#include "gradmq_coordinator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

typedef struct {
    gradmq_coordinator_t *coordinator;
    gradmq_remote_t *remote;
    gradmq_reason_t why;
} s_bench_t;

static const uint64_t s_shape [] = {3, 2};
static const gradmq_tensor_info_t s_tensors [] = {{"table", 2, s_shape}, {"scalar", 0, NULL}};
static const gradmq_layout_info_t s_layout = {s_tensors, 2, GRADMQ_F32};
static const float s_values [7] = {1, 2, 3, 4, 5, 6, 7};

#define DONE(call)                                                                                 \
    do {                                                                                           \
        if (call)                                                                                  \
            fail_msg ("%s: %s", gradmq_err_name (bench->why.code), bench->why.text);               \
    } while (0)

static int
s_setup (void **state)
{
    s_bench_t *bench = (s_bench_t *) calloc (1, sizeof *bench);
    *state = bench;
    const gradmq_coordinator_options_t options = {.model = "m",
                                                  .control = "tcp://127.0.0.1:*",
                                                  .gradients = "tcp://127.0.0.1:*",
                                                  .updates = "tcp://127.0.0.1:*",
                                                  .events = "tcp://127.0.0.1:*",
                                                  .heartbeat_ms = 100};
    gradmq_err_t err = gradmq_coordinator_open (&bench->coordinator, &options, &bench->why);
    if (!err)
        err = gradmq_remote_open (&bench->remote,
                                  &(gradmq_options_t){.control = gradmq_coordinator_endpoint (
                                                          bench->coordinator, "control", 0),
                                                      .name = "admin",
                                                      .timeout_ms = 10000},
                                  &bench->why);
    if (err)
        print_error ("%s\n", bench->why.text);
    return err ? -1 : 0;
}

static int
s_teardown (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    gradmq_remote_close (&bench->remote);
    gradmq_coordinator_destroy (&bench->coordinator);
    free (bench);
    return 0;
}

static void
s_load (s_bench_t *bench)
{
    DONE (gradmq_remote_set_model_parameters (bench->remote, &s_layout, 0, s_values,
                                              sizeof s_values, &bench->why));
}

static void
test_open_without_a_name_learns_the_model (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    assert_string_equal (gradmq_remote_model (bench->remote), "m");
    uint64_t instance;
    gradmq_remote_position (bench->remote, &instance, NULL, NULL);
    assert_true (instance != 0);
}

static void
test_set_model_parameters_come_back (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    gradmq_parameters_view_t view;
    const gradmq_layout_info_t *layout;
    assert_int_equal (
        gradmq_remote_get_model_parameters (bench->remote, NULL, &view, &layout, &bench->why),
        GRADMQ_ERR_NO_MODEL);
    s_load (bench);
    DONE (gradmq_remote_get_model_parameters (bench->remote, NULL, &view, &layout, &bench->why));
    assert_int_equal (view.bytes, sizeof s_values);
    assert_memory_equal (view.data, s_values, sizeof s_values);
    assert_int_equal (layout->count, 2);
    assert_string_equal (layout->tensors [1].name, "scalar");
    assert_int_equal (layout->tensors [0].shape [1], 2);
    assert_int_equal (
        gradmq_remote_set_model_parameters (bench->remote, &s_layout, 0, s_values, 8, &bench->why),
        GRADMQ_ERR_LENGTH);
}

static void
test_start_and_stop_go_by_the_state (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    assert_int_equal (gradmq_remote_start (bench->remote, &bench->why), GRADMQ_ERR_NO_MODEL);
    assert_true (strlen (bench->why.text) > 0);
    s_load (bench);
    DONE (gradmq_remote_start (bench->remote, &bench->why));
    assert_int_equal (gradmq_remote_start (bench->remote, &bench->why), GRADMQ_ERR_STATE);
    DONE (gradmq_remote_stop (bench->remote, &bench->why));
    uint64_t cleared = 99;
    DONE (gradmq_remote_clear_gradients (bench->remote, false, &cleared, &bench->why));
    assert_int_equal (cleared, 0);
}

static const gradmq_setting_info_t *
s_setting (const gradmq_settings_info_t *settings, const char *name)
{
    for (size_t i = 0; i < settings->count; i++)
        if (strcmp (settings->settings [i].name, name) == 0)
            return &settings->settings [i];
    return NULL;
}

static void
test_set_parameters_is_all_or_nothing (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    s_load (bench);
    const char *const names [] = {"learning_rate", "clip_norm", "groups"};
    const char *const values [] = {"0.25", "2", "scalar frozen"};
    DONE (gradmq_remote_set_parameters (bench->remote, names, values, 3, &bench->why));
    const gradmq_settings_info_t *settings;
    DONE (gradmq_remote_get_parameters (bench->remote, &settings, &bench->why));
    assert_string_equal (s_setting (settings, "learning_rate")->value, "0.25");
    assert_true (s_setting (settings, "learning_rate")->given);
    assert_false (s_setting (settings, "clip_value")->given);
    assert_string_equal (s_setting (settings, "groups")->value, "scalar frozen");
    uint64_t revision = settings->revision;
    const char *const bad [] = {"0.5", "-1", NULL};
    assert_int_equal (gradmq_remote_set_parameters (bench->remote, names, bad, 3, &bench->why),
                      GRADMQ_ERR_ARGUMENT);
    DONE (gradmq_remote_set_parameters (bench->remote, names + 1, (const char *[]){NULL}, 1,
                                        &bench->why));
    DONE (gradmq_remote_get_parameters (bench->remote, &settings, &bench->why));
    assert_string_equal (s_setting (settings, "learning_rate")->value, "0.25");
    assert_false (s_setting (settings, "clip_norm")->given);
    assert_int_equal (settings->revision, revision + 1);
}

static void
test_add_gradients_waits_until_it_is_applied (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    s_load (bench);
    DONE (gradmq_remote_start (bench->remote, &bench->why));
    const float row [] = {10, 20};
    const uint32_t rows [] = {2};
    const gradmq_part_info_t part = {.tensor = 0, .data = row, .rows = rows, .row_count = 1};
    const gradmq_metric_info_t metric = {"loss", 3, 0};
    const gradmq_push_t push = {.metrics = &metric, .metric_count = 1};
    DONE (gradmq_remote_add_gradients (bench->remote, &part, 1, &push, true, &bench->why));
    gradmq_parameters_view_t view;
    DONE (gradmq_remote_get_model_parameters (bench->remote, "f32", &view, NULL, &bench->why));
    assert_memory_equal (view.data, s_values, sizeof s_values);
    DONE (gradmq_remote_add_gradients (bench->remote, &part, 1, &push, false, &bench->why));
    DONE (gradmq_remote_get_model_parameters (bench->remote, "f32", &view, NULL, &bench->why));
    const float expected [7] = {1, 2, 3, 4, -5, -14, 7};
    assert_memory_equal (view.data, expected, sizeof expected);
    assert_int_equal (view.version, 1);
}

static void
test_add_gradients_states_the_parameters_that_were_given (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    s_load (bench);
    const char *const name = "max_staleness", *const value = "1";
    DONE (gradmq_remote_set_parameters (bench->remote, &name, &value, 1, &bench->why));
    DONE (gradmq_remote_start (bench->remote, &bench->why));
    const float row [] = {10, 20};
    const uint32_t rows [] = {2};
    const gradmq_part_info_t part = {.tensor = 0, .data = row, .rows = rows, .row_count = 1};
    const gradmq_push_t without = {.without_base = true};
    gradmq_parameters_view_t view;
    //  None were given yet, or none are to be stated.
    assert_int_equal (
        gradmq_remote_add_gradients (bench->remote, &part, 1, NULL, false, &bench->why),
        GRADMQ_ERR_BASE);
    DONE (gradmq_remote_get_model_parameters (bench->remote, NULL, &view, NULL, &bench->why));
    assert_int_equal (
        gradmq_remote_add_gradients (bench->remote, &part, 1, &without, false, &bench->why),
        GRADMQ_ERR_BASE);
    //  One version behind is near enough, two are not.
    DONE (gradmq_remote_add_gradients (bench->remote, &part, 1, NULL, false, &bench->why));
    DONE (gradmq_remote_add_gradients (bench->remote, &part, 1, NULL, false, &bench->why));
    assert_int_equal (
        gradmq_remote_add_gradients (bench->remote, &part, 1, NULL, false, &bench->why),
        GRADMQ_ERR_STALE);
    DONE (gradmq_remote_get_model_parameters (bench->remote, NULL, &view, NULL, &bench->why));
    assert_int_equal (view.version, 2);
    DONE (gradmq_remote_add_gradients (bench->remote, &part, 1, NULL, false, &bench->why));
}

static void
test_add_gradients_refused_says_why (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    s_load (bench);
    DONE (gradmq_remote_start (bench->remote, &bench->why));
    const float nan = 0.0f / 0.0f;
    const gradmq_part_info_t part = {.tensor = 1, .data = &nan};
    assert_int_equal (
        gradmq_remote_add_gradients (bench->remote, &part, 1, NULL, false, &bench->why),
        GRADMQ_ERR_NON_FINITE);
    const gradmq_part_info_t none = {.tensor = 9, .data = &nan};
    assert_int_equal (
        gradmq_remote_add_gradients (bench->remote, &none, 1, NULL, false, &bench->why),
        GRADMQ_ERR_ARGUMENT);
    const char *json;
    DONE (gradmq_remote_workers (bench->remote, &json, &bench->why));
    assert_non_null (strstr (json, "\"workers\": []"));  //  it has left
}

static void
test_reports_name_what_the_protocol_names (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    const char *json;
    DONE (gradmq_remote_describe (bench->remote, &json, &bench->why));
    assert_non_null (strstr (json, "\"layout\": null"));
    s_load (bench);
    DONE (gradmq_remote_describe (bench->remote, &json, &bench->why));
    assert_non_null (strstr (json, "{\"name\": \"table\", \"shape\": [3, 2]}"));
    assert_non_null (strstr (json, "\"receive_window\": 1024"));
    DONE (gradmq_remote_status (bench->remote, &json, &bench->why));
    assert_int_equal (json [0], '{');
    assert_int_equal (json [strlen (json) - 1], '}');
    assert_non_null (strstr (json, "\"state\": \"STOPPED\""));
    assert_non_null (strstr (json, "\"elements\": 7"));
    assert_non_null (strstr (json, "\"deadline_ms\": null"));
    assert_null (strstr (json, "nan"));
}

static void
test_call_code_of_the_reply_is_the_error (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    gradmq_request_t request = {.command = GRADMQ_COMMAND_DESCRIBE, .model = "other"};
    const gradmq_reply_t *reply;
    assert_int_equal (gradmq_remote_call (bench->remote, &request, NULL, 0, &reply, &bench->why),
                      GRADMQ_ERR_MODEL);
    assert_non_null (reply);
    assert_int_equal (reply->code, GRADMQ_ERR_MODEL);
}

static void
test_watch_sees_heartbeats_and_updates (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    s_load (bench);
    gradmq_watch_t *watch;
    assert_int_equal (gradmq_watch_open (&watch, bench->remote, GRADMQ_WATCH_WORKER, NULL, NULL),
                      GRADMQ_ERR_ARGUMENT);
    DONE (gradmq_watch_open (&watch, bench->remote, GRADMQ_WATCH_EVENTS | GRADMQ_WATCH_UPDATES,
                             NULL, &bench->why));
    DONE (gradmq_remote_start (bench->remote, &bench->why));
    const float one = 1;
    const gradmq_part_info_t part = {.tensor = 1, .data = &one};
    DONE (gradmq_remote_add_gradients (bench->remote, &part, 1, NULL, false, &bench->why));
    bool started = false, heartbeat = false, update = false;
    while (!started || !heartbeat || !update) {
        gradmq_watched_t watched;
        DONE (gradmq_watch_next (watch, 10000, &watched, &bench->why));
        if (watched.update) {
            assert_string_equal (watched.topic, "params/m/f32/");
            assert_int_equal (watched.payload_bytes, sizeof s_values);
            update = true;
        } else if (watched.event->kind == GRADMQ_EVENT_HEARTBEAT)
            heartbeat = true;
        else if (watched.event->kind == GRADMQ_EVENT_NOTICE
                 && watched.event->notice.notice == GRADMQ_NOTICE_STARTED)
            started = true;
    }
    gradmq_watch_close (&watch);
    assert_null (watch);
}

static void
test_destroy_closes_the_coordinator (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    DONE (gradmq_remote_destroy (bench->remote, &bench->why));
}

static void
s_merge (s_bench_t *bench)
{
    const char *names [] = {"policy", "merge_count"}, *values [] = {"merge", "2"};
    s_load (bench);
    DONE (gradmq_remote_set_parameters (bench->remote, names, values, 2, &bench->why));
    DONE (gradmq_remote_start (bench->remote, &bench->why));
}

//  One scalar, which is tensor 1.
static gradmq_err_t
s_add_scalar (s_bench_t *bench, float value, const gradmq_push_t *push)
{
    const gradmq_part_info_t part = {.tensor = 1, .data = &value};
    return gradmq_remote_add_model_parameters (bench->remote, &part, 1, push, false, &bench->why);
}

static void
s_open_step_has (s_bench_t *bench, uint64_t wanted)
{
    uint64_t contributions, needed;
    DONE (gradmq_remote_contributions (bench->remote, &contributions, &needed, &bench->why));
    assert_int_equal (contributions, wanted);
    assert_int_equal (needed, 2);
}

static void
test_add_model_parameters_are_merged_by_weight (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    s_merge (bench);
    s_open_step_has (bench, 0);
    DONE (s_add_scalar (bench, 10, &(gradmq_push_t){.weight = 3}));
    s_open_step_has (bench, 1);
    DONE (s_add_scalar (bench, -5, &(gradmq_push_t){.kind = GRADMQ_DELTA}));
    s_open_step_has (bench, 0);
    gradmq_parameters_view_t view;
    DONE (gradmq_remote_get_model_parameters (bench->remote, NULL, &view, NULL, &bench->why));
    assert_int_equal (view.version, 1);
    //  7 + (3 x (10 - 7) + 1 x -5) / 4
    assert_true (((const float *) view.data) [6] == 8);
    assert_true (((const float *) view.data) [0] == 1);
}

static void
test_add_model_parameters_where_they_are_not_taken_are_refused (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    s_load (bench);
    assert_int_equal (s_add_scalar (bench, 1, NULL), GRADMQ_ERR_UNSUPPORTED);
    assert_int_equal (s_add_scalar (bench, 1, &(gradmq_push_t){.kind = GRADMQ_GRADIENT}),
                      GRADMQ_ERR_ARGUMENT);
}

static void
test_reset_drops_the_open_step (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    uint64_t cleared = 99;
    s_load (bench);
    assert_int_equal (gradmq_remote_reset (bench->remote, &cleared, &bench->why),
                      GRADMQ_ERR_UNSUPPORTED);
    assert_int_equal (cleared, 0);
    s_merge (bench);
    DONE (s_add_scalar (bench, 10, NULL));
    s_open_step_has (bench, 1);
    DONE (gradmq_remote_reset (bench->remote, &cleared, &bench->why));
    assert_int_equal (cleared, 1);
    s_open_step_has (bench, 0);
}

//  A gradient that has to wait says for what.
static void
test_add_gradients_that_wait_say_for_what (void **state)
{
    s_bench_t *bench = (s_bench_t *) *state;
    const char *names [] = {"buffer_gradients"}, *values [] = {"3"};
    s_load (bench);
    DONE (gradmq_remote_set_parameters (bench->remote, names, values, 1, &bench->why));
    DONE (gradmq_remote_start (bench->remote, &bench->why));
    gradmq_remote_set_timeout (bench->remote, 1500);
    const float value = 1;
    const gradmq_part_info_t part = {.tensor = 1, .data = &value};
    assert_int_equal (
        gradmq_remote_add_gradients (bench->remote, &part, 1, NULL, false, &bench->why),
        GRADMQ_ERR_TIMEOUT);
    assert_string_equal (bench->why.text, "the gradient was received and is not applied yet; the "
                                          "open step has 1 of 3 contributions");
}

int
main (void)
{
#define TEST(name) cmocka_unit_test_setup_teardown (name, s_setup, s_teardown)
    const struct CMUnitTest tests [] = {
        TEST (test_open_without_a_name_learns_the_model),
        TEST (test_set_model_parameters_come_back),
        TEST (test_start_and_stop_go_by_the_state),
        TEST (test_set_parameters_is_all_or_nothing),
        TEST (test_add_gradients_waits_until_it_is_applied),
        TEST (test_add_gradients_states_the_parameters_that_were_given),
        TEST (test_add_gradients_refused_says_why),
        TEST (test_reports_name_what_the_protocol_names),
        TEST (test_call_code_of_the_reply_is_the_error),
        TEST (test_watch_sees_heartbeats_and_updates),
        TEST (test_destroy_closes_the_coordinator),
        TEST (test_add_model_parameters_are_merged_by_weight),
        TEST (test_add_model_parameters_where_they_are_not_taken_are_refused),
        TEST (test_reset_drops_the_open_step),
        TEST (test_add_gradients_that_wait_say_for_what),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
