//  S-8: a refused gradient does not stop those after it.

#include "spec/fixture/act.h"

#include <math.h>

static void
test_good_ones_around_bad_ones_are_applied (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    static const float values [] = {0.5f, NAN, 0.25f, INFINITY, 2e18f, 0.125f};
    for (uint64_t i = 0; i < 6; i++)
        act_push (peer, "w", incarnation, i + 1, values [i], 1);
    peer_settle (peer, "w", incarnation, 6);
    act_assert_ack (&peer->reply.ack, 6, 6, 3, 0, 3);
    act_assert_disposed (&peer->reply.ack, 0, 2, GRADMQ_REFUSED, GRADMQ_ERR_NON_FINITE);
    act_assert_disposed (&peer->reply.ack, 1, 4, GRADMQ_REFUSED, GRADMQ_ERR_NON_FINITE);
    act_assert_disposed (&peer->reply.ack, 2, 5, GRADMQ_REFUSED, GRADMQ_ERR_NON_FINITE);
    act_assert_parameters (peer, 1, 0.125f, 3);
    peer_destroy (&peer);
}

//  The same for those that are refused when their turn comes.
static void
test_good_ones_behind_one_that_is_refused_in_the_queue_are_applied (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load_stopped (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    uint64_t epoch = peer->reply.position.epoch;
    for (uint64_t i = 1; i <= 5; i++) {
        gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, i);
        gradient.has_base = i % 2 == 0;
        gradient.base_epoch = epoch;
        peer_push (peer, &gradient, (float []){1.0f / (float) (1 << i)}, 1);
    }
    act_handled (peer, 5);
    peer_load (peer, 1);
    peer_settle (peer, "w", incarnation, 5);
    act_assert_ack (&peer->reply.ack, 5, 5, 3, 0, 2);
    act_assert_parameters (peer, 1, 1 - 0.5f - 0.125f - 0.03125f, 3);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_good_ones_around_bad_ones_are_applied),
        cmocka_unit_test (test_good_ones_behind_one_that_is_refused_in_the_queue_are_applied),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
