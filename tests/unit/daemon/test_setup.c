#include "daemon/setup.h"

#include "core/code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#define SAMPLES "tests/data/safetensors/"

//  A configuration whose sockets are inside this process. Each has names of its own, since ZeroMQ
//  frees a name a moment after its socket was closed.
static gradmq_config_t
s_config (void)
{
    static int number;
    gradmq_config_t config;
    gradmq_config_init (&config);
    number++;
    snprintf (config.sockets_control, sizeof config.sockets_control, "inproc://c%d", number);
    snprintf (config.sockets_gradients, sizeof config.sockets_gradients, "inproc://g%d", number);
    snprintf (config.sockets_updates, sizeof config.sockets_updates, "inproc://u%d", number);
    config.sockets_events [0] = 0;
    return config;
}

static void
s_set (gradmq_config_t *config, const char *path, const char *value)
{
    gradmq_reason_t why = {0};
    if (gradmq_config_set (config, path, value, &why))
        fail_msg ("%s", why.text);
}

static gradmq_coordinator_t *
s_opened (const gradmq_config_t *config)
{
    gradmq_coordinator_t *coordinator;
    gradmq_exit_t exit;
    gradmq_reason_t why = {0};
    if (gradmq_setup_coordinator (&coordinator, config, &exit, &why))
        fail_msg ("%s", why.text);
    return coordinator;
}

static void
s_refused (const gradmq_config_t *config, gradmq_exit_t status, const char *said)
{
    gradmq_coordinator_t *coordinator = NULL;
    gradmq_exit_t exit = GRADMQ_EXIT_OK;
    gradmq_reason_t why = {0};
    assert_int_not_equal (gradmq_setup_coordinator (&coordinator, config, &exit, &why), GRADMQ_OK);
    assert_null (coordinator);
    assert_int_equal (exit, status);
    if (!strstr (why.text, said))
        fail_msg ("\"%s\" does not say \"%s\"", why.text, said);
}

static void
test_setup_coordinator_defaults_make_an_empty_one (void **state)
{
    (void) state;
    gradmq_config_t config = s_config ();
    gradmq_coordinator_t *coordinator = s_opened (&config);
    gradmq_coordinator_status_t status;
    assert_int_equal (gradmq_coordinator_status (coordinator, &status, NULL), GRADMQ_OK);
    assert_int_equal (status.state, GRADMQ_STATE_EMPTY);
    assert_true (gradmq_coordinator_alive (coordinator));
    gradmq_coordinator_destroy (&coordinator);
}

static void
test_setup_coordinator_model_is_loaded_and_started (void **state)
{
    (void) state;
    gradmq_config_t config = s_config ();
    s_set (&config, "model/load", SAMPLES "f32.safetensors");
    s_set (&config, "model/start", "true");
    s_set (&config, "settings/optimizer", "adam");
    s_set (&config, "settings/learning_rate", "0.5");
    s_set (&config, "settings/groups", "*.bias frozen");
    gradmq_coordinator_t *coordinator = s_opened (&config);
    gradmq_coordinator_status_t status;
    assert_int_equal (gradmq_coordinator_status (coordinator, &status, NULL), GRADMQ_OK);
    assert_int_equal (status.state, GRADMQ_STATE_RUNNING);
    gradmq_coordinator_view_t view;
    assert_int_equal (gradmq_coordinator_get_model_parameters (coordinator, true, &view, NULL),
                      GRADMQ_OK);
    static const float values [] = {0.5f, -0.25f, 0, 1, 2, 3, 4, 5, 2};
    assert_int_equal (view.bytes, sizeof values);
    assert_memory_equal (view.data, values, sizeof values);
    gradmq_coordinator_view_release (&view);
    gradmq_coordinator_destroy (&coordinator);
}

static void
test_setup_coordinator_model_in_the_type_asked_for (void **state)
{
    (void) state;
    gradmq_config_t config = s_config ();
    s_set (&config, "model/load", SAMPLES "mixed.safetensors");
    s_set (&config, "model/dtype", "f64");
    gradmq_coordinator_t *coordinator = s_opened (&config);
    gradmq_coordinator_view_t view;
    assert_int_equal (gradmq_coordinator_get_model_parameters (coordinator, false, &view, NULL),
                      GRADMQ_OK);
    assert_int_equal (view.dtype, 2);
    assert_int_equal (view.bytes, 8 * sizeof (double));
    gradmq_coordinator_view_release (&view);
    gradmq_coordinator_destroy (&coordinator);
}

static void
test_setup_coordinator_what_is_wrong_has_its_status (void **state)
{
    (void) state;
    gradmq_config_t config = s_config ();
    s_set (&config, "sockets/events", "tcp://192.0.2.1:5573");
    s_set (&config, "sockets/allow_plain_tcp", "true");
    s_refused (&config, GRADMQ_EXIT_BIND, "192.0.2.1");
    config = s_config ();
    s_set (&config, "settings/beta1", "0.5");
    s_refused (&config, GRADMQ_EXIT_USAGE, "beta1");
    config = s_config ();
    s_set (&config, "model/load", SAMPLES "none");
    s_refused (&config, GRADMQ_EXIT_MODEL, "cannot open it");
    config = s_config ();
    s_set (&config, "model/load", SAMPLES "hostile/overlap.safetensors");
    s_refused (&config, GRADMQ_EXIT_MODEL, "inside of another");
    config = s_config ();
    s_set (&config, "model/load", SAMPLES "f32.safetensors");
    s_set (&config, "settings/groups", "nothing.like.this frozen");
    s_refused (&config, GRADMQ_EXIT_MODEL, "nothing.like.this");
}

static void
test_setup_files_limit_is_as_high_as_it_may_be (void **state)
{
    (void) state;
    struct rlimit limit;
    assert_int_equal (getrlimit (RLIMIT_NOFILE, &limit), 0);
    const rlim_t most = limit.rlim_max;
    limit.rlim_cur = most < 64 ? most : 64;
    assert_int_equal (setrlimit (RLIMIT_NOFILE, &limit), 0);
    assert_int_equal (gradmq_setup_files (), most);
    assert_int_equal (getrlimit (RLIMIT_NOFILE, &limit), 0);
    assert_int_equal (limit.rlim_cur, most);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_setup_coordinator_defaults_make_an_empty_one),
        cmocka_unit_test (test_setup_coordinator_model_is_loaded_and_started),
        cmocka_unit_test (test_setup_coordinator_model_in_the_type_asked_for),
        cmocka_unit_test (test_setup_coordinator_what_is_wrong_has_its_status),
        cmocka_unit_test (test_setup_files_limit_is_as_high_as_it_may_be),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
