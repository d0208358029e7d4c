#include "cli/bench/row.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static gradmq_bench_row_t
s_row (double ratio, double aim, gradmq_bench_sense_t sense)
{
    return (gradmq_bench_row_t){.bench = "ingest",
                                .name = "ours / raw",
                                .transport = "tcp",
                                .size_bytes = 4096,
                                .workers = 4,
                                .unit = "GB/s",
                                .value = 3,
                                .baseline = 4,
                                .ratio = ratio,
                                .aim = aim,
                                .sense = sense};
}

static void
s_add (gradmq_bench_rows_t *rows, gradmq_bench_row_t row)
{
    assert_int_equal (gradmq_bench_rows_add (rows, &row), GRADMQ_OK);
}

//  What is printed of these rows, as JSON or as a table.
static char *
s_text (const gradmq_bench_rows_t *rows, bool json)
{
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream (&text, &size);
    assert_non_null (memory);
    if (json)
        gradmq_bench_rows_json (rows, memory);
    else
        assert_int_equal (gradmq_bench_rows_print (rows, memory), GRADMQ_OK);
    fclose (memory);
    return text;
}

static void
test_met_rate_is_at_least_the_aim (void **state)
{
    (void) state;
    gradmq_bench_row_t row = s_row (0.9, 0.9, GRADMQ_BENCH_AT_LEAST);
    assert_true (gradmq_bench_row_met (&row));
    row.ratio = 0.89;
    assert_false (gradmq_bench_row_met (&row));
    row.ratio = 0.896;  //  printed as 0.90
    assert_true (gradmq_bench_row_met (&row));
}

static void
test_met_time_is_at_most_the_aim (void **state)
{
    (void) state;
    gradmq_bench_row_t row = s_row (1.3, 1.3, GRADMQ_BENCH_AT_MOST);
    assert_true (gradmq_bench_row_met (&row));
    row.ratio = 1.31;
    assert_false (gradmq_bench_row_met (&row));
}

static void
test_met_without_an_aim_or_a_ratio_is_false (void **state)
{
    (void) state;
    gradmq_bench_row_t row = s_row (5, NAN, GRADMQ_BENCH_AT_LEAST);
    assert_false (gradmq_bench_row_met (&row));
    row.aim = 1;
    row.ratio = NAN;
    assert_false (gradmq_bench_row_met (&row));
}

//  All of the interval has to reach the aim, whatever the ratio.
static void
test_met_with_seeds_is_the_intervals_business (void **state)
{
    (void) state;
    gradmq_bench_row_t row = s_row (0.9, -0.02, GRADMQ_BENCH_AT_LEAST);
    row.seeds = 10;
    row.low = -0.02;
    row.high = 0.01;
    assert_true (gradmq_bench_row_met (&row));
    row.low = -0.021;
    assert_false (gradmq_bench_row_met (&row));
    row.sense = GRADMQ_BENCH_AT_MOST;
    assert_false (gradmq_bench_row_met (&row));
    row.high = -0.02;
    assert_true (gradmq_bench_row_met (&row));
}

static void
test_json_and_table_tell_an_interval_where_there_is_one (void **state)
{
    (void) state;
    gradmq_bench_rows_t rows = {0};
    gradmq_bench_row_t row = s_row (0.75, -0.5, GRADMQ_BENCH_AT_LEAST);
    row.seeds = 10;
    row.low = -0.25;
    row.high = 0.125;
    s_add (&rows, s_row (0.75, 0.5, GRADMQ_BENCH_AT_LEAST));
    s_add (&rows, row);
    char *text = s_text (&rows, true);
    assert_non_null (strstr (text, "\"aim\": 0.5}, "));
    assert_non_null (
        strstr (text, "\"aim\": -0.5, \"seeds\": 10, \"low\": -0.25, \"high\": 0.125}]"));
    free (text);
    text = s_text (&rows, false);
    assert_non_null (strstr (text, "RATIO  95 % OF VALUE - BASE  "));
    assert_non_null (strstr (text, " -  "));
    assert_non_null (strstr (text, "-0.2500 to +0.1250  >= -0.5  yes\n"));
    free (text);
    gradmq_bench_rows_clear (&rows);
}

