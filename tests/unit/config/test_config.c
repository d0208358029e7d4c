#include "config/config.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static gradmq_err_t
s_read (gradmq_config_t *config, const char *text, gradmq_reason_t *why)
{
    gradmq_config_init (config);
    return gradmq_config_read (config, "file", text, strlen (text), why);
}

static void
s_refused (const char *text, const char *said)
{
    gradmq_config_t config;
    gradmq_reason_t why = {0};
    assert_int_equal (s_read (&config, text, &why), GRADMQ_ERR_CONFIG);
    if (!strstr (why.text, said))
        fail_msg ("\"%s\" does not say \"%s\"", why.text, said);
}

static void
test_config_init_defaults_are_what_the_table_takes (void **state)
{
    (void) state;
    gradmq_config_t config;
    gradmq_config_init (&config);
    assert_int_equal (gradmq_config_check (&config, NULL), GRADMQ_OK);
    for (gradmq_option_id_t i = 0; i < GRADMQ_OPTIONS; i++) {
        const gradmq_option_row_t *row = &gradmq_option_table [i];
        char text [1024];
        gradmq_reason_t why = {0};
        gradmq_config_format (&config, i, text, sizeof text);
        if (gradmq_config_set (&config, row->path, text, &why))
            fail_msg ("%s", why.text);
        assert_ptr_equal (gradmq_option_find (row->path), row);
    }
    assert_string_equal (config.sockets_control, "tcp://127.0.0.1:5570");
    assert_string_equal (config.sockets_events, "tcp://127.0.0.1:5573");
    assert_int_equal (config.heartbeat_ms, 1000);
}

static void
test_config_read_values_of_every_type_arrive (void **state)
{
    (void) state;
    gradmq_config_t config;
    gradmq_reason_t why = {0};
    static const char text [] = "heartbeat_ms = 200\n"
                                "model\n"
                                "    name = digits # the set\n"
                                "    start = yes\n"
                                "    load = \"/tmp/a # b\"\n"
                                "sockets\n"
                                "    control = \"ipc:///tmp/c,tcp://[::1]:5570\"\n"
                                "    updates = ''\n"
                                "settings\n"
                                "    optimizer = adam\n"
                                "    learning_rate = 1e-3\n"
                                "    groups = \"*.bias frozen; 'a b' l2=0\"\n"
                                "log\n"
                                "    form = json\n";
    if (s_read (&config, text, &why))
        fail_msg ("%s", why.text);
    assert_int_equal (config.heartbeat_ms, 200);
    assert_string_equal (config.model_name, "digits");
    assert_true (config.model_start);
    assert_string_equal (config.model_load, "/tmp/a # b");
    assert_string_equal (config.sockets_control, "ipc:///tmp/c,tcp://[::1]:5570");
    assert_string_equal (config.sockets_updates, "");
    assert_string_equal (config.settings.optimizer, "adam");
    assert_true (config.settings.given [GRADMQ_SETTING_learning_rate]);
    assert_int_equal (config.settings.group_count, 2);
    assert_string_equal (config.log_form, "json");
    assert_int_equal (gradmq_config_check (&config, &why), GRADMQ_OK);
}

