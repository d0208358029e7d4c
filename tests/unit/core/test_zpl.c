#include "core/zpl.h"

#include <czmq.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

//  What our reader and zconfig make of a text: one line "path=value" an item.
typedef struct {
    char text [4096];
} s_items_t;

static void
s_add (s_items_t *items, const char *path, const char *value)
{
    size_t at = strlen (items->text);
    snprintf (items->text + at, sizeof items->text - at, "%s=%s\n", path, value ? value : "");
}

static gradmq_err_t
s_read (const char *text, size_t size, s_items_t *items, gradmq_reason_t *why)
{
    gradmq_zpl_t reader;
    gradmq_zpl_item_t item;
    items->text [0] = 0;
    gradmq_zpl_open (&reader, "file", text, size);
    for (;;) {
        gradmq_err_t err = gradmq_zpl_next (&reader, &item, why);
        if (err || !item.path)
            return err;
        s_add (items, item.path, item.value);
    }
}

static void
s_walk (zconfig_t *node, const char *above, s_items_t *items)
{
    for (zconfig_t *child = zconfig_child (node); child; child = zconfig_next (child)) {
        char path [1024];
        snprintf (path, sizeof path, "%s%s%s", above, above [0] ? "/" : "", zconfig_name (child));
        s_add (items, path, zconfig_value (child));
        s_walk (child, path, items);
    }
}

static void
test_zpl_next_accepted_text_means_the_same_to_zconfig (void **state)
{
    (void) state;
    static const char *const texts [] = {
        "",
        "\n\n",
        "a = b",
        "a\n    b = c\n    d = \"e # f\" # g\n    h = 'i \"j\"'\nk = l\n",
        "# comment\n    # comment\na = b c   # d\n",
        "a=b\r\nc = d\r\n",
        "a\n    b\n        c = 1\n    d = 2\n",
        "a\n\n    b = 1\n#\n    c = 2",
        "a =\nb = \nd = \"\"\ne = ''",
        "a = b = c",
        "a\t=\tb\tc",
        "a = b\"c\"",
        "key-1.x$@&+_ = caf\xc3\xa9",
        "a\n    b = 1\na\n    c = 2\n",
        "a = 1\n    b = 2\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts [0]; i++) {
        s_items_t ours, theirs = {""};
        gradmq_reason_t why = {0};
        if (s_read (texts [i], strlen (texts [i]), &ours, &why))
            fail_msg ("%s", why.text);
        zconfig_t *root = zconfig_str_load (texts [i]);
        assert_non_null (root);
        s_walk (root, "", &theirs);
        zconfig_destroy (&root);
        assert_string_equal (ours.text, theirs.text);
    }
}

static void
test_zpl_next_what_is_not_the_format_is_refused_with_its_line (void **state)
{
    (void) state;
    static const struct {
        const char *text, *said;
    } rows [] = {
        {"a\n  b = 1", "file:2: indent by four spaces"},
        {"  # comment", "file:1: indent by four spaces"},
        {"a\n        b = 1", "file:2: indented deeper"},
        {"    a = 1", "file:1: indented deeper"},
        {"a\n    b\n        c\n            d\n                e", "file:5: nested deeper"},
        {"= 1", "file:1: expected a name"},
        {"a/b = 1", "file:1: expected = and a value"},
        {"a b", "file:1: expected = and a value"},
        {"\n\na = \"b", "file:3: a quote is not closed"},
        {"a = 'b' c", "file:1: there is more behind the closing quote"},
        {"a = # b", "file:1: a # behind the = needs quotes"},
        {"\ta = 1", "file:1: expected a name"},
        {"a = \x01", "file:1: the line has a control character"},
        {"a = \x7f", "file:1: the line has a control character"},
        {"a = \xff", "file:1: the line is not valid UTF-8"},
        {"\xef\xbb\xbf"
         "a = 1",
         "file:1: expected a name"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++) {
        s_items_t items;
        gradmq_reason_t why = {0};
        assert_int_equal (s_read (rows [i].text, strlen (rows [i].text), &items, &why),
                          GRADMQ_ERR_CONFIG);
        if (!strstr (why.text, rows [i].said))
            fail_msg ("\"%s\" does not say \"%s\"", why.text, rows [i].said);
    }
    s_items_t items;
    gradmq_reason_t why = {0};
    assert_int_equal (s_read ("a = b\0c", 7, &items, &why), GRADMQ_ERR_CONFIG);
    assert_non_null (strstr (why.text, "control character"));
}

static void
test_zpl_next_longest_line_is_read_and_a_longer_one_refused (void **state)
{
    (void) state;
    char line [GRADMQ_ZPL_LINE_BYTES_MAX + 1];
    memset (line, 'x', sizeof line);
    memcpy (line, "a = ", 4);
    s_items_t items;
    gradmq_reason_t why = {0};
    assert_int_equal (s_read (line, sizeof line - 1, &items, &why), GRADMQ_OK);
    assert_int_equal (strlen (items.text), sizeof line - 1 - 2 + 1);
    assert_int_equal (s_read (line, sizeof line, &items, &why), GRADMQ_ERR_CONFIG);
    assert_non_null (strstr (why.text, "longer than 1024 bytes"));
    memset (line, ' ', sizeof line);
    line [0] = 'a';
    assert_int_equal (s_read (line, sizeof line - 1, &items, &why), GRADMQ_OK);
    assert_string_equal (items.text, "a=\n");
}

static void
test_zpl_next_deepest_path_of_longest_names_fits (void **state)
{
    (void) state;
    char text [4 * (GRADMQ_ZPL_LINE_BYTES_MAX + 1)];
    memset (text, 'n', sizeof text);
    for (size_t level = 0; level < 4; level++) {
        char *line = text + level * (GRADMQ_ZPL_LINE_BYTES_MAX + 1);
        memset (line, ' ', level * 4);
        line [GRADMQ_ZPL_LINE_BYTES_MAX] = '\n';
    }
    gradmq_zpl_t reader;
    gradmq_zpl_item_t item = {.path = ""};
    gradmq_zpl_open (&reader, "file", text, sizeof text);
    size_t items = 0, length = 0;
    while (item.path) {
        assert_int_equal (gradmq_zpl_next (&reader, &item, NULL), GRADMQ_OK);
        items += item.path != NULL;
        length = item.path ? strlen (item.path) : length;
    }
    assert_int_equal (items, 4);
    assert_int_equal (length, 4 * GRADMQ_ZPL_LINE_BYTES_MAX - (4 + 8 + 12) + 3);
}

static void
test_zpl_quote_takes_the_quote_that_is_free (void **state)
{
    (void) state;
    char text [16];
    assert_true (gradmq_zpl_quote (text, "a"));
    assert_string_equal (text, "\"a\"");
    assert_true (gradmq_zpl_quote (text, "\"a\" #"));
    assert_string_equal (text, "'\"a\" #'");
    assert_true (gradmq_zpl_quote (text, "it's"));
    assert_string_equal (text, "\"it's\"");
    assert_false (gradmq_zpl_quote (text, "'\""));
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_zpl_next_accepted_text_means_the_same_to_zconfig),
        cmocka_unit_test (test_zpl_next_what_is_not_the_format_is_refused_with_its_line),
        cmocka_unit_test (test_zpl_next_longest_line_is_read_and_a_longer_one_refused),
        cmocka_unit_test (test_zpl_next_deepest_path_of_longest_names_fits),
        cmocka_unit_test (test_zpl_quote_takes_the_quote_that_is_free),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
