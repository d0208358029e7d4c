//  O-3: a gradient without a `clock` is a clock of its own, and a SKIP ends its clock. Of those that state
//  the same clock the one with `last_of_clock` ends it.

#include "spec/fixture/crew.h"

static void
test_clock_of_a_round_may_have_several_gradients (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "bsp", "rule", "sum");
    uint64_t round = crew_status (crew)->round;
    crew_push (crew, 1, 16);
    for (unsigned i = 0; i < 3; i++) {
        gradmq_gradient_t piece = crew_clocked (crew, 0, round, false);
        crew_send (crew, &piece, (float) (1 << i));
        crew_held (crew, 0, piece.sequence);
    }
    assert_int_equal (crew_status (crew)->contributions, 4);
    gradmq_gradient_t last = crew_clocked (crew, 0, round, true);
    crew_send (crew, &last, 8);
    crew_model (crew, 1, -31);
    crew_destroy (&crew);
}

static void
test_clock_of_ssp_may_have_several_gradients (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "ssp");
    for (unsigned i = 0; i < 3; i++) {
        gradmq_gradient_t piece = crew_clocked (crew, 0, 1, i == 2);
        crew_send (crew, &piece, 1);
    }
    crew_model (crew, 3, -3);
    gradmq_gradient_t ahead = crew_clocked (crew, 0, 2, true);
    crew_send (crew, &ahead, 1);
    crew_held (crew, 0, ahead.sequence);
    //  One that does not end its clock leaves the other waiting.
    gradmq_gradient_t piece = crew_clocked (crew, 1, 1, false);
    crew_send (crew, &piece, 1);
    crew_model (crew, 4, -4);
    crew_held (crew, 0, ahead.sequence);
    gradmq_gradient_t last = crew_clocked (crew, 1, 1, true);
    crew_send (crew, &last, 1);
    crew_model (crew, 6, -6);
    crew_destroy (&crew);
}

static void
test_skip_ends_its_clock (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "bsp", "rule", "sum");
    uint64_t round = crew_status (crew)->round;
    crew_push (crew, 1, 1);
    gradmq_gradient_t skip = crew_clocked (crew, 0, round, false);
    skip.kind = GRADMQ_KIND_SKIP;
    crew_send (crew, &skip, 0);
    crew_disposed (crew, 0, skip.sequence, GRADMQ_SKIPPED, 0);
    crew_model (crew, 1, -1);
    crew_destroy (&crew);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_clock_of_a_round_may_have_several_gradients),
        cmocka_unit_test (test_clock_of_ssp_may_have_several_gradients),
        cmocka_unit_test (test_skip_ends_its_clock),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
