//  C-2: the coordinator divides queue_gradients and queue_bytes by the number of members. It always
//  keeps one slot for each member, so its queue is bounded by queue_bytes and one gradient a member,
//  and it never stops reading.

#include "spec/fixture/act.h"

enum { FLOATS = 256, BYTES = FLOATS * sizeof (float), ROOM = 8 };

static uint64_t s_sent;

//  A queue with room for so many, by its bytes or by its gradients.
static peer_t *
s_open (bool by_bytes)
{
    peer_t *peer = peer_new ();
    peer_load_stopped (peer, FLOATS);
    char room [32];
    snprintf (room, sizeof room, "%d", by_bytes ? ROOM * (int) BYTES : ROOM);
    peer_set (peer, by_bytes ? "queue_bytes" : "queue_gradients", room);
    s_sent = 0;
    return peer;
}

//  Push as many as fit and more.
static void
s_flood (peer_t *peer, const char *worker, uint64_t incarnation)
{
    for (uint64_t i = 1; i <= 2 * ROOM; i++)
        act_push (peer, worker, incarnation, i, 1, FLOATS);
    s_sent += 2 * ROOM;
    act_handled (peer, s_sent);
}

static void
s_assert_queued (peer_t *peer, uint64_t gradients)
{
    assert_int_equal (act_queued (peer), gradients);
    assert_int_equal (peer->reply.status.queued_bytes, gradients * BYTES);
}

static void
s_members_share_the_queue (bool by_bytes)
{
    peer_t *peer = s_open (by_bytes);
    uint64_t a = peer_join (peer, "a"), b = peer_join (peer, "b");
    s_flood (peer, "a", a);
    s_assert_queued (peer, ROOM / 2);
    s_flood (peer, "b", b);
    s_assert_queued (peer, ROOM);
    peer_destroy (&peer);
}

static void
test_members_share_the_queue (void **state)
{
    (void) state;
    s_members_share_the_queue (true);
    s_members_share_the_queue (false);
}

static void
s_everybody_has_a_slot_in_a_queue_that_is_full (bool by_bytes)
{
    peer_t *peer = s_open (by_bytes);
    uint64_t first = peer_join (peer, "first");
    s_flood (peer, "first", first);
    s_assert_queued (peer, ROOM);
    //  Those who come later find no room but their slot.
    for (uint64_t i = 1; i <= 5; i++) {
        char name [16];
        snprintf (name, sizeof name, "late%d", (int) i);
        uint64_t incarnation = peer_join (peer, name);
        s_flood (peer, name, incarnation);
        s_assert_queued (peer, ROOM + i);
        peer_ack (peer, name, incarnation, 0);
        act_assert_ack (&peer->reply.ack, 1, 0, 0, 1, 0);
        act_assert_missing (&peer->reply.ack, 0, 2, 2 * ROOM, GRADMQ_ERR_QUEUE_FULL);
    }
    peer_destroy (&peer);
}

static void
test_everybody_has_a_slot_in_a_queue_that_is_full (void **state)
{
    (void) state;
    s_everybody_has_a_slot_in_a_queue_that_is_full (true);
    s_everybody_has_a_slot_in_a_queue_that_is_full (false);
}

//  A worker that is started again and again does not fill the memory.
static void
s_new_incarnations_get_no_new_slots (bool by_bytes)
{
    peer_t *peer = s_open (by_bytes);
    for (int i = 0; i < 4; i++) {
        s_flood (peer, "w", peer_join (peer, "w"));
        s_assert_queued (peer, ROOM);
    }
    //  When there is room again, the newest life has all of it.
    uint64_t incarnation = peer_join (peer, "w");
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    act_drained (peer);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_STOP), GRADMQ_OK);
    s_flood (peer, "w", incarnation);
    s_assert_queued (peer, ROOM);
    act_assert_parameters (peer, FLOATS, 1 - ROOM, ROOM);
    peer_destroy (&peer);
}

static void
test_new_incarnations_get_no_new_slots (void **state)
{
    (void) state;
    s_new_incarnations_get_no_new_slots (true);
    s_new_incarnations_get_no_new_slots (false);
}

static void
test_gradient_larger_than_the_queue_is_taken_alone (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load_stopped (peer, 8192);
    peer_set (peer, "queue_bytes", "4096");
    uint64_t incarnation = peer_join (peer, "w");
    for (uint64_t i = 1; i <= 2; i++)
        act_push (peer, "w", incarnation, i, 0.5f, 8192);
    act_handled (peer, 2);
    assert_int_equal (act_queued (peer), 1);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    peer_settle (peer, "w", incarnation, 1);
    act_push (peer, "w", incarnation, 2, 0.25f, 8192);
    peer_settle (peer, "w", incarnation, 2);
    act_assert_parameters (peer, 8192, 0.25f, 2);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_members_share_the_queue),
        cmocka_unit_test (test_everybody_has_a_slot_in_a_queue_that_is_full),
        cmocka_unit_test (test_new_incarnations_get_no_new_slots),
        cmocka_unit_test (test_gradient_larger_than_the_queue_is_taken_alone),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
