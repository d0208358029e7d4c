//  The table of rules.

#include "trial.h"

#include <dirent.h>
#include <stdio.h>

static void
test_table_rows_and_files_agree (void **state)
{
    (void) state;
    size_t rows = 0, files = 0;
    const gradmq_rule_t *row;
    for (; (row = gradmq_rule_at (rows)); rows++) {
        assert_ptr_equal (gradmq_rule_find (row->name), row);
        assert_non_null (row->weigh);
        assert_non_null (row->block_f32);
        assert_non_null (row->block_f64);
        assert_true (row->selects == (row->select != NULL));
        assert_true (!row->selects || row->compares);
        assert_true (!row->mix || (row->compares && !row->selects));
        assert_true (row->weighs == gradmq_rule_reads (row, GRADMQ_SETTING_max_weight));
        for (size_t i = 0; i < row->read_count; i++)
            assert_int_equal (gradmq_setting_table [row->reads [i]].reader, GRADMQ_READER_RULE);
        assert_false (gradmq_rule_reads (row, GRADMQ_SETTING_rule));
    }
    DIR *folder = opendir ("broker/aggregate");
    assert_non_null (folder);
    for (struct dirent *entry; (entry = readdir (folder));) {
        char name [300] = "", header [400];
        if (sscanf (entry->d_name, "%290[a-z_].c", name) != 1 || !strstr (entry->d_name, ".c"))
            continue;
        snprintf (header, sizeof header, "broker/aggregate/%s.h", name);
        FILE *file = fopen (header, "r");
        if (file)
            fclose (file);
        else {
            assert_non_null (gradmq_rule_find (name));
            files++;
        }
    }
    closedir (folder);
    assert_int_equal (rows, 8);
    assert_int_equal (files, rows);
    assert_null (gradmq_rule_find ("bulyan"));
    assert_null (gradmq_rule_find (""));
}

//  Every setting that a rule can read is read by one.
static void
test_table_reads_every_setting_of_a_rule (void **state)
{
    (void) state;
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++) {
        bool read = gradmq_setting_table [i].reader != GRADMQ_READER_RULE;
        for (size_t j = 0; gradmq_rule_at (j); j++)
            read = read || gradmq_rule_reads (gradmq_rule_at (j), (gradmq_setting_id_t) i);
        assert_true (read);
    }
}

static void
test_least_is_one_but_where_some_are_malicious (void **state)
{
    (void) state;
    gradmq_settings_t settings;
    gradmq_settings_init (&settings);
    settings.byzantine = 4;
    const gradmq_rule_t *row;
    for (size_t i = 0; (row = gradmq_rule_at (i)); i++)
        assert_int_equal (gradmq_rule_least (row, &settings), row->selects ? 11 : row->mix ? 9 : 1);
}

//  As many as may be malicious by the table of settings fit.
static void
test_least_of_the_greatest_setting_is_possible (void **state)
{
    (void) state;
    gradmq_settings_t settings;
    gradmq_settings_init (&settings);
    settings.byzantine = (uint64_t) gradmq_setting_table [GRADMQ_SETTING_byzantine].most;
    size_t least = gradmq_rule_least (gradmq_rule_find ("krum"), &settings);
    assert_true (least <= GRADMQ_CONTRIBUTIONS_MAX);
}

//  Fewest contributions that a pass is given: those that were chosen, where the rule selects.
static size_t
s_fewest (const gradmq_rule_t *row)
{
    gradmq_settings_t settings;
    gradmq_settings_init (&settings);
    return row->selects ? 1 : gradmq_rule_least (row, &settings);
}

//  What every pass has to keep: the same bits on every instruction set ...
static void
test_block_every_instruction_set_gives_the_same_bits (void **state)
{
    (void) state;
    static s_trial_t first, other;
    static const size_t sizes [] = {0, 1, 3, 31, 67, 300, MOST};
    gradmq_isa_t before = gradmq_isa ();
    const gradmq_rule_t *row;
    for (size_t i = 0; (row = gradmq_rule_at (i)); i++)
        for (size_t n = s_fewest (row); n <= CONTRIBUTIONS; n++) {
            size_t count = sizes [n % (sizeof sizes / sizeof sizes [0])];
            for (int wide = 0; wide < 2; wide++) {
                assert_true (gradmq_isa_use (GRADMQ_ISA_BASELINE));
                s_fill (&first, n, count, wide, n);
                s_run (row, &first, 0, count);
                for (int isa = 1; isa < GRADMQ_ISAS; isa++) {
                    if (!gradmq_isa_use ((gradmq_isa_t) isa))
                        continue;
                    s_fill (&other, n, count, wide, n);
                    s_run (row, &other, 0, count);
                    if (memcmp (&first, &other, sizeof first) != 0)
                        fail_msg ("%s of %zu on %s: other bits", row->name, n,
                                  gradmq_isa_name ((gradmq_isa_t) isa));
                }
            }
        }
    gradmq_isa_use (before);
}

//  ... in blocks of any length, and nothing is written beside `out`.
static void
test_block_cut_gives_the_same_bits (void **state)
{
    (void) state;
    static s_trial_t whole, cut;
    const gradmq_rule_t *row;
    for (size_t i = 0; (row = gradmq_rule_at (i)); i++)
        for (size_t n = s_fewest (row); n <= CONTRIBUTIONS; n++)
            for (int wide = 0; wide < 2; wide++) {
                s_fill (&whole, n, MOST, wide, n);
                s_run (row, &whole, 0, MOST - 1);
                s_fill (&cut, n, MOST, wide, n);
                s_run (row, &cut, 700, MOST - 1 - 700);
                s_run (row, &cut, 0, 1);
                s_run (row, &cut, 1, 332);
                s_run (row, &cut, 333, 367);
                if (memcmp (&whole, &cut, sizeof whole) != 0)
                    fail_msg ("%s of %zu: cutting changes bits", row->name, n);
                size_t end = 3 + (MOST - 1) * (wide ? 8u : 4u);
                assert_int_equal (whole.out [2], 0x5A);
                assert_int_equal (whole.out [end], 0x5A);
            }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_table_rows_and_files_agree),
        cmocka_unit_test (test_table_reads_every_setting_of_a_rule),
        cmocka_unit_test (test_least_is_one_but_where_some_are_malicious),
        cmocka_unit_test (test_least_of_the_greatest_setting_is_possible),
        cmocka_unit_test (test_block_every_instruction_set_gives_the_same_bits),
        cmocka_unit_test (test_block_cut_gives_the_same_bits),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
