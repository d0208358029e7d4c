#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/code.h"

static void
test_names_are_those_of_the_protocol (void **state)
{
    (void) state;
    assert_string_equal (gradmq_state_name (GRADMQ_STATE_EMPTY), "EMPTY");
    assert_string_equal (gradmq_state_name (GRADMQ_STATE_STOPPED), "STOPPED");
    assert_string_equal (gradmq_state_name (GRADMQ_STATE_RUNNING), "RUNNING");
    assert_string_equal (gradmq_state_name (GRADMQ_STATE_CLOSING), "CLOSING");
    assert_string_equal (gradmq_kind_name (GRADMQ_KIND_GRADIENT), "GRADIENT");
    assert_string_equal (gradmq_kind_name (GRADMQ_KIND_MODEL_PARAMETERS), "MODEL_PARAMETERS");
    assert_string_equal (gradmq_kind_name (GRADMQ_KIND_SKIP), "SKIP");
    assert_string_equal (gradmq_encoding_name (GRADMQ_ENCODING_DENSE), "DENSE");
    assert_string_equal (gradmq_encoding_name (GRADMQ_ENCODING_TOP_K), "TOP_K");
    assert_string_equal (gradmq_encoding_name (GRADMQ_ENCODING_LOW_RANK), "LOW_RANK");
    assert_string_equal (gradmq_disposition_name (GRADMQ_APPLIED), "APPLIED");
    assert_string_equal (gradmq_disposition_name (GRADMQ_REFUSED), "REFUSED");
    assert_string_equal (gradmq_disposition_name (GRADMQ_DISCARDED), "DISCARDED");
    assert_string_equal (gradmq_notice_name (GRADMQ_NOTICE_STARTED), "STARTED");
    assert_string_equal (gradmq_notice_name (GRADMQ_NOTICE_EXPIRED), "EXPIRED");
    assert_string_equal (gradmq_notice_name (GRADMQ_NOTICE_OPERATION), "OPERATION");
}

//  A list of names, and the last number in it.
typedef struct {
    const char *(*name) (uint32_t number);
    uint32_t last;
} list_t;

static void
test_names_outside_their_list_are_a_question_mark (void **state)
{
    (void) state;
    static const list_t lists [] = {
        {gradmq_state_name, 4},       {gradmq_kind_name, 4},    {gradmq_encoding_name, 5},
        {gradmq_disposition_name, 5}, {gradmq_notice_name, 14},
    };
    for (size_t i = 0; i < sizeof lists / sizeof lists [0]; i++) {
        const list_t *list = &lists [i];
        assert_string_equal (list->name (0), "?");
        assert_string_not_equal (list->name (list->last), "?");
        assert_string_equal (list->name (list->last + 1), "?");
        assert_string_equal (list->name (UINT32_MAX), "?");
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_names_are_those_of_the_protocol),
        cmocka_unit_test (test_names_outside_their_list_are_a_question_mark),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
