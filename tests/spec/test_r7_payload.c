//  a payload with a request that takes none is refused: LENGTH.

#include "spec/fixture/stage.h"

static void
test_payload_that_no_command_takes_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    for (uint32_t command = GRADMQ_COMMAND_DESCRIBE; command <= GRADMQ_COMMAND_RECORD; command++) {
        if (command == GRADMQ_COMMAND_SET_MODEL_PARAMETERS
            || command == GRADMQ_COMMAND_ADD_GRADIENTS
            || command == GRADMQ_COMMAND_ADD_MODEL_PARAMETERS)
            continue;
        gradmq_request_t request = {.command = (gradmq_command_t) command,
                                    .worker = STAGE_WORKER,
                                    .incarnation = stage.worker,
                                    .nonce = 1,
                                    .recording = "r",
                                    .new_epoch = true};
        stage_declined_request (&stage, &request, "x", 1, GRADMQ_ERR_LENGTH);
    }
    stage_end (&stage);
}

static void
test_empty_payload_frame_is_a_payload (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    raw_t request = raw_request (77);
    raw_inside (&request, GRADMQ_COMMAND_STOP, raw_nothing ());
    zmsg_t *message = raw_frames (&request, NULL, 0);
    zmsg_addmem (message, "", 0);
    stage_declined (&stage, &message, GRADMQ_ERR_LENGTH);
    stage_end (&stage);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_payload_that_no_command_takes_is_refused),
        cmocka_unit_test (test_empty_payload_frame_is_a_payload),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
