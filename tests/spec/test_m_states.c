//  The table of section 7: what each command does in each state.

#include "spec/fixture/stage.h"

//  A coordinator in this state, with one gradient of worker "w" queued where it has a model and is
//  stopped.
static stage_t
s_in (gradmq_state_t state)
{
    stage_t stage = {.peer = peer_new (), .sequence = 1};
    stage.worker = peer_join (stage.peer, STAGE_WORKER);
    if (state == GRADMQ_STATE_STOPPED) {
        peer_load_stopped (stage.peer, STAGE_ELEMENTS);
        gradmq_gradient_t gradient = stage_gradient (&stage);
        peer_push (stage.peer, &gradient, stage_values (), STAGE_ELEMENTS);
        peer_wait_counter (stage.peer, "gradients_received", 1);
    } else if (state != GRADMQ_STATE_EMPTY)
        peer_load (stage.peer, STAGE_ELEMENTS);
    if (state == GRADMQ_STATE_CLOSING) {
        gradmq_request_t destroy = {.command = GRADMQ_COMMAND_DESTROY};
        assert_int_equal (peer_request (stage.peer, &destroy, NULL, 0), GRADMQ_OK);
    }
    return stage;
}

//  Load three ones.
static uint32_t
s_load (stage_t *stage)
{
    const uint64_t elements = STAGE_ELEMENTS;
    const gradmq_tensor_spec_t tensor = {"t", 1, &elements};
    const float ones [STAGE_ELEMENTS] = {1, 1, 1};
    gradmq_request_t request = {
        .command = GRADMQ_COMMAND_SET_MODEL_PARAMETERS, .tensors = &tensor, .tensor_count = 1};
    return peer_request (stage->peer, &request, ones, sizeof ones);
}

static uint32_t
s_ask (stage_t *stage, gradmq_command_t command)
{
    gradmq_request_t request = {.command = command};
    if (command == GRADMQ_COMMAND_SET_MODEL_PARAMETERS)
        return s_load (stage);
    return peer_request (stage->peer, &request, NULL, 0);
}

static gradmq_status_report_t
s_status (stage_t *stage)
{
    gradmq_request_t status = {.command = GRADMQ_COMMAND_STATUS};
    assert_int_equal (peer_request (stage->peer, &status, NULL, 0), GRADMQ_OK);
    return stage->peer->reply.status;
}

enum { SAME, NEW };   //  epoch
enum { KEPT, GONE };  //  the queue

typedef struct {
    gradmq_state_t from;
    gradmq_command_t command;
    gradmq_err_t code;
    gradmq_state_t to;
    int epoch, queue;
} s_row_t;

#define IN(state) GRADMQ_STATE_##state
#define DO(command) GRADMQ_COMMAND_##command

static const s_row_t s_rows [] = {
    {IN (EMPTY), DO (START), GRADMQ_ERR_NO_MODEL, IN (EMPTY), SAME, KEPT},
    {IN (EMPTY), DO (STOP), GRADMQ_OK, IN (EMPTY), SAME, KEPT},
    {IN (EMPTY), DO (SET_MODEL_PARAMETERS), GRADMQ_OK, IN (STOPPED), NEW, KEPT},
    {IN (EMPTY), DO (CLEAR_GRADIENTS), GRADMQ_OK, IN (EMPTY), SAME, KEPT},
    {IN (EMPTY), DO (DESTROY), GRADMQ_OK, IN (CLOSING), SAME, GONE},
    {IN (STOPPED), DO (STOP), GRADMQ_OK, IN (STOPPED), SAME, KEPT},
    {IN (STOPPED), DO (SET_MODEL_PARAMETERS), GRADMQ_OK, IN (STOPPED), NEW, KEPT},
    {IN (STOPPED), DO (CLEAR_GRADIENTS), GRADMQ_OK, IN (STOPPED), SAME, GONE},
    {IN (STOPPED), DO (DESTROY), GRADMQ_OK, IN (CLOSING), SAME, GONE},
    {IN (RUNNING), DO (START), GRADMQ_ERR_STATE, IN (RUNNING), SAME, KEPT},
    {IN (RUNNING), DO (STOP), GRADMQ_OK, IN (STOPPED), SAME, KEPT},
    {IN (RUNNING), DO (SET_MODEL_PARAMETERS), GRADMQ_OK, IN (RUNNING), NEW, KEPT},
    {IN (RUNNING), DO (CLEAR_GRADIENTS), GRADMQ_OK, IN (RUNNING), SAME, GONE},
    {IN (RUNNING), DO (DESTROY), GRADMQ_OK, IN (CLOSING), SAME, GONE},
    {IN (CLOSING), DO (START), GRADMQ_ERR_CLOSED, IN (CLOSING), SAME, KEPT},
    {IN (CLOSING), DO (STOP), GRADMQ_ERR_CLOSED, IN (CLOSING), SAME, KEPT},
    {IN (CLOSING), DO (SET_MODEL_PARAMETERS), GRADMQ_ERR_CLOSED, IN (CLOSING), SAME, KEPT},
    {IN (CLOSING), DO (CLEAR_GRADIENTS), GRADMQ_ERR_CLOSED, IN (CLOSING), SAME, KEPT},
    {IN (CLOSING), DO (DESTROY), GRADMQ_OK, IN (CLOSING), SAME, KEPT},
};

