//  Z-4: each command needs the role that the table of section 15 says; gradients need that of a worker.
//  Z-5: a worker's key is good for the names in its certificate only.

#include "spec/fixture/keys.h"

#define VALUES ((float []){1, 1, 1})

//  What each role may not do: every command that needs more.
static const gradmq_command_t s_admin [] = {GRADMQ_COMMAND_SET_PARAMETERS,
                                            GRADMQ_COMMAND_SET_MODEL_PARAMETERS,
                                            GRADMQ_COMMAND_CLEAR_GRADIENTS,
                                            GRADMQ_COMMAND_START,
                                            GRADMQ_COMMAND_STOP,
                                            GRADMQ_COMMAND_RESET,
                                            GRADMQ_COMMAND_DESTROY,
                                            GRADMQ_COMMAND_CHECKPOINT,
                                            GRADMQ_COMMAND_RESTORE,
                                            GRADMQ_COMMAND_RECORD};
static const gradmq_command_t s_worker [] = {
    GRADMQ_COMMAND_JOIN, GRADMQ_COMMAND_LEAVE, GRADMQ_COMMAND_ADD_GRADIENTS,
    GRADMQ_COMMAND_ADD_MODEL_PARAMETERS, GRADMQ_COMMAND_ACKNOWLEDGEMENT};
static const gradmq_command_t s_anybody [] = {
    GRADMQ_COMMAND_DESCRIBE, GRADMQ_COMMAND_GET_PARAMETERS, GRADMQ_COMMAND_GET_MODEL_PARAMETERS,
    GRADMQ_COMMAND_STATUS,   GRADMQ_COMMAND_LIST_WORKERS,   GRADMQ_COMMAND_SYNC};

#define COUNT(list) (sizeof (list) / sizeof (list) [0])

//  A coordinator with a running model and a member "w", and a peer for each role.
typedef struct {
    keys_t *keys;
    peer_t *admin, *worker, *observer;
    uint64_t incarnation;
    uint64_t forbidden;  //  that were counted so far
} s_stage_t;

static s_stage_t
s_new (void)
{
    s_stage_t self = {.keys = keys_new ()};
    keys_make (self.keys, "o", "observer", NULL);
    keys_authorise (self.keys, "o");
    self.admin = keys_peer (self.keys);
    peer_load (self.admin, 3);
    self.worker = peer_beside (self.admin, self.keys, "w");
    self.observer = peer_beside (self.admin, self.keys, "o");
    self.incarnation = peer_join (self.worker, "w");
    return self;
}

//  Nothing was changed by what was refused, and all of it was counted.
static void
s_end (s_stage_t *self)
{
    peer_assert_untouched (self->admin, 3);
    assert_int_equal (peer_counter (self->admin, "forbidden"), self->forbidden);
    gradmq_gradient_t gradient = peer_gradient (self->worker, "w", self->incarnation, 1);
    peer_push (self->worker, &gradient, VALUES, 3);
    peer_settle (self->worker, "w", self->incarnation, 1);
    assert_int_equal (self->worker->reply.ack.applied, 1);
    peer_destroy (&self->observer);
    peer_destroy (&self->worker);
    peer_destroy (&self->admin);
    keys_destroy (&self->keys);
}

//  Ask with everything that a command may need, in the name of this worker.
static uint32_t
s_ask (s_stage_t *self, peer_t *peer, gradmq_command_t command, const char *worker)
{
    gradmq_gradient_t gradient = peer_gradient (peer, worker, self->incarnation, 1);
    gradmq_request_t request = {.command = command,
                                .worker = worker,
                                .incarnation = self->incarnation,
                                .gradient = &gradient,
                                .recording = "r",
                                .nonce = 1};
    return peer_request (peer, &request, NULL, 0);
}

static void
s_refused (s_stage_t *self, peer_t *peer, const gradmq_command_t *commands, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (s_ask (self, peer, commands [i], "w") != GRADMQ_ERR_PERMISSION)
            fail_msg ("command %d: %s", (int) commands [i], gradmq_err_name (peer->reply.code));
        assert_non_null (peer->reply.message);
        assert_int_equal (peer->reply.position.instance, 0);
        self->forbidden++;
    }
}

