//  P-2: loading a model, and ClearGradients with `new_epoch`, begin a new epoch. Epochs only grow: the
//  next is the greater of the last + 1 and the time in microseconds since 1970.

#include "spec/fixture/stage.h"

#include <time.h>

static uint64_t
s_unix_us (void)
{
    struct timespec now;
    clock_gettime (CLOCK_REALTIME, &now);
    return (uint64_t) now.tv_sec * 1000000 + (uint64_t) now.tv_nsec / 1000;
}

static void
s_advance (stage_t *stage)
{
    gradmq_gradient_t gradient = stage_gradient (stage);
    zmsg_t *message = peer_frames (&gradient, stage_values (), STAGE_BYTES);
    stage_applied (stage, &message);
    assert_true (stage->peer->reply.position.version > 0);
}

static void
test_every_load_begins_a_greater_epoch_at_version_0 (void **state)
{
    (void) state;
    uint64_t begin = s_unix_us ();
    stage_t stage = stage_new ();
    uint64_t last = 0;
    for (int i = 0; i < 20; i++) {
        s_advance (&stage);
        peer_load_stopped (stage.peer, STAGE_ELEMENTS);
        const gradmq_position_t *position = &stage.peer->reply.position;
        assert_int_equal (position->version, 0);
        assert_true (position->epoch > last);
        assert_true (position->epoch >= begin && position->epoch <= s_unix_us () + 100);
        last = position->epoch;
    }
    peer_destroy (&stage.peer);
}

static void
test_clear_begins_a_new_epoch_when_asked (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    s_advance (&stage);
    float before [STAGE_ELEMENTS], now [STAGE_ELEMENTS];
    stage_read (&stage, before, sizeof before, NULL);
    gradmq_position_t position = stage.peer->reply.position;
    gradmq_request_t clear = {.command = GRADMQ_COMMAND_CLEAR_GRADIENTS};
    assert_int_equal (peer_request (stage.peer, &clear, NULL, 0), GRADMQ_OK);
    assert_true (stage.peer->reply.position.epoch == position.epoch);
    assert_true (stage.peer->reply.position.version == position.version);
    gradmq_request_t fence = {.command = GRADMQ_COMMAND_CLEAR_GRADIENTS, .new_epoch = true};
    assert_int_equal (peer_request (stage.peer, &fence, NULL, 0), GRADMQ_OK);
    assert_true (stage.peer->reply.position.epoch > position.epoch);
    assert_true (stage.peer->reply.position.version == 0);
    uint64_t epoch = stage.peer->reply.position.epoch;
    stage_read (&stage, now, sizeof now, NULL);
    assert_memory_equal (now, before, sizeof now);
    //  The settings in force hold for the first step of the new epoch.
    gradmq_request_t get = {.command = GRADMQ_COMMAND_GET_PARAMETERS};
    assert_int_equal (peer_request (stage.peer, &get, NULL, 0), GRADMQ_OK);
    assert_true (stage.peer->reply.parameters.from_epoch == epoch);
    assert_int_equal (stage.peer->reply.parameters.from_version, 0);
    peer_destroy (&stage.peer);
}

static void
test_start_stop_and_settings_begin_no_epoch (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    s_advance (&stage);
    uint64_t epoch = stage.peer->reply.position.epoch;
    gradmq_request_t stop = {.command = GRADMQ_COMMAND_STOP};
    gradmq_request_t start = {.command = GRADMQ_COMMAND_START};
    assert_int_equal (peer_request (stage.peer, &stop, NULL, 0), GRADMQ_OK);
    peer_set (stage.peer, "optimizer", "adam");
    assert_int_equal (peer_request (stage.peer, &start, NULL, 0), GRADMQ_OK);
    peer_join (stage.peer, "third");
    assert_true (stage.peer->reply.position.epoch == epoch);
    assert_int_equal (stage.peer->reply.position.version, 1);
    peer_destroy (&stage.peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_every_load_begins_a_greater_epoch_at_version_0),
        cmocka_unit_test (test_clear_begins_a_new_epoch_when_asked),
        cmocka_unit_test (test_start_stop_and_settings_begin_no_epoch),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
