//  Y-8: ROWS is lazy: state and decay of the rows that are not there are untouched; the bias
//  correction's count is the tensor's. Refused with UNSUPPORTED for optimizers with a trust ratio and
//  with coupled l2.

#include "spec/fixture/act.h"

static const act_tensor_t s_table = {"table", 4, 2};

static peer_t *
s_open (const char *optimizer, const char *name, const char *value)
{
    peer_t *peer = peer_new ();
    const char *names [] = {"optimizer", "learning_rate", name};
    const char *values [] = {optimizer, "0.5", value};
    gradmq_reason_t why = {0};
    if (gradmq_coordinator_set_parameters (peer->coordinator, names, values, name ? 3 : 2, &why))
        fail_msg ("%s", why.text);
    act_load (peer, &s_table, 1, (float []){1, 1, 1, 1, 1, 1, 1, 1});
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    return peer;
}

//  Push these rows, each with one value in both columns.
static act_outcome_t
s_push (peer_t *peer, uint64_t incarnation, uint64_t sequence, const uint32_t *rows, size_t count,
        float value)
{
    gradmq_part_t part = {.encoding = GRADMQ_ENCODING_ROWS, .count = count};
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, sequence);
    gradient.parts = &part;
    gradient.part_count = 1;
    uint32_t payload [12];
    assert_true (3 * count <= 12);
    memcpy (payload, rows, count * sizeof *rows);
    for (size_t i = 0; i < 2 * count; i++)
        memcpy (&payload [count + i], &value, sizeof value);
    zmsg_t *message = peer_frames (&gradient, payload, 3 * count * sizeof *payload);
    return act_try_frames (peer, &gradient, &message);
}

static void
test_rows_that_are_not_there_are_untouched (void **state)
{
    (void) state;
    peer_t *peer = s_open ("momentum", "momentum", "0.5");
    uint64_t incarnation = peer_join (peer, "w");
    assert_int_equal (s_push (peer, incarnation, 1, (uint32_t []){0, 2}, 2, 0.5f).disposition,
                      GRADMQ_APPLIED);
    act_assert_values (peer, (float []){0.75f, 0.75f, 1, 1, 0.75f, 0.75f, 1, 1}, 8);
    //  Row 2 rests: its momentum does not move it, and is there when it comes again.
    s_push (peer, incarnation, 2, (uint32_t []){0}, 1, 0);
    act_assert_values (peer, (float []){0.625f, 0.625f, 1, 1, 0.75f, 0.75f, 1, 1}, 8);
    s_push (peer, incarnation, 3, (uint32_t []){2, 3}, 2, 0);
    act_assert_values (peer, (float []){0.625f, 0.625f, 1, 1, 0.625f, 0.625f, 1, 1}, 8);
    peer_destroy (&peer);
}

static void
test_decay_is_of_the_rows_that_are_there (void **state)
{
    (void) state;
    peer_t *peer = s_open ("adamw", "weight_decay", "0.5");
    uint64_t incarnation = peer_join (peer, "w");
    s_push (peer, incarnation, 1, (uint32_t []){1}, 1, 0);
    act_assert_near (peer, (double []){1, 1, 0.75, 0.75, 1, 1, 1, 1}, 8, 1e-6);
    peer_destroy (&peer);
}

//  The second step of the tensor is the first of its row: m = 0.1 g and v = 0.001 g g, corrected as
//  after two steps.
static void
test_bias_correction_counts_the_steps_of_the_tensor (void **state)
{
    (void) state;
    peer_t *peer = s_open ("adam", NULL, NULL);
    uint64_t incarnation = peer_join (peer, "w");
    s_push (peer, incarnation, 1, (uint32_t []){0}, 1, 1);
    s_push (peer, incarnation, 2, (uint32_t []){3}, 1, 1);
    double late = 1 - 0.5 * (0.1 / (1 - 0.81)) / 0.70728393;  //  sqrt (0.001 / (1 - 0.999^2))
    act_assert_near (peer, (double []){0.5, 0.5, 1, 1, 1, 1, late, late}, 8, 1e-5);
    peer_destroy (&peer);
}

static void
test_trust_ratio_and_coupled_decay_refuse_rows (void **state)
{
    (void) state;
    static const char *const bad [][3] = {
        {"lars", NULL, NULL}, {"lamb", NULL, NULL}, {"sgd", "l2", "0.5"}};
    for (size_t i = 0; i < 3; i++) {
        peer_t *peer = s_open (bad [i][0], bad [i][1], bad [i][2]);
        uint64_t incarnation = peer_join (peer, "w");
        act_outcome_t outcome = s_push (peer, incarnation, 1, (uint32_t []){0}, 1, 0.5f);
        assert_int_equal (outcome.disposition, GRADMQ_REFUSED);
        assert_int_equal (outcome.code, GRADMQ_ERR_UNSUPPORTED);
        peer_assert_untouched (peer, 8);
        peer_destroy (&peer);
    }
}

//  G-4: also when they wait already.
static void
test_rows_that_wait_are_refused_when_the_optimizer_changes (void **state)
{
    (void) state;
    peer_t *peer = s_open ("sgd", NULL, NULL);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_STOP), GRADMQ_OK);
    uint64_t incarnation = peer_join (peer, "w");
    assert_int_equal (s_push (peer, incarnation, 1, (uint32_t []){0}, 1, 0.5f).disposition, 0);
    peer_set (peer, "l2", "0.5");
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    peer_settle (peer, "w", incarnation, 1);
    act_assert_disposed (&peer->reply.ack, 0, 1, GRADMQ_REFUSED, GRADMQ_ERR_UNSUPPORTED);
    peer_assert_untouched (peer, 8);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_rows_that_are_not_there_are_untouched),
        cmocka_unit_test (test_decay_is_of_the_rows_that_are_there),
        cmocka_unit_test (test_bias_correction_counts_the_steps_of_the_tensor),
        cmocka_unit_test (test_trust_ratio_and_coupled_decay_refuse_rows),
        cmocka_unit_test (test_rows_that_wait_are_refused_when_the_optimizer_changes),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
