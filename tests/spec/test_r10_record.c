//  what Record writes is what happened, under every policy; and when it is refused.

#include "record/player.h"
#include "spec/fixture/act.h"

#include <sys/stat.h>
#include <unistd.h>

enum { ELEMENTS = 5 };

typedef struct {
    char folder [32];
    peer_t *peer;
} s_stage_t;

static s_stage_t
s_open (bool given)
{
    s_stage_t self = {.folder = "/tmp/gradmq-r10-XXXXXX"};
    assert_non_null (mkdtemp (self.folder));
    gradmq_coordinator_options_t options = peer_options ();
    options.records = given ? self.folder : NULL;
    self.peer = peer_new_with (&options);
    return self;
}

static void
s_path (const s_stage_t *self, const char *name, char path [80])
{
    snprintf (path, 80, "%s/%s", self->folder, name);
}

static void
s_close (s_stage_t *self)
{
    peer_destroy (&self->peer);
    rmdir (self->folder);
}

static uint32_t
s_record (s_stage_t *self, const char *name)
{
    gradmq_request_t request = {.command = GRADMQ_COMMAND_RECORD, .recording = name};
    return peer_request (self->peer, &request, NULL, 0);
}

static uint32_t
s_stop (s_stage_t *self)
{
    gradmq_request_t request = {.command = GRADMQ_COMMAND_RECORD, .end_recording = true};
    return peer_request (self->peer, &request, NULL, 0);
}

//  Play it, and see that it comes to the parameters that the coordinator has.
static gradmq_played_t
s_replay (s_stage_t *self, const char *name)
{
    char path [80];
    gradmq_record_reader_t *reader;
    gradmq_player_t *player;
    gradmq_reason_t why = {0};
    uint64_t version;
    s_path (self, name, path);
    assert_int_equal (gradmq_record_reader_open (&reader, path, false, &why), GRADMQ_OK);
    assert_int_equal (gradmq_player_open (&player, &reader, NULL), GRADMQ_OK);
    if (gradmq_player_run (player, UINT64_MAX, &why))
        fail_msg ("%s", why.text);
    float *now = peer_parameters (self->peer, ELEMENTS, &version);
    gradmq_played_t played = *gradmq_player_played (player);
    assert_int_equal (played.version, version);
    assert_true (played.ended);
    assert_memory_equal (now,
                         gradmq_snapshot_bytes (gradmq_model_newest (gradmq_player_model (player))),
                         ELEMENTS * sizeof *now);
    free (now);
    gradmq_player_close (&player);
    unlink (path);
    return played;
}

//  Push gradient `sequence` of this worker.
static void
s_push (s_stage_t *self, const char *worker, uint64_t incarnation, uint64_t sequence, uint32_t kind,
        double weight, const uint64_t *base)
{
    gradmq_gradient_t gradient = peer_gradient (self->peer, worker, incarnation, sequence);
    float values [ELEMENTS];
    for (size_t i = 0; i < ELEMENTS; i++)
        values [i] = (float) (sequence * 7 + i * 3 + (uint64_t) worker [0]) / 64.0f - 2.0f;
    gradient.kind = kind;
    gradient.weight = weight;
    if (base) {
        gradient.has_base = true;
        gradient.base_epoch = self->peer->reply.position.epoch;
        gradient.base_version = *base;
    }
    peer_push (self->peer, &gradient, values, ELEMENTS);
}

