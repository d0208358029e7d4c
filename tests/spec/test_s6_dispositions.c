//  S-6: an Acknowledgement is absolute. `dispositions` holds the newest at most 64 that are not
//  APPLIED, ascending. A settled sequence that is at least `dispositions_from` and not listed is
//  APPLIED.

#include "spec/fixture/act.h"

enum { TOLD = GRADMQ_DISPOSITIONS_TOLD_MAX };

static void
s_push_bad (peer_t *peer, uint64_t incarnation, uint64_t sequence)
{
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, sequence);
    peer_push (peer, &gradient, NULL, 0);
}

static void
test_newest_are_told_and_the_list_says_from_where (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    //  Every even one is refused.
    for (uint64_t i = 1; i <= 2 * TOLD + 20; i++)
        if (i % 2)
            act_push (peer, "w", incarnation, i, 0, 1);
        else
            s_push_bad (peer, incarnation, i);
    peer_settle (peer, "w", incarnation, 2 * TOLD + 20);
    act_assert_ack (&peer->reply.ack, 2 * TOLD + 20, 2 * TOLD + 20, TOLD + 10, 0, TOLD);
    assert_int_equal (peer->reply.ack.dispositions_from, 21);
    for (size_t i = 0; i < TOLD; i++)
        act_assert_disposed (&peer->reply.ack, i, 22 + 2 * i, GRADMQ_REFUSED, GRADMQ_ERR_LENGTH);
    peer_destroy (&peer);
}

//  A list that was complete from somewhere stays so: the oldest of all, disposed of last, may not
//  make those that fell off it look as if they were applied.
static void
test_late_refusal_of_an_old_one_does_not_move_the_list_back (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load_stopped (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    gradmq_gradient_t first = peer_gradient (peer, "w", incarnation, 1);
    first.has_base = true;
    first.base_epoch = peer->reply.position.epoch;
    peer_push (peer, &first, (float []){0.5f}, 1);
    for (uint64_t i = 2; i <= TOLD + 11; i++)
        s_push_bad (peer, incarnation, i);
    act_handled (peer, TOLD + 11);
    peer_ack (peer, "w", incarnation, 0);
    act_assert_ack (&peer->reply.ack, TOLD + 11, 0, 0, 0, TOLD);
    assert_int_equal (peer->reply.ack.dispositions_from, 12);
    peer_load (peer, 1);
    peer_settle (peer, "w", incarnation, TOLD + 11);
    act_assert_ack (&peer->reply.ack, TOLD + 11, TOLD + 11, 0, 0, TOLD);
    act_assert_disposed (&peer->reply.ack, 0, 12, GRADMQ_REFUSED, GRADMQ_ERR_LENGTH);
    assert_int_equal (peer->reply.ack.dispositions_from, 12);
    peer_destroy (&peer);
}

static void
test_each_disposition_is_told_with_its_code (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load_stopped (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    act_push (peer, "w", incarnation, 1, 0.5f, 1);
    act_handled (peer, 1);
    assert_int_equal (act_clear (peer, false), GRADMQ_OK);
    assert_int_equal (peer->reply.cleared, 1);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    s_push_bad (peer, incarnation, 2);
    gradmq_gradient_t skip = peer_gradient (peer, "w", incarnation, 3);
    skip.kind = GRADMQ_KIND_SKIP;
    peer_push (peer, &skip, NULL, 0);
    act_push (peer, "w", incarnation, 4, 0.25f, 1);
    peer_settle (peer, "w", incarnation, 4);
    act_assert_ack (&peer->reply.ack, 4, 4, 1, 0, 3);
    act_assert_disposed (&peer->reply.ack, 0, 1, GRADMQ_DISCARDED, 0);
    act_assert_disposed (&peer->reply.ack, 1, 2, GRADMQ_REFUSED, GRADMQ_ERR_LENGTH);
    act_assert_disposed (&peer->reply.ack, 2, 3, GRADMQ_SKIPPED, 0);
    assert_int_equal (peer->reply.ack.dispositions_from, 1);
    act_assert_parameters (peer, 1, 0.75f, 1);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_newest_are_told_and_the_list_says_from_where),
        cmocka_unit_test (test_late_refusal_of_an_old_one_does_not_move_the_list_back),
        cmocka_unit_test (test_each_disposition_is_told_with_its_code),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
