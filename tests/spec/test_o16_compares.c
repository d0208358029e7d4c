//  O-16: a rule that compares takes whole gradients (every tensor, none as ROWS; refused: UNSUPPORTED) and one
//  of a worker: another one is held until the step is closed, and one that states a clock without ending
//  it is refused: UNSUPPORTED.

#include "spec/fixture/crew.h"

static const char *const s_rules [] = {"median", "trimmed_mean", "nnm_trimmed_mean", "krum",
                                       "multi_krum"};

static void
test_one_gradient_of_a_worker_is_taken (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (3, "buffer_gradients", "3", "rule", "median");
    crew_push (crew, 0, 1);
    crew_push (crew, 0, 100);
    crew_push (crew, 0, 100);
    crew_push (crew, 1, 2);
    crew_held (crew, 0, 3);
    crew_held (crew, 1, 1);
    assert_int_equal (crew_status (crew)->contributions, 2);
    //  Nor one of another life of it.
    crew_join (crew, 0);
    crew_push (crew, 0, 200);
    crew_held (crew, 0, 1);
    assert_int_equal (crew_status (crew)->contributions, 2);
    crew_push (crew, 2, 3);
    crew_model (crew, 1, -2);
    assert_int_equal (crew_status (crew)->contributions, 1);
    crew_push (crew, 1, 4);
    crew_push (crew, 2, 3);
    crew_model (crew, 2, -6);
    crew_destroy (&crew);
}

static void
s_try_parts (crew_t *crew, gradmq_part_t *parts, size_t count, const void *payload, size_t size)
{
    gradmq_gradient_t gradient = crew_gradient (crew, 0);
    gradient.parts = parts;
    gradient.part_count = count;
    zmsg_t *message = peer_frames (&gradient, payload, size);
    peer_push_frames (crew->peer, &message);
    crew->handled++;
}

static void
test_partial_gradients_are_refused (void **state)
{
    (void) state;
    static const act_tensor_t tensors [] = {{"t", 1, 0}, {"u", 1, 0}};
    static const float values [] = {1, 1};
    const struct {
        uint32_t index;
        float value, other;
    } rows = {0, 1, 1};
    crew_t *crew = CREW_NEW (5, "policy", "bsp");
    act_load (crew->peer, tensors, 2, (float []){0, 0});
    for (size_t i = 0; i < sizeof s_rules / sizeof s_rules [0]; i++) {
        CREW_SET (crew, "rule", s_rules [i]);
        gradmq_part_t one = {.tensor = 1, .encoding = GRADMQ_ENCODING_DENSE};
        s_try_parts (crew, &one, 1, values, sizeof values [0]);
        crew_disposed (crew, 0, crew->of [0].sequence, GRADMQ_REFUSED, GRADMQ_ERR_UNSUPPORTED);
        gradmq_part_t with_rows [] = {
            {.tensor = 0, .encoding = GRADMQ_ENCODING_ROWS, .count = 1},
            {.tensor = 1, .encoding = GRADMQ_ENCODING_DENSE},
        };
        s_try_parts (crew, with_rows, 2, &rows, sizeof rows);
        crew_disposed (crew, 0, crew->of [0].sequence, GRADMQ_REFUSED, GRADMQ_ERR_UNSUPPORTED);
    }
    crew_destroy (&crew);
}

static void
test_every_tensor_in_parts_is_whole (void **state)
{
    (void) state;
    static const act_tensor_t tensors [] = {{"t", 1, 0}, {"u", 1, 0}};
    static const float values [] = {1, 2};
    crew_t *crew = CREW_NEW (1, "policy", "bsp", "rule", "median");
    act_load (crew->peer, tensors, 2, (float []){0, 0});
    gradmq_part_t parts [] = {{.tensor = 0, .encoding = GRADMQ_ENCODING_DENSE},
                              {.tensor = 1, .encoding = GRADMQ_ENCODING_DENSE}};
    s_try_parts (crew, parts, 2, values, sizeof values);
    crew_disposed (crew, 0, 1, GRADMQ_APPLIED, 0);
    act_assert_values (crew->peer, (float []){-1, -2}, 2);
    crew_destroy (&crew);
}

static void
test_clock_that_is_not_ended_is_refused (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (1, "policy", "bsp", "rule", "median");
    uint64_t round = crew_status (crew)->round;
    gradmq_gradient_t piece = crew_clocked (crew, 0, round, false);
    crew_send (crew, &piece, 1);
    crew_disposed (crew, 0, 1, GRADMQ_REFUSED, GRADMQ_ERR_UNSUPPORTED);
    crew_destroy (&crew);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_one_gradient_of_a_worker_is_taken),
        cmocka_unit_test (test_partial_gradients_are_refused),
        cmocka_unit_test (test_every_tensor_in_parts_is_whole),
        cmocka_unit_test (test_clock_that_is_not_ended_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
