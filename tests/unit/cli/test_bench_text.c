#include "cli/bench/learn/text/lesson.h"
#include "cli/bench/learn/text/ngram.h"
#include "cli/bench/learn/text/pupil.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROWS = 64, ELEMENTS = ROWS * GRADMQ_GUESS_WIDTH + GRADMQ_GUESS_OUTPUT, MODULES = 64 };

static const uint8_t s_text [] = "for n in names:\n    print (n, names [n])\nfor n in range (3):\n";
static const uint32_t s_places [] = {4, 9, 20, 33, 47, 58};

enum { PLACES = sizeof s_places / sizeof s_places [0] };

static void
s_parameters (float *w)
{
    for (size_t j = 0; j < ELEMENTS; j++)
        w [j] = (float) (0.5 * sin (7.0 * (double) j));
}

//  ------------------------------------------------------------------------------------------------
//  Guesses

static void
test_guess_gradient_is_the_slope_of_the_loss (void **state)
{
    (void) state;
    float w [ELEMENTS];
    size_t sloping = 0;
    gradmq_reason_t reason;
    gradmq_guess_gradient_t gradient;
    s_parameters (w);
    assert_int_equal (gradmq_guess_gradient_open (&gradient, ROWS, &reason), GRADMQ_OK);
    gradmq_guess (w, ROWS, s_text, s_places, PLACES, &gradient);
    for (size_t j = 0; j < ELEMENTS; j += 3) {
        const float kept = w [j], above = kept + 1e-3f, below = kept - 1e-3f;
        w [j] = above;
        double more = gradmq_guess (w, ROWS, s_text, s_places, PLACES, NULL);
        w [j] = below;
        double less = gradmq_guess (w, ROWS, s_text, s_places, PLACES, NULL);
        w [j] = kept;
        double slope = (more - less) / ((double) above - (double) below);
        assert_true (fabs (slope - gradient.values [j]) < 1e-6);
        sloping += fabs (slope) > 1e-3;
    }
    assert_true (sloping > 50);
    gradmq_guess_gradient_close (&gradient);
}

static void
test_guess_gradient_is_zero_but_for_rows_that_are_touched (void **state)
{
    (void) state;
    float w [ELEMENTS];
    gradmq_reason_t reason;
    gradmq_guess_gradient_t gradient;
    s_parameters (w);
    assert_int_equal (gradmq_guess_gradient_open (&gradient, ROWS, &reason), GRADMQ_OK);
    gradmq_guess (w, ROWS, s_text, s_places, PLACES, &gradient);
    assert_in_range (gradient.touched_count, GRADMQ_GUESS_ORDER, GRADMQ_GUESS_ORDER * PLACES);
    gradmq_guess_gradient_sort (&gradient);
    for (size_t row = 0, at = 0; row < ROWS; row++) {
        bool touched = at < gradient.touched_count && gradient.touched [at] == row;
        at += touched;
        for (size_t j = 0; j < GRADMQ_GUESS_WIDTH && !touched; j++)
            assert_true (gradient.values [row * GRADMQ_GUESS_WIDTH + j] == 0.0);
    }
    gradmq_guess_gradient_reset (&gradient);
    for (size_t j = 0; j < ELEMENTS; j++)
        assert_true (gradient.values [j] == 0.0);
    gradmq_guess_gradient_close (&gradient);
}

//  ------------------------------------------------------------------------------------------------
//  Counting

static double
s_sum (const gradmq_ngram_t *ngram, const uint8_t *at)
{
    double sum = 0.0;
    for (unsigned next = 0; next < 256; next++)
        sum += gradmq_ngram_probability (ngram, at, (uint8_t) next);
    return sum;
}

static void
test_ngram_probabilities_sum_to_one (void **state)
{
    (void) state;
    gradmq_ngram_t *ngram = gradmq_ngram_new (sizeof s_text);
    assert_non_null (ngram);
    assert_true (fabs (s_sum (ngram, s_text + 8) - 1.0) < 1e-12);
    gradmq_ngram_count (ngram, s_text, sizeof s_text);
    for (size_t i = GRADMQ_NGRAM_ORDER; i < sizeof s_text; i++)
        assert_true (fabs (s_sum (ngram, s_text + i) - 1.0) < 1e-12);
    assert_true (fabs (s_sum (ngram, (const uint8_t *) "zqzqzq" + 5) - 1.0) < 1e-12);
    gradmq_ngram_destroy (&ngram);
    assert_null (ngram);
}

