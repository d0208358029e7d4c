//  a metric name is 1 to 64 octets under the rule of A-2.

#include "spec/fixture/stage.h"

#define SIXTEEN "abcdefghijklmnop"
#define SIXTY_FOUR SIXTEEN SIXTEEN SIXTEEN SIXTEEN

//  A good gradient with one metric of this name (NULL: without a name).
static zmsg_t *
s_report (const stage_t *stage, const char *name)
{
    gradmq_gradient_t gradient = stage_gradient (stage);
    raw_t metric = raw_nothing ();
    if (name)
        raw_text (&metric, 1, name);
    raw_double (&metric, 2, 0.5);
    raw_t header = raw_header (GRADMQ_FRAME_GRADIENT);
    raw_identity (&header, &gradient);
    raw_inside (&header, 15, metric);
    return raw_frames (&header, stage_values (), STAGE_BYTES);
}

static void
test_bad_metric_name_is_refused (void **state)
{
    (void) state;
    static const char *const bad [] = {NULL, "", "a\nb", "\x1f", "a\x7f", SIXTY_FOUR "q"};
    stage_t stage = stage_new ();
    for (size_t i = 0; i < sizeof bad / sizeof bad [0]; i++) {
        zmsg_t *message = s_report (&stage, bad [i]);
        stage_refused (&stage, &message, GRADMQ_ERR_NAME);
    }
    stage_end (&stage);
}

static void
test_every_good_metric_name_is_reported (void **state)
{
    (void) state;
    static const char *const good [] = {"loss", "top-5 accuracy", "\xcf\x83", SIXTY_FOUR};
    const size_t count = sizeof good / sizeof good [0];
    stage_t stage = stage_new ();
    for (size_t i = 0; i < count; i++) {
        zmsg_t *message = s_report (&stage, good [i]);
        stage_applied (&stage, &message);
    }
    gradmq_request_t status = {.command = GRADMQ_COMMAND_STATUS};
    assert_int_equal (peer_request (stage.peer, &status, NULL, 0), GRADMQ_OK);
    assert_int_equal (stage.peer->reply.status.metric_count, count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal (stage.peer->reply.status.metrics [i].name, good [i]);
        assert_true (stage.peer->reply.status.metrics [i].value == 0.5);
    }
    peer_destroy (&stage.peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_bad_metric_name_is_refused),
        cmocka_unit_test (test_every_good_metric_name_is_reported),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
