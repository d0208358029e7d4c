//  S-3, what the coordinator answers: with `sent_through`, what was sent and did not arrive is missing
//  without a code, in the acknowledgements that were asked for and in those that are published.

#include "spec/fixture/act.h"

static void
test_gaps_and_what_was_sent_last_are_missing (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    act_push (peer, "w", incarnation, 1, 0.5f, 1);
    act_push (peer, "w", incarnation, 4, 0.25f, 1);
    act_handled (peer, 2);
    peer_ack (peer, "w", incarnation, 0);
    act_assert_ack (&peer->reply.ack, 1, 1, 2, 1, 0);
    act_assert_missing (&peer->reply.ack, 0, 2, 3, 0);
    peer_ack (peer, "w", incarnation, 6);
    act_assert_ack (&peer->reply.ack, 1, 1, 2, 2, 0);
    act_assert_missing (&peer->reply.ack, 0, 2, 3, 0);
    act_assert_missing (&peer->reply.ack, 1, 5, 6, 0);
    //  It remembers: nothing is less sent for being asked again.
    peer_ack (peer, "w", incarnation, 5);
    act_assert_missing (&peer->reply.ack, 1, 5, 6, 0);
    peer_subscribe_events (peer, "ack/" PEER_MODEL "/w/");
    gradmq_event_t event;
    peer_event (peer, "ack/", GRADMQ_EVENT_ACKNOWLEDGEMENT, &event);
    act_assert_ack (&event.ack, 1, 1, 2, 2, 0);
    gradmq_event_clear (&event);
    for (uint64_t i = 2; i <= 6; i++)
        if (i != 4)
            act_push (peer, "w", incarnation, i, 0.03125f, 1);
    peer_settle (peer, "w", incarnation, 6);
    act_assert_ack (&peer->reply.ack, 6, 6, 6, 0, 0);
    act_assert_parameters (peer, 1, 0.125f, 6);
    peer_destroy (&peer);
}

static void
test_more_gaps_than_are_told_are_the_lowest (void **state)
{
    (void) state;
    enum { TOLD = GRADMQ_MISSING_RANGES_TOLD_MAX };
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    for (uint64_t i = 1; i <= TOLD + 10; i++)
        act_push (peer, "w", incarnation, 2 * i, 0, 1);
    act_handled (peer, TOLD + 10);
    peer_ack (peer, "w", incarnation, 0);
    act_assert_ack (&peer->reply.ack, 0, 0, TOLD + 10, TOLD, 0);
    act_assert_missing (&peer->reply.ack, 0, 1, 1, 0);
    act_assert_missing (&peer->reply.ack, TOLD - 1, 2 * TOLD - 1, 2 * TOLD - 1, 0);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_gaps_and_what_was_sent_last_are_missing),
        cmocka_unit_test (test_more_gaps_than_are_told_are_the_lowest),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
