//  What was recorded is played again, to the same bytes. schemas/RECORD.md, section 3.

#include "unit/step/fixture.h"

#include "core/bytes.h"
#include "kernel/isa.h"
#include "record/player.h"
#include "record/recorder.h"

#include <unistd.h>

enum { STEPS = 24, MEMBERS = 3 };

//  A model that is trained and recorded.
typedef struct {
    fixture_t fixture;
    gradmq_recorder_t *recorder;
    char path [64];
    uint32_t seed;
    uint64_t made, skipped;  //  steps
} s_take_t;

//  The model's clock points into *self, which stays where it is.
static void
s_open (s_take_t *self, uint32_t dtype)
{
    *self = (s_take_t){.path = "/tmp/gradmq-player-XXXXXX", .seed = 1};
    fixture_open (&self->fixture, dtype);
    gradmq_step_set_members (self->fixture.step, MEMBERS);
    int fd = mkstemp (self->path);
    assert_true (fd >= 0);
    close (fd);
    unlink (self->path);
}

static void
s_start (s_take_t *self)
{
    assert_int_equal (gradmq_recorder_open (&self->recorder, self->path, "m", self->fixture.model,
                                            self->fixture.step, NULL),
                      GRADMQ_OK);
    self->made = self->skipped = 0;
}

//  As the coordinator does: another number of versions is retained.
static void
s_retain (s_take_t *self)
{
    const gradmq_settings_t *settings = &self->fixture.settings;
    bool merges = strcmp (settings->policy, "merge") == 0;
    gradmq_model_retain (self->fixture.model, merges ? settings->pinned_snapshots : 0);
    if (self->recorder)
        assert_int_equal (gradmq_recorder_settings (self->recorder, NULL), GRADMQ_OK);
}

#define S_SET(self, ...)                                                                           \
    do {                                                                                           \
        FIXTURE_SET (&(self)->fixture, __VA_ARGS__);                                               \
        s_retain (self);                                                                           \
    } while (0)

static double *
s_values (s_take_t *self, size_t count)
{
    double *values = malloc (count * sizeof *values);
    for (size_t i = 0; i < count; i++)
        values [i] = fixture_value (&self->seed);
    return values;
}

static void
s_name (sample_t *sample)
{
    snprintf (sample->gradient.model, sizeof sample->gradient.model, "m");
    snprintf (sample->gradient.worker, sizeof sample->gradient.worker, "w");
    sample->gradient.incarnation = sample->gradient.sequence = sample->gradient.low_water = 1;
}

//  Every tensor; or, as `form` says, some of them, and rows.
static void
s_sample (s_take_t *self, sample_t *sample, unsigned form)
{
    static const uint32_t rows [] = {1, 2, 5};
    double *values = s_values (self, ELEMENTS);
    switch (form % 3) {
        case 0:
            sample_whole (sample, &self->fixture, 0, values, 4096);
            break;
        case 1:
            sample_open (sample, &self->fixture, 0);
            sample_part (sample, &self->fixture, 0, GRADMQ_DTYPE_F32, rows, 3, values);
            sample_part (sample, &self->fixture, 2, GRADMQ_DTYPE_F32, NULL, 0, values + 9);
            sample_cut (sample, 12);
            break;
        default:
            sample_open (sample, &self->fixture, 0);
            sample_part (sample, &self->fixture, 1, GRADMQ_DTYPE_F16, NULL, 0, values);
            sample_cut (sample, 1000);
    }
    free (values);
    s_name (sample);
}

static void
s_based_on (s_take_t *self, sample_t *sample, uint64_t before)
{
    uint64_t version = gradmq_model_version (self->fixture.model);
    sample->gradient.has_base = true;
    sample->gradient.base_epoch = gradmq_model_epoch (self->fixture.model);
    sample->gradient.base_version = version > before ? version - before : 0;
}

