#include "batch.h"
#include "data.h"
#include "recipe.h"
#include "record.h"
#include "solo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DIGITS_FILE "bindings/examples/digits/digits.csv"

//  Does a file with this text load?
static bool
s_loads (const char *text)
{
    char path [] = "/tmp/gradmq-digits-XXXXXX";
    int file = mkstemp (path);
    assert_true (file >= 0);
    assert_int_equal (write (file, text, strlen (text)), (ssize_t) strlen (text));
    close (file);
    digits_data_t data;
    bool loads = digits_data_load (&data, path);
    digits_data_destroy (&data);
    unlink (path);
    return loads;
}

static void
test_data_load_splits_every_class_alike (void **state)
{
    (void) state;
    digits_data_t data;
    assert_true (digits_data_load (&data, DIGITS_FILE));
    assert_int_equal (data.train.count, 1437);
    assert_int_equal (data.test.count, 360);
    size_t of_class [DIGITS_CLASSES] = {0};
    for (size_t i = 0; i < data.test.count; i++)
        of_class [data.test.labels [i]]++;
    for (size_t i = 0; i < DIGITS_CLASSES; i++)
        assert_in_range (of_class [i], 34, 37);
    for (size_t i = 0; i < data.train.count * DIGITS_PIXELS; i++)
        assert_true (data.train.pixels [i] >= 0 && data.train.pixels [i] <= 1);
    digits_data_destroy (&data);
}

static void
test_data_load_bad_line_is_refused (void **state)
{
    (void) state;
    char line [256] = "";
    for (size_t i = 0; i < DIGITS_PIXELS; i++)
        strcat (line, "7,");
    char text [512], many [64 * 512] = "";
    for (size_t i = 0; i < 100; i++) {
        snprintf (text, sizeof text, "%s%zu\n", line, i % DIGITS_CLASSES);
        strcat (many, text);
    }
    assert_true (s_loads (many));
    const char *tails [] = {
        "10\n", "-1\n", "\n", "3,\n", "x\n", "17,3\n", "99999999999999999999\n"};
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        snprintf (text, sizeof text, "%s%s", line, tails [i]);
        char *all = malloc (strlen (many) + strlen (text) + 1);
        assert_non_null (all);
        strcpy (all, many);
        strcat (all, text);
        assert_false (s_loads (all));
        free (all);
    }
    many [0] = '-';
    assert_false (s_loads (many));
    assert_false (s_loads (""));
    digits_data_t data;
    assert_false (digits_data_load (&data, "/nowhere/digits.csv"));
}

static void
test_batch_next_takes_each_image_of_the_part_once (void **state)
{
    (void) state;
    digits_set_t train;
    assert_true (digits_set_new (&train, 30));
    for (size_t i = 0; i < train.count; i++)
        train.pixels [i * DIGITS_PIXELS] = (float) i;
    digits_batch_t *batch = digits_batch_new (&train, 1, 3, 5, 0, 9);
    assert_non_null (batch);
    unsigned seen [30] = {0};
    for (size_t i = 0; i < 2; i++) {
        const digits_set_t *images = digits_batch_next (batch);
        assert_int_equal (images->count, 5);
        for (size_t j = 0; j < 5; j++)
            seen [(size_t) images->pixels [j * DIGITS_PIXELS]]++;
    }
    for (size_t i = 0; i < 30; i++)
        assert_int_equal (seen [i], i % 3 == 1);
    digits_batch_destroy (&batch);
    assert_null (digits_batch_new (&train, 1, 3, 11, 0, 9));
    digits_set_destroy (&train);
}

static void
test_solo_train_learns_the_digits (void **state)
{
    (void) state;
    digits_data_t data;
    digits_record_t record = {0};
    assert_true (digits_data_load (&data, DIGITS_FILE));
    assert_true (digits_solo_train (&data, 400, 1, &record));
    const digits_point_t *first = &record.points [0], *last = &record.points [record.count - 1];
    assert_true (first->test_accuracy < 0.4);
    assert_true (last->test_accuracy > 0.93);
    assert_true (last->train_loss < first->train_loss / 10);
    assert_int_equal (last->gradients, 400);
    digits_record_destroy (&record);
    digits_data_destroy (&data);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_data_load_splits_every_class_alike),
        cmocka_unit_test (test_data_load_bad_line_is_refused),
        cmocka_unit_test (test_batch_next_takes_each_image_of_the_part_once),
        cmocka_unit_test (test_solo_train_learns_the_digits),
    };
    return cmocka_run_group_tests_name ("digits.data", tests, NULL, NULL);
}
