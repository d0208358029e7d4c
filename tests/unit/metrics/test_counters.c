#include "metrics/counters.h"

#include "core/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

//  What the list says of this name; UINT64_MAX when it does not name it.
static uint64_t
s_value (const gradmq_counters_t *counters, const char *name)
{
    gradmq_counted_t *list = calloc (GRADMQ_COUNTED_MAX, sizeof *list);
    size_t count = gradmq_counters_list (counters, list);
    assert_in_range (count, GRADMQ_COUNTERS, GRADMQ_COUNTED_MAX);
    uint64_t value = UINT64_MAX;
    for (size_t i = 0; i < count; i++)
        if (strcmp (list [i].name, name) == 0) {
            assert_int_equal (value, UINT64_MAX);  //  a name stands once
            value = list [i].value;
        }
    free (list);
    return value;
}

static void
test_counters_list_names_every_counter (void **state)
{
    (void) state;
    gradmq_counters_t counters = {0};
    gradmq_count (&counters, GRADMQ_COUNTER_applied, 3);
    gradmq_count (&counters, GRADMQ_COUNTER_applied, 4);
    assert_int_equal (s_value (&counters, "applied"), 7);
    for (gradmq_counter_id_t i = 0; i < GRADMQ_COUNTERS; i++)
        assert_int_not_equal (s_value (&counters, gradmq_counter_name (i)), UINT64_MAX);
}

static void
test_counters_by_code_are_named_after_their_codes (void **state)
{
    (void) state;
    gradmq_counters_t counters = {0};
    assert_int_equal (s_value (&counters, "refused_by.NON_FINITE"), UINT64_MAX);
    gradmq_count_code (&counters, GRADMQ_BY_CODE_refused_by, GRADMQ_ERR_NON_FINITE);
    gradmq_count_code (&counters, GRADMQ_BY_CODE_refused_by, GRADMQ_ERR_NON_FINITE);
    gradmq_count_code (&counters, GRADMQ_BY_CODE_turned_away_by, GRADMQ_ERR_QUEUE_FULL);
    gradmq_count_code (&counters, GRADMQ_BY_CODE_refused_by, 4000000000u);
    assert_int_equal (s_value (&counters, "refused_by.NON_FINITE"), 2);
    assert_int_equal (s_value (&counters, "refused_by.INTERNAL"), 1);
    assert_int_equal (s_value (&counters, "turned_away_by.QUEUE_FULL"), 1);
    assert_int_equal (s_value (&counters, "turned_away_by.NON_FINITE"), UINT64_MAX);
}

static void
test_counters_by_size_are_a_histogram_of_powers_of_two (void **state)
{
    (void) state;
    static const struct {
        uint64_t size;
        const char *name;
    } rows [] = {
        {0, "staleness.0"},       {1, "staleness.1"},
        {2, "staleness.2"},       {3, "staleness.2"},
        {4, "staleness.4"},       {7, "staleness.4"},
        {8, "staleness.8"},       {1023, "staleness.512"},
        {1024, "staleness.1024"}, {UINT64_MAX, "staleness.2147483648"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++) {
        gradmq_counters_t counters = {0};
        gradmq_count_size (&counters, GRADMQ_BY_SIZE_staleness, rows [i].size);
        assert_int_equal (s_value (&counters, rows [i].name), 1);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_counters_list_names_every_counter),
        cmocka_unit_test (test_counters_by_code_are_named_after_their_codes),
        cmocka_unit_test (test_counters_by_size_are_a_histogram_of_powers_of_two),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
