#include "cli/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

//  What printing writes.
static char *
s_print (const gradmq_table_t *table, size_t indent, size_t width, size_t lines)
{
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream (&text, &size);
    assert_non_null (memory);
    gradmq_table_print (table, memory, indent, width, lines);
    fclose (memory);
    return text;
}

static gradmq_table_t *
s_table (void)
{
    gradmq_table_t *table = gradmq_table_new ("lrl");
    assert_non_null (table);
    static const char *const cells [] = {"NAME", "N", "WHAT", "重み", "1234", "x", "b", "5", ""};
    for (size_t i = 0; i < sizeof cells / sizeof cells [0]; i++)
        gradmq_table_cell (table, "%s", cells [i]);
    return table;
}

static void
test_print_wide_names_are_aligned_by_columns (void **state)
{
    (void) state;
    gradmq_table_t *table = s_table ();
    char *text = s_print (table, 0, 0, 0);
    assert_string_equal (text, "NAME     N  WHAT\n"
                               "重み  1234  x\n"
                               "b        5\n");
    free (text);
    gradmq_table_destroy (&table);
    assert_null (table);
}

static void
test_print_into_a_width_cuts_lines (void **state)
{
    (void) state;
    gradmq_table_t *table = s_table ();
    char *text = s_print (table, 1, 10, 2);
    assert_string_equal (text, " NAME\n 重み  123\n");
    free (text);
    gradmq_table_destroy (&table);
}

static void
test_cell_with_control_characters_is_cleaned (void **state)
{
    (void) state;
    gradmq_table_t *table = gradmq_table_new ("l");
    gradmq_table_cell (table, "a\033]0;evil\007");
    char *text = s_print (table, 0, 0, 0);
    assert_string_equal (text, "a?]0;evil?\n");
    assert_false (gradmq_table_lost (table));
    free (text);
    gradmq_table_destroy (&table);
}

static void
test_print_empty_table_writes_nothing (void **state)
{
    (void) state;
    gradmq_table_t *table = gradmq_table_new ("ll");
    char *text = s_print (table, 2, 0, 0);
    assert_string_equal (text, "");
    free (text);
    gradmq_table_destroy (&table);
    gradmq_table_destroy (&table);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_print_wide_names_are_aligned_by_columns),
        cmocka_unit_test (test_print_into_a_width_cuts_lines),
        cmocka_unit_test (test_cell_with_control_characters_is_cleaned),
        cmocka_unit_test (test_print_empty_table_writes_nothing),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
