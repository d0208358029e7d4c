//  O-13: Reset drops the contributions of the open step: DISCARDED. Status tells their number.

#include "spec/fixture/crew.h"

static void
s_delta (crew_t *crew, size_t worker, float value)
{
    gradmq_gradient_t gradient = crew_gradient (crew, worker);
    gradient.kind = GRADMQ_KIND_DELTA;
    crew_send (crew, &gradient, value);
}

static void
test_reset_drops_what_was_merged_so_far (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "merge", "merge_count", "3");
    s_delta (crew, 0, 3);
    assert_int_equal (crew_status (crew)->contributions, 1);
    s_delta (crew, 1, 3);
    assert_int_equal (crew_status (crew)->contributions, 2);
    assert_non_null (crew->peer->reply.status.why);
    assert_int_equal (act_command (crew->peer, GRADMQ_COMMAND_RESET), GRADMQ_OK);
    assert_int_equal (crew->peer->reply.cleared, 2);
    crew_disposed (crew, 0, 1, GRADMQ_DISCARDED, 0);
    crew_disposed (crew, 1, 1, GRADMQ_DISCARDED, 0);
    assert_int_equal (crew_status (crew)->contributions, 0);
    assert_null (crew->peer->reply.status.why);
    for (int i = 0; i < 3; i++)
        s_delta (crew, 0, 3);
    crew_model (crew, 1, 3);
    crew_destroy (&crew);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_reset_drops_what_was_merged_so_far),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
