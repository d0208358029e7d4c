//  Y-4: when the aggregate, the new state or the new parameters would not be finite, nothing of the
//  step is kept: no version, no tick, its contributors are SKIPPED with NON_FINITE, and the notice
//  STEP_SKIPPED says so.

#include "spec/fixture/act.h"

static void
test_step_that_would_overflow_leaves_everything_as_it_was (void **state)
{
    (void) state;
    static const float values [] = {3e38f, 1};
    peer_t *peer = peer_new ();
    const char *names [] = {"optimizer", "learning_rate", "momentum", "l2"};
    const char *texts [] = {"momentum", "1", "0.5", "1000"};
    assert_int_equal (gradmq_coordinator_set_parameters (peer->coordinator, names, texts, 4, NULL),
                      GRADMQ_OK);
    act_load_vector (peer, values, 2);
    peer_subscribe_events (peer, "event/" PEER_MODEL "/w/w/");
    uint64_t incarnation = peer_join (peer, "w");
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
    //  3e38 x 1000 is beyond F32.
    act_outcome_t outcome = act_try (peer, &gradient, (float []){0, 0.5f}, 2);
    assert_int_equal (outcome.disposition, GRADMQ_SKIPPED);
    assert_int_equal (outcome.code, GRADMQ_ERR_NON_FINITE);
    act_assert_notice (peer, "w", GRADMQ_NOTICE_STEP_SKIPPED, incarnation, 1,
                       GRADMQ_ERR_NON_FINITE);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_STATUS), GRADMQ_OK);
    assert_int_equal (peer->reply.position.version, 0);
    assert_int_equal (peer->reply.status.schedule_tick, 0);
    assert_int_equal (peer_counter (peer, "steps_skipped"), 1);
    assert_int_equal (peer_counter (peer, "skipped"), 1);
    act_assert_values (peer, values, 2);
    //  Nor is anything of it in the optimizer's state: the next step is the first.
    peer_set (peer, "l2", "0");
    gradient.sequence = 2;
    assert_int_equal (act_try (peer, &gradient, (float []){0, 0.5f}, 2).disposition,
                      GRADMQ_APPLIED);
    act_assert_values (peer, (float []){3e38f, 0.5f}, 2);
    gradient.sequence = 3;
    act_try (peer, &gradient, (float []){0, 0}, 2);
    act_assert_values (peer, (float []){3e38f, 0.25f}, 2);
    peer_destroy (&peer);
}

//  Among others that wait, only the one whose own tensor would overflow is left out.
static void
test_others_in_the_queue_are_applied (void **state)
{
    (void) state;
    static const act_tensor_t tensors [] = {{"small", 1, 0}, {"large", 1, 0}};
    peer_t *peer = peer_new ();
    peer_set (peer, "l2", "1000");
    act_load (peer, tensors, 2, (float []){0, 3e38f});
    uint64_t incarnation = peer_join (peer, "w");
    for (uint64_t i = 1; i <= 3; i++) {
        gradmq_part_t part = {.tensor = i == 2, .encoding = GRADMQ_ENCODING_DENSE};
        gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, i);
        gradient.parts = &part;
        gradient.part_count = 1;
        peer_push (peer, &gradient, (float []){i == 1 ? 0.0f : 0.5f}, 1);
    }
    act_handled (peer, 3);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    peer_settle (peer, "w", incarnation, 3);
    act_assert_ack (&peer->reply.ack, 3, 3, 2, 0, 1);
    act_assert_disposed (&peer->reply.ack, 0, 2, GRADMQ_SKIPPED, GRADMQ_ERR_NON_FINITE);
    assert_int_equal (peer->reply.position.version, 2);
    act_assert_values (peer, (float []){-0.5f, 3e38f}, 2);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_step_that_would_overflow_leaves_everything_as_it_was),
        cmocka_unit_test (test_others_in_the_queue_are_applied),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
