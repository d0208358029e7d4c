//  J-4: a lease lasts lease_ms from the last Join and the last gradient that came from the member.

#include "spec/fixture/act.h"

static void
test_silent_member_expires_and_its_queue_stays (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load_stopped (peer, 1);
    peer_set (peer, "lease_ms", "100");
    peer_subscribe_events (peer, "event/" PEER_MODEL "/");
    uint64_t incarnation = peer_join (peer, "w");
    assert_int_equal (peer->reply.joined.lease_ms, 100);
    act_push (peer, "w", incarnation, 1, 0.5f, 1);
    act_assert_notice (peer, "w", GRADMQ_NOTICE_EXPIRED, incarnation, 0, 0);
    assert_int_equal (peer_counter (peer, "expirations"), 1);
    assert_int_equal (act_members (peer), 0);
    assert_int_equal (act_queued (peer), 1);
    act_push (peer, "w", incarnation, 2, 0.25f, 1);
    act_assert_notice (peer, "w", GRADMQ_NOTICE_TURNED_AWAY, incarnation, 2, GRADMQ_ERR_NOT_JOINED);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    act_drained (peer);
    act_assert_parameters (peer, 1, 0.5f, 1);
    peer_destroy (&peer);
}

//  For three leases on end, at each heartbeat.
static void
s_stays (void (*renew) (peer_t *, uint64_t, uint64_t))
{
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    peer_set (peer, "lease_ms", "600");
    peer_subscribe_events (peer, "event/" PEER_MODEL "/all/");
    uint64_t incarnation = peer_join (peer, "w");
    int64_t end = zclock_mono () + 1800;
    for (uint64_t i = 1; zclock_mono () < end; i++) {
        gradmq_event_t event;
        peer_event (peer, "event/", GRADMQ_EVENT_HEARTBEAT, &event);
        gradmq_event_clear (&event);
        renew (peer, incarnation, i);
    }
    assert_int_equal (peer_counter (peer, "expirations"), 0);
    assert_int_equal (act_members (peer), 1);
    peer_destroy (&peer);
}

static void
s_join_again (peer_t *peer, uint64_t incarnation, uint64_t i)
{
    (void) i;
    assert_int_equal (act_join (peer, "w", incarnation, 1), GRADMQ_OK);
}

static void
s_push_next (peer_t *peer, uint64_t incarnation, uint64_t i)
{
    act_push (peer, "w", incarnation, i, 0, 1);
}

static void
test_join_renews (void **state)
{
    (void) state;
    s_stays (s_join_again);
}

static void
test_gradient_renews (void **state)
{
    (void) state;
    s_stays (s_push_next);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_silent_member_expires_and_its_queue_stays),
        cmocka_unit_test (test_join_renews),
        cmocka_unit_test (test_gradient_renews),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
