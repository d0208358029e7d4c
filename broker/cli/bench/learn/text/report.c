#include "cli/bench/learn/text/report.h"

#include "cli/bench/learn/interval.h"
#include "cli/bench/learn/study.h"
#include "cli/bench/learn/text/lesson.h"

#include <math.h>

enum { SEEDS = 10, SEEDS_QUICK = 2, GRADIENTS = 300, GRADIENTS_QUICK = 64 };

static const gradmq_lesson_size_t s_large = {
    .rows = 1u << 18, .batch = 256, .most = 1u << 18, .places = 4096};
static const gradmq_lesson_size_t s_small = {
    .rows = 1u << 12, .batch = 64, .most = 1u << 15, .places = 1024};

//  Of Adam on the coordinator, and of the local steps, which are plain.
static const double s_rates [] = {0.03, 0.1, 0.01};
static const double s_local_rates [] = {3.0, 10.0, 1.0};

enum { RATES = sizeof s_rates / sizeof s_rates [0] };

_Static_assert(sizeof s_local_rates == sizeof s_rates, "as many of both are tried");

//  A byte that nothing is known of.
#define UNIFORM_BITS 8.0

typedef double s_values_t [GRADMQ_STUDY_SEEDS_MAX];

typedef struct {
    const gradmq_bench_t *bench;
    gradmq_lesson_t lesson;
    gradmq_study_t study;
    s_values_t baseline;    //  bits of the first arm
    double baseline_bytes;  //  that it sent in a run
    gradmq_trial_result_t results [GRADMQ_STUDY_SEEDS_MAX];
} s_text_t;

static gradmq_err_t
s_run (const gradmq_trial_t *trial, const void *task, gradmq_trial_result_t *result,
       gradmq_reason_t *reason)
{
    return gradmq_lesson_run (trial, task, result, reason);
}

static gradmq_err_t
s_add (const s_text_t *self, gradmq_bench_row_t *row, gradmq_reason_t *reason)
{
    row->bench = "convergence";
    row->transport = "none";
    row->workers = GRADMQ_LIBRARY_WORKERS;
    row->ratio = row->value / row->baseline;
    if (gradmq_bench_rows_add (self->bench->rows, row))
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    return GRADMQ_OK;
}

//  ------------------------------------------------------------------------------------------------
//  The text

//  Which text, and what counting makes of it.
static gradmq_err_t
s_tell_text (const s_text_t *self, gradmq_reason_t *reason)
{
    const gradmq_lesson_t *lesson = &self->lesson;
    gradmq_bench_row_t sizes = {.unit = "bytes",
                                .size_bytes = lesson->train_bytes,
                                .value = (double) lesson->train_bytes,
                                .baseline = (double) lesson->library.test.size,
                                .aim = NAN};
    snprintf (sizes.name, sizeof sizes.name, "%.50s, held out", lesson->library.package);
    gradmq_bench_row_t counted = {.name = "counting of 5 bytes (Witten-Bell) / nothing known",
                                  .unit = "bit/byte",
                                  .size_bytes = lesson->train_bytes,
                                  .value = lesson->ngram_bits,
                                  .baseline = UNIFORM_BITS,
                                  .aim = NAN};
    gradmq_err_t err = s_add (self, &sizes, reason);
    return err ? err : s_add (self, &counted, reason);
}

//  ------------------------------------------------------------------------------------------------
//  Arms

static double
s_bytes (const s_text_t *self)
{
    double bytes = 0.0;
    for (size_t i = 0; i < self->study.seeds; i++)
        bytes += (double) self->results [i].bytes;
    return bytes / (double) self->study.seeds;
}

static void
s_bits (const s_text_t *self, s_values_t bits)
{
    for (size_t i = 0; i < self->study.seeds; i++)
        bits [i] = self->results [i].loss;
}

