//  S-4: a duplicate is never applied. Its disposition is what the acknowledgements tell.

#include "spec/fixture/peer.h"

static void
test_gradient_sent_three_times_is_applied_once (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 2);
    uint64_t incarnation = peer_join (peer, "w");
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
    for (int i = 0; i < 3; i++)
        peer_push (peer, &gradient, (float []){0.25f, 0.5f}, 2);
    peer_wait_counter (peer, "duplicates", 2);
    peer_settle (peer, "w", incarnation, 1);
    assert_int_equal (peer->reply.ack.applied, 1);
    uint64_t version;
    float *values = peer_parameters (peer, 2, &version);
    assert_int_equal (version, 1);
    assert_true (values [0] == 0.75f && values [1] == 0.5f);
    free (values);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_gradient_sent_three_times_is_applied_once),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
