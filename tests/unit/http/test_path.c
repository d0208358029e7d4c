//  The table of paths and what README says of it.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { README_BYTES = 1 << 20 };

static const char *const s_paths [] = {
#define X(path, function, help) path,
#include "http/path.def"
#undef X
};

static void
test_path_is_in_the_table_of_readme (void **state)
{
    (void) state;
    char *text = calloc (1, README_BYTES);
    FILE *file = fopen ("README.md", "r");
    assert_non_null (text);
    assert_non_null (file);
    assert_in_range (fread (text, 1, README_BYTES - 1, file), 1, README_BYTES - 2);
    fclose (file);
    for (size_t i = 0; i < sizeof s_paths / sizeof s_paths [0]; i++) {
        char row [80];
        snprintf (row, sizeof row, "\n| `%s` | ", s_paths [i]);
        if (!strstr (text, row))
            fail_msg ("README.md does not tell of %s", s_paths [i]);
    }
    free (text);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_path_is_in_the_table_of_readme),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
