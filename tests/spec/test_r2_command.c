//  exactly one body; none, or one that is unknown: COMMAND.

#include "spec/fixture/stage.h"

static void
test_request_without_a_body_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    raw_t request = raw_request (77);
    zmsg_t *message = raw_frames (&request, NULL, 0);
    stage_declined (&stage, &message, GRADMQ_ERR_COMMAND);
    assert_int_equal (stage.peer->reply.request_id, 77);
    request = raw_header (GRADMQ_FRAME_REQUEST);  //  nothing at all
    message = raw_frames (&request, NULL, 0);
    stage_declined (&stage, &message, GRADMQ_ERR_COMMAND);
    stage_end (&stage);
}

static void
test_request_with_an_unknown_body_is_refused (void **state)
{
    (void) state;
    const uint32_t numbers [] = {31, 32, 64, 99};
    stage_t stage = stage_new ();
    for (size_t i = 0; i < sizeof numbers / sizeof numbers [0]; i++) {
        raw_t request = raw_request (77 + i);
        raw_inside (&request, numbers [i], raw_nothing ());
        zmsg_t *message = raw_frames (&request, NULL, 0);
        stage_declined (&stage, &message, GRADMQ_ERR_COMMAND);
        assert_int_equal (stage.peer->reply.request_id, 77 + i);
    }
    stage_end (&stage);
}

static void
test_request_with_two_bodies_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    const uint32_t pairs [][2] = {{GRADMQ_COMMAND_STATUS, GRADMQ_COMMAND_STOP},
                                  {GRADMQ_COMMAND_STOP, GRADMQ_COMMAND_STATUS},
                                  {GRADMQ_COMMAND_DESTROY, GRADMQ_COMMAND_DESCRIBE}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs [0]; i++) {
        raw_t request = raw_request (77 + i);
        raw_inside (&request, pairs [i][0], raw_nothing ());
        raw_inside (&request, pairs [i][1], raw_nothing ());
        zmsg_t *message = raw_frames (&request, NULL, 0);
        stage_declined (&stage, &message, GRADMQ_ERR_COMMAND);
    }
    stage_end (&stage);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_request_without_a_body_is_refused),
        cmocka_unit_test (test_request_with_an_unknown_body_is_refused),
        cmocka_unit_test (test_request_with_two_bodies_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
