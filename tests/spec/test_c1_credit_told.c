//  C-1: credit_gradients and credit_bytes are told by Join and by every acknowledgement.

#include "spec/fixture/act.h"

static void
s_assert_credit (const gradmq_ack_t *ack, uint32_t gradients, uint64_t bytes)
{
    assert_int_equal (ack->credit_gradients, gradients);
    assert_int_equal (ack->credit_bytes, bytes);
}

static void
test_credit_follows_settings_and_members (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    peer_set (peer, "queue_gradients", "12");
    peer_set (peer, "queue_bytes", "6000");
    uint64_t incarnation = peer_join (peer, "w");
    s_assert_credit (&peer->reply.joined.ack, 12, 6000);
    uint64_t other = peer_join (peer, "v");
    s_assert_credit (&peer->reply.joined.ack, 6, 3000);
    peer_ack (peer, "w", incarnation, 0);
    s_assert_credit (&peer->reply.ack, 6, 3000);
    peer_set (peer, "queue_gradients", "40");
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
    assert_int_equal (act_add (peer, &gradient, (float []){0.5f}, 1), GRADMQ_OK);
    s_assert_credit (&peer->reply.added.ack, 20, 3000);
    assert_int_equal (act_leave (peer, "v", other, 0), GRADMQ_OK);
    assert_true (peer->reply.left.complete);
    peer_subscribe_events (peer, "ack/" PEER_MODEL "/w/");
    act_push (peer, "w", incarnation, 2, 0.25f, 1);
    gradmq_event_t event;
    peer_event (peer, "ack/", GRADMQ_EVENT_ACKNOWLEDGEMENT, &event);
    s_assert_credit (&event.ack, 40, 6000);
    gradmq_event_clear (&event);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_credit_follows_settings_and_members),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
