#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/error.h"

#include <string.h>

typedef struct {
    const char *name;
    unsigned long number;
} row_t;

//  The table as it is read by the build.
static const row_t s_rows [] = {
#define X(name, number, sentence) {#name, number},
#include "core/error.def"
#undef X
};

//  Numbers that have gone over wires: written down a second time, so that nobody changes one.
static const row_t s_fixed [] = {
    {"INTERNAL", 1},    {"MEMORY", 2},      {"BUSY", 3},        {"MALFORMED", 4},
    {"PREAMBLE", 5},    {"VERSION", 6},     {"UNSUPPORTED", 7}, {"COMMAND", 8},
    {"ARGUMENT", 9},    {"NAME", 10},       {"MODEL", 11},      {"NO_MODEL", 12},
    {"STATE", 13},      {"CLOSED", 14},     {"LAYOUT", 15},     {"SHAPE", 16},
    {"LENGTH", 17},     {"ALIGNMENT", 18},  {"FRAMES", 19},     {"TOO_LARGE", 20},
    {"NON_FINITE", 21}, {"EPOCH", 22},      {"BASE", 23},       {"STALE", 24},
    {"LATE", 25},       {"NOT_JOINED", 26}, {"FENCED", 27},     {"WINDOW", 28},
    {"QUEUE_FULL", 29}, {"CONDITION", 30},  {"REQUEST_ID", 31}, {"PERMISSION", 32},
};

enum { ROWS = sizeof s_rows / sizeof s_rows [0], FIXED = sizeof s_fixed / sizeof s_fixed [0] };

static void
test_table_numbers_and_names_are_unique (void **state)
{
    (void) state;
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < i; j++) {
            assert_true (s_rows [i].number != s_rows [j].number);
            assert_string_not_equal (s_rows [i].name, s_rows [j].name);
        }
}

static void
test_table_wire_numbers_are_those_of_the_protocol (void **state)
{
    (void) state;
    size_t wire = 0;
    for (size_t i = 0; i < ROWS; i++)
        wire += s_rows [i].number < 64;
    assert_int_equal (wire, FIXED);
    for (size_t i = 0; i < FIXED; i++)
        assert_string_equal (gradmq_err_name (gradmq_err_from_number (s_fixed [i].number)),
                             s_fixed [i].name);
}

static void
test_from_number_every_row_gives_its_own_code (void **state)
{
    (void) state;
    assert_int_equal (gradmq_err_from_number (0), GRADMQ_OK);
    for (size_t i = 0; i < ROWS; i++) {
        gradmq_err_t code = gradmq_err_from_number (s_rows [i].number);
        assert_int_equal (code, s_rows [i].number);
        assert_string_equal (gradmq_err_name (code), s_rows [i].name);
    }
}

static void
test_from_number_unknown_is_internal (void **state)
{
    (void) state;
    assert_int_equal (gradmq_err_from_number (63), GRADMQ_ERR_INTERNAL);
    assert_int_equal (gradmq_err_from_number (1000), GRADMQ_ERR_INTERNAL);
    assert_int_equal (gradmq_err_from_number ((1ul << 32) + 9), GRADMQ_ERR_INTERNAL);
}

static void
test_text_every_code_has_a_sentence_of_its_own (void **state)
{
    (void) state;
    for (size_t i = 0; i < ROWS; i++) {
        const char *text = gradmq_err_text ((gradmq_err_t) s_rows [i].number);
        assert_true (strlen (text) > 5);
        assert_true (strlen (text) < GRADMQ_REASON_BYTES);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal (text, gradmq_err_text ((gradmq_err_t) s_rows [j].number));
    }
}

static void
test_name_outside_the_table_is_unknown (void **state)
{
    (void) state;
    assert_string_equal (gradmq_err_name (GRADMQ_OK), "OK");
    assert_string_equal (gradmq_err_name ((gradmq_err_t) 63), "UNKNOWN");
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_table_numbers_and_names_are_unique),
        cmocka_unit_test (test_table_wire_numbers_are_those_of_the_protocol),
        cmocka_unit_test (test_from_number_every_row_gives_its_own_code),
        cmocka_unit_test (test_from_number_unknown_is_internal),
        cmocka_unit_test (test_text_every_code_has_a_sentence_of_its_own),
        cmocka_unit_test (test_name_outside_the_table_is_unknown),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