static void
s_allowed (s_stage_t *self, peer_t *peer, const gradmq_command_t *commands, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (s_ask (self, peer, commands [i], "w") == GRADMQ_ERR_PERMISSION)
            fail_msg ("command %d: %s", (int) commands [i], peer->reply.message);
}

static void
test_observer_asks_and_does_nothing_else (void **state)
{
    (void) state;
    s_stage_t stage = s_new ();
    s_refused (&stage, stage.observer, s_admin, COUNT (s_admin));
    s_refused (&stage, stage.observer, s_worker, COUNT (s_worker));
    s_allowed (&stage, stage.observer, s_anybody, COUNT (s_anybody));
    s_end (&stage);
}

static void
test_worker_does_what_workers_do (void **state)
{
    (void) state;
    s_stage_t stage = s_new ();
    s_refused (&stage, stage.worker, s_admin, COUNT (s_admin));
    s_allowed (&stage, stage.worker, s_anybody, COUNT (s_anybody));
    assert_int_equal (s_ask (&stage, stage.worker, GRADMQ_COMMAND_ACKNOWLEDGEMENT, "w"), GRADMQ_OK);
    s_end (&stage);
}

static void
test_admin_does_everything_under_any_name (void **state)
{
    (void) state;
    s_stage_t stage = s_new ();
    assert_int_equal (s_ask (&stage, stage.admin, GRADMQ_COMMAND_ACKNOWLEDGEMENT, "w"), GRADMQ_OK);
    assert_true (peer_join (stage.admin, "another") > 0);
    assert_int_equal (s_ask (&stage, stage.admin, GRADMQ_COMMAND_CLEAR_GRADIENTS, "w"), GRADMQ_OK);
    s_end (&stage);
}

//  A push that is refused is told on malformed/, and neither applied nor anybody's.
static void
s_push_refused (s_stage_t *self, peer_t *from, const char *worker)
{
    gradmq_event_t event;
    peer_subscribe_events (self->admin, "malformed/" PEER_MODEL "/");
    gradmq_gradient_t gradient = peer_gradient (from, worker, self->incarnation, 1);
    peer_push (from, &gradient, VALUES, 3);
    peer_event (self->admin, "malformed/", GRADMQ_EVENT_MALFORMED, &event);
    assert_int_equal (event.malformed.code, GRADMQ_ERR_PERMISSION);
    gradmq_event_clear (&event);
    self->forbidden++;
    peer_ack (self->worker, "w", self->incarnation, 0);
    assert_int_equal (self->worker->reply.ack.received_through, 0);
}

static void
test_gradient_of_an_observer_is_refused (void **state)
{
    (void) state;
    s_stage_t stage = s_new ();
    s_push_refused (&stage, stage.observer, "w");
    s_end (&stage);
}

static void
test_worker_speaks_under_its_own_names_only (void **state)
{
    (void) state;
    s_stage_t stage = s_new ();
    keys_make (stage.keys, "b", "worker", "b, b-*");
    keys_authorise (stage.keys, "b");
    peer_t *b = peer_beside (stage.admin, stage.keys, "b");
    s_refused (&stage, b, s_worker, COUNT (s_worker));
    s_push_refused (&stage, b, "w");
    assert_true (peer_join (b, "b") > 0);
    uint64_t incarnation = peer_join (b, "b-1");
    gradmq_gradient_t gradient = peer_gradient (b, "b-1", incarnation, 1);
    gradient.kind = GRADMQ_KIND_SKIP;
    peer_push (b, &gradient, NULL, 0);
    peer_settle (b, "b-1", incarnation, 1);
    peer_destroy (&b);
    s_end (&stage);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_observer_asks_and_does_nothing_else),
        cmocka_unit_test (test_worker_does_what_workers_do),
        cmocka_unit_test (test_admin_does_everything_under_any_name),
        cmocka_unit_test (test_gradient_of_an_observer_is_refused),
        cmocka_unit_test (test_worker_speaks_under_its_own_names_only),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
