//  O-1: a step of several contributions takes them in the order of worker name, then incarnation, then
//  sequence, whatever the order of their arrival.
//
//  1e17 + 1 is 1e17: a sum of 1e17, -1e17 and 1 is 1 in this order and 0 where 1 is added before.

#include "spec/fixture/crew.h"

#define LARGE 1e17f

static void
test_workers_go_by_name (void **state)
{
    (void) state;
    static const size_t arrivals [][3] = {{0, 1, 2}, {2, 0, 1}, {0, 2, 1}, {1, 2, 0}};
    static const float values [] = {LARGE, -LARGE, 1};
    crew_t *crew = CREW_NEW (3, "policy", "bsp", "rule", "sum");
    for (size_t k = 0; k < 4; k++) {
        for (size_t i = 0; i < 3; i++)
            crew_push (crew, arrivals [k][i], values [arrivals [k][i]]);
        crew_model (crew, k + 1, -(float) (k + 1));
    }
    crew_destroy (&crew);
}

static void
test_gradients_of_one_worker_go_by_sequence (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (1, "buffer_gradients", "3", "rule", "sum");
    gradmq_gradient_t first = crew_gradient (crew, 0), second = crew_gradient (crew, 0);
    crew_push (crew, 0, 1);
    crew_send (crew, &first, LARGE);
    crew_send (crew, &second, -LARGE);
    crew_model (crew, 1, -1);
    crew_destroy (&crew);
}

static void
test_lives_of_one_worker_go_by_incarnation (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "buffer_gradients", "3", "rule", "sum");
    crew_push (crew, 0, LARGE);
    crew_push (crew, 0, -LARGE);  //  sequence 2 of the first life
    crew_status (crew);
    crew_join (crew, 0);
    crew_push (crew, 0, 1);  //  sequence 1 of the second
    crew_model (crew, 1, -1);
    crew_destroy (&crew);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_workers_go_by_name),
        cmocka_unit_test (test_gradients_of_one_worker_go_by_sequence),
        cmocka_unit_test (test_lives_of_one_worker_go_by_incarnation),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