//  Apply `count` gradients, in as few passes as the step makes of them.
static void
s_apply (s_take_t *self, sample_t *samples, size_t count)
{
    gradmq_gradient_t *gradients [STEPS];
    gradmq_outcome_t outcomes [STEPS];
    gradmq_step_report_t report;
    for (size_t i = 0; i < count; i++)
        gradients [i] = &samples [i].gradient;
    for (size_t done = 0; done < count;) {
        uint64_t version = gradmq_model_version (self->fixture.model);
        size_t took = gradmq_step_apply (self->fixture.step, self->fixture.model, gradients + done,
                                         count - done, outcomes, &report);
        for (size_t i = 0; i < took; i++) {
            bool applied = outcomes [i].disposition == GRADMQ_APPLIED;
            version += applied;
            self->made += applied;
            self->skipped += !applied;
            if (self->recorder)
                assert_int_equal (
                    gradmq_recorder_gradient (self->recorder, gradients [done + i], version, NULL),
                    GRADMQ_OK);
        }
        done += took;
    }
    if (self->recorder)
        assert_int_equal (gradmq_recorder_check (self->recorder, NULL), GRADMQ_OK);
}

static void
s_apply_one (s_take_t *self, sample_t *sample)
{
    s_apply (self, sample, 1);
    sample_close (sample);
}

//  Close a step of these, recorded in the order of their arrival and closed in the reverse of it.
static void
s_close_step (s_take_t *self, sample_t *samples, size_t count)
{
    const gradmq_gradient_t *gradients [STEPS];
    gradmq_outcome_t outcomes [STEPS];
    gradmq_step_report_t report;
    uint64_t lsns [STEPS];
    for (size_t i = 0; i < count; i++) {
        gradmq_outcome_t turn;
        gradients [count - 1 - i] = &samples [i].gradient;
        if (!gradmq_step_turn (self->fixture.step, self->fixture.model, &samples [i].gradient,
                               &turn))
            fail_msg ("no turn: %s", turn.reason.text);
        if (self->recorder)
            assert_int_equal (gradmq_recorder_contribution (self->recorder, &samples [i].gradient,
                                                            &lsns [count - 1 - i], NULL),
                              GRADMQ_OK);
    }
    gradmq_step_close (self->fixture.step, self->fixture.model, gradients, count, outcomes,
                       &report);
    self->made += report.steps;
    self->skipped += !report.steps;
    if (self->recorder)
        assert_int_equal (gradmq_recorder_step (self->recorder, lsns, count, NULL), GRADMQ_OK);
    for (size_t i = 0; i < count; i++)
        sample_close (&samples [i]);
}

