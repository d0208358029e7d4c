#include "cli/exit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
test_exit_of_errors_is_what_the_manual_says (void **state)
{
    (void) state;
    static const struct {
        gradmq_err_t err;
        int number;
    } rows [] = {
        {GRADMQ_OK, 0},           {GRADMQ_ERR_STATE, 1},     {GRADMQ_ERR_NO_MODEL, 1},
        {GRADMQ_ERR_DISPOSED, 1}, {GRADMQ_ERR_CONDITION, 1}, {GRADMQ_ERR_CANCELLED, 1},
        {GRADMQ_ERR_USAGE, 2},    {GRADMQ_ERR_CONNECT, 3},   {GRADMQ_ERR_TIMEOUT, 3},
        {GRADMQ_ERR_IO, 4},       {GRADMQ_ERR_FORMAT, 4},    {GRADMQ_ERR_MEMORY, 5},
        {GRADMQ_ERR_DIFFERS, 6},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++)
        assert_int_equal (gradmq_exit_of (rows [i].err), rows [i].number);
}

static void
test_exit_of_every_error_is_a_row (void **state)
{
    (void) state;
    for (unsigned long number = 1; number < 128; number++) {
        gradmq_exit_t exit = gradmq_exit_of (gradmq_err_from_number (number));
        const gradmq_exit_row_t *row = gradmq_exit_at (exit);
        assert_non_null (row);
        assert_int_not_equal (row->number, GRADMQ_EXIT_DONE);
    }
}

static void
test_exit_at_goes_up_from_zero (void **state)
{
    (void) state;
    const gradmq_exit_row_t *row;
    size_t i = 0;
    for (; (row = gradmq_exit_at (i)); i++) {
        assert_int_equal (row->number, i);
        assert_true (strlen (row->help) > 0);
    }
    assert_int_equal (i, 7);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_exit_of_errors_is_what_the_manual_says),
        cmocka_unit_test (test_exit_of_every_error_is_a_row),
        cmocka_unit_test (test_exit_at_goes_up_from_zero),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
