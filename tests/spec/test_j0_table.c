//  Section 8, table: what Join, gradients, Leave and the end of a lease do to a worker that is
//  unknown, known, or known with another incarnation.

#include "spec/fixture/act.h"

static void
test_join_of_an_unknown_name_is_a_new_member (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    uint64_t before = (uint64_t) zclock_time () * 1000;
    uint64_t incarnation = peer_join (peer, "w");
    assert_true (incarnation >= before);
    act_assert_ack (&peer->reply.joined.ack, 0, 0, 0, 0, 0);
    peer_destroy (&peer);
}

static void
test_join_without_incarnation_of_a_known_name_fences_the_old (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    peer_subscribe_events (peer, "event/" PEER_MODEL "/");
    uint64_t old = peer_join (peer, "w");
    act_push (peer, "w", old, 1, 0.5f, 1);
    peer_settle (peer, "w", old, 1);
    uint64_t incarnation = peer_join (peer, "w");
    assert_true (incarnation > old);
    act_assert_ack (&peer->reply.joined.ack, 0, 0, 0, 0, 0);
    act_assert_notice (peer, "w", GRADMQ_NOTICE_FENCED, old, 0, 0);
    act_push (peer, "w", old, 2, 0.25f, 1);
    act_assert_notice (peer, "w", GRADMQ_NOTICE_TURNED_AWAY, old, 2, GRADMQ_ERR_FENCED);
    assert_int_equal (act_leave (peer, "w", old, 1), GRADMQ_ERR_FENCED);
    assert_int_equal (act_join (peer, "w", old, 1), GRADMQ_ERR_FENCED);
    assert_int_equal (act_members (peer), 1);
    act_assert_parameters (peer, 1, 0.5f, 1);
    peer_destroy (&peer);
}

static void
test_join_with_the_same_incarnation_keeps_what_was_received (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    act_push (peer, "w", incarnation, 1, 0.5f, 1);
    act_push (peer, "w", incarnation, 3, 0.125f, 1);
    act_handled (peer, 2);
    assert_int_equal (act_join (peer, "w", incarnation, 1), GRADMQ_OK);
    assert_int_equal (peer->reply.joined.incarnation, incarnation);
    act_assert_ack (&peer->reply.joined.ack, 1, 1, 2, 1, 0);
    act_assert_missing (&peer->reply.joined.ack, 0, 2, 2, 0);
    act_push (peer, "w", incarnation, 2, 0.25f, 1);
    peer_settle (peer, "w", incarnation, 3);
    act_assert_parameters (peer, 1, 0.125f, 3);
    peer_destroy (&peer);
}

static void
test_join_with_a_higher_incarnation_is_adopted (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    peer_subscribe_events (peer, "event/" PEER_MODEL "/w/w/");
    uint64_t old = peer_join (peer, "w");
    assert_int_equal (act_join (peer, "w", old + 5, 8), GRADMQ_OK);
    assert_int_equal (peer->reply.joined.incarnation, old + 5);
    act_assert_ack (&peer->reply.joined.ack, 7, 7, 0, 0, 0);
    act_assert_notice (peer, "w", GRADMQ_NOTICE_FENCED, old, 0, 0);
    act_assert_notice (peer, "w", GRADMQ_NOTICE_JOINED, old + 5, 0, 0);
    peer_destroy (&peer);
}

static void
test_gradient_and_leave_of_one_who_did_not_join_are_turned_away (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    peer_subscribe_events (peer, "event/" PEER_MODEL "/w/");
    act_push (peer, "stranger", 77, 1, 1, 1);
    act_assert_notice (peer, "stranger", GRADMQ_NOTICE_TURNED_AWAY, 77, 1, GRADMQ_ERR_NOT_JOINED);
    assert_int_equal (act_leave (peer, "stranger", 77, 0), GRADMQ_ERR_NOT_JOINED);
    assert_int_equal (act_ask (peer, "stranger", 77), GRADMQ_ERR_NOT_JOINED);
    uint64_t incarnation = peer_join (peer, "w");
    act_push (peer, "w", incarnation + 1, 1, 1, 1);
    act_assert_notice (peer, "w", GRADMQ_NOTICE_TURNED_AWAY, incarnation + 1, 1,
                       GRADMQ_ERR_NOT_JOINED);
    assert_int_equal (act_leave (peer, "w", incarnation + 1, 0), GRADMQ_ERR_NOT_JOINED);
    peer_assert_untouched (peer, 1);
    peer_destroy (&peer);
}

static void
test_membership_outlives_clear_load_start_and_stop (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load_stopped (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    act_push (peer, "w", incarnation, 1, 0.5f, 1);
    act_handled (peer, 1);
    assert_int_equal (act_clear (peer, true), GRADMQ_OK);
    peer_load (peer, 1);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_STOP), GRADMQ_OK);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    assert_int_equal (act_members (peer), 1);
    act_push (peer, "w", incarnation, 2, 0.25f, 1);
    peer_settle (peer, "w", incarnation, 2);
    act_assert_ack (&peer->reply.ack, 2, 2, 1, 0, 1);
    act_assert_disposed (&peer->reply.ack, 0, 1, GRADMQ_DISCARDED, 0);
    act_assert_parameters (peer, 1, 0.75f, 1);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_join_of_an_unknown_name_is_a_new_member),
        cmocka_unit_test (test_join_without_incarnation_of_a_known_name_fences_the_old),
        cmocka_unit_test (test_join_with_the_same_incarnation_keeps_what_was_received),
        cmocka_unit_test (test_join_with_a_higher_incarnation_is_adopted),
        cmocka_unit_test (test_gradient_and_leave_of_one_who_did_not_join_are_turned_away),
        cmocka_unit_test (test_membership_outlives_clear_load_start_and_stop),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
