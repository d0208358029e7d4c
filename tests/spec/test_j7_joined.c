//  J-7: the answer to Join tells the current position, layout id, lease, start clock and round, and an
//  Acknowledgement with the credit.

#include "spec/fixture/act.h"

static void
test_answer_tells_where_things_stand (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    peer_set (peer, "lease_ms", "12345");
    peer_set (peer, "queue_gradients", "10");
    peer_set (peer, "queue_bytes", "100000");
    uint64_t first = peer_join (peer, "first");
    act_push (peer, "first", first, 1, 0.5f, 1);
    peer_settle (peer, "first", first, 1);
    uint64_t epoch = peer->reply.position.epoch, instance = peer->reply.position.instance;
    assert_true (epoch > 0 && instance > 0);
    uint64_t incarnation = peer_join (peer, "second");
    const gradmq_joined_t *joined = &peer->reply.joined;
    assert_int_equal (peer->reply.position.instance, instance);
    assert_int_equal (peer->reply.position.epoch, epoch);
    assert_int_equal (peer->reply.position.version, 1);
    assert_int_equal (joined->layout_id, peer->layout);
    assert_int_equal (joined->lease_ms, 12345);
    assert_int_equal (joined->start_clock, 0);
    assert_int_equal (joined->round, 2);  //  the load ended the first
    assert_string_equal (joined->ack.worker, "second");
    assert_int_equal (joined->ack.incarnation, incarnation);
    assert_int_equal (joined->ack.position.version, 1);
    assert_int_equal (joined->ack.credit_gradients, 5);
    assert_int_equal (joined->ack.credit_bytes, 50000);
    peer_destroy (&peer);
}

static void
test_answer_before_a_model_is_loaded (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_join (peer, "w");
    assert_int_equal (peer->reply.joined.layout_id, 0);
    assert_int_equal (peer->reply.position.epoch, 0);
    assert_int_equal (peer->reply.position.version, 0);
    assert_int_equal (peer->reply.joined.lease_ms, 30000);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_answer_tells_where_things_stand),
        cmocka_unit_test (test_answer_before_a_model_is_loaded),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
