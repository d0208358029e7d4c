//  J-5: what has departed is remembered with all that is known of its sequences. It joins with its
//  incarnation and goes on where it was, unless somebody has taken its name.

#include "spec/fixture/act.h"

static uint64_t
s_depart_by_lease (peer_t *peer)
{
    peer_set (peer, "lease_ms", "100");
    uint64_t incarnation = peer_join (peer, "w");
    act_push (peer, "w", incarnation, 1, 0.5f, 1);
    act_push (peer, "w", incarnation, 3, 0.125f, 1);
    act_assert_notice (peer, "w", GRADMQ_NOTICE_EXPIRED, incarnation, 0, 0);
    return incarnation;
}

static void
test_expired_worker_goes_on_where_it_was (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    peer_subscribe_events (peer, "event/" PEER_MODEL "/");
    uint64_t incarnation = s_depart_by_lease (peer);
    peer_set (peer, "lease_ms", "30000");
    //  Its low_water says that it has not heard of anything.
    assert_int_equal (act_join (peer, "w", incarnation, 1), GRADMQ_OK);
    act_assert_ack (&peer->reply.joined.ack, 1, 1, 2, 1, 0);
    act_assert_missing (&peer->reply.joined.ack, 0, 2, 2, 0);
    //  Those who count members hear of its return.
    act_assert_notice (peer, "w", GRADMQ_NOTICE_JOINED, incarnation, 0, 0);
    for (uint64_t i = 1; i <= 3; i++)
        act_push (peer, "w", incarnation, i, i == 2 ? 0.25f : 100, 1);
    peer_settle (peer, "w", incarnation, 3);
    act_handled (peer, 5);
    assert_int_equal (peer_counter (peer, "duplicates"), 2);
    act_assert_parameters (peer, 1, 0.125f, 3);
    peer_destroy (&peer);
}

static void
test_name_that_was_taken_is_fenced (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    peer_subscribe_events (peer, "event/" PEER_MODEL "/w/");
    uint64_t incarnation = s_depart_by_lease (peer);
    assert_true (peer_join (peer, "w") > incarnation);
    assert_int_equal (act_join (peer, "w", incarnation, 1), GRADMQ_ERR_FENCED);
    peer_destroy (&peer);
}

static void
test_worker_that_left_goes_on_too (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    act_push (peer, "w", incarnation, 1, 0.5f, 1);
    peer_settle (peer, "w", incarnation, 1);
    assert_int_equal (act_leave (peer, "w", incarnation, 1), GRADMQ_OK);
    assert_true (peer->reply.left.complete);
    assert_int_equal (act_join (peer, "w", incarnation, 1), GRADMQ_OK);
    act_assert_ack (&peer->reply.joined.ack, 1, 1, 1, 0, 0);
    act_push (peer, "w", incarnation, 1, 0.5f, 1);
    peer_wait_counter (peer, "duplicates", 1);
    act_assert_parameters (peer, 1, 0.5f, 1);
    peer_destroy (&peer);
}

static void
test_forgotten_incarnations_are_fenced_and_the_newest_are_not (void **state)
{
    (void) state;
    enum { LEFT = GRADMQ_DEPARTURES_KEPT + 1 };
    peer_t *peer = peer_new ();
    static uint64_t incarnations [LEFT];
    char name [16];
    for (unsigned i = 0; i < LEFT; i++) {
        snprintf (name, sizeof name, "w%u", i);
        incarnations [i] = peer_join (peer, name);
        assert_int_equal (act_leave (peer, name, incarnations [i], 0), GRADMQ_OK);
        assert_true (peer->reply.left.complete);
    }
    assert_int_equal (act_join (peer, "w0", incarnations [0], 1), GRADMQ_ERR_FENCED);
    assert_int_equal (act_join (peer, "w1", incarnations [1], 1), GRADMQ_OK);
    //  Somebody else with an incarnation that may have been forgotten.
    assert_int_equal (act_join (peer, "other", incarnations [0], 1), GRADMQ_ERR_FENCED);
    //  The forgotten name itself may begin anew.
    assert_true (peer_join (peer, "w0") > incarnations [0]);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_expired_worker_goes_on_where_it_was),
        cmocka_unit_test (test_name_that_was_taken_is_fenced),
        cmocka_unit_test (test_worker_that_left_goes_on_too),
        cmocka_unit_test (test_forgotten_incarnations_are_fenced_and_the_newest_are_not),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