static void
test_record_of_single_steps_is_replayed (void **state)
{
    (void) state;
    s_stage_t stage = s_open (true);
    peer_load (stage.peer, ELEMENTS);
    peer_set (stage.peer, "optimizer", "adam");
    uint64_t a = peer_join (stage.peer, "a");
    s_push (&stage, "a", a, 1, GRADMQ_KIND_GRADIENT, 1, NULL);
    peer_settle (stage.peer, "a", a, 1);
    assert_int_equal (s_record (&stage, "r"), GRADMQ_OK);
    assert_int_equal (stage.peer->reply.answer, GRADMQ_ANSWER_OPERATION);
    assert_int_equal (stage.peer->reply.operation.operation, 1);
    assert_string_equal (stage.peer->reply.operation.name, "record r");
    assert_false (stage.peer->reply.operation.done);
    for (uint64_t i = 2; i <= 20; i++)
        s_push (&stage, "a", a, i, i == 9 ? GRADMQ_KIND_DELTA : GRADMQ_KIND_GRADIENT, 1, NULL);
    peer_settle (stage.peer, "a", a, 20);
    assert_int_equal (s_stop (&stage), GRADMQ_OK);
    assert_true (stage.peer->reply.operation.done);
    //  What was refused left no trace.
    assert_int_equal (s_replay (&stage, "r").steps, 18);
    s_close (&stage);
}

//  Begun in the middle of an open step, which is closed, and with another one that is dropped.
static void
test_record_of_open_steps_is_replayed (void **state)
{
    (void) state;
    s_stage_t stage = s_open (true);
    peer_load (stage.peer, ELEMENTS);
    peer_set (stage.peer, "buffer_gradients", "3");
    uint64_t a = peer_join (stage.peer, "a"), b = peer_join (stage.peer, "b");
    s_push (&stage, "b", b, 1, GRADMQ_KIND_GRADIENT, 1, NULL);
    act_handled (stage.peer, 1);
    assert_int_equal (s_record (&stage, "r"), GRADMQ_OK);
    s_push (&stage, "a", a, 1, GRADMQ_KIND_GRADIENT, 1, NULL);
    s_push (&stage, "a", a, 2, GRADMQ_KIND_GRADIENT, 1, NULL);
    peer_settle (stage.peer, "a", a, 2);
    peer_settle (stage.peer, "b", b, 1);
    s_push (&stage, "a", a, 3, GRADMQ_KIND_GRADIENT, 1, NULL);
    act_handled (stage.peer, 4);
    assert_int_equal (act_command (stage.peer, GRADMQ_COMMAND_RESET), GRADMQ_OK);
    s_push (&stage, "a", a, 4, GRADMQ_KIND_GRADIENT, 1, NULL);
    act_handled (stage.peer, 5);
    assert_int_equal (act_clear (stage.peer, true), GRADMQ_OK);
    for (uint64_t i = 5; i <= 7; i++)
        s_push (&stage, "a", a, i, GRADMQ_KIND_GRADIENT, 1, NULL);
    peer_settle (stage.peer, "a", a, 7);
    peer_set (stage.peer, "buffer_gradients", "1");
    s_push (&stage, "a", a, 8, GRADMQ_KIND_GRADIENT, 1, NULL);
    peer_settle (stage.peer, "a", a, 8);
    assert_int_equal (s_stop (&stage), GRADMQ_OK);
    gradmq_played_t played = s_replay (&stage, "r");
    assert_int_equal (played.steps, 3);
    assert_int_equal (played.version, 2);
    s_close (&stage);
}

//  A change of settings may refuse what is in the open step already.
static void
test_record_of_a_step_that_lost_a_contribution_is_replayed (void **state)
{
    (void) state;
    const uint64_t base = 0;
    s_stage_t stage = s_open (true);
    peer_load (stage.peer, ELEMENTS);
    peer_set (stage.peer, "buffer_gradients", "2");
    uint64_t a = peer_join (stage.peer, "a");
    assert_int_equal (s_record (&stage, "r"), GRADMQ_OK);
    for (unsigned i = 0; i < 2; i++) {
        uint64_t first = 1 + 4 * i;
        peer_set (stage.peer, "max_staleness", "0");
        s_push (&stage, "a", a, first, GRADMQ_KIND_GRADIENT, 1, NULL);
        act_handled (stage.peer, first);
        peer_set (stage.peer, "max_staleness", "9");
        peer_settle (stage.peer, "a", a, first);
        assert_int_equal (stage.peer->reply.ack.applied, 2 * i);
        s_push (&stage, "a", a, first + 1, GRADMQ_KIND_GRADIENT, 1, &base);
        s_push (&stage, "a", a, first + 2, GRADMQ_KIND_GRADIENT, 1, &base);
        peer_settle (stage.peer, "a", a, first + 2);
        //  Nothing is left of this one when the epoch ends.
        peer_set (stage.peer, "max_staleness", "0");
        s_push (&stage, "a", a, first + 3, GRADMQ_KIND_GRADIENT, 1, NULL);
        act_handled (stage.peer, first + 3);
        peer_set (stage.peer, "max_staleness", "9");
        assert_int_equal (act_clear (stage.peer, true), GRADMQ_OK);
    }
    assert_int_equal (s_stop (&stage), GRADMQ_OK);
    assert_int_equal (s_replay (&stage, "r").steps, 2);
    s_close (&stage);
}