static void
test_ngram_probability_is_that_of_method_c (void **state)
{
    (void) state;
    gradmq_ngram_t *ngram = gradmq_ngram_new (4);
    assert_non_null (ngram);
    gradmq_ngram_count (ngram, (const uint8_t *) "aab", 3);
    //  Nothing came after "xxxx" and "a" twice of three: two different bytes came at all.
    double alone = (2 + 2.0 / 256) / (3 + 2);
    assert_true (fabs (gradmq_ngram_probability (ngram, (const uint8_t *) "xxxx" + 4, 'a') - alone)
                 < 1e-15);
    //  After "a" came "a" and "b", once each.
    double after = (1 + 2 * alone) / (2 + 2);
    assert_true (fabs (gradmq_ngram_probability (ngram, (const uint8_t *) "xxxa" + 4, 'a') - after)
                 < 1e-15);
    gradmq_ngram_destroy (&ngram);
}

//  ------------------------------------------------------------------------------------------------
//  Texts

//  A folder of modules of two files, each of 600 times its module's byte.
static void
s_make_library (char *folder, size_t modules)
{
    assert_non_null (mkdtemp (folder));
    for (size_t i = 0; i < 2 * modules; i++) {
        char path [256], text [601];
        snprintf (path, sizeof path, "%s/m%zu", folder, i / 2);
        mkdir (path, 0700);
        snprintf (path, sizeof path, "%s/m%zu/%zu.py", folder, i / 2, i % 2);
        memset (text, (int) (1 + i / 2), 600);
        text [600] = 0;
        FILE *file = fopen (path, "w");
        assert_non_null (file);
        fputs (text, file);
        fclose (file);
    }
}

static void
s_remove_library (const char *folder, size_t modules)
{
    char path [256];
    for (size_t i = 0; i < 2 * modules; i++) {
        snprintf (path, sizeof path, "%s/m%zu/%zu.py", folder, i / 2, i % 2);
        unlink (path);
        snprintf (path, sizeof path, "%s/m%zu", folder, i / 2);
        rmdir (path);
    }
    rmdir (folder);
}

static void
test_library_deals_out_modules_and_holds_out_files (void **state)
{
    (void) state;
    char folder [] = "/tmp/gradmq-text-XXXXXX";
    size_t total = 0, counts [MODULES + 1] = {0};
    int owner [MODULES + 1];
    gradmq_library_t library;
    gradmq_reason_t reason;
    s_make_library (folder, MODULES);
    memset (owner, -1, sizeof owner);
    assert_int_equal (gradmq_library_load (&library, folder, 1u << 20, &reason), GRADMQ_OK);
    for (int i = 0; i < (int) GRADMQ_LIBRARY_WORKERS; i++) {
        total += library.parts [i].size;
        for (size_t j = 0; j < library.parts [i].size; j++) {
            uint8_t module = library.parts [i].bytes [j];
            assert_true (owner [module] == -1 || owner [module] == i);
            owner [module] = i;
            counts [module]++;
        }
    }
    assert_int_equal (total + library.test.size, (size_t) MODULES * 2 * 600);
    for (size_t module = 1; module <= MODULES; module++)
        assert_int_equal (counts [module] % 600, 0);
    gradmq_library_clear (&library);
    s_remove_library (folder, MODULES);
}

static void
test_library_too_little_text_is_refused_by_package (void **state)
{
    (void) state;
    char folder [] = "/tmp/gradmq-text-XXXXXX";
    gradmq_library_t library;
    gradmq_reason_t reason;
    s_make_library (folder, 2);
    assert_int_equal (gradmq_library_load (&library, folder, 1u << 20, &reason),
                      GRADMQ_ERR_ARGUMENT);
    assert_non_null (strstr (reason.text, "libpython3-stdlib"));
    gradmq_library_clear (&library);
    s_remove_library (folder, 2);
    assert_int_equal (gradmq_library_load (&library, "/nowhere", 1u << 20, &reason),
                      GRADMQ_ERR_ARGUMENT);
    gradmq_library_clear (&library);
}

//  ------------------------------------------------------------------------------------------------
//  Workers

