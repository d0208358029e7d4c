//  W-5: flags other than 0 are refused: UNSUPPORTED.

#include "spec/fixture/stage.h"

static const uint8_t s_flags [][2] = {{1, 0}, {0, 1}, {0x80, 0}, {0xff, 0xff}};

static void
test_gradient_with_flags_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    for (size_t i = 0; i < sizeof s_flags / sizeof s_flags [0]; i++) {
        gradmq_gradient_t gradient = stage_gradient (&stage);
        zmsg_t *message = peer_frames (&gradient, stage_values (), STAGE_BYTES);
        memcpy (zframe_data (zmsg_first (message)) + 6, s_flags [i], 2);
        stage_malformed (&stage, &message, GRADMQ_ERR_UNSUPPORTED);
    }
    stage_end (&stage);
}

static void
test_request_with_flags_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    for (size_t i = 0; i < sizeof s_flags / sizeof s_flags [0]; i++) {
        raw_t request = raw_request (77);
        raw_inside (&request, GRADMQ_COMMAND_STOP, raw_nothing ());
        memcpy (request.bytes + 6, s_flags [i], 2);
        zmsg_t *message = raw_frames (&request, NULL, 0);
        stage_declined (&stage, &message, GRADMQ_ERR_UNSUPPORTED);
    }
    stage_end (&stage);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_gradient_with_flags_is_refused),
        cmocka_unit_test (test_request_with_flags_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
