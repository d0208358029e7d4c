//  a message that names a model the coordinator does not own is refused: MODEL.

#include "spec/fixture/stage.h"

static const char *const s_others [] = {"M", "mm", "m.", "other"};

static void
test_gradient_for_another_model_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    for (size_t i = 0; i < sizeof s_others / sizeof s_others [0]; i++) {
        gradmq_gradient_t gradient = stage_gradient (&stage);
        snprintf (gradient.model, sizeof gradient.model, "%s", s_others [i]);
        zmsg_t *message = peer_frames (&gradient, stage_values (), STAGE_BYTES);
        stage_malformed (&stage, &message, GRADMQ_ERR_MODEL);
    }
    stage_end (&stage);
}

static void
test_every_command_for_another_model_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_gradient_t gradient = stage_gradient (&stage);
    for (uint32_t command = GRADMQ_COMMAND_DESCRIBE; command <= GRADMQ_COMMAND_RESTORE; command++) {
        gradmq_request_t request = {.model = s_others [command % 4],
                                    .command = (gradmq_command_t) command,
                                    .worker = STAGE_WORKER,
                                    .incarnation = stage.worker,
                                    .gradient = &gradient,
                                    .nonce = 1};
        stage_declined_request (&stage, &request, NULL, 0, GRADMQ_ERR_MODEL);
    }
    stage_end (&stage);
}

static void
test_gradient_in_a_request_for_another_model_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_gradient_t gradient = stage_gradient (&stage);
    snprintf (gradient.model, sizeof gradient.model, "other");
    gradmq_request_t request = {.command = GRADMQ_COMMAND_ADD_GRADIENTS, .gradient = &gradient};
    stage_declined_request (&stage, &request, stage_values (), STAGE_BYTES, GRADMQ_ERR_MODEL);
    stage_end (&stage);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_gradient_for_another_model_is_refused),
        cmocka_unit_test (test_every_command_for_another_model_is_refused),
        cmocka_unit_test (test_gradient_in_a_request_for_another_model_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
