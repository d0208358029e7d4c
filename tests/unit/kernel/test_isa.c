//  Choosing an instruction set.

#include "kernel/isa.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

//  First: the choice is made once a process.
static void
test_isa_from_the_environment_is_used (void **state)
{
    (void) state;
    assert_int_equal (setenv ("GRADMQ_ISA", "baseline", 1), 0);
    assert_int_equal (gradmq_isa (), GRADMQ_ISA_BASELINE);
    assert_int_equal (setenv ("GRADMQ_ISA", "avx2", 1), 0);
    assert_int_equal (gradmq_isa (), GRADMQ_ISA_BASELINE);
}

static void
test_isa_use_takes_only_what_is_there (void **state)
{
    (void) state;
    for (int i = 0; i < GRADMQ_ISAS; i++) {
        gradmq_isa_t isa = (gradmq_isa_t) i, before = gradmq_isa ();
        assert_int_equal (gradmq_isa_use (isa), gradmq_isa_there (isa));
        assert_int_equal (gradmq_isa (), gradmq_isa_there (isa) ? isa : before);
    }
    assert_false (gradmq_isa_use (GRADMQ_ISAS));
}

static void
test_isa_name_names_each (void **state)
{
    (void) state;
    assert_string_equal (gradmq_isa_name (GRADMQ_ISA_BASELINE), "baseline");
    assert_string_equal (gradmq_isa_name (GRADMQ_ISA_AVX2), "avx2");
    assert_string_equal (gradmq_isa_name (GRADMQ_ISA_AVX512), "avx512");
    assert_string_equal (gradmq_isa_name (GRADMQ_ISAS), "?");
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_isa_from_the_environment_is_used),
        cmocka_unit_test (test_isa_use_takes_only_what_is_there),
        cmocka_unit_test (test_isa_name_names_each),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
