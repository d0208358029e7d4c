#include "cli/printer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

static void
test_printer_of_every_kind_is_valid_json (void **state)
{
    (void) state;
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream (&text, &size);
    assert_non_null (memory);
    gradmq_printer_t printer = gradmq_printer (memory);
    gradmq_printer_open (&printer, NULL);
    gradmq_printer_text (&printer, "t", "a\"b\n");
    gradmq_printer_text (&printer, "n", NULL);
    gradmq_printer_open_list (&printer, "l");
    gradmq_printer_count (&printer, NULL, UINT64_MAX);
    gradmq_printer_real (&printer, NULL, 0.1);
    gradmq_printer_real (&printer, NULL, (double) NAN);
    gradmq_printer_open (&printer, NULL);
    gradmq_printer_close (&printer);
    gradmq_printer_close_list (&printer);
    gradmq_printer_flag (&printer, "f", false);
    gradmq_printer_id (&printer, "i", 255);
    gradmq_printer_close (&printer);
    gradmq_printer_end (&printer);
    fclose (memory);
    assert_string_equal (text, "{\"t\": \"a\\\"b\\n\", \"n\": null, "
                               "\"l\": [18446744073709551615, 0.1, null, {}], "
                               "\"f\": false, \"i\": \"00000000000000ff\"}\n");
    free (text);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_printer_of_every_kind_is_valid_json),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