static void
test_config_read_wrong_file_is_refused_with_line_and_path (void **state)
{
    (void) state;
    s_refused ("model\n    nam = x", "file:2: there is no option \"model/nam\"; section model has "
                                     "name, load, dtype, start");
    s_refused ("modle\n    name = x", "file:1: there is no option \"modle\"");
    s_refused ("model = x", "file:1: model is a section");
    s_refused ("model\n    name", "file:2: model/name has no value; write name = \"\"");
    s_refused ("model\n    name = a\n    name = b",
               "file:3: model/name was given before, in line 2");
    s_refused ("model\n    name = a\nmodel\n    name = b", "file:4: model/name was given before");
    s_refused ("settings\n    l2 = 1\n    l2 = 1", "file:3: settings/l2 was given before");
    s_refused ("settings\n    groups = a\n    groups = a", "settings/groups was given before");
    s_refused ("settings\n    l3 = 1", "file:2: settings: there is no setting \"l3\"");
    s_refused ("settings\n\n    optimizer = best",
               "file:3: settings: there is no optimizer \"best\"");
    s_refused ("settings\n    schedule = moon", "file:2: settings: there is no schedule \"moon\"");
    s_refused ("settings\n    streams = f32,f8", "file:2: settings/streams names \"f8\"");
    s_refused ("settings\n    l2 = 2000", "file:2: settings/l2 is 2000; it can be 0 to 1000");
    s_refused ("settings\n    groups = \"a lr=1\"",
               "file:2: settings/groups: group 1 (a): \"lr=1\"");
    s_refused ("model\n    name\n        x = 1", "model/name has no value");
    s_refused ("model\n    name = a\n        x = 1", "there is no option \"model/name/x\"");
    s_refused ("name = x", "there is no option \"name\"");
    s_refused ("model\n    name = \"a b\"", "model/name is \"a b\"; it can be 1 to 64");
    s_refused ("heartbeat_ms = 49", "heartbeat_ms is \"49\"; it can be a whole number from 50 to");
    s_refused ("heartbeat_ms = 60001", "from 50 to 60000 ms");
    s_refused ("heartbeat_ms = -1", "heartbeat_ms is \"-1\"");
    s_refused ("heartbeat_ms = 1e3", "heartbeat_ms is \"1e3\"");
    s_refused ("heartbeat_ms = 99999999999999999999999", "a whole number");
    s_refused ("heartbeat_ms = \"\"", "heartbeat_ms is \"\"");
    s_refused ("model\n    start = maybe", "model/start is \"maybe\"; it can be true or false");
    s_refused ("log\n    level = loud", "log/level is \"loud\"; it can be: error warning info");
    s_refused ("http\n    listen = 9570", "http/listen is \"9570\"; it can be ADDRESS:PORT");
    s_refused ("model\n  name = x", "file:2: indent by four spaces");
}

