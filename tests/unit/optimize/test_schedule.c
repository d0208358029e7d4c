//  Schedules against their definitions.

#include "optimize/schedule.h"

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define TOLERANCE 1e-14

static gradmq_settings_t
s_settings (const char *schedule, uint64_t steps)
{
    gradmq_settings_t settings;
    gradmq_settings_init (&settings);
    snprintf (settings.schedule, sizeof settings.schedule, "%s", schedule);
    settings.learning_rate = 2;
    settings.schedule_steps = steps;
    settings.schedule_factor = 0.3;
    settings.schedule_final = 0.05;
    return settings;
}

static void
s_assert_rate (const gradmq_settings_t *settings, uint64_t tick, double expected)
{
    double rate = gradmq_schedule_rate (settings, tick);
    if (!(fabs (rate - expected) <= TOLERANCE * fmax (1, fabs (expected))))
        fail_msg ("%s at tick %llu: %.17g, not %.17g", settings->schedule,
                  (unsigned long long) tick, rate, expected);
}

static void
test_table_rows_and_files_agree (void **state)
{
    (void) state;
    size_t rows = 0, files = 0;
    const gradmq_schedule_t *row;
    for (; (row = gradmq_schedule_at (rows)); rows++) {
        assert_ptr_equal (gradmq_schedule_find (row->name), row);
        for (size_t i = 0; i < row->read_count; i++) {
            assert_int_equal (gradmq_setting_table [row->reads [i]].reader, GRADMQ_READER_SCHEDULE);
            assert_true (gradmq_schedule_reads (row, row->reads [i]));
        }
        assert_false (gradmq_schedule_reads (row, GRADMQ_SETTING_warmup_steps));
    }
    DIR *folder = opendir ("broker/optimize");
    assert_non_null (folder);
    for (struct dirent *entry; (entry = readdir (folder));) {
        char name [300] = "";
        if (sscanf (entry->d_name, "schedule_%290[a-z].c", name) != 1)
            continue;
        assert_non_null (gradmq_schedule_find (name));
        files++;
    }
    closedir (folder);
    assert_int_equal (rows, 5);
    assert_int_equal (files, rows);
    assert_null (gradmq_schedule_find ("cos"));
}

//  Every setting that a schedule can read is read by one.
static void
test_table_reads_every_setting_of_a_schedule (void **state)
{
    (void) state;
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++) {
        bool read = gradmq_setting_table [i].reader != GRADMQ_READER_SCHEDULE;
        for (size_t j = 0; gradmq_schedule_at (j); j++)
            read = read || gradmq_schedule_reads (gradmq_schedule_at (j), (gradmq_setting_id_t) i);
        assert_true (read);
    }
}

static void
test_rate_constant_stays (void **state)
{
    (void) state;
    gradmq_settings_t settings = s_settings ("constant", 10);
    s_assert_rate (&settings, 0, 2);
    s_assert_rate (&settings, UINT64_MAX, 2);
}

static void
test_rate_step_falls_each_period (void **state)
{
    (void) state;
    gradmq_settings_t settings = s_settings ("step", 10);
    for (uint64_t tick = 0; tick < 100; tick++) {
        uint64_t periods = tick / 10;
        s_assert_rate (&settings, tick, 2 * pow (0.3, (double) periods));
    }
    s_assert_rate (&settings, 1000000000000, 0);
}

static void
test_rate_exponential_falls_every_step (void **state)
{
    (void) state;
    gradmq_settings_t settings = s_settings ("exponential", 7);
    for (uint64_t tick = 0; tick < 100; tick++)
        s_assert_rate (&settings, tick, 2 * pow (0.3, (double) tick / 7));
    settings.schedule_factor = 1;
    s_assert_rate (&settings, 12345, 2);
    settings.schedule_factor = 1e-9;
    s_assert_rate (&settings, 3, 2 * pow (1e-9, 3.0 / 7));
}

static void
test_rate_cosine_follows_half_a_wave_and_stays (void **state)
{
    (void) state;
    gradmq_settings_t settings = s_settings ("cosine", 64);
    for (uint64_t tick = 0; tick <= 64; tick++)
        s_assert_rate (
            &settings, tick,
            2 * (0.05 + 0.95 * (1 + cos (3.14159265358979324 * (double) tick / 64)) / 2));
    s_assert_rate (&settings, 65, 0.1);
    s_assert_rate (&settings, UINT64_MAX, 0.1);
}

static void
test_rate_linear_reaches_its_end_and_stays (void **state)
{
    (void) state;
    gradmq_settings_t settings = s_settings ("linear", 20);
    s_assert_rate (&settings, 0, 2);
    s_assert_rate (&settings, 10, 2 * (1 - 0.95 / 2));
    s_assert_rate (&settings, 20, 0.1);
    s_assert_rate (&settings, 1000, 0.1);
}

static void
test_rate_warms_up_on_top_of_the_schedule (void **state)
{
    (void) state;
    gradmq_settings_t settings = s_settings ("linear", 20);
    settings.warmup_steps = 4;
    s_assert_rate (&settings, 0, 2 * 0.25);
    s_assert_rate (&settings, 1, 2 * (1 - 0.95 / 20) * 0.5);
    s_assert_rate (&settings, 3, 2 * (1 - 0.95 * 3 / 20));
    s_assert_rate (&settings, 4, 2 * (1 - 0.95 * 4 / 20));
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_table_rows_and_files_agree),
        cmocka_unit_test (test_table_reads_every_setting_of_a_schedule),
        cmocka_unit_test (test_rate_constant_stays),
        cmocka_unit_test (test_rate_step_falls_each_period),
        cmocka_unit_test (test_rate_exponential_falls_every_step),
        cmocka_unit_test (test_rate_cosine_follows_half_a_wave_and_stays),
        cmocka_unit_test (test_rate_linear_reaches_its_end_and_stays),
        cmocka_unit_test (test_rate_warms_up_on_top_of_the_schedule),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