static void
test_record_of_rounds_is_replayed (void **state)
{
    (void) state;
    static const char *const names [] = {"a", "b", "c", "d", "e"};
    s_stage_t stage = s_open (true);
    uint64_t of [5];
    peer_load (stage.peer, ELEMENTS);
    peer_set (stage.peer, "policy", "bsp");
    peer_set (stage.peer, "rule", "krum");
    peer_set (stage.peer, "byzantine", "1");
    for (size_t i = 0; i < 5; i++)
        of [i] = peer_join (stage.peer, names [i]);
    assert_int_equal (s_record (&stage, "r"), GRADMQ_OK);
    for (uint64_t round = 1; round <= 4; round++)
        for (size_t i = 5; i-- > 0;)
            s_push (&stage, names [i], of [i], round, GRADMQ_KIND_GRADIENT, 1, NULL);
    for (size_t i = 0; i < 5; i++)
        peer_settle (stage.peer, names [i], of [i], 4);
    assert_int_equal (s_stop (&stage), GRADMQ_OK);
    assert_int_equal (s_replay (&stage, "r").steps, 4);
    s_close (&stage);
}

//  Parameters are merged by what they differ from versions before the recording, too.
static void
test_record_of_merges_is_replayed (void **state)
{
    (void) state;
    s_stage_t stage = s_open (true);
    peer_load (stage.peer, ELEMENTS);
    peer_set (stage.peer, "policy", "merge");
    peer_set (stage.peer, "merge_count", "2");
    peer_set (stage.peer, "optimizer", "momentum");
    uint64_t a = peer_join (stage.peer, "a");
    for (uint64_t i = 1; i <= 12; i++) {
        if (i == 7)
            assert_int_equal (s_record (&stage, "r"), GRADMQ_OK);
        uint64_t base = i > 4 ? (i - 3) / 2 : 0;
        s_push (&stage, "a", a, i, i % 2 ? GRADMQ_KIND_MODEL_PARAMETERS : GRADMQ_KIND_DELTA,
                1 + (double) (i % 3), &base);
        if (i % 2 == 0)
            peer_settle (stage.peer, "a", a, i);
    }
    assert_int_equal (stage.peer->reply.ack.applied, 12);
    assert_int_equal (s_stop (&stage), GRADMQ_OK);
    gradmq_played_t played = s_replay (&stage, "r");
    assert_int_equal (played.steps, 3);
    assert_int_equal (played.gradients, 6);
    s_close (&stage);
}

//  One that begins without a model has its load.
static void
test_record_before_a_model_is_replayed (void **state)
{
    (void) state;
    s_stage_t stage = s_open (true);
    assert_int_equal (s_record (&stage, "r"), GRADMQ_OK);
    peer_load (stage.peer, ELEMENTS);
    uint64_t a = peer_join (stage.peer, "a");
    s_push (&stage, "a", a, 1, GRADMQ_KIND_GRADIENT, 1, NULL);
    peer_settle (stage.peer, "a", a, 1);
    assert_int_equal (s_stop (&stage), GRADMQ_OK);
    assert_int_equal (s_replay (&stage, "r").steps, 1);
    s_close (&stage);
}

