//  C-1: credit_gradients and credit_bytes are told by Join and by every acknowledgement; C-2: and to the
//  others when a member is added.

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

//  The next acknowledgement that does not say more says this.
static void
s_await_credit (peer_t *peer, uint32_t gradients, uint64_t bytes)
{
    gradmq_event_t event;
    do {
        peer_event (peer, "ack/", GRADMQ_EVENT_ACKNOWLEDGEMENT, &event);
        bool more = event.ack.credit_bytes > bytes;
        if (!more)
            s_assert_credit (&event.ack, gradients, bytes);
        gradmq_event_clear (&event);
        if (!more)
            return;
    } while (true);
}

//  C-2: whoever has nothing unsettled would hear of a smaller credit from nothing else.
static void
test_others_are_told_when_one_joins (void **state)
{
    (void) state;
    gradmq_coordinator_options_t options = peer_options ();
    options.heartbeat_ms = 60000;
    peer_t *peer = peer_new_with (&options);
    peer_load (peer, 1);
    peer_set (peer, "queue_gradients", "12");
    peer_set (peer, "queue_bytes", "6000");
    peer_join (peer, "w");
    peer_subscribe_events (peer, "ack/" PEER_MODEL "/w/");
    uint64_t incarnation = peer_join (peer, "v");
    s_await_credit (peer, 6, 3000);
    //  A renewal changes nothing; coming back after a Leave does.
    assert_int_equal (act_join (peer, "v", incarnation, 1), GRADMQ_OK);
    assert_int_equal (act_leave (peer, "v", incarnation, 0), GRADMQ_OK);
    peer_join (peer, "u");
    s_await_credit (peer, 6, 3000);
    assert_int_equal (act_join (peer, "v", incarnation, 1), GRADMQ_OK);
    s_await_credit (peer, 4, 2000);
    peer_destroy (&peer);
}

static void
test_many_are_told_with_the_heartbeat (void **state)
{
    (void) state;
    enum { MANY = 80 };
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    peer_set (peer, "queue_gradients", "160");
    peer_set (peer, "queue_bytes", "80000");
    peer_join (peer, "w");
    peer_subscribe_events (peer, "ack/" PEER_MODEL "/w/");
    for (int i = 1; i < MANY; i++) {
        char name [16];
        snprintf (name, sizeof name, "v%d", i);
        peer_join (peer, name);
    }
    s_await_credit (peer, 160 / MANY, 80000 / MANY);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_credit_follows_settings_and_members),
        cmocka_unit_test (test_others_are_told_when_one_joins),
        cmocka_unit_test (test_many_are_told_with_the_heartbeat),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
