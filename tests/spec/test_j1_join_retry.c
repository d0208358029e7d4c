//  J-1: a retry of a Join is recognised by (client, request_id) and answered with the same
//  incarnation.

#include "spec/fixture/act.h"

static void
test_retry_gets_the_same_incarnation_and_another_request_a_new_one (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_subscribe_events (peer, "event/" PEER_MODEL "/w/w/");
    gradmq_request_t join = {
        .command = GRADMQ_COMMAND_JOIN, .worker = "w", .client = "c", .request_id = 41};
    assert_int_equal (peer_request (peer, &join, NULL, 0), GRADMQ_OK);
    uint64_t incarnation = peer->reply.joined.incarnation;
    assert_int_equal (peer_request (peer, &join, NULL, 0), GRADMQ_OK);
    assert_true (peer->reply.repeated_answer);
    assert_int_equal (peer->reply.joined.incarnation, incarnation);
    assert_int_equal (peer_counter (peer, "joins"), 1);
    //  The retry fenced nobody: this incarnation still answers.
    assert_int_equal (act_ask (peer, "w", incarnation), GRADMQ_OK);
    join.request_id = 42;
    assert_int_equal (peer_request (peer, &join, NULL, 0), GRADMQ_OK);
    assert_true (peer->reply.joined.incarnation > incarnation);
    assert_int_equal (act_ask (peer, "w", incarnation), GRADMQ_ERR_FENCED);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_retry_gets_the_same_incarnation_and_another_request_a_new_one),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