static void
test_json_has_exactly_the_keys_and_null_for_no_aim (void **state)
{
    (void) state;
    gradmq_bench_rows_t rows = {0};
    s_add (&rows, s_row (0.75, 0.5, GRADMQ_BENCH_AT_LEAST));
    s_add (&rows, s_row (0.75, NAN, GRADMQ_BENCH_AT_LEAST));
    char *text = s_text (&rows, true);
    assert_string_equal (
        text, "[{\"bench\": \"ingest\", \"case\": \"ours / raw\", \"transport\": \"tcp\", "
              "\"size_bytes\": 4096, \"workers\": 4, \"value\": 3, \"unit\": \"GB/s\", "
              "\"baseline\": 4, \"ratio\": 0.75, \"aim\": 0.5}, "
              "{\"bench\": \"ingest\", \"case\": \"ours / raw\", \"transport\": \"tcp\", "
              "\"size_bytes\": 4096, \"workers\": 4, \"value\": 3, \"unit\": \"GB/s\", "
              "\"baseline\": 4, \"ratio\": 0.75, \"aim\": null}]\n");
    free (text);
    gradmq_bench_rows_clear (&rows);
}

static void
test_json_without_rows_is_an_empty_array (void **state)
{
    (void) state;
    const gradmq_bench_rows_t rows = {0};
    char *text = s_text (&rows, true);
    assert_string_equal (text, "[]\n");
    free (text);
}

static void
test_table_marks_what_was_met (void **state)
{
    (void) state;
    gradmq_bench_rows_t rows = {0};
    s_add (&rows, s_row (0.75, 0.5, GRADMQ_BENCH_AT_LEAST));
    s_add (&rows, s_row (0.75, 0.8, GRADMQ_BENCH_AT_LEAST));
    s_add (&rows, s_row (0.75, 1.3, GRADMQ_BENCH_AT_MOST));
    s_add (&rows, s_row (0.75, NAN, GRADMQ_BENCH_AT_LEAST));
    char *text = s_text (&rows, false);
    static const char *const ends [] = {">= 0.5  yes\n", ">= 0.8  NO\n", "<= 1.3  yes\n",
                                        "     -  -\n"};
    const char *at = strchr (text, '\n');
    assert_int_equal (strncmp (text, "BENCH ", 6), 0);
    for (size_t i = 0; i < 4; i++) {
        at = strstr (at, ends [i]);
        assert_non_null (at);
    }
    free (text);
    gradmq_bench_rows_clear (&rows);
    assert_null (rows.items);
}

//  More rows than are made room for at first.
static void
test_add_many_rows_keeps_them_in_order (void **state)
{
    (void) state;
    gradmq_bench_rows_t rows = {0};
    for (unsigned i = 0; i < 100; i++) {
        gradmq_bench_row_t row = s_row (1, 1, GRADMQ_BENCH_AT_LEAST);
        row.workers = i;
        s_add (&rows, row);
    }
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal (rows.items [i].workers, i);
    gradmq_bench_rows_clear (&rows);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_met_rate_is_at_least_the_aim),
        cmocka_unit_test (test_met_time_is_at_most_the_aim),
        cmocka_unit_test (test_met_without_an_aim_or_a_ratio_is_false),
        cmocka_unit_test (test_met_with_seeds_is_the_intervals_business),
        cmocka_unit_test (test_json_and_table_tell_an_interval_where_there_is_one),
        cmocka_unit_test (test_json_has_exactly_the_keys_and_null_for_no_aim),
        cmocka_unit_test (test_json_without_rows_is_an_empty_array),
        cmocka_unit_test (test_table_marks_what_was_met),
        cmocka_unit_test (test_add_many_rows_keeps_them_in_order),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