static void
test_config_set_endpoints_have_a_known_form (void **state)
{
    (void) state;
    static const char *const good [] = {"",
                                        "tcp://*:5570",
                                        "tcp://127.0.0.1:*",
                                        "tcp://[::]:0",
                                        "tcp://eth0:65535",
                                        "ipc://@x",
                                        "inproc://a,ipc://b,tcp://c:1"};
    static const char *const bad [] = {"tcp://127.0.0.1", "tcp://:5570",    "tcp://a:65536",
                                       "tcp://a:",        "tcp://a:5570x",  "tcp://",
                                       "udp://a:1",       "ipc://",         "inproc://",
                                       "tcp://a:1,",      ",tcp://a:1",     "tcp://a:1, tcp://a:2",
                                       "tcp://a:000001",  "127.0.0.1:5570", "ipc://,tcp://a:1"};
    gradmq_config_t config;
    gradmq_config_init (&config);
    for (size_t i = 0; i < sizeof good / sizeof good [0]; i++) {
        assert_int_equal (gradmq_config_set (&config, "sockets/events", good [i], NULL), GRADMQ_OK);
        assert_string_equal (config.sockets_events, good [i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad [0]; i++) {
        gradmq_reason_t why = {0};
        if (!gradmq_config_set (&config, "sockets/events", bad [i], &why))
            fail_msg ("\"%s\" was taken", bad [i]);
        assert_non_null (strstr (why.text, "it can be tcp://ADDRESS:PORT"));
        assert_string_equal (config.sockets_events, good [6]);
    }
}

static void
test_config_set_value_that_no_file_can_have_is_refused (void **state)
{
    (void) state;
    gradmq_config_t config;
    gradmq_config_init (&config);
    static const char *const bad [] = {"a\nb", "a\x01", "\xff", "'\""};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal (gradmq_config_set (&config, "model/load", bad [i], NULL),
                          GRADMQ_ERR_CONFIG);
    char text [GRADMQ_CONFIG_VALUE_BYTES_MAX + 2];
    memset (text, 'x', sizeof text);
    text [512] = 0;
    assert_int_equal (gradmq_config_set (&config, "model/load", text, NULL), GRADMQ_OK);
    assert_int_equal (strlen (config.model_load), 512);
    text [512] = 'x';
    text [513] = 0;
    gradmq_reason_t why = {0};
    assert_int_equal (gradmq_config_set (&config, "model/load", text, &why), GRADMQ_ERR_CONFIG);
    assert_non_null (strstr (why.text, "longer than 512 bytes"));
    text [513] = 'x';
    text [GRADMQ_CONFIG_VALUE_BYTES_MAX + 1] = 0;
    assert_int_equal (gradmq_config_set (&config, "model/load", text, &why), GRADMQ_ERR_CONFIG);
    assert_non_null (strstr (why.text, "longer than 1000 bytes"));
}

static void
test_config_check_options_that_need_each_other (void **state)
{
    (void) state;
    static const struct {
        const char *path, *value, *said;
    } rows [] = {
        {"model/start", "true", "needs a file in model/load"},
        {"sockets/control", "", "nobody could reach"},
        {"settings/beta1", "0.5", "settings: beta1 has no effect"},
        {"settings/schedule_steps", "5", "settings: schedule_steps has no effect"},
        {"settings/rule", "median", "settings: rule has no effect"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++) {
        gradmq_config_t config;
        gradmq_reason_t why = {0};
        gradmq_config_init (&config);
        assert_int_equal (gradmq_config_set (&config, rows [i].path, rows [i].value, NULL),
                          GRADMQ_OK);
        assert_int_equal (gradmq_config_check (&config, &why), GRADMQ_ERR_CONFIG);
        if (!strstr (why.text, rows [i].said))
            fail_msg ("\"%s\" does not say \"%s\"", why.text, rows [i].said);
    }
}

//  What gives a rule its effect stands before it, behind it, or both.
static void
test_config_rule_goes_with_what_needs_it (void **state)
{
    (void) state;
    static const char *const rows [][4] = {
        {"settings/buffer_gradients", "2", "settings/rule", "median"},
        {"settings/rule", "median", "settings/buffer_gradients", "2"},
        {"settings/policy", "merge", "settings/rule", "mean"},
        {"settings/rule", "median", "settings/policy", "bsp"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++) {
        gradmq_config_t config;
        gradmq_config_init (&config);
        assert_int_equal (gradmq_config_set (&config, rows [i][0], rows [i][1], NULL), GRADMQ_OK);
        assert_int_equal (gradmq_config_set (&config, rows [i][2], rows [i][3], NULL), GRADMQ_OK);
        assert_int_equal (gradmq_config_check (&config, NULL), GRADMQ_OK);
    }
    gradmq_config_t config;
    gradmq_config_init (&config);
    assert_int_equal (gradmq_config_set (&config, "settings/rule", "loudest", NULL),
                      GRADMQ_ERR_CONFIG);
}

static void
test_config_check_http_beyond_loopback_has_to_be_meant (void **state)
{
    (void) state;
    static const struct {
        const char *address;
        bool local;
    } rows [] = {{"", true},           {"127.0.0.1:9570", true},
                 {"[::1]:0", true},    {"0.0.0.0:9570", false},
                 {"[::]:9570", false}, {"10.1.2.3:80", false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++) {
        gradmq_config_t config;
        gradmq_reason_t why = {0};
        gradmq_config_init (&config);
        assert_false (config.http_allow_plain_tcp);
        assert_int_equal (gradmq_config_set (&config, "http/listen", rows [i].address, NULL),
                          GRADMQ_OK);
        gradmq_err_t err = gradmq_config_check (&config, &why);
        assert_int_equal (err, rows [i].local ? GRADMQ_OK : GRADMQ_ERR_CONFIG);
        assert_true (rows [i].local || strstr (why.text, "http/allow_plain_tcp"));
        config.http_allow_plain_tcp = true;
        assert_int_equal (gradmq_config_check (&config, NULL), GRADMQ_OK);
    }
}

static void
test_config_load_file_too_long_or_absent_is_refused (void **state)
{
    (void) state;
    gradmq_config_t config;
    gradmq_config_init (&config);
    gradmq_reason_t why = {0};
    assert_int_equal (gradmq_config_load (&config, "/nonexistent/file", &why), GRADMQ_ERR_IO);
    assert_non_null (strstr (why.text, "No such file"));
    assert_int_equal (gradmq_config_load (&config, "/tmp", &why), GRADMQ_ERR_IO);
    assert_int_equal (gradmq_config_load (&config, "/dev/zero", &why), GRADMQ_ERR_CONFIG);
    assert_non_null (strstr (why.text, "longer than 1048576 bytes"));
    assert_int_equal (gradmq_config_load (&config, "/dev/null", &why), GRADMQ_OK);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_config_init_defaults_are_what_the_table_takes),
        cmocka_unit_test (test_config_read_values_of_every_type_arrive),
        cmocka_unit_test (test_config_read_wrong_file_is_refused_with_line_and_path),
        cmocka_unit_test (test_config_set_endpoints_have_a_known_form),
        cmocka_unit_test (test_config_set_value_that_no_file_can_have_is_refused),
        cmocka_unit_test (test_config_check_options_that_need_each_other),
        cmocka_unit_test (test_config_check_http_beyond_loopback_has_to_be_meant),
        cmocka_unit_test (test_config_rule_goes_with_what_needs_it),
        cmocka_unit_test (test_config_load_file_too_long_or_absent_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