static gradmq_err_t
s_run (const s_take_t *self, gradmq_player_t **player, uint64_t until, gradmq_reason_t *why)
{
    gradmq_record_reader_t *reader;
    assert_int_equal (gradmq_record_reader_open (&reader, self->path, false, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_player_open (player, &reader, NULL), GRADMQ_OK);
    return gradmq_player_run (*player, until, why);
}

static void
s_assert_same (const s_take_t *self, const gradmq_player_t *player)
{
    const gradmq_played_t *played = gradmq_player_played (player);
    const gradmq_model_t *model = gradmq_player_model (player);
    assert_int_equal (played->version, gradmq_model_version (self->fixture.model));
    assert_int_equal (played->epoch, gradmq_model_epoch (self->fixture.model));
    assert_int_equal (played->steps, self->made);
    assert_int_equal (played->skipped, self->skipped);
    assert_true (played->digests > 0);
    assert_true (played->ended);
    assert_string_equal (played->name, "m");
    assert_memory_equal (gradmq_snapshot_bytes (gradmq_model_newest (model)),
                         gradmq_snapshot_bytes (gradmq_model_newest (self->fixture.model)),
                         gradmq_layout_bytes (self->fixture.layout));
}

//  End the recording, and play it with each instruction set and number of threads.
static void
s_end (s_take_t *self)
{
    static const char *const threads [] = {"1", "3"};
    gradmq_isa_t before = gradmq_isa ();
    assert_int_equal (gradmq_recorder_close (&self->recorder, NULL, NULL, NULL), GRADMQ_OK);
    for (int isa = 0; isa < GRADMQ_ISAS; isa++)
        for (size_t i = 0; i < 2; i++) {
            gradmq_player_t *player;
            gradmq_reason_t why = {0};
            gradmq_isa_use ((gradmq_isa_t) isa);
            setenv ("GRADMQ_THREADS", threads [i], 1);
            if (s_run (self, &player, UINT64_MAX, &why))
                fail_msg ("%s", why.text);
            s_assert_same (self, player);
            gradmq_player_close (&player);
        }
    gradmq_isa_use (before);
    unsetenv ("GRADMQ_THREADS");
    unlink (self->path);
    fixture_close (&self->fixture);
}

//  ------------------------------------------------------------------------------------------------

//  Gradients of every form under each optimizer, some before the recording began.
static void
test_run_of_every_optimizer_comes_to_the_same (void **state)
{
    (void) state;
    const gradmq_optimizer_t *optimizer;
    for (size_t k = 0; (optimizer = gradmq_optimizer_at (k)); k++) {
        s_take_t take;
        s_open (&take, k % 2 ? GRADMQ_DTYPE_F32 : GRADMQ_DTYPE_F64);
        S_SET (&take, "optimizer", optimizer->name, "warmup_steps", "9");
        sample_t sample;
        for (unsigned i = 0; i < STEPS; i++) {
            if (i == STEPS / 3)
                s_start (&take);
            s_sample (&take, &sample, optimizer->trust_ratio ? 0 : i);
            s_apply_one (&take, &sample);
        }
        s_end (&take);
    }
}

static void
test_run_of_gradients_that_went_in_one_pass_comes_to_the_same (void **state)
{
    (void) state;
    s_take_t take;
    s_open (&take, GRADMQ_DTYPE_F32);
    S_SET (&take, "learning_rate", "0.1", "mode", "ascent");
    s_start (&take);
    sample_t samples [STEPS];
    for (size_t i = 0; i < STEPS; i++)
        s_sample (&take, &samples [i], 0);
    s_apply (&take, samples, STEPS);
    for (size_t i = 0; i < STEPS; i++)
        sample_close (&samples [i]);
    assert_int_equal (take.made, STEPS);
    s_end (&take);
}

static void
test_run_scales_by_staleness_and_members (void **state)
{
    (void) state;
    s_take_t take;
    s_open (&take, GRADMQ_DTYPE_F32);
    S_SET (&take, "staleness_scale", "members", "optimizer", "adam");
    s_start (&take);
    sample_t sample;
    for (unsigned i = 0; i < STEPS; i++) {
        s_sample (&take, &sample, i);
        s_based_on (&take, &sample, i % 9);
        gradmq_step_set_members (take.fixture.step, 1 + i / 8);
        s_apply_one (&take, &sample);
    }
    s_end (&take);
}

//  A step whose result is not finite is not made by the replay either.
static void
test_run_skips_what_was_skipped (void **state)
{
    (void) state;
    s_take_t take;
    s_open (&take, GRADMQ_DTYPE_F32);
    S_SET (&take, "learning_rate", "1e6");
    s_start (&take);
    sample_t sample;
    double *huge = malloc (ELEMENTS * sizeof *huge);
    for (unsigned i = 0; i < 9; i++) {
        for (size_t j = 0; j < ELEMENTS; j++)
            huge [j] = i % 3 ? 1e18 : 0.5;
        S_SET (&take, "l2", i % 3 ? "1e3" : "0");
        sample_whole (&sample, &take.fixture, GRADMQ_DTYPE_F32, huge, 4096);
        s_apply_one (&take, &sample);
    }
    free (huge);
    assert_true (take.skipped > 0 && take.made > 0);
    s_end (&take);
}

//  What a watcher was told of.
typedef struct {
    size_t count;
    uint64_t sequences [STEPS];
    uint32_t dispositions [STEPS], codes [STEPS];
} s_told_t;

static void
s_disposed (void *context, const char *worker, uint64_t incarnation, uint64_t sequence,
            uint32_t disposition, uint32_t code)
{
    s_told_t *told = context;
    assert_true (told->count < STEPS);
    assert_string_equal (worker, "w");
    assert_int_equal (incarnation, 1);
    told->sequences [told->count] = sequence;
    told->dispositions [told->count] = disposition;
    told->codes [told->count++] = code;
}

//  Gradients of these numbers and on, until the result of one is not finite.
static void
s_apply_until_skipped (s_take_t *self, uint64_t sequence)
{
    double huge [ELEMENTS];
    for (size_t i = 0; i < ELEMENTS; i++)
        huge [i] = 1e18;
    for (; !self->skipped && sequence < 20; sequence++) {
        sample_t sample;
        sample_whole (&sample, &self->fixture, GRADMQ_DTYPE_F32, huge, 4096);
        s_name (&sample);
        sample.gradient.sequence = sequence;
        s_apply_one (self, &sample);
    }
}

//  F-22: whoever plays a journal is told of each gradient of a step, though the file has no DISPOSED.
static void
test_run_tells_what_became_of_the_gradients_of_a_step (void **state)
{
    (void) state;
    s_take_t take;
    fixture_t other;
    s_told_t told = {0};
    const gradmq_watcher_t watcher = {.context = &told, .disposed = s_disposed};
    s_open (&take, GRADMQ_DTYPE_F32);
    s_start (&take);
    sample_t samples [3];
    s_sample (&take, &samples [0], 0);
    s_apply_one (&take, &samples [0]);
    S_SET (&take, "learning_rate", "1e6", "l2", "1e3");
    s_apply_until_skipped (&take, 10);
    S_SET (&take, "learning_rate", "0.1", "l2", "0");
    s_sample (&take, &samples [0], 0);
    samples [0].gradient.sequence = 20;
    s_apply_one (&take, &samples [0]);
    assert_int_equal (take.skipped, 1);
    S_SET (&take, "buffer_gradients", "3");
    for (unsigned i = 0; i < 3; i++) {
        s_sample (&take, &samples [i], 0);
        samples [i].gradient.sequence = 30 + i;
    }
    s_close_step (&take, samples, 3);
    assert_int_equal (gradmq_recorder_close (&take.recorder, NULL, NULL, NULL), GRADMQ_OK);

    fixture_open (&other, GRADMQ_DTYPE_F32);
    gradmq_record_reader_t *reader;
    gradmq_player_t *player;
    gradmq_reason_t why = {0};
    assert_int_equal (gradmq_record_reader_open (&reader, take.path, false, NULL), GRADMQ_OK);
    assert_int_equal (
        gradmq_player_open_for (&player, &reader, other.model, other.step, &watcher, NULL),
        GRADMQ_OK);
    if (gradmq_player_run (player, UINT64_MAX, &why))
        fail_msg ("%s", why.text);
    gradmq_player_close (&player);

    assert_int_equal (told.count, take.made - 1 + 3 + take.skipped);
    assert_int_equal (told.sequences [0], 1);
    assert_int_equal (told.dispositions [0], GRADMQ_APPLIED);
    size_t skipped = told.count - 5;
    assert_int_equal (told.dispositions [skipped], GRADMQ_SKIPPED);
    assert_int_equal (told.codes [skipped], GRADMQ_ERR_NON_FINITE);
    assert_int_equal (told.sequences [skipped + 1], 20);
    //  A step lists its gradients in the order in which it took them.
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal (told.sequences [told.count - 3 + i], 32 - i);
        assert_int_equal (told.dispositions [told.count - 3 + i], GRADMQ_APPLIED);
    }
    unlink (take.path);
    fixture_close (&other);
    fixture_close (&take.fixture);
}

