#include "security/role.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_role_named_finds_every_role_and_no_other (void **state)
{
    (void) state;
    gradmq_role_t role;
    for (size_t i = 0; i < GRADMQ_ROLES; i++) {
        assert_true (gradmq_role_named (gradmq_role_name ((gradmq_role_t) i), &role));
        assert_int_equal (role, i);
    }
    assert_false (gradmq_role_named ("", &role));
    assert_false (gradmq_role_named ("Admin", &role));
    assert_true (GRADMQ_ROLE_OBSERVER < GRADMQ_ROLE_WORKER);
    assert_true (GRADMQ_ROLE_WORKER < GRADMQ_ROLE_ADMIN);
}

static void
test_role_names_fits_names_to_patterns (void **state)
{
    (void) state;
    assert_true (gradmq_role_names ("w1", "w1"));
    assert_false (gradmq_role_names ("w1", "w"));
    assert_false (gradmq_role_names ("w1", "w11"));
    assert_false (gradmq_role_names ("", "w1"));
    assert_true (gradmq_role_names ("a, w?,b", "w1"));
    assert_false (gradmq_role_names ("w?", "w"));
    assert_true (gradmq_role_names ("node7-*", "node7-"));
    assert_true (gradmq_role_names ("x node7-*", "node7-gpu.0"));
    assert_false (gradmq_role_names ("node7-*", "node70-1"));
    assert_true (gradmq_role_names ("*", "anything"));
}

static void
test_role_names_valid_refuses_what_fits_no_name (void **state)
{
    (void) state;
    static const char *const good [] = {"w1", "w1,w2", " w1 , w-* ", "*", "a?b"};
    static const char *const bad [] = {"", " ,", "w 1/2", "[ab]", "w\\*", "\"", "\xc3\xa9"};
    char longest [80];
    for (size_t i = 0; i < sizeof good / sizeof good [0]; i++)
        assert_true (gradmq_role_names_valid (good [i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad [0]; i++)
        assert_false (gradmq_role_names_valid (bad [i]));
    for (size_t i = 0; i < sizeof longest; i++)
        longest [i] = 'w';
    longest [65] = 0;
    assert_false (gradmq_role_names_valid (longest));
    longest [64] = 0;
    assert_true (gradmq_role_names_valid (longest));
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_role_named_finds_every_role_and_no_other),
        cmocka_unit_test (test_role_names_fits_names_to_patterns),
        cmocka_unit_test (test_role_names_valid_refuses_what_fits_no_name),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