//  Bits of the newest results, held against the first arm's.
static gradmq_err_t
s_tell (const s_text_t *self, const gradmq_trial_t *trial, const char *of, gradmq_reason_t *reason)
{
    s_values_t bits;
    size_t seeds = self->study.seeds;
    s_bits (self, bits);
    gradmq_interval_t interval = gradmq_interval (bits, self->baseline, seeds);
    gradmq_bench_row_t row = {
        .unit = "bit/byte",
        .size_bytes = (uint64_t) (s_bytes (self) / (double) trial->contributions),
        .value = gradmq_mean (bits, seeds),
        .baseline = gradmq_mean (self->baseline, seeds),
        .seeds = (unsigned) seeds,
        .low = interval.low,
        .high = interval.high,
        .aim = trial->arm == gradmq_text_arm_at (0) ? NAN : trial->arm->margin,
        .sense = GRADMQ_BENCH_AT_MOST};
    snprintf (row.name, sizeof row.name, "text: %s, same %s, at most", trial->arm->name, of);
    return s_add (self, &row, reason);
}

static gradmq_err_t
s_measure (s_text_t *self, gradmq_trial_t *trial, const char *of, gradmq_reason_t *reason)
{
    gradmq_bench_say (self->bench, "convergence on text: %s, same %s: %zu contributions",
                      trial->arm->name, of, trial->contributions);
    self->study.rates = trial->arm->local_steps ? s_local_rates : s_rates;
    gradmq_err_t err = gradmq_study_tune (&self->study, trial, reason);
    if (!err)
        err = gradmq_study_measure (&self->study, trial, self->results, reason);
    if (!err)
        gradmq_bench_say (self->bench, "convergence on text: %s with rate %g, outer %g",
                          trial->arm->name, trial->rate, trial->outer);
    if (!err && trial->arm == gradmq_text_arm_at (0)) {
        s_bits (self, self->baseline);
        self->baseline_bytes = s_bytes (self);
    }
    return err ? err : s_tell (self, trial, of, reason);
}

static gradmq_err_t
s_arm (s_text_t *self, const gradmq_arm_t *arm, gradmq_reason_t *reason)
{
    gradmq_trial_t trial = {.arm = arm};
    trial.contributions = self->study.gradients / (arm->local_steps ? arm->local_steps : 1);
    gradmq_err_t err = s_measure (self, &trial, "gradients", reason);
    if (err || arm == gradmq_text_arm_at (0))
        return err;
    double each = s_bytes (self) / (double) trial.contributions;
    size_t contributions = (size_t) (self->baseline_bytes / each + 0.5);
    bool same = contributions == trial.contributions;
    trial.contributions = contributions ? contributions : 1;
    return same ? GRADMQ_OK : s_measure (self, &trial, "bytes", reason);
}

static gradmq_err_t
s_all (s_text_t *self, gradmq_reason_t *reason)
{
    const gradmq_arm_t *arm;
    gradmq_bench_say (self->bench, "convergence: counting a text");
    gradmq_err_t err =
        gradmq_lesson_open (&self->lesson, self->bench->quick ? &s_small : &s_large, reason);
    if (err)
        return err;
    self->study.layout = self->lesson.layout;
    gradmq_bench_say (
        self->bench, "convergence on text: %s, %zu KiB; counting has %.3f bits a byte",
        self->lesson.library.package, self->lesson.train_bytes / 1024, self->lesson.ngram_bits);
    err = s_tell_text (self, reason);
    for (size_t i = 0; !err && (arm = gradmq_text_arm_at (i)); i++)
        if (arm->quick || !self->bench->quick)
            err = s_arm (self, arm, reason);
    return err;
}

gradmq_err_t
gradmq_bench_text (const gradmq_bench_t *bench, gradmq_reason_t *reason)
{
    s_text_t self = {.bench = bench};
    self.study = (gradmq_study_t){.run = s_run,
                                  .task = &self.lesson,
                                  .seeds = bench->quick ? SEEDS_QUICK : SEEDS,
                                  .tuning_seeds = 1,
                                  .gradients = bench->quick ? GRADIENTS_QUICK : GRADIENTS,
                                  .rate_count = bench->quick ? 1 : RATES};
    gradmq_err_t err = s_all (&self, reason);
    gradmq_lesson_clear (&self.lesson);
    return err;
}
