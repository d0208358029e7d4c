//  K-6: updates and events are two sockets because one queue cannot serve both. Both drop for a slow
//  subscriber. Nothing that a client learns from them is needed for correctness: control answers
//  everything.

#include "spec/fixture/peer.h"

enum { ELEMENTS = 1 << 18, GRADIENTS = 120 };  //  1 MiB a model

//  Push `count` gradients, of which element 0 is 1/256 and all else 0.
static void
s_push (peer_t *peer, uint64_t incarnation, uint64_t first, uint64_t count)
{
    float *values = calloc (ELEMENTS, sizeof *values);
    assert_non_null (values);
    values [0] = 1.0f / 256;
    for (uint64_t sequence = first; sequence < first + count; sequence++) {
        gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, sequence);
        peer_push (peer, &gradient, values, ELEMENTS);
    }
    free (values);
}

static void
test_subscriber_that_reads_no_updates_hears_every_event (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, ELEMENTS);
    uint64_t incarnation = peer_join (peer, "w");
    peer_subscribe_updates (peer, "params/");  //  and never read
    peer_subscribe_events (peer, "ack/" PEER_MODEL "/w/");
    s_push (peer, incarnation, 1, GRADIENTS);
    gradmq_event_t event;
    uint64_t settled = 0;
    while (settled < GRADIENTS) {
        peer_event (peer, "ack/", GRADMQ_EVENT_ACKNOWLEDGEMENT, &event);
        assert_true (event.ack.settled_through >= settled);
        settled = event.ack.settled_through;
        gradmq_event_clear (&event);
    }
    peer_destroy (&peer);
}

static void
test_updates_are_dropped_for_a_slow_subscriber_and_control_tells_all (void **state)
{
    (void) state;
    gradmq_coordinator_options_t options = peer_options ();
    options.updates_hwm = 2;
    options.events_hwm = 2;
    peer_t *peer = peer_new_with (&options);
    zsock_set_rcvhwm (peer->updates, 1);
    peer_load (peer, ELEMENTS);
    uint64_t incarnation = peer_join (peer, "w");
    peer_subscribe_updates (peer, "params/");
    peer_subscribe_events (peer, "");
    s_push (peer, incarnation, 1, GRADIENTS);
    peer_settle (peer, "w", incarnation, GRADIENTS);
    assert_int_equal (peer->reply.ack.applied, GRADIENTS);
    uint64_t version;
    float *now = peer_parameters (peer, ELEMENTS, &version);
    assert_int_equal (version, GRADIENTS);
    assert_true (now [0] == 1.0f - GRADIENTS / 256.0f && now [1] == 1.0f);
    free (now);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_subscriber_that_reads_no_updates_hears_every_event),
        cmocka_unit_test (test_updates_are_dropped_for_a_slow_subscriber_and_control_tells_all),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