//  What the coordinator's end leaves is whole.
static void
test_record_ends_with_the_coordinator (void **state)
{
    (void) state;
    s_stage_t stage = s_open (true);
    char path [80];
    gradmq_record_reader_t *reader;
    gradmq_record_t record = {.type = GRADMQ_RECORD_NONE};
    peer_load (stage.peer, ELEMENTS);
    assert_int_equal (s_record (&stage, "r"), GRADMQ_OK);
    peer_destroy (&stage.peer);
    s_path (&stage, "r", path);
    assert_int_equal (gradmq_record_reader_open (&reader, path, false, NULL), GRADMQ_OK);
    gradmq_record_type_t last = GRADMQ_RECORD_NONE;
    do {
        last = record.type;
        assert_int_equal (gradmq_record_next (reader, &record, NULL), GRADMQ_OK);
    } while (record.type != GRADMQ_RECORD_NONE);
    assert_int_equal (last, GRADMQ_RECORD_END);
    gradmq_record_reader_close (&reader);
    unlink (path);
    rmdir (stage.folder);
}

static void
test_record_without_a_folder_is_refused (void **state)
{
    (void) state;
    s_stage_t stage = s_open (false);
    assert_int_equal (s_record (&stage, "r"), GRADMQ_ERR_UNSUPPORTED);
    assert_non_null (strstr (stage.peer->reply.message, "record/directory"));
    s_close (&stage);
}

static void
test_record_is_one_at_a_time (void **state)
{
    (void) state;
    s_stage_t stage = s_open (true);
    char path [80];
    assert_int_equal (s_stop (&stage), GRADMQ_ERR_STATE);
    assert_int_equal (s_record (&stage, "r"), GRADMQ_OK);
    assert_int_equal (s_record (&stage, "s"), GRADMQ_ERR_STATE);
    assert_int_equal (s_stop (&stage), GRADMQ_OK);
    assert_int_equal (s_stop (&stage), GRADMQ_ERR_STATE);
    assert_int_equal (s_record (&stage, "r"), GRADMQ_ERR_ARGUMENT);
    s_path (&stage, "r", path);
    unlink (path);
    s_close (&stage);
}

//  A name is never a path.
static void
test_record_under_what_is_no_name_is_refused (void **state)
{
    (void) state;
    static const char *const bad [] = {"../r", "a/b", "/tmp/r", ".r", "-r", "", "a b", NULL};
    s_stage_t stage = s_open (true);
    for (size_t i = 0; i < sizeof bad / sizeof bad [0]; i++)
        assert_int_equal (s_record (&stage, bad [i]), GRADMQ_ERR_NAME);
    gradmq_request_t both = {
        .command = GRADMQ_COMMAND_RECORD, .recording = "r", .end_recording = true};
    assert_int_equal (peer_request (stage.peer, &both, NULL, 0), GRADMQ_ERR_ARGUMENT);
    s_close (&stage);
}

//  A folder that takes nothing: the request is refused, and the coordinator goes on.
static void
test_record_that_cannot_be_written_is_refused (void **state)
{
    (void) state;
    s_stage_t stage = s_open (true);
    peer_load (stage.peer, ELEMENTS);
    rmdir (stage.folder);
    assert_int_equal (s_record (&stage, "r"), GRADMQ_ERR_INTERNAL);
    assert_non_null (strstr (stage.peer->reply.message, "No such file"));
    peer_assert_untouched (stage.peer, ELEMENTS);
    peer_destroy (&stage.peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_record_of_single_steps_is_replayed),
        cmocka_unit_test (test_record_of_open_steps_is_replayed),
        cmocka_unit_test (test_record_of_a_step_that_lost_a_contribution_is_replayed),
        cmocka_unit_test (test_record_of_rounds_is_replayed),
        cmocka_unit_test (test_record_of_merges_is_replayed),
        cmocka_unit_test (test_record_before_a_model_is_replayed),
        cmocka_unit_test (test_record_ends_with_the_coordinator),
        cmocka_unit_test (test_record_without_a_folder_is_refused),
        cmocka_unit_test (test_record_is_one_at_a_time),
        cmocka_unit_test (test_record_under_what_is_no_name_is_refused),
        cmocka_unit_test (test_record_that_cannot_be_written_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
