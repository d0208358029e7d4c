//  J-6: Leave carries the last sequence that was pushed. The member stays, LEAVING, until everything
//  up to it is received and settled; then it is dropped.

#include "spec/fixture/act.h"

static void
test_leave_with_nothing_outstanding_is_complete_at_once (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    peer_subscribe_events (peer, "event/" PEER_MODEL "/w/w/");
    uint64_t incarnation = peer_join (peer, "w");
    act_push (peer, "w", incarnation, 1, 0.5f, 1);
    peer_settle (peer, "w", incarnation, 1);
    assert_int_equal (act_leave (peer, "w", incarnation, 1), GRADMQ_OK);
    assert_true (peer->reply.left.complete);
    act_assert_ack (&peer->reply.left.ack, 1, 1, 1, 0, 0);
    act_assert_notice (peer, "w", GRADMQ_NOTICE_LEFT, incarnation, 0, 0);
    assert_int_equal (act_members (peer), 0);
    //  Asked again, it is still complete.
    assert_int_equal (act_leave (peer, "w", incarnation, 1), GRADMQ_OK);
    assert_true (peer->reply.left.complete);
    assert_int_equal (peer_counter (peer, "departures"), 1);
    peer_destroy (&peer);
}

static void
test_leaving_member_stays_until_what_it_pushed_is_settled (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load_stopped (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    act_push (peer, "w", incarnation, 1, 0.5f, 1);
    act_handled (peer, 1);
    assert_int_equal (act_leave (peer, "w", incarnation, 2), GRADMQ_OK);
    assert_false (peer->reply.left.complete);
    act_assert_ack (&peer->reply.left.ack, 1, 0, 0, 1, 0);
    act_assert_missing (&peer->reply.left.ack, 0, 2, 2, 0);
    assert_int_equal (act_members (peer), 1);
    //  It may still send what is missing.
    act_push (peer, "w", incarnation, 2, 0.25f, 1);
    act_handled (peer, 2);
    assert_int_equal (act_leave (peer, "w", incarnation, 2), GRADMQ_OK);
    assert_false (peer->reply.left.complete);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    peer_settle (peer, "w", incarnation, 2);
    assert_int_equal (act_leave (peer, "w", incarnation, 2), GRADMQ_OK);
    assert_true (peer->reply.left.complete);
    act_assert_parameters (peer, 1, 0.25f, 2);
    assert_int_equal (act_members (peer), 0);
    peer_destroy (&peer);
}

//  A worker that asked once and went away.
static void
test_leaving_member_is_dropped_without_being_asked_again (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load_stopped (peer, 1);
    peer_subscribe_events (peer, "event/" PEER_MODEL "/");
    uint64_t incarnation = peer_join (peer, "w");
    act_push (peer, "w", incarnation, 1, 0.5f, 1);
    act_handled (peer, 1);
    assert_int_equal (act_leave (peer, "w", incarnation, 1), GRADMQ_OK);
    assert_false (peer->reply.left.complete);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    act_assert_notice (peer, "w", GRADMQ_NOTICE_LEFT, incarnation, 0, 0);
    assert_int_equal (act_members (peer), 0);
    assert_int_equal (peer_counter (peer, "departures"), 1);
    assert_int_equal (peer_counter (peer, "expirations"), 0);
    act_assert_parameters (peer, 1, 0.5f, 1);
    peer_destroy (&peer);
}

static void
test_join_takes_a_leave_back (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load_stopped (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    act_push (peer, "w", incarnation, 1, 0.5f, 1);
    act_handled (peer, 1);
    assert_int_equal (act_leave (peer, "w", incarnation, 1), GRADMQ_OK);
    gradmq_request_t list = {.command = GRADMQ_COMMAND_LIST_WORKERS};
    assert_int_equal (peer_request (peer, &list, NULL, 0), GRADMQ_OK);
    assert_int_equal (peer->reply.workers.count, 1);
    assert_true (peer->reply.workers.workers [0].leaving);
    assert_int_equal (act_join (peer, "w", incarnation, 1), GRADMQ_OK);
    list.request_id = 0;
    assert_int_equal (peer_request (peer, &list, NULL, 0), GRADMQ_OK);
    assert_false (peer->reply.workers.workers [0].leaving);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_leave_with_nothing_outstanding_is_complete_at_once),
        cmocka_unit_test (test_leaving_member_stays_until_what_it_pushed_is_settled),
        cmocka_unit_test (test_leaving_member_is_dropped_without_being_asked_again),
        cmocka_unit_test (test_join_takes_a_leave_back),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
