//  W-4: a kind that does not belong to the socket is refused: PREAMBLE.

#include "spec/fixture/stage.h"

static void
test_only_gradients_belong_on_the_gradients_socket (void **state)
{
    (void) state;
    const uint8_t kinds [] = {0, 2, 3, 4, 5, 6, 255};
    stage_t stage = stage_new ();
    for (size_t i = 0; i < sizeof kinds; i++) {
        gradmq_gradient_t gradient = stage_gradient (&stage);
        zmsg_t *message = peer_frames (&gradient, stage_values (), STAGE_BYTES);
        zframe_data (zmsg_first (message)) [5] = kinds [i];
        stage_malformed (&stage, &message, GRADMQ_ERR_PREAMBLE);
    }
    stage_end (&stage);
}

static void
test_only_requests_belong_on_the_control_socket (void **state)
{
    (void) state;
    const uint8_t kinds [] = {0, 1, 2, 3, 5, 6, 255};
    stage_t stage = stage_new ();
    for (size_t i = 0; i < sizeof kinds; i++) {
        raw_t request = raw_request (77);
        raw_inside (&request, GRADMQ_COMMAND_STOP, raw_nothing ());
        request.bytes [5] = kinds [i];
        zmsg_t *message = raw_frames (&request, NULL, 0);
        stage_declined (&stage, &message, GRADMQ_ERR_PREAMBLE);
    }
    stage_end (&stage);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_only_gradients_belong_on_the_gradients_socket),
        cmocka_unit_test (test_only_requests_belong_on_the_control_socket),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
