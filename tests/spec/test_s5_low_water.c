//  S-5: low_water above R + 1 means that the coordinator lost its memory of what lies between: R and S
//  move to low_water - 1, and the sequences are counted as lost, not as missing.

#include "spec/fixture/act.h"

static void
test_low_water_of_a_gradient_moves_what_was_received (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    act_push (peer, "w", incarnation, 2, 0.25f, 1);
    act_handled (peer, 1);
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 6);
    gradient.low_water = 5;
    assert_int_equal (act_try (peer, &gradient, (float []){0.5f}, 1).disposition, 0);
    //  1, 3 and 4 are lost; 5 is missing.
    act_assert_ack (&peer->reply.ack, 4, 4, 2, 1, 0);
    act_assert_missing (&peer->reply.ack, 0, 5, 5, 0);
    //  Nothing is said to have been applied that was lost.
    assert_int_equal (peer->reply.ack.dispositions_from, 5);
    assert_int_equal (peer_counter (peer, "lost"), 3);
    //  What is lost may not come any more.
    act_push (peer, "w", incarnation, 3, 100, 1);
    act_push (peer, "w", incarnation, 5, 0.125f, 1);
    peer_settle (peer, "w", incarnation, 6);
    act_assert_ack (&peer->reply.ack, 6, 6, 3, 0, 0);
    act_assert_parameters (peer, 1, 0.125f, 3);
    peer_destroy (&peer);
}

static void
test_low_water_beyond_the_window_moves_it (void **state)
{
    (void) state;
    enum { FAR = 5 * GRADMQ_RECEIVE_WINDOW };
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    act_push (peer, "w", incarnation, 1, 0.5f, 1);
    act_handled (peer, 1);
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, FAR);
    gradient.low_water = FAR;
    assert_int_equal (act_try (peer, &gradient, (float []){0.25f}, 1).disposition, GRADMQ_APPLIED);
    act_assert_ack (&peer->reply.ack, FAR, FAR, 2, 0, 0);
    assert_int_equal (peer->reply.ack.dispositions_from, FAR);
    assert_int_equal (peer_counter (peer, "lost"), FAR - 2);
    act_assert_parameters (peer, 1, 0.25f, 2);
    peer_destroy (&peer);
}

//  Those in between that wait here are neither lost nor forgotten.
static void
test_what_waits_below_low_water_is_still_applied (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load_stopped (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    act_push (peer, "w", incarnation, 2, 0.25f, 1);
    act_handled (peer, 1);
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 4);
    gradient.low_water = 4;
    act_try (peer, &gradient, (float []){0.5f}, 1);
    assert_int_equal (peer->reply.ack.received_through, 4);
    assert_int_equal (peer_counter (peer, "lost"), 2);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    peer_settle (peer, "w", incarnation, 4);
    act_assert_ack (&peer->reply.ack, 4, 4, 2, 0, 0);
    act_assert_parameters (peer, 1, 0.25f, 2);
    peer_destroy (&peer);
}

static void
test_highest_numbers_there_are_harm_nobody (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    uint64_t bad = peer_join (peer, "bad"), good = peer_join (peer, "good");
    gradmq_gradient_t gradient = peer_gradient (peer, "bad", bad, UINT64_MAX);
    gradient.low_water = UINT64_MAX;
    peer_push (peer, &gradient, (float []){0.5f}, 1);
    gradient.low_water = 1;
    peer_push (peer, &gradient, (float []){0.5f}, 1);
    act_push (peer, "good", good, 1, 0.25f, 1);
    act_handled (peer, 3);
    peer_ack (peer, "bad", bad, UINT64_MAX);
    peer_settle (peer, "good", good, 1);
    act_assert_ack (&peer->reply.ack, 1, 1, 1, 0, 0);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_low_water_of_a_gradient_moves_what_was_received),
        cmocka_unit_test (test_low_water_beyond_the_window_moves_it),
        cmocka_unit_test (test_what_waits_below_low_water_is_still_applied),
        cmocka_unit_test (test_highest_numbers_there_are_harm_nobody),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
