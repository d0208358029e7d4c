//  O-5: a round is closed when at least `round_minimum` answers are there, and as many as the rule needs,
//  and: all for whom it waits have answered; or `quorum` answers are there, where that is not 0; or
//  `round_timeout_ms` have passed since its first answer, where that is not 0. While stopped no time
//  passes.

#include "spec/fixture/crew.h"

static void
test_all_have_answered (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (3, "policy", "bsp");
    crew_push (crew, 0, 1);
    crew_push (crew, 1, 2);
    crew_held (crew, 0, 1);
    assert_false (crew_status (crew)->has_deadline);
    crew_push (crew, 2, 6);
    crew_model (crew, 1, -3);
    crew_destroy (&crew);
}

static void
test_quorum_closes_a_round (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (4, "policy", "bsp", "quorum", "2");
    crew_push (crew, 0, 1);
    crew_held (crew, 0, 1);
    crew_push (crew, 1, 3);
    crew_model (crew, 1, -2);
    //  A SKIP is an answer too.
    crew_skip (crew, 2);
    crew_push (crew, 3, 5);
    crew_model (crew, 2, -7);
    crew_destroy (&crew);
}

//  A worker answers once a round, in whichever life.
static void
test_quorum_counts_workers (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (3, "policy", "bsp", "quorum", "2", "rule", "sum");
    crew_push (crew, 0, 1);
    crew_push (crew, 0, 2);
    crew_held (crew, 0, 2);
    crew_join (crew, 0);
    crew_push (crew, 0, 4);
    crew_held (crew, 0, 1);
    assert_int_equal (crew_status (crew)->contributions, 1);
    crew_push (crew, 1, 8);
    crew_model (crew, 1, -9);
    crew_destroy (&crew);
}

static void
test_fewer_than_the_minimum_do_not_close_a_round (void **state)
{
    (void) state;
    crew_t *crew =
        CREW_NEW (2, "policy", "bsp", "round_minimum", "3", "quorum", "1", "round_timeout_ms", "1");
    crew_subscribe (crew);
    crew_push (crew, 0, 1);
    crew_push (crew, 1, 2);
    crew_held (crew, 1, 1);
    gradmq_event_t event;
    crew_why (crew, 0, &event);
    assert_non_null (strstr (event.heartbeat.why, "round_minimum"));
    gradmq_event_clear (&event);
    crew_join (crew, 2);
    crew_push (crew, 2, 6);
    crew_model (crew, 1, -3);
    crew_destroy (&crew);
}

static void
test_fewer_than_the_rule_needs_do_not_close_a_round (void **state)
{
    (void) state;
    crew_t *crew =
        CREW_NEW (2, "policy", "bsp", "rule", "krum", "byzantine", "0", "round_timeout_ms", "1");
    crew_push (crew, 0, 1);
    crew_push (crew, 1, 2);
    crew_held (crew, 1, 1);
    crew_join (crew, 2);
    crew_push (crew, 2, 4);
    crew_model (crew, 1, -1);
    crew_destroy (&crew);
}

static void
test_time_closes_a_round (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (3, "policy", "bsp", "round_timeout_ms", "200");
    crew_push (crew, 0, 1);
    crew_push (crew, 1, 3);
    int64_t begin = zclock_mono ();
    crew_model (crew, 1, -2);
    assert_true (zclock_mono () - begin >= 150);
    crew_destroy (&crew);
}

static void
test_no_time_passes_while_stopped (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "bsp", "round_timeout_ms", "60000");
    crew_push (crew, 0, 1);
    crew_held (crew, 0, 1);
    assert_true (crew_status (crew)->has_deadline);
    assert_int_equal (act_command (crew->peer, GRADMQ_COMMAND_STOP), GRADMQ_OK);
    uint64_t before = crew->peer->reply.position.version;
    assert_false (crew_status (crew)->has_deadline);
    CREW_SET (crew, "round_timeout_ms", "1");
    crew_subscribe (crew);
    for (int i = 0; i < 3; i++) {
        gradmq_event_t event;
        crew_why (crew, 0, &event);  //  heartbeats are 50 ms apart
        gradmq_event_clear (&event);
    }
    crew_held (crew, 0, 1);
    assert_int_equal (crew->peer->reply.position.version, before);
    //  The 100 ms and more that have passed meanwhile do not count.
    CREW_SET (crew, "round_timeout_ms", "60000");
    assert_int_equal (act_command (crew->peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    assert_true (crew_status (crew)->has_deadline);
    crew_held (crew, 0, 1);
    CREW_SET (crew, "round_timeout_ms", "1");
    crew_model (crew, 1, -1);
    crew_destroy (&crew);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_all_have_answered),
        cmocka_unit_test (test_quorum_closes_a_round),
        cmocka_unit_test (test_quorum_counts_workers),
        cmocka_unit_test (test_fewer_than_the_minimum_do_not_close_a_round),
        cmocka_unit_test (test_fewer_than_the_rule_needs_do_not_close_a_round),
        cmocka_unit_test (test_time_closes_a_round),
        cmocka_unit_test (test_no_time_passes_while_stopped),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
