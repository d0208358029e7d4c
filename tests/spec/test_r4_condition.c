//  `if_epoch`, `if_version`: refused with CONDITION unless the model is exactly there.

#include "spec/fixture/stage.h"

static void
test_request_for_another_position_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    peer_counter (stage.peer, "steps");
    uint64_t epoch = stage.peer->reply.position.epoch;
    const struct {
        bool has_epoch, has_version;
        uint64_t epoch, version;
    } cases [] = {{true, false, epoch - 1, 0},  {true, false, 0, 0},
                  {true, false, epoch + 1, 0},  {false, true, 0, 1},
                  {false, true, 0, UINT64_MAX}, {true, true, epoch, 1},
                  {true, true, epoch + 1, 0}};
    const gradmq_command_t commands [] = {GRADMQ_COMMAND_STOP, GRADMQ_COMMAND_CLEAR_GRADIENTS,
                                          GRADMQ_COMMAND_DESTROY, GRADMQ_COMMAND_DESCRIBE,
                                          GRADMQ_COMMAND_SET_PARAMETERS};
    for (size_t c = 0; c < sizeof commands / sizeof commands [0]; c++)
        for (size_t i = 0; i < sizeof cases / sizeof cases [0]; i++) {
            gradmq_request_t request = {.command = commands [c],
                                        .new_epoch = true,
                                        .has_if_epoch = cases [i].has_epoch,
                                        .has_if_version = cases [i].has_version,
                                        .if_epoch = cases [i].epoch,
                                        .if_version = cases [i].version};
            stage_declined_request (&stage, &request, NULL, 0, GRADMQ_ERR_CONDITION);
        }
    stage_end (&stage);
}

static void
test_request_for_this_position_is_done (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_gradient_t gradient = stage_gradient (&stage);
    zmsg_t *message = peer_frames (&gradient, stage_values (), STAGE_BYTES);
    stage_applied (&stage, &message);
    gradmq_request_t stop = {.command = GRADMQ_COMMAND_STOP,
                             .has_if_epoch = true,
                             .has_if_version = true,
                             .if_epoch = stage.peer->reply.position.epoch,
                             .if_version = 1};
    assert_int_equal (peer_request (stage.peer, &stop, NULL, 0), GRADMQ_OK);
    assert_int_equal (stage.peer->reply.state, GRADMQ_STATE_STOPPED);
    peer_destroy (&stage.peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_request_for_another_position_is_refused),
        cmocka_unit_test (test_request_for_this_position_is_done),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
