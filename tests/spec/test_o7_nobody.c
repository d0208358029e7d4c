//  O-7: a round in which nobody contributed makes no version; the notice STEP_SKIPPED with count 0 says that
//  it is over. The next round is another one.

#include "spec/fixture/crew.h"

static void
test_all_skip (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "bsp");
    crew_subscribe (crew);
    uint64_t round = crew_status (crew)->round;
    crew_skip (crew, 0);
    crew_skip (crew, 1);
    crew_notice (crew, GRADMQ_NOTICE_STEP_SKIPPED, 0, 0);
    crew_disposed (crew, 0, 1, GRADMQ_SKIPPED, 0);
    crew_disposed (crew, 1, 1, GRADMQ_SKIPPED, 0);
    assert_int_equal (crew_status (crew)->round, round + 1);
    assert_int_equal (crew->peer->reply.position.version, 0);
    //  A heartbeat tells the new round at once: the notice was the last that spoke of the old one.
    gradmq_event_t event;
    peer_event (crew->peer, "event/" PEER_MODEL "/all/", GRADMQ_EVENT_HEARTBEAT, &event);
    assert_int_equal (event.heartbeat.round, round + 1);
    gradmq_event_clear (&event);
    crew_push (crew, 0, 1);
    crew_push (crew, 1, 3);
    crew_model (crew, 1, -2);
    crew_destroy (&crew);
}

static void
test_all_are_refused (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "bsp");
    crew_subscribe (crew);
    crew_push (crew, 0, NAN);
    crew_push (crew, 1, NAN);
    crew_notice (crew, GRADMQ_NOTICE_STEP_SKIPPED, 0, 0);
    crew_disposed (crew, 0, 1, GRADMQ_REFUSED, GRADMQ_ERR_NON_FINITE);
    assert_int_equal (crew_status (crew)->queued_gradients, 0);
    crew_destroy (&crew);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_all_skip),
        cmocka_unit_test (test_all_are_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
