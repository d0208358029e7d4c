#include "cli/suggest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
test_distance_counts_edits (void **state)
{
    (void) state;
    assert_int_equal (gradmq_word_distance ("load", "load"), 0);
    assert_int_equal (gradmq_word_distance ("laod", "load"), 1);
    assert_int_equal (gradmq_word_distance ("lod", "load"), 1);
    assert_int_equal (gradmq_word_distance ("", "load"), 4);
    assert_int_equal (gradmq_word_distance ("kitten", "sitting"), 3);
}

static void
test_suggest_near_words_are_found_and_far_ones_not (void **state)
{
    (void) state;
    assert_string_equal (gradmq_suggest_verb ("setings"), "settings");
    assert_string_equal (gradmq_suggest_verb ("strat"), "start");
    assert_null (gradmq_suggest_verb ("frobnicate"));
    assert_null (gradmq_suggest_verb (""));
    assert_string_equal (gradmq_suggest_setting ("lerning_rate"), "learning_rate");
    assert_string_equal (gradmq_suggest_setting ("group"), "groups");
    assert_null (gradmq_suggest_setting ("colour"));
}

static void
test_suggest_option_knows_only_the_verb (void **state)
{
    (void) state;
    assert_string_equal (gradmq_suggest_option ("new-epoc", "clear"), "new-epoch");
    assert_null (gradmq_suggest_option ("new-epoc", "status"));
    assert_string_equal (gradmq_suggest_option ("new-epoc", ""), "new-epoch");
}

static void
test_suggest_very_long_word_is_far_from_everything (void **state)
{
    (void) state;
    char word [300];
    memset (word, 's', sizeof word - 1);
    word [sizeof word - 1] = 0;
    assert_null (gradmq_suggest_verb (word));
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_distance_counts_edits),
        cmocka_unit_test (test_suggest_near_words_are_found_and_far_ones_not),
        cmocka_unit_test (test_suggest_option_knows_only_the_verb),
        cmocka_unit_test (test_suggest_very_long_word_is_far_from_everything),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