static void
s_check (const s_row_t *row)
{
    stage_t stage = s_in (row->from);
    uint64_t queued = s_status (&stage).queued_gradients;
    uint64_t epoch = stage.peer->reply.position.epoch;
    assert_int_equal (s_status (&stage).state, row->from);
    assert_int_equal (queued, row->from == GRADMQ_STATE_STOPPED);
    uint32_t code = s_ask (&stage, row->command);
    if (code != row->code)
        fail_msg ("command %d in state %d: %s, not %s", (int) row->command, (int) row->from,
                  gradmq_err_name (code), gradmq_err_name (row->code));
    if (!code && row->command == GRADMQ_COMMAND_CLEAR_GRADIENTS)
        assert_int_equal (stage.peer->reply.cleared, queued);
    if (!code && stage.peer->reply.answer == GRADMQ_ANSWER_STATE)
        assert_int_equal (stage.peer->reply.state, row->to);
    assert_int_equal (s_status (&stage).state, row->to);
    assert_int_equal (s_status (&stage).queued_gradients, row->queue == KEPT ? queued : 0);
    assert_int_equal (stage.peer->reply.position.epoch > epoch, row->epoch);
    peer_destroy (&stage.peer);
}

static void
test_every_command_in_every_state (void **state)
{
    (void) state;
    for (size_t i = 0; i < sizeof s_rows / sizeof s_rows [0]; i++)
        s_check (&s_rows [i]);
}

static void
test_start_applies_what_was_queued_while_stopped (void **state)
{
    (void) state;
    stage_t stage = s_in (GRADMQ_STATE_STOPPED);
    peer_assert_untouched (stage.peer, STAGE_ELEMENTS);
    assert_int_equal (s_ask (&stage, GRADMQ_COMMAND_START), GRADMQ_OK);
    assert_int_equal (stage.peer->reply.state, GRADMQ_STATE_RUNNING);
    peer_settle (stage.peer, STAGE_WORKER, stage.worker, 1);
    assert_int_equal (stage.peer->reply.ack.applied, 1);
    peer_destroy (&stage.peer);
}

static void
test_cleared_gradient_is_discarded (void **state)
{
    (void) state;
    stage_t stage = s_in (GRADMQ_STATE_STOPPED);
    assert_int_equal (s_ask (&stage, GRADMQ_COMMAND_CLEAR_GRADIENTS), GRADMQ_OK);
    peer_settle (stage.peer, STAGE_WORKER, stage.worker, 1);
    assert_int_equal (stage.peer->reply.ack.disposition_count, 1);
    assert_int_equal (stage.peer->reply.ack.dispositions [0].disposition, GRADMQ_DISCARDED);
    peer_assert_untouched (stage.peer, STAGE_ELEMENTS);
    peer_destroy (&stage.peer);
}

static void
test_gradient_without_a_model_is_refused (void **state)
{
    (void) state;
    stage_t stage = s_in (GRADMQ_STATE_EMPTY);
    gradmq_gradient_t gradient = stage_gradient (&stage);
    stage_refused_gradient (&stage, &gradient, stage_values (), STAGE_BYTES, GRADMQ_ERR_NO_MODEL);
    peer_destroy (&stage.peer);
}

static void
test_gradients_of_a_running_model_are_applied_in_the_order_of_arrival (void **state)
{
    (void) state;
    stage_t stage = s_in (GRADMQ_STATE_RUNNING);
    peer_subscribe_updates (stage.peer, "params/");
    for (int i = 0; i < 8; i++) {
        gradmq_gradient_t gradient = stage_gradient (&stage);
        float value = (float) (1 << i);
        zmsg_t *message = peer_frames (&gradient, (float []){value, 0, 0}, STAGE_BYTES);
        stage_applied (&stage, &message);
    }
    for (int i = 0; i < 8; i++) {
        gradmq_update_t update;
        float *payload;
        size_t size;
        peer_update (stage.peer, &update, (uint8_t **) &payload, &size);
        assert_int_equal (update.position.version, i + 1);
        assert_true (payload [0] == 1.0f - (float) ((2 << i) - 1));
        free (payload);
        gradmq_update_clear (&update);
    }
    peer_destroy (&stage.peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_every_command_in_every_state),
        cmocka_unit_test (test_start_applies_what_was_queued_while_stopped),
        cmocka_unit_test (test_cleared_gradient_is_discarded),
        cmocka_unit_test (test_gradient_without_a_model_is_refused),
        cmocka_unit_test (test_gradients_of_a_running_model_are_applied_in_the_order_of_arrival),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
