#include "core/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void
test_read_address_and_port_is_written_the_same (void **state)
{
    (void) state;
    static const struct {
        const char *text, *written;
        bool loopback;
    } rows [] = {
        {"127.0.0.1:9570", "127.0.0.1:9570", true},
        {"127.9.8.7:0", "127.9.8.7:0", true},
        {"localhost:80", "127.0.0.1:80", true},
        {"[::1]:65535", "[::1]:65535", true},
        {"0.0.0.0:9570", "0.0.0.0:9570", false},
        {"[::]:9570", "[::]:9570", false},
        {"192.168.1.2:1", "192.168.1.2:1", false},
        {"[fe80::1]:1", "[fe80::1]:1", false},
        {"[::ffff:127.0.0.1]:1", "[::ffff:127.0.0.1]:1", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++) {
        gradmq_address_t address;
        char text [GRADMQ_ADDRESS_TEXT_BYTES];
        assert_int_equal (gradmq_address_read (&address, rows [i].text, NULL), GRADMQ_OK);
        assert_string_equal (gradmq_address_write (&address, text), rows [i].written);
        assert_true (address.loopback == rows [i].loopback);
    }
}

static void
test_read_anything_else_is_refused (void **state)
{
    (void) state;
    static const char *const texts [] = {
        "",
        "9570",
        ":9570",
        "127.0.0.1",
        "127.0.0.1:",
        "::1:9570",
        "[::1]",
        "[::1:9570",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "host:9570",
        "127.0.0.1:1x",
        "127.0.0:1",
        "127.0.0.1 :1",
        "[]:1",
        "127.0.0.1:000001",
        "*:9570",
        "[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001]:1",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts [0]; i++) {
        gradmq_address_t address;
        gradmq_reason_t why = {0};
        assert_int_equal (gradmq_address_read (&address, texts [i], &why), GRADMQ_ERR_ARGUMENT);
        assert_non_null (strstr (why.text, "ADDRESS:PORT"));
    }
}

static void
test_names_loopback_only_for_this_machine (void **state)
{
    (void) state;
    assert_true (gradmq_address_names_loopback ("localhost", 9));
    assert_true (gradmq_address_names_loopback ("127.0.0.1:80", 9));
    assert_true (gradmq_address_names_loopback ("[::1]", 5));
    assert_false (gradmq_address_names_loopback ("127.example.org", 15));
    assert_false (gradmq_address_names_loopback ("localhost.example.org", 21));
    assert_false (gradmq_address_names_loopback ("", 0));
    assert_false (gradmq_address_names_loopback ("10.0.0.1", 8));
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_read_address_and_port_is_written_the_same),
        cmocka_unit_test (test_read_anything_else_is_refused),
        cmocka_unit_test (test_names_loopback_only_for_this_machine),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
