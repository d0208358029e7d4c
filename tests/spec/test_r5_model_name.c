//  a request for a model needs that model's name, except Describe, where it may be absent.

#include "spec/fixture/stage.h"

static void
test_only_describe_may_leave_the_model_out (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_gradient_t gradient = stage_gradient (&stage);
    for (uint32_t command = GRADMQ_COMMAND_DESCRIBE; command <= GRADMQ_COMMAND_RESTORE; command++) {
        gradmq_request_t request = {.command = (gradmq_command_t) command,
                                    .client = "c",
                                    .request_id = command,
                                    .worker = STAGE_WORKER,
                                    .incarnation = stage.worker,
                                    .gradient = &gradient,
                                    .nonce = 1};
        void *header;
        size_t size;
        assert_int_equal (gradmq_wire_encode_request (&request, &header, &size), GRADMQ_OK);
        zmsg_t *message = zmsg_new ();
        zmsg_addmem (message, header, size);
        free (header);
        if (command == GRADMQ_COMMAND_DESCRIBE)
            assert_int_equal (peer_request_frames (stage.peer, &message), GRADMQ_OK);
        else
            stage_declined (&stage, &message, GRADMQ_ERR_MODEL);
    }
    stage_end (&stage);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_only_describe_may_leave_the_model_out),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
