//  S-9: gradients of one worker are applied in the order of arrival.

#include "spec/fixture/act.h"

//  clip_value and a rate that halves tell one order from another: the first of them moves twice as far
//  as the second.
static void
s_halve_the_rate (peer_t *peer)
{
    peer_set (peer, "schedule", "step");
    peer_set (peer, "schedule_steps", "1");
    peer_set (peer, "schedule_factor", "0.5");
}

static void
test_order_of_arrival_and_not_of_sequences_counts (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load_stopped (peer, 3);
    s_halve_the_rate (peer);
    uint64_t incarnation = peer_join (peer, "w");
    static const uint64_t order [] = {2, 3, 1};
    for (int i = 0; i < 3; i++) {
        float values [3] = {0};
        values [order [i] - 1] = 1;
        gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, order [i]);
        peer_push (peer, &gradient, values, 3);
    }
    act_handled (peer, 3);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    peer_settle (peer, "w", incarnation, 3);
    uint64_t version;
    float *values = peer_parameters (peer, 3, &version);
    assert_int_equal (version, 3);
    assert_true (values [0] == 0.75f && values [1] == 0 && values [2] == 0.5f);
    free (values);
    peer_destroy (&peer);
}

static void
test_many_of_one_worker_are_applied_in_their_order (void **state)
{
    (void) state;
    enum { MANY = 20 };
    peer_t *peer = peer_new ();
    peer_load_stopped (peer, MANY);
    s_halve_the_rate (peer);
    uint64_t incarnation = peer_join (peer, "w");
    for (uint64_t i = 0; i < MANY; i++) {
        float values [MANY] = {0};
        values [i] = 1;
        gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, i + 1);
        peer_push (peer, &gradient, values, MANY);
    }
    act_handled (peer, MANY);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    peer_settle (peer, "w", incarnation, MANY);
    float *values = peer_parameters (peer, MANY, NULL);
    for (uint64_t i = 0; i < MANY; i++)
        assert_true (values [i] == 1 - 1.0f / (float) (1u << i));
    free (values);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_order_of_arrival_and_not_of_sequences_counts),
        cmocka_unit_test (test_many_of_one_worker_are_applied_in_their_order),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
