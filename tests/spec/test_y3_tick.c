//  Y-3: one closed step is one version and one tick of the schedule. Bias correction counts per
//  tensor.

#include "spec/fixture/act.h"

static void
test_only_steps_move_version_and_schedule (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    peer_set (peer, "schedule", "step");
    peer_set (peer, "schedule_steps", "2");
    peer_set (peer, "schedule_factor", "0.5");
    uint64_t incarnation = peer_join (peer, "w");
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
    for (uint64_t i = 1; i <= 9; i++) {
        gradient.sequence = i;
        gradient.kind = i % 3 ? GRADMQ_KIND_GRADIENT : GRADMQ_KIND_SKIP;
        //  Of three one is a step, one refused and one a SKIP.
        act_try (peer, &gradient, (float []){1}, i % 3 == 1);
        assert_int_equal (act_command (peer, GRADMQ_COMMAND_STATUS), GRADMQ_OK);
        assert_int_equal (peer->reply.position.version, (i + 2) / 3);
        assert_int_equal (peer->reply.status.schedule_tick, (i + 2) / 3);
    }
    assert_true (peer->reply.status.learning_rate == 0.5);
    act_assert_parameters (peer, 1, 1 - 1 - 1 - 0.5f, 3);
    peer_destroy (&peer);
}

//  adam's first step of a tensor has the length of the rate, whenever it comes.
static void
test_bias_correction_counts_the_steps_of_its_tensor (void **state)
{
    (void) state;
    static const act_tensor_t tensors [] = {{"a", 1, 0}, {"b", 1, 0}};
    peer_t *peer = peer_new ();
    const char *names [] = {"optimizer", "learning_rate"}, *values [] = {"adam", "0.25"};
    assert_int_equal (gradmq_coordinator_set_parameters (peer->coordinator, names, values, 2, NULL),
                      GRADMQ_OK);
    act_load (peer, tensors, 2, (float []){1, 1});
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    uint64_t incarnation = peer_join (peer, "w");
    gradmq_part_t part = {.encoding = GRADMQ_ENCODING_DENSE};
    for (uint64_t i = 1; i <= 3; i++) {
        gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, i);
        part.tensor = i == 3;
        gradient.parts = &part;
        gradient.part_count = 1;
        act_try (peer, &gradient, (float []){0.5f}, 1);
    }
    act_assert_near (peer, (double []){0.5, 0.75}, 2, 1e-6);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_only_steps_move_version_and_schedule),
        cmocka_unit_test (test_bias_correction_counts_the_steps_of_its_tensor),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
