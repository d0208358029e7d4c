//  O-11: a worker that joined with an incarnation which this process did not know does not count for
//  min_clock until its first gradient's turn, whose clock tells where it is.

#include "spec/fixture/crew.h"

static void
test_adopted_worker_counts_from_its_first_gradient (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (1, "policy", "ssp");
    for (int i = 0; i < 3; i++)
        crew_push (crew, 0, 1);
    crew_model (crew, 3, -3);
    crew_join (crew, 1);
    uint64_t incarnation = crew->of [1].incarnation + 1;
    assert_int_equal (act_join (crew->peer, "b", incarnation, 5), GRADMQ_OK);
    crew->of [1].incarnation = incarnation;
    crew->of [1].sequence = 4;
    //  Nobody waits for it: a goes on.
    for (int i = 0; i < 3; i++)
        crew_push (crew, 0, 1);
    crew_model (crew, 6, -6);
    assert_int_equal (crew_status (crew)->min_clock, 6);
    gradmq_gradient_t first = crew_clocked (crew, 1, 9, true);
    crew_send (crew, &first, 1);
    crew_held (crew, 1, 5);  //  it has completed 8, and a 6
    assert_string_equal (crew_status (crew)->waiting_for.items [0], "a");
    crew_push (crew, 0, 1);
    crew_push (crew, 0, 1);
    crew_model (crew, 9, -9);
    assert_int_equal (crew_status (crew)->min_clock, 8);
    crew_push (crew, 0, 1);
    crew_push (crew, 0, 1);
    crew_model (crew, 11, -11);
    assert_int_equal (crew_status (crew)->min_clock, 9);
    crew_push (crew, 0, 1);
    crew_held (crew, 0, crew->of [0].sequence);
    crew_destroy (&crew);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_adopted_worker_counts_from_its_first_gradient),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
