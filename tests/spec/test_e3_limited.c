//  E-3: REFUSED and TURNED_AWAY notices are limited to 10 a second a worker; acknowledgements tell
//  them all.

#include "spec/fixture/act.h"

enum { MANY = 60, A_SECOND = 10 };

//  Notices of this kind about this worker until the queue is cleared.
static unsigned
s_count (peer_t *peer, const char *worker, gradmq_notice_t notice)
{
    unsigned count = 0;
    for (;;) {
        gradmq_event_t event;
        peer_event (peer, "event/", GRADMQ_EVENT_NOTICE, &event);
        bool end = event.notice.notice == GRADMQ_NOTICE_CLEARED;
        if (event.notice.notice == notice && event.notice.worker
            && streq (event.notice.worker, worker))
            count++;
        gradmq_event_clear (&event);
        if (end)
            return count;
    }
}

//  Ten in each second that was begun.
static void
s_assert_limited (unsigned count, int64_t begin)
{
    int64_t seconds = (zclock_mono () - begin) / 1000 + 1;
    assert_true (count >= A_SECOND);
    assert_true (count <= (unsigned) seconds * A_SECOND);
    assert_true (count < MANY);
}

static void
test_refusals_of_one_worker_do_not_silence_another (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    uint64_t a = peer_join (peer, "a"), b = peer_join (peer, "b");
    peer_subscribe_events (peer, "event/" PEER_MODEL "/");
    for (uint64_t i = 1; i <= MANY; i++)
        act_push (peer, "a", a, i, 0, 0);
    act_push (peer, "b", b, 1, 0, 0);
    peer_settle (peer, "a", a, MANY);
    act_assert_ack (&peer->reply.ack, MANY, MANY, 0, 0, MANY);
    peer_settle (peer, "b", b, 1);
    act_assert_notice (peer, "b", GRADMQ_NOTICE_REFUSED, b, 1, GRADMQ_ERR_LENGTH);
    peer_destroy (&peer);
}

static void
test_refusals_at_the_door_are_limited (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    peer_subscribe_events (peer, "event/" PEER_MODEL "/");
    int64_t begin = zclock_mono ();
    for (uint64_t i = 1; i <= MANY; i++)
        act_push (peer, "w", incarnation, i, 0, 0);
    peer_settle (peer, "w", incarnation, MANY);
    act_assert_ack (&peer->reply.ack, MANY, MANY, 0, 0, MANY);
    assert_int_equal (act_clear (peer, false), GRADMQ_OK);
    s_assert_limited (s_count (peer, "w", GRADMQ_NOTICE_REFUSED), begin);
    peer_destroy (&peer);
}

static void
test_refusals_in_the_queue_are_limited (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load_stopped (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    for (uint64_t i = 1; i <= MANY; i++)
        act_push (peer, "w", incarnation, i, 1, 1);
    act_handled (peer, MANY);
    peer_subscribe_events (peer, "event/" PEER_MODEL "/");
    int64_t begin = zclock_mono ();
    peer_load (peer, 2);
    peer_settle (peer, "w", incarnation, MANY);
    act_assert_ack (&peer->reply.ack, MANY, MANY, 0, 0, MANY);
    assert_int_equal (act_clear (peer, false), GRADMQ_OK);
    s_assert_limited (s_count (peer, "w", GRADMQ_NOTICE_REFUSED), begin);
    peer_destroy (&peer);
}

static void
test_turnings_away_are_limited (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load_stopped (peer, 1);
    peer_set (peer, "queue_gradients", "1");
    uint64_t incarnation = peer_join (peer, "w");
    peer_subscribe_events (peer, "event/" PEER_MODEL "/");
    int64_t begin = zclock_mono ();
    for (uint64_t i = 1; i <= MANY + 1; i++)
        act_push (peer, "w", incarnation, i, 1, 1);
    act_handled (peer, MANY + 1);
    peer_ack (peer, "w", incarnation, 0);
    act_assert_missing (&peer->reply.ack, 0, 2, MANY + 1, GRADMQ_ERR_QUEUE_FULL);
    assert_int_equal (act_clear (peer, false), GRADMQ_OK);
    s_assert_limited (s_count (peer, "w", GRADMQ_NOTICE_TURNED_AWAY), begin);
    peer_destroy (&peer);
}

//  Whoever invents names is told no more for it, and what is malformed is still told.
static void
test_strangers_share_a_limit_of_their_own (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    peer_subscribe_events (peer, "event/" PEER_MODEL "/");
    peer_subscribe_events (peer, "malformed/");
    int64_t begin = zclock_mono ();
    for (uint64_t i = 1; i <= MANY; i++) {
        char name [16];
        snprintf (name, sizeof name, "s%d", (int) i);
        act_push (peer, name, 7, 1, 1, 1);
    }
    zmsg_t *garbage = zmsg_new ();
    zmsg_addstr (garbage, "garbage");
    peer_push_frames (peer, &garbage);
    act_handled (peer, MANY + 1);
    assert_int_equal (peer_counter (peer, "turned_away"), MANY);
    unsigned count = 0;
    for (;;) {
        zmsg_t *message = zmsg_recv (peer->events);
        assert_non_null (message);
        char *topic = zmsg_popstr (message);
        count += strncmp (topic, "event/" PEER_MODEL "/w/", 10) == 0;
        bool end = strncmp (topic, "malformed/", 10) == 0;
        zstr_free (&topic);
        zmsg_destroy (&message);
        if (end)
            break;
    }
    s_assert_limited (count, begin);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_refusals_of_one_worker_do_not_silence_another),
        cmocka_unit_test (test_refusals_at_the_door_are_limited),
        cmocka_unit_test (test_refusals_in_the_queue_are_limited),
        cmocka_unit_test (test_turnings_away_are_limited),
        cmocka_unit_test (test_strangers_share_a_limit_of_their_own),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