static void
test_run_closes_steps_in_the_order_that_was_recorded (void **state)
{
    (void) state;
    static const char *const rules [] = {"mean", "median",    "trimmed_mean", "nnm_trimmed_mean",
                                         "krum", "multi_krum"};
    for (size_t k = 0; k < sizeof rules / sizeof rules [0]; k++) {
        s_take_t take;
        s_open (&take, GRADMQ_DTYPE_F32);
        S_SET (&take, "buffer_gradients", "5", "optimizer", "adamw");
        S_SET (&take, "rule", rules [k]);
        s_start (&take);
        sample_t samples [5];
        for (unsigned i = 0; i < 4; i++) {
            for (unsigned j = 0; j < 5; j++)
                s_sample (&take, &samples [j], k ? 0 : i + j);
            s_close_step (&take, samples, 5);
        }
        assert_int_equal (take.made, 4);
        s_end (&take);
    }
}

static void
test_run_knows_how_many_were_faulty (void **state)
{
    (void) state;
    s_take_t take;
    s_open (&take, GRADMQ_DTYPE_F32);
    S_SET (&take, "policy", "bsp", "rule", "krum", "byzantine", "1");
    sample_t samples [5];
    for (unsigned i = 0; i < 6; i++) {
        size_t faulty = i % 2;
        if (i == 2)
            s_start (&take);
        for (unsigned j = 0; j < 5; j++)
            s_sample (&take, &samples [j], 0);
        gradmq_step_set_faulty (take.fixture.step, faulty);
        s_close_step (&take, samples, 5 - faulty);
        if (faulty)
            sample_close (&samples [4]);
    }
    assert_int_equal (take.skipped, 0);
    s_end (&take);
}

