//  E-2: a notice about one worker goes to that worker's topic; JOINED, LEFT, EXPIRED and FENCED also to
//  all.

#include "spec/fixture/act.h"

#define ALL "event/" PEER_MODEL "/all/"

//  The next notice on this topic.
static void
s_assert_next (peer_t *peer, const char *topic, gradmq_notice_t notice, const char *worker)
{
    gradmq_event_t event;
    peer_event (peer, topic, GRADMQ_EVENT_NOTICE, &event);
    assert_int_equal (event.notice.notice, notice);
    if (worker)
        assert_string_equal (event.notice.worker, worker);
    else
        assert_true (!event.notice.worker || !event.notice.worker [0]);
    gradmq_event_clear (&event);
}

//  Whatever happens, in order; refusals and turnings away are for one worker only.
static void
s_happen (peer_t *peer)
{
    peer_load_stopped (peer, 1);
    peer_set (peer, "queue_gradients", "1");
    uint64_t incarnation = peer_join (peer, "w");
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
    act_assert_refused (peer, &gradient, NULL, 0, GRADMQ_ERR_LENGTH);
    gradient.sequence = 2;
    assert_true (act_try (peer, &gradient, (float []){0.5f}, 1).received);
    gradient.sequence = 3;
    act_assert_away (peer, &gradient, (float []){0.5f}, 1, GRADMQ_ERR_QUEUE_FULL);
    incarnation = peer_join (peer, "w");
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    assert_int_equal (act_leave (peer, "w", incarnation, 0), GRADMQ_OK);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_STOP), GRADMQ_OK);
    peer_set (peer, "lease_ms", "100");
    peer_join (peer, "v");
    gradmq_event_t event;
    peer_notice (peer, "event/", GRADMQ_NOTICE_EXPIRED, &event);
    gradmq_event_clear (&event);
}

typedef struct {
    gradmq_notice_t notice;
    const char *worker;
} s_told_t;

static void
s_assert_told (const char *topic, const s_told_t *told, size_t count)
{
    //  One socket reads along until everything has happened, another one is looked at afterwards.
    peer_t *peer = peer_new ();
    zsock_t *along = peer->events;
    peer_subscribe_events (peer, "event/" PEER_MODEL "/w/v/");
    peer->events =
        zsock_new_sub (gradmq_coordinator_endpoint (peer->coordinator, "events", 0), NULL);
    zsock_set_linger (peer->events, 0);
    peer_subscribe_events (peer, topic);
    zsock_t *looked = peer->events;
    peer->events = along;
    s_happen (peer);
    peer->events = looked;
    for (size_t i = 0; i < count; i++)
        s_assert_next (peer, topic, told [i].notice, told [i].worker);
    zsock_destroy (&along);
    peer_destroy (&peer);
}

static void
test_topic_of_all_has_no_refusals (void **state)
{
    (void) state;
    static const s_told_t told [] = {
        {GRADMQ_NOTICE_EPOCH, NULL}, {GRADMQ_NOTICE_SETTINGS, NULL}, {GRADMQ_NOTICE_JOINED, "w"},
        {GRADMQ_NOTICE_FENCED, "w"}, {GRADMQ_NOTICE_JOINED, "w"},    {GRADMQ_NOTICE_STARTED, NULL},
        {GRADMQ_NOTICE_LEFT, "w"},   {GRADMQ_NOTICE_STOPPED, NULL},  {GRADMQ_NOTICE_SETTINGS, NULL},
        {GRADMQ_NOTICE_JOINED, "v"}, {GRADMQ_NOTICE_EXPIRED, "v"},
    };
    s_assert_told (ALL, told, sizeof told / sizeof told [0]);
}

static void
test_topic_of_a_worker_has_what_is_about_it (void **state)
{
    (void) state;
    static const s_told_t told [] = {
        {GRADMQ_NOTICE_JOINED, "w"}, {GRADMQ_NOTICE_REFUSED, "w"}, {GRADMQ_NOTICE_TURNED_AWAY, "w"},
        {GRADMQ_NOTICE_FENCED, "w"}, {GRADMQ_NOTICE_JOINED, "w"},  {GRADMQ_NOTICE_LEFT, "w"},
    };
    s_assert_told ("event/" PEER_MODEL "/w/w/", told, sizeof told / sizeof told [0]);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_topic_of_all_has_no_refusals),
        cmocka_unit_test (test_topic_of_a_worker_has_what_is_about_it),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
