//  O-17: a step with fewer contributions than its rule needs is not made: SKIPPED with STATE.

#include "spec/fixture/crew.h"

static void
test_answers_without_contributions_are_too_few (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (3, "policy", "bsp", "rule", "krum", "byzantine", "0");
    crew_subscribe (crew);
    uint64_t round = crew_status (crew)->round;
    crew_push (crew, 0, 1);
    crew_push (crew, 1, 2);
    crew_held (crew, 1, 1);
    crew_skip (crew, 2);
    crew_disposed (crew, 0, 1, GRADMQ_SKIPPED, GRADMQ_ERR_STATE);
    crew_disposed (crew, 1, 1, GRADMQ_SKIPPED, GRADMQ_ERR_STATE);
    crew_disposed (crew, 2, 1, GRADMQ_SKIPPED, 0);
    crew_notice (crew, GRADMQ_NOTICE_STEP_SKIPPED, 2, GRADMQ_ERR_STATE);
    assert_int_equal (crew_status (crew)->round, round + 1);
    assert_int_equal (crew->peer->reply.position.version, 0);
    for (size_t i = 0; i < 3; i++)
        crew_push (crew, i, (float) i);
    crew_model (crew, 1, 0);
    crew_destroy (&crew);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_answers_without_contributions_are_too_few),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
