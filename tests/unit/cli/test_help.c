#include "cli/help.h"

#include "cli/bench/bench.h"
#include "cli/exit.h"
#include "settings/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

//  What `write` writes.
static char *
s_text (void (*write) (FILE *to))
{
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream (&text, &size);
    assert_non_null (memory);
    write (memory);
    fclose (memory);
    return text;
}

static void
s_assert_has (const char *text, const char *piece)
{
    if (!strstr (text, piece))
        fail_msg ("\"%s\" is not there", piece);
}

//  As the manual writes a name: hyphens escaped.
static const char *
s_escaped (char *to, const char *name)
{
    char *at = to;
    for (; *name; name++) {
        if (*name == '-')
            *at++ = '\\';
        *at++ = *name;
    }
    *at = 0;
    return to;
}

static void
test_help_all_has_every_verb_global_option_and_exit (void **state)
{
    (void) state;
    char *text = s_text (gradmq_help_all);
    const gradmq_verb_t *verb;
    const gradmq_verb_option_t *option;
    const gradmq_exit_row_t *row;
    for (size_t i = 0; (verb = gradmq_verb_at (i)); i++)
        s_assert_has (text, verb->help);
    for (size_t i = 0; (option = gradmq_verb_option_at (i)); i++)
        if (gradmq_verb_option_global (option))
            s_assert_has (text, option->help);
    for (size_t i = 0; (row = gradmq_exit_at (i)); i++)
        s_assert_has (text, row->help);
    free (text);
}

static void
test_help_verb_has_its_options_and_no_others (void **state)
{
    (void) state;
    const gradmq_verb_t *verb;
    const gradmq_verb_option_t *option;
    for (size_t i = 0; (verb = gradmq_verb_at (i)); i++) {
        char *text = NULL;
        size_t size = 0;
        FILE *memory = open_memstream (&text, &size);
        gradmq_help_verb (memory, verb);
        fclose (memory);
        for (size_t j = 0; (option = gradmq_verb_option_at (j)); j++)
            assert_int_equal (strstr (text, option->help) != NULL,
                              gradmq_verb_option_of (option, verb));
        free (text);
    }
}

static void
test_help_and_man_have_every_benchmark (void **state)
{
    (void) state;
    char *manual = s_text (gradmq_help_man), *text = NULL, piece [64];
    size_t size = 0;
    FILE *memory = open_memstream (&text, &size);
    gradmq_help_verb (memory, gradmq_verb_find ("bench"));
    fclose (memory);
    const gradmq_bench_entry_t *bench;
    for (size_t i = 0; (bench = gradmq_bench_at (i)); i++) {
        snprintf (piece, sizeof piece, "\n  %s ", bench->name);
        s_assert_has (text, piece);
        s_assert_has (text, bench->help);
        assert_int_equal (strstr (bench->help, "only by name") == NULL, bench->usual);
        snprintf (piece, sizeof piece, ".TP\n\\fB%s\\fR\n", bench->name);
        s_assert_has (manual, piece);
    }
    free (text);
    free (manual);
}

static void
test_man_has_every_verb_option_and_exit (void **state)
{
    (void) state;
    char *text = s_text (gradmq_help_man), name [64], piece [128];
    const gradmq_verb_t *verb;
    const gradmq_verb_option_t *option;
    const gradmq_exit_row_t *row;
    for (size_t i = 0; (verb = gradmq_verb_at (i)); i++) {
        snprintf (piece, sizeof piece, ".SS gradmq %s", s_escaped (name, verb->name));
        s_assert_has (text, piece);
    }
    for (size_t i = 0; (option = gradmq_verb_option_at (i)); i++) {
        snprintf (piece, sizeof piece, "\\fB\\-\\-%s\\fR", s_escaped (name, option->name));
        s_assert_has (text, piece);
    }
    for (size_t i = 0; (row = gradmq_exit_at (i)); i++) {
        snprintf (piece, sizeof piece, ".TP\n\\fB%d\\fR\n", (int) row->number);
        s_assert_has (text, piece);
    }
    free (text);
}

