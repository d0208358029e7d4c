//  E-1: where no steps are made although gradients or workers wait, a heartbeat says why, until when, and for
//  whom: up to 16 names and the total. Status says the same.

#include "spec/fixture/crew.h"

static void
test_round_says_for_whom_and_until_when (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (20, "policy", "bsp", "round_timeout_ms", "60000");
    crew_subscribe (crew);
    uint64_t round = crew_status (crew)->round;
    assert_null (crew->peer->reply.status.why);
    assert_int_equal (crew->peer->reply.status.waiting_total, 0);
    crew_push (crew, 0, 1);
    crew_skip (crew, 1);
    crew_held (crew, 0, 1);
    gradmq_event_t event;
    do
        crew_why (crew, round, &event);
    while (event.heartbeat.waiting_total != 18 && (gradmq_event_clear (&event), true));
    assert_int_equal (event.heartbeat.waiting_for.count, 16);
    for (size_t i = 0; i < 16; i++)
        assert_false (event.heartbeat.waiting_for.items [i][0] < 'c');
    assert_true (event.heartbeat.has_deadline);
    assert_in_range (event.heartbeat.deadline_ms, 1, 60000);
    assert_int_equal (event.heartbeat.queued, 1);
    gradmq_event_clear (&event);
    const gradmq_status_report_t *status = crew_status (crew);
    assert_int_equal (status->waiting_total, 18);
    assert_int_equal (status->waiting_for.count, 16);
    assert_true (status->has_deadline);
    assert_non_null (strstr (status->why, "2 answers"));
    crew_destroy (&crew);
}

//  A gradient that does not end its clock waits too, before there is any answer.
static void
test_round_without_an_answer_says_for_whom (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "bsp");
    gradmq_gradient_t piece = crew_clocked (crew, 0, crew_status (crew)->round, false);
    crew_send (crew, &piece, 1);
    crew_held (crew, 0, 1);
    const gradmq_status_report_t *status = crew_status (crew);
    assert_non_null (status->why);
    assert_int_equal (status->waiting_total, 2);
    crew_destroy (&crew);
}

static void
test_counted_step_says_how_many_there_are (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (1, "buffer_gradients", "3");
    crew_subscribe (crew);
    crew_push (crew, 0, 1);
    crew_held (crew, 0, 1);
    gradmq_event_t event;
    crew_why (crew, 0, &event);
    assert_non_null (strstr (event.heartbeat.why, "1 of 3"));
    assert_int_equal (event.heartbeat.waiting_total, 0);
    gradmq_event_clear (&event);
    crew_destroy (&crew);
}

static void
test_bound_says_who_is_slow (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (3, "policy", "ssp");
    crew_subscribe (crew);
    crew_push (crew, 0, 1);
    crew_push (crew, 0, 1);
    crew_push (crew, 2, 1);
    crew_held (crew, 0, 2);
    gradmq_event_t event;
    do
        crew_why (crew, 0, &event);
    while (event.heartbeat.waiting_total != 1 && (gradmq_event_clear (&event), true));
    assert_string_equal (event.heartbeat.waiting_for.items [0], "b");
    assert_int_equal (event.heartbeat.min_clock, 0);
    gradmq_event_clear (&event);
    crew_destroy (&crew);
}

//  What was refused is settled: nothing waits.
static void
test_what_was_refused_does_not_wait (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "bsp");
    assert_int_equal (act_command (crew->peer, GRADMQ_COMMAND_STOP), GRADMQ_OK);
    crew_push (crew, 0, NAN);
    crew_disposed (crew, 0, 1, GRADMQ_REFUSED, GRADMQ_ERR_NON_FINITE);
    assert_int_equal (crew_status (crew)->queued_gradients, 0);
    crew_destroy (&crew);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_round_says_for_whom_and_until_when),
        cmocka_unit_test (test_round_without_an_answer_says_for_whom),
        cmocka_unit_test (test_counted_step_says_how_many_there_are),
        cmocka_unit_test (test_bound_says_who_is_slow),
        cmocka_unit_test (test_what_was_refused_does_not_wait),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