//  Bases from before the recording are in it.
static void
test_run_of_merged_parameters_knows_their_bases (void **state)
{
    (void) state;
    s_take_t take;
    s_open (&take, GRADMQ_DTYPE_F32);
    S_SET (&take, "policy", "merge", "merge_count", "2", "pinned_snapshots", "4");
    S_SET (&take, "rule", "weighted_mean", "optimizer", "momentum");
    sample_t samples [2];
    for (unsigned i = 0; i < 9; i++) {
        if (i == 5)
            s_start (&take);
        for (unsigned j = 0; j < 2; j++) {
            s_sample (&take, &samples [j], 0);
            samples [j].gradient.kind = j ? GRADMQ_KIND_DELTA : GRADMQ_KIND_MODEL_PARAMETERS;
            samples [j].gradient.weight = 1 + j;
            s_based_on (&take, &samples [j], i % 4);
        }
        s_close_step (&take, samples, 2);
    }
    assert_int_equal (take.made, 4);
    s_end (&take);
}

static void
test_run_goes_through_loads_epochs_and_drops (void **state)
{
    (void) state;
    s_take_t take;
    s_open (&take, GRADMQ_DTYPE_F64);
    s_start (&take);
    sample_t sample;
    S_SET (&take, "optimizer", "nadam", "schedule", "cosine", "schedule_steps", "20");
    for (unsigned i = 0; i < 6; i++) {
        s_sample (&take, &sample, i);
        s_apply_one (&take, &sample);
    }
    double *values = s_values (&take, ELEMENTS);
    fixture_load (&take.fixture, values);
    free (values);
    assert_int_equal (gradmq_recorder_loaded (take.recorder, NULL), GRADMQ_OK);
    for (unsigned i = 0; i < 6; i++) {
        s_sample (&take, &sample, i);
        s_apply_one (&take, &sample);
    }
    assert_int_equal (gradmq_model_new_epoch (take.fixture.model), GRADMQ_OK);
    assert_int_equal (gradmq_recorder_epoch (take.recorder, NULL), GRADMQ_OK);
    S_SET (&take, "buffer_gradients", "2");
    uint64_t lsn;
    s_sample (&take, &sample, 0);
    assert_int_equal (gradmq_recorder_contribution (take.recorder, &sample.gradient, &lsn, NULL),
                      GRADMQ_OK);
    sample_close (&sample);
    assert_int_equal (gradmq_recorder_drop (take.recorder, NULL), GRADMQ_OK);
    sample_t samples [2];
    s_sample (&take, &samples [0], 1);
    s_sample (&take, &samples [1], 2);
    s_close_step (&take, samples, 2);
    assert_int_equal (gradmq_model_version (take.fixture.model), 1);
    s_end (&take);
}

//  One that was added in process has neither worker nor sequence.
static void
test_run_takes_gradients_without_a_worker (void **state)
{
    (void) state;
    s_take_t take;
    s_open (&take, GRADMQ_DTYPE_F32);
    s_start (&take);
    sample_t sample;
    s_sample (&take, &sample, 0);
    sample.gradient.worker [0] = sample.gradient.model [0] = 0;
    sample.gradient.incarnation = sample.gradient.sequence = 0;
    s_apply_one (&take, &sample);
    s_end (&take);
}