//  Parameters after one sgd step from a gradient that is sent under this encoding.
static void
s_step (const char *encoding, double *w)
{
    static const gradmq_text_part_t text = {(uint8_t *) s_text, sizeof s_text, 0};
    static const gradmq_lesson_size_t size = {.rows = ROWS, .batch = 16};
    gradmq_arm_t arm = *gradmq_text_arm_at (0);
    gradmq_trial_t trial = {.arm = &arm, .seed = 1};
    float start [ELEMENTS];
    gradmq_layout_t *layout;
    gradmq_host_t host;
    gradmq_desk_t desk;
    gradmq_pupil_t pupil;
    gradmq_reason_t reason;
    size_t bytes;
    arm.encoding = encoding;
    s_parameters (start);
    assert_int_equal (gradmq_guess_layout (&layout, ROWS, &reason), GRADMQ_OK);
    assert_int_equal (gradmq_host_open (&host, "policy=async optimizer=sgd learning_rate=1", layout,
                                        start, &reason),
                      GRADMQ_OK);
    assert_int_equal (gradmq_desk_open (&desk, &size, &reason), GRADMQ_OK);
    assert_int_equal (gradmq_pupil_open (&pupil, &trial, &text, 0, &host, &reason), GRADMQ_OK);
    gradmq_pupil_begin (&pupil, &host);
    gradmq_pupil_compute (&pupil, 0.0, &desk);
    assert_int_equal (gradmq_pupil_push (&pupil, &host, &desk, &bytes, &reason), GRADMQ_OK);
    assert_int_equal (gradmq_model_version (host.engine->model), 1);
    gradmq_host_parameters (&host, w);
    gradmq_pupil_close (&pupil);
    gradmq_desk_close (&desk);
    gradmq_host_clear (&host);
    gradmq_layout_release (&layout);
}

static void
test_push_rows_come_to_what_the_whole_gradient_does (void **state)
{
    (void) state;
    double rows [ELEMENTS], dense [ELEMENTS], half [ELEMENTS], off = 0.0;
    s_step ("rows", rows);
    s_step ("f32", dense);
    s_step ("rows_f16", half);
    assert_memory_equal (rows, dense, sizeof rows);
    for (size_t j = 0; j < ELEMENTS; j++)
        off = fmax (off, fabs (rows [j] - half [j]));
    assert_true (off > 0.0 && off < 1e-3);
}

static void
test_lesson_every_arm_makes_versions_and_learns (void **state)
{
    (void) state;
    static const gradmq_lesson_size_t size = {
        .rows = 1024, .batch = 16, .most = 4096, .places = 256};
    const gradmq_arm_t *arm;
    gradmq_lesson_t lesson;
    gradmq_reason_t reason;
    if (gradmq_lesson_open (&lesson, &size, &reason)) {
        assert_non_null (strstr (reason.text, "libpython3-stdlib"));
        gradmq_lesson_clear (&lesson);
        skip ();
    }
    assert_true (lesson.ngram_bits > 0 && lesson.ngram_bits < 8);
    for (size_t i = 0; (arm = gradmq_text_arm_at (i)); i++) {
        gradmq_trial_t trial = {.arm = arm,
                                .seed = 1,
                                .contributions = 160,
                                .rate = arm->local_steps ? 1.0 : 0.03,
                                .outer = 0.03};
        gradmq_trial_result_t first, again;
        if (gradmq_lesson_run (&trial, &lesson, &first, &reason)
            || gradmq_lesson_run (&trial, &lesson, &again, &reason))
            fail_msg ("%s: %s", arm->name, reason.text);
        if (first.versions != 160 / arm->per_version || !(first.objective < 7.0))
            fail_msg ("%s has %.2f bits a byte after %u versions", arm->name, first.objective,
                      (unsigned) first.versions);
        assert_memory_equal (&first, &again, sizeof first);
    }
    gradmq_lesson_clear (&lesson);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_guess_gradient_is_the_slope_of_the_loss),
        cmocka_unit_test (test_guess_gradient_is_zero_but_for_rows_that_are_touched),
        cmocka_unit_test (test_ngram_probabilities_sum_to_one),
        cmocka_unit_test (test_ngram_probability_is_that_of_method_c),
        cmocka_unit_test (test_library_deals_out_modules_and_holds_out_files),
        cmocka_unit_test (test_library_too_little_text_is_refused_by_package),
        cmocka_unit_test (test_push_rows_come_to_what_the_whole_gradient_does),
        cmocka_unit_test (test_lesson_every_arm_makes_versions_and_learns),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
