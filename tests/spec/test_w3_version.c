//  W-3: another major version is refused: VERSION.

#include "spec/fixture/stage.h"

static const uint8_t s_majors [] = {0, 2, 255};

static void
test_gradient_of_another_major_version_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    for (size_t i = 0; i < sizeof s_majors; i++) {
        gradmq_gradient_t gradient = stage_gradient (&stage);
        zmsg_t *message = peer_frames (&gradient, stage_values (), STAGE_BYTES);
        zframe_data (zmsg_first (message)) [4] = s_majors [i];
        stage_malformed (&stage, &message, GRADMQ_ERR_VERSION);
    }
    stage_end (&stage);
}

static void
test_request_of_another_major_version_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    for (size_t i = 0; i < sizeof s_majors; i++) {
        raw_t request = raw_request (77);
        raw_inside (&request, GRADMQ_COMMAND_STOP, raw_nothing ());
        request.bytes [4] = s_majors [i];
        zmsg_t *message = raw_frames (&request, NULL, 0);
        stage_declined (&stage, &message, GRADMQ_ERR_VERSION);
    }
    stage_end (&stage);
}

static void
test_minor_version_is_told_by_describe (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    gradmq_request_t request = {.command = GRADMQ_COMMAND_DESCRIBE};
    assert_int_equal (peer_request (peer, &request, NULL, 0), GRADMQ_OK);
    assert_int_equal (peer->reply.description.protocol_minor, 0);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_gradient_of_another_major_version_is_refused),
        cmocka_unit_test (test_request_of_another_major_version_is_refused),
        cmocka_unit_test (test_minor_version_is_told_by_describe),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
