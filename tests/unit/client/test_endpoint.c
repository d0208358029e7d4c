//  Wildcards in what Describe names: rule K-2.

#include "endpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void
test_resolve_wildcard_takes_the_host_of_control (void **state)
{
    (void) state;
    static const char *const rows [][3] = {
        {"tcp://*:5571", "tcp://host.example:5570", "tcp://host.example:5571"},
        {"tcp://0.0.0.0:5571", "tcp://10.0.0.1:7", "tcp://10.0.0.1:5571"},
        {"tcp://[::]:5571", "tcp://[fe80::1]:5570", "tcp://[fe80::1]:5571"},
        {"tcp://10.1.2.3:5571", "tcp://10.0.0.1:7", "tcp://10.1.2.3:5571"},
        {"ipc:///tmp/x", "tcp://10.0.0.1:7", "ipc:///tmp/x"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++) {
        char to [GRADMQ_ENDPOINT_BYTES];
        assert_int_equal (gradmq_endpoint_resolve (to, rows [i][0], rows [i][1], NULL), GRADMQ_OK);
        assert_string_equal (to, rows [i][2]);
    }
}

static void
test_resolve_wildcard_without_a_host_is_argument (void **state)
{
    (void) state;
    char to [GRADMQ_ENDPOINT_BYTES];
    gradmq_reason_t why;
    assert_int_equal (gradmq_endpoint_resolve (to, "tcp://*:5571", "ipc:///tmp/control", &why),
                      GRADMQ_ERR_ARGUMENT);
    assert_non_null (strstr (why.text, "ipc:///tmp/control"));
}

static void
test_resolve_too_long_is_argument (void **state)
{
    (void) state;
    char named [400];
    memset (named, 'x', sizeof named - 1);
    named [sizeof named - 1] = 0;
    char to [GRADMQ_ENDPOINT_BYTES];
    assert_int_equal (gradmq_endpoint_resolve (to, named, "tcp://a:1", NULL), GRADMQ_ERR_ARGUMENT);
}

static void
test_choose_prefers_the_transport_of_control (void **state)
{
    (void) state;
    const char *const items [] = {"ipc:///tmp/g", "tcp://*:5571", "tcp://*:5572"};
    const gradmq_texts_t named = {items, 3};
    char to [GRADMQ_ENDPOINT_BYTES];
    assert_int_equal (gradmq_endpoint_choose (to, &named, "tcp://h:1", "gradients", NULL),
                      GRADMQ_OK);
    assert_string_equal (to, "tcp://h:5571");
    assert_int_equal (gradmq_endpoint_choose (to, &named, "ipc:///tmp/c", "gradients", NULL),
                      GRADMQ_OK);
    assert_string_equal (to, "ipc:///tmp/g");
    assert_int_equal (
        gradmq_endpoint_choose (to, &(gradmq_texts_t){0}, "tcp://h:1", "gradients", NULL),
        GRADMQ_ERR_CONNECT);
}

static void
test_choose_passes_over_what_cannot_be_reached (void **state)
{
    (void) state;
    const char *const items [] = {"tcp://*:5571", "tcp://10.1.2.3:5571"};
    char to [GRADMQ_ENDPOINT_BYTES];
    assert_int_equal (
        gradmq_endpoint_choose (to, &(gradmq_texts_t){items, 2}, "ipc:///tmp/c", "gradients", NULL),
        GRADMQ_OK);
    assert_string_equal (to, "tcp://10.1.2.3:5571");
    assert_int_equal (
        gradmq_endpoint_choose (to, &(gradmq_texts_t){items, 2}, "tcp://h:1", "gradients", NULL),
        GRADMQ_OK);
    assert_string_equal (to, "tcp://h:5571");
    assert_int_equal (
        gradmq_endpoint_choose (to, &(gradmq_texts_t){items, 1}, "ipc:///tmp/c", "gradients", NULL),
        GRADMQ_ERR_ARGUMENT);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_resolve_wildcard_takes_the_host_of_control),
        cmocka_unit_test (test_resolve_wildcard_without_a_host_is_argument),
        cmocka_unit_test (test_resolve_too_long_is_argument),
        cmocka_unit_test (test_choose_prefers_the_transport_of_control),
        cmocka_unit_test (test_choose_passes_over_what_cannot_be_reached),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