static void
test_run_until_a_version_ends_there (void **state)
{
    (void) state;
    s_take_t take;
    s_open (&take, GRADMQ_DTYPE_F32);
    sample_t sample;
    gradmq_player_t *player;
    gradmq_reason_t why = {0};
    for (unsigned i = 0; i < 8; i++) {
        if (i == 2)
            s_start (&take);
        s_sample (&take, &sample, i);
        s_apply_one (&take, &sample);
    }
    assert_int_equal (gradmq_recorder_close (&take.recorder, NULL, NULL, NULL), GRADMQ_OK);
    assert_int_equal (s_run (&take, &player, 5, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_player_played (player)->version, 5);
    assert_int_equal (gradmq_player_played (player)->steps, 3);
    //  It can go on from there.
    assert_int_equal (gradmq_player_run (player, UINT64_MAX, NULL), GRADMQ_OK);
    s_assert_same (&take, player);
    gradmq_player_close (&player);
    assert_int_equal (s_run (&take, &player, 1, &why), GRADMQ_ERR_ARGUMENT);
    assert_non_null (strstr (why.text, "begins with version 2"));
    gradmq_player_close (&player);
    assert_int_equal (s_run (&take, &player, 9, &why), GRADMQ_ERR_ARGUMENT);
    assert_non_null (strstr (why.text, "ends with version 8"));
    gradmq_player_close (&player);
    unlink (take.path);
    fixture_close (&take.fixture);
}

//  ------------------------------------------------------------------------------------------------
//  What is not as it was

//  A recording of two steps, with one record more or other parameters.
static gradmq_err_t
s_altered (gradmq_record_type_t type, const void *body, size_t size, gradmq_reason_t *why)
{
    s_take_t take;
    s_open (&take, GRADMQ_DTYPE_F32);
    sample_t sample;
    gradmq_record_writer_t *writer;
    gradmq_record_reader_t *reader;
    gradmq_record_t record = {.type = GRADMQ_RECORD_END};
    gradmq_player_t *player;
    s_start (&take);
    s_sample (&take, &sample, 0);
    s_apply_one (&take, &sample);
    assert_int_equal (gradmq_recorder_close (&take.recorder, NULL, NULL, NULL), GRADMQ_OK);
    //  The same file again, but for its last record.
    char path [80];
    snprintf (path, sizeof path, "%s.altered", take.path);
    assert_int_equal (gradmq_record_writer_open (&writer, path, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_record_reader_open (&reader, take.path, false, NULL), GRADMQ_OK);
    while (record.type != GRADMQ_RECORD_NONE) {
        assert_int_equal (gradmq_record_next (reader, &record, NULL), GRADMQ_OK);
        if (record.type != GRADMQ_RECORD_NONE && record.type != GRADMQ_RECORD_END)
            assert_int_equal (gradmq_record_write (writer, record.type, record.body, record.size,
                                                   NULL, NULL, NULL),
                              GRADMQ_OK);
    }
    gradmq_record_reader_close (&reader);
    assert_int_equal (gradmq_record_write (writer, type, body, size, NULL, NULL, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_record_writer_close (&writer, NULL), GRADMQ_OK);
    assert_int_equal (rename (path, take.path), 0);
    gradmq_err_t err = s_run (&take, &player, UINT64_MAX, why);
    gradmq_player_close (&player);
    unlink (take.path);
    fixture_close (&take.fixture);
    return err;
}

static void
test_run_tells_a_digest_that_differs (void **state)
{
    (void) state;
    uint8_t body [48] = {0};
    gradmq_reason_t why = {0};
    gradmq_put_u64 (body, 1000);  //  the fixture's time, and thereby the epoch
    gradmq_put_u64 (body + 8, 1);
    assert_int_equal (s_altered (GRADMQ_RECORD_DIGEST, body, sizeof body, &why),
                      GRADMQ_ERR_DIFFERS);
    assert_non_null (strstr (why.text, "(DIGEST) at byte"));
    gradmq_put_u64 (body + 8, 2);
    assert_int_equal (s_altered (GRADMQ_RECORD_DIGEST, body, sizeof body, &why),
                      GRADMQ_ERR_DIFFERS);
    assert_non_null (strstr (why.text, "version 2"));
}

static void
test_run_refuses_what_is_not_possible (void **state)
{
    (void) state;
    uint8_t body [64] = {0};
    gradmq_reason_t why = {0};
    static const struct {
        gradmq_record_type_t type;
        size_t size;
    } rows [] = {
        {GRADMQ_RECORD_SETTINGS, 0},  {GRADMQ_RECORD_SETTINGS, 64},     {GRADMQ_RECORD_MODEL, 0},
        {GRADMQ_RECORD_MODEL, 20},    {GRADMQ_RECORD_MODEL, 64},        {GRADMQ_RECORD_BASE, 8},
        {GRADMQ_RECORD_STATE, 0},     {GRADMQ_RECORD_STATE, 64},        {GRADMQ_RECORD_EPOCH, 7},
        {GRADMQ_RECORD_EPOCH, 9},     {GRADMQ_RECORD_MEMBERS, 0},       {GRADMQ_RECORD_GRADIENT, 0},
        {GRADMQ_RECORD_GRADIENT, 64}, {GRADMQ_RECORD_CONTRIBUTION, 64}, {GRADMQ_RECORD_STEP, 12},
        {GRADMQ_RECORD_DROP, 1},      {GRADMQ_RECORD_DIGEST, 47},       {GRADMQ_RECORD_END, 1},
        {GRADMQ_RECORD_FAULTY, 7},    {GRADMQ_RECORD_TOGETHER, 7},      {GRADMQ_RECORD_SYNCED, 15},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++)
        if (s_altered (rows [i].type, body, rows [i].size, &why) != GRADMQ_ERR_FORMAT)
            fail_msg ("a record %s of %zu zeros", gradmq_record_name (rows [i].type),
                      rows [i].size);
}

//  Numbers that no optimizer makes.
static void
test_run_refuses_impossible_state (void **state)
{
    (void) state;
    s_take_t take;
    s_open (&take, GRADMQ_DTYPE_F32);
    gradmq_step_state_t all;
    S_SET (&take, "optimizer", "adam");
    assert_int_equal (gradmq_step_export (take.fixture.step, &all), GRADMQ_OK);
    assert_int_equal (gradmq_step_import (take.fixture.step, &all, NULL), GRADMQ_OK);
    float *bad = calloc (ELEMENTS, sizeof *bad);
    static const struct {
        size_t state;
        float value;
        gradmq_err_t err;
    } rows [] = {{0, -1, GRADMQ_OK},
                 {0, INFINITY, GRADMQ_ERR_ARGUMENT},
                 {1, -1, GRADMQ_ERR_ARGUMENT},
                 {1, NAN, GRADMQ_ERR_ARGUMENT},
                 {1, 1, GRADMQ_OK}};
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++) {
        const void *before = all.states [rows [i].state];
        bad [ELEMENTS - 1] = rows [i].value;
        all.states [rows [i].state] = bad;
        assert_int_equal (gradmq_step_import (take.fixture.step, &all, NULL), rows [i].err);
        all.states [rows [i].state] = before;
    }
    free (bad);
    all.counts [2].count = UINT64_MAX;
    assert_int_equal (gradmq_step_import (take.fixture.step, &all, NULL), GRADMQ_ERR_ARGUMENT);
    all.counts [2].count = 1;
    all.counts [2].running [0] = NAN;
    assert_int_equal (gradmq_step_import (take.fixture.step, &all, NULL), GRADMQ_ERR_ARGUMENT);
    all.state_count = 1;
    assert_int_equal (gradmq_step_import (take.fixture.step, &all, NULL), GRADMQ_ERR_ARGUMENT);
    gradmq_step_state_clear (&all);
    fixture_close (&take.fixture);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_run_of_every_optimizer_comes_to_the_same),
        cmocka_unit_test (test_run_of_gradients_that_went_in_one_pass_comes_to_the_same),
        cmocka_unit_test (test_run_scales_by_staleness_and_members),
        cmocka_unit_test (test_run_skips_what_was_skipped),
        cmocka_unit_test (test_run_tells_what_became_of_the_gradients_of_a_step),
        cmocka_unit_test (test_run_closes_steps_in_the_order_that_was_recorded),
        cmocka_unit_test (test_run_knows_how_many_were_faulty),
        cmocka_unit_test (test_run_of_merged_parameters_knows_their_bases),
        cmocka_unit_test (test_run_goes_through_loads_epochs_and_drops),
        cmocka_unit_test (test_run_takes_gradients_without_a_worker),
        cmocka_unit_test (test_run_until_a_version_ends_there),
        cmocka_unit_test (test_run_tells_a_digest_that_differs),
        cmocka_unit_test (test_run_refuses_what_is_not_possible),
        cmocka_unit_test (test_run_refuses_impossible_state),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
