//  O-12: the change that MODEL_PARAMETERS stand for is taken from the base that they state, else from the
//  version that the step is made from. Merge keeps `pinned_snapshots` versions before the newest for that; an
//  older base is REFUSED: BASE. Their parts are not ROWS; refused: UNSUPPORTED. Ascent does not apply.

#include "spec/fixture/crew.h"

static void
s_send (crew_t *crew, size_t worker, uint32_t kind, bool has_base, uint64_t base, float value)
{
    gradmq_gradient_t gradient = crew_gradient (crew, worker);
    gradient.kind = kind;
    if (has_base)
        crew_base (crew, &gradient, base);
    crew_send (crew, &gradient, value);
}

static void
test_deltas_are_added (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "merge");
    s_send (crew, 0, GRADMQ_KIND_DELTA, false, 0, 2);
    s_send (crew, 1, GRADMQ_KIND_DELTA, false, 0, 4);
    crew_model (crew, 1, 3);
    CREW_SET (crew, "mode", "ascent");
    s_send (crew, 0, GRADMQ_KIND_DELTA, false, 0, 1);
    s_send (crew, 1, GRADMQ_KIND_DELTA, false, 0, 1);
    crew_model (crew, 2, 4);
    crew_destroy (&crew);
}

static void
test_models_are_averaged_by_weight (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "merge");
    for (unsigned round = 0; round < 3; round++) {
        for (size_t i = 0; i < 2; i++) {
            gradmq_gradient_t gradient = crew_gradient (crew, i);
            gradient.kind = GRADMQ_KIND_MODEL_PARAMETERS;
            gradient.weight = i ? 3 : 1;
            if (round)
                crew_base (crew, &gradient, round);
            crew_send (crew, &gradient, (float) (round + (i ? 8 : 4)));
        }
        crew_model (crew, round + 1, (float) round + 7);
    }
    crew_destroy (&crew);
}

static void
test_change_is_taken_from_the_stated_base (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (1, "policy", "merge", "merge_count", "1", "pinned_snapshots", "2");
    for (unsigned i = 1; i <= 3; i++) {
        s_send (crew, 0, GRADMQ_KIND_DELTA, false, 0, 1);
        crew_model (crew, i, (float) i);
    }
    //  From version 1, which was 1: a change of 4.
    s_send (crew, 0, GRADMQ_KIND_MODEL_PARAMETERS, true, 1, 5);
    crew_model (crew, 4, 7);
    //  Version 1 is three before the newest now, and two are kept.
    s_send (crew, 0, GRADMQ_KIND_MODEL_PARAMETERS, true, 1, 5);
    crew_disposed (crew, 0, crew->of [0].sequence, GRADMQ_REFUSED, GRADMQ_ERR_BASE);
    s_send (crew, 0, GRADMQ_KIND_MODEL_PARAMETERS, true, 2, 5);
    crew_model (crew, 5, 10);
    //  A DELTA knows its own difference.
    s_send (crew, 0, GRADMQ_KIND_DELTA, true, 0, 5);
    crew_model (crew, 6, 15);
    crew_destroy (&crew);
}

static void
test_without_a_base_the_step_s_version_is_it (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "merge");
    s_send (crew, 0, GRADMQ_KIND_MODEL_PARAMETERS, false, 0, 10);
    s_send (crew, 1, GRADMQ_KIND_DELTA, false, 0, 2);
    crew_model (crew, 1, 6);
    s_send (crew, 0, GRADMQ_KIND_MODEL_PARAMETERS, false, 0, 10);
    s_send (crew, 1, GRADMQ_KIND_DELTA, false, 0, 2);
    crew_model (crew, 2, 9);
    crew_destroy (&crew);
}

//  Fewer versions are kept from now on: a contribution whose base is gone cannot take part any more.
static void
test_contribution_whose_base_is_dropped_is_refused (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (1, "policy", "merge", "merge_count", "1", "pinned_snapshots", "8");
    for (unsigned i = 1; i <= 6; i++) {
        s_send (crew, 0, GRADMQ_KIND_DELTA, false, 0, 1);
        crew_model (crew, i, (float) i);
    }
    CREW_SET (crew, "merge_count", "3");
    s_send (crew, 0, GRADMQ_KIND_MODEL_PARAMETERS, true, 1, 100);
    crew_held (crew, 0, 7);
    s_send (crew, 0, GRADMQ_KIND_MODEL_PARAMETERS, true, 5, 11);
    crew_held (crew, 0, 8);
    CREW_SET (crew, "pinned_snapshots", "2");
    crew_disposed (crew, 0, 7, GRADMQ_REFUSED, GRADMQ_ERR_BASE);
    crew_held (crew, 0, 8);
    assert_int_equal (crew_status (crew)->contributions, 1);
    s_send (crew, 0, GRADMQ_KIND_DELTA, false, 0, 3);
    s_send (crew, 0, GRADMQ_KIND_DELTA, false, 0, 3);
    crew_model (crew, 7, 10);
    crew_destroy (&crew);
}

static void
test_rows_and_gradients_are_refused (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (1, "policy", "merge");
    const struct {
        uint32_t index;
        float value;
    } row = {1, 1};
    gradmq_part_t part = {.tensor = 0, .encoding = GRADMQ_ENCODING_ROWS, .count = 1};
    gradmq_gradient_t gradient = crew_gradient (crew, 0);
    gradient.parts = &part;
    gradient.part_count = 1;
    gradient.kind = GRADMQ_KIND_MODEL_PARAMETERS;
    zmsg_t *message = peer_frames (&gradient, &row, sizeof row);
    peer_push_frames (crew->peer, &message);
    crew->handled++;
    crew_disposed (crew, 0, 1, GRADMQ_REFUSED, GRADMQ_ERR_UNSUPPORTED);
    crew_push (crew, 0, 1);
    crew_disposed (crew, 0, 2, GRADMQ_REFUSED, GRADMQ_ERR_UNSUPPORTED);
    crew_skip (crew, 0);
    crew_disposed (crew, 0, 3, GRADMQ_SKIPPED, 0);
    CREW_SET (crew, "policy", "bsp");
    s_send (crew, 0, GRADMQ_KIND_DELTA, false, 0, 1);
    crew_disposed (crew, 0, 4, GRADMQ_REFUSED, GRADMQ_ERR_UNSUPPORTED);
    crew_destroy (&crew);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_deltas_are_added),
        cmocka_unit_test (test_models_are_averaged_by_weight),
        cmocka_unit_test (test_change_is_taken_from_the_stated_base),
        cmocka_unit_test (test_without_a_base_the_step_s_version_is_it),
        cmocka_unit_test (test_contribution_whose_base_is_dropped_is_refused),
        cmocka_unit_test (test_rows_and_gradients_are_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
