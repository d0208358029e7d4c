//  P-4: a gradient with a base in another epoch, or with a version above the newest, is refused:
//  EPOCH. A gradient without `based_on` is taken in any epoch that has its layout; a setting that
//  needs a base refuses it: BASE.

#include "spec/fixture/stage.h"

//  Where the model is.
static gradmq_position_t
s_position (stage_t *stage)
{
    peer_counter (stage->peer, "steps");
    return stage->peer->reply.position;
}

static void
test_base_in_another_epoch_or_above_the_newest_version_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    uint64_t epoch = s_position (&stage).epoch;
    const struct {
        uint64_t epoch, version;
    } cases [] = {{0, 0},     {epoch - 1, 0},      {epoch + 1, 0}, {UINT64_MAX, 0},
                  {epoch, 1}, {epoch, UINT64_MAX}, {0, UINT64_MAX}};
    for (size_t i = 0; i < sizeof cases / sizeof cases [0]; i++) {
        gradmq_gradient_t gradient = stage_gradient (&stage);
        gradient.has_base = true;
        gradient.base_epoch = cases [i].epoch;
        gradient.base_version = cases [i].version;
        stage_refused_gradient (&stage, &gradient, stage_values (), STAGE_BYTES, GRADMQ_ERR_EPOCH);
    }
    stage_end (&stage);
}

static void
test_every_base_there_was_in_this_epoch_is_taken (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    for (uint64_t version = 0; version < 4; version++) {
        gradmq_gradient_t gradient = stage_gradient (&stage);
        gradient.has_base = true;
        gradient.base_epoch = s_position (&stage).epoch;
        gradient.base_version = version / 2;
        zmsg_t *message = peer_frames (&gradient, stage_values (), STAGE_BYTES);
        stage_applied (&stage, &message);
    }
    peer_destroy (&stage.peer);
}

static void
test_gradient_without_a_base_is_taken_in_any_epoch_of_its_layout (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_gradient_t with = stage_gradient (&stage);
    with.has_base = true;
    with.base_epoch = s_position (&stage).epoch;
    peer_load_stopped (stage.peer, STAGE_ELEMENTS);  //  the same layout, running still
    stage_refused_gradient (&stage, &with, stage_values (), STAGE_BYTES, GRADMQ_ERR_EPOCH);
    gradmq_gradient_t without = stage_gradient (&stage);
    zmsg_t *message = peer_frames (&without, stage_values (), STAGE_BYTES);
    stage_applied (&stage, &message);
    peer_destroy (&stage.peer);
}

static void
test_setting_that_needs_a_base_refuses_a_gradient_without_one (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    peer_set (stage.peer, "max_staleness", "2");
    gradmq_gradient_t gradient = stage_gradient (&stage);
    stage_refused_gradient (&stage, &gradient, stage_values (), STAGE_BYTES, GRADMQ_ERR_BASE);
    gradient = stage_gradient (&stage);
    gradient.has_base = true;
    gradient.base_epoch = s_position (&stage).epoch;
    zmsg_t *message = peer_frames (&gradient, stage_values (), STAGE_BYTES);
    stage_applied (&stage, &message);
    peer_destroy (&stage.peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_base_in_another_epoch_or_above_the_newest_version_is_refused),
        cmocka_unit_test (test_every_base_there_was_in_this_epoch_is_taken),
        cmocka_unit_test (test_gradient_without_a_base_is_taken_in_any_epoch_of_its_layout),
        cmocka_unit_test (test_setting_that_needs_a_base_refuses_a_gradient_without_one),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
