//  G-1: a gradient names model, worker, incarnation and sequence, also when it comes over control.
//  Sequences begin at 1 and grow by one.

#include "spec/fixture/act.h"

static void
test_control_and_push_share_the_sequences (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
    assert_int_equal (act_add (peer, &gradient, (float []){0.5f}, 1), GRADMQ_OK);
    assert_true (peer->reply.added.has_ack);
    act_assert_ack (&peer->reply.added.ack, 1, 1, 1, 0, 0);
    act_push (peer, "w", incarnation, 2, 0.25f, 1);
    peer_settle (peer, "w", incarnation, 2);
    //  Each of them again, the other way.
    act_push (peer, "w", incarnation, 1, 0.5f, 1);
    act_handled (peer, 3);
    gradient = peer_gradient (peer, "w", incarnation, 2);
    assert_int_equal (act_add (peer, &gradient, (float []){0.25f}, 1), GRADMQ_OK);
    act_assert_ack (&peer->reply.added.ack, 2, 2, 2, 0, 0);
    assert_int_equal (peer_counter (peer, "duplicates"), 2);
    act_assert_parameters (peer, 1, 0.25f, 2);
    peer_destroy (&peer);
}

static void
test_bad_gradient_over_control_uses_its_sequence_up (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
    gradient.weight = -1;
    assert_int_equal (act_add (peer, &gradient, (float []){0.5f}, 1), GRADMQ_ERR_ARGUMENT);
    gradient = peer_gradient (peer, "w", incarnation, 2);
    assert_int_equal (act_add (peer, &gradient, (float []){0.5f, 1}, 2), GRADMQ_ERR_LENGTH);
    peer_ack (peer, "w", incarnation, 0);
    act_assert_ack (&peer->reply.ack, 2, 2, 0, 0, 2);
    act_assert_disposed (&peer->reply.ack, 0, 1, GRADMQ_REFUSED, GRADMQ_ERR_ARGUMENT);
    act_assert_disposed (&peer->reply.ack, 1, 2, GRADMQ_REFUSED, GRADMQ_ERR_LENGTH);
    //  A retry that lost its answer gets the same one.
    gradient = peer_gradient (peer, "w", incarnation, 3);
    gradient.weight = -1;
    gradmq_request_t add = {.command = GRADMQ_COMMAND_ADD_GRADIENTS, .gradient = &gradient};
    for (int i = 0; i < 2; i++) {
        assert_int_equal (peer_request (peer, &add, (float []){1}, 4), GRADMQ_ERR_ARGUMENT);
        assert_int_equal (peer->reply.repeated_answer, i == 1);
    }
    peer_assert_untouched (peer, 1);
    peer_destroy (&peer);
}

//  A change that needs an id, or a condition that does not hold, keeps its hands off sequences.
static void
test_request_that_is_refused_itself_uses_no_sequence_up (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
    gradient.weight = -1;
    gradmq_request_t add = {.command = GRADMQ_COMMAND_ADD_GRADIENTS,
                            .gradient = &gradient,
                            .has_if_version = true,
                            .if_version = 7};
    assert_int_equal (peer_request (peer, &add, (float []){1}, 4), GRADMQ_ERR_CONDITION);
    add = (gradmq_request_t){
        .command = GRADMQ_COMMAND_ADD_GRADIENTS, .gradient = &gradient, .dry_run = true};
    assert_int_equal (peer_request (peer, &add, (float []){1}, 4), GRADMQ_ERR_ARGUMENT);
    gradient.weight = 1;
    add.request_id = 0;
    assert_int_equal (peer_request (peer, &add, (float []){1}, 4), GRADMQ_OK);
    assert_false (peer->reply.added.has_ack);
    peer_ack (peer, "w", incarnation, 0);
    act_assert_ack (&peer->reply.ack, 0, 0, 0, 0, 0);
    peer_assert_untouched (peer, 1);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_control_and_push_share_the_sequences),
        cmocka_unit_test (test_bad_gradient_over_control_uses_its_sequence_up),
        cmocka_unit_test (test_request_that_is_refused_itself_uses_no_sequence_up),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