static void
test_completion_has_every_verb_option_and_setting (void **state)
{
    (void) state;
    static const char *const shells [] = {"bash", "zsh", "fish"};
    for (size_t s = 0; s < sizeof shells / sizeof shells [0]; s++) {
        char *text = NULL, piece [128];
        size_t size = 0;
        FILE *memory = open_memstream (&text, &size);
        assert_true (gradmq_completion (memory, shells [s]));
        fclose (memory);
        const gradmq_verb_t *verb;
        const gradmq_verb_option_t *option;
        for (size_t i = 0; (verb = gradmq_verb_at (i)); i++)
            s_assert_has (text, verb->name);
        for (size_t i = 0; (option = gradmq_verb_option_at (i)); i++) {
            bool fish = strcmp (shells [s], "fish") == 0;
            snprintf (piece, sizeof piece, fish ? " -l %s" : "--%s", option->name);
            s_assert_has (text, piece);
        }
        for (size_t i = 0; i < GRADMQ_SETTINGS; i++) {
            snprintf (piece, sizeof piece, "%s=", gradmq_setting_table [i].name);
            s_assert_has (text, piece);
        }
        free (text);
    }
}

//  Choices that are rows of other tables, too.
static void
test_completion_offers_what_a_setting_can_be (void **state)
{
    (void) state;
    static const char *const wanted [][2] = {{"bash", "policy) words='async bsp ssp merge'"},
                                             {"bash", "mode) words='descent ascent'"},
                                             {"bash", "coalesce) words='true false'"},
                                             {"zsh", " rule=multi_krum "},
                                             {"fish", " policy=merge "},
                                             {"fish", " optimizer=adam "},
                                             {"fish", " schedule=cosine "}};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted [0]; i++) {
        char *text = NULL;
        size_t size = 0;
        FILE *memory = open_memstream (&text, &size);
        assert_true (gradmq_completion (memory, wanted [i][0]));
        fclose (memory);
        assert_non_null (strstr (text, wanted [i][1]));
        assert_null (strstr (text, "clip_norm) "));
        free (text);
    }
}

static void
test_completion_for_an_unknown_shell_is_refused (void **state)
{
    (void) state;
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream (&text, &size);
    assert_false (gradmq_completion (memory, "tcsh"));
    fclose (memory);
    assert_string_equal (text, "");
    free (text);
}

static void
test_tables_names_and_letters_are_there_once (void **state)
{
    (void) state;
    const gradmq_verb_t *verb;
    const gradmq_verb_option_t *option, *other;
    for (size_t i = 0; (verb = gradmq_verb_at (i)); i++)
        assert_ptr_equal (gradmq_verb_find (verb->name), verb);
    for (size_t i = 0; (option = gradmq_verb_option_at (i)); i++) {
        assert_ptr_equal (gradmq_verb_option_find (option->name, strlen (option->name)), option);
        for (size_t j = 0; j < i; j++) {
            other = gradmq_verb_option_at (j);
            assert_true (!option->letter || option->letter != other->letter);
        }
    }
}

//  Every word of an option's `verbs` is a verb.
static void
test_tables_options_belong_to_verbs_that_exist (void **state)
{
    (void) state;
    const gradmq_verb_option_t *option;
    for (size_t i = 0; (option = gradmq_verb_option_at (i)); i++) {
        char list [256];
        snprintf (list, sizeof list, "%s", option->verbs);
        if (gradmq_verb_option_global (option))
            continue;
        for (char *word = strtok (list, " "); word; word = strtok (NULL, " "))
            assert_non_null (gradmq_verb_find (word));
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_help_all_has_every_verb_global_option_and_exit),
        cmocka_unit_test (test_help_verb_has_its_options_and_no_others),
        cmocka_unit_test (test_help_and_man_have_every_benchmark),
        cmocka_unit_test (test_man_has_every_verb_option_and_exit),
        cmocka_unit_test (test_completion_has_every_verb_option_and_setting),
        cmocka_unit_test (test_completion_offers_what_a_setting_can_be),
        cmocka_unit_test (test_completion_for_an_unknown_shell_is_refused),
        cmocka_unit_test (test_tables_names_and_letters_are_there_once),
        cmocka_unit_test (test_tables_options_belong_to_verbs_that_exist),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
