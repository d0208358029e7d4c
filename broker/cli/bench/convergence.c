#include "cli/bench/bench.h"
#include "cli/bench/learn/interval.h"
#include "cli/bench/learn/parity.h"
#include "cli/bench/learn/split.h"
#include "cli/bench/learn/study.h"
#include "cli/bench/learn/text/report.h"

#include <math.h>
#include <string.h>

enum { SEEDS = 10, SEEDS_QUICK = 3, GRADIENTS = 4000, GRADIENTS_QUICK = 1000, ATTACKERS_MOST = 2 };

static const double s_rates [] = {0.1, 0.3, 1.0, 0.03, 3.0, 0.01};

enum { RATES = sizeof s_rates / sizeof s_rates [0], RATES_QUICK = 3 };

typedef gradmq_trial_result_t s_results_t [GRADMQ_STUDY_SEEDS_MAX];

typedef struct {
    const gradmq_bench_t *bench;
    gradmq_task_t task;
    gradmq_study_t study;
    s_results_t baseline;  //  of the first arm
    s_results_t clean;     //  of rule mean, nobody being bad
    s_results_t results;
} s_convergence_t;

//  What is told of an arm.
typedef struct {
    const char *name;
    const char *unit;
    size_t offset;
} s_measure_t;

static const s_measure_t s_accuracy = {"accuracy", "share",
                                       offsetof (gradmq_trial_result_t, accuracy)};
static const s_measure_t s_measures [] = {
    {"accuracy", "share", offsetof (gradmq_trial_result_t, accuracy)},
    {"loss", "nats", offsetof (gradmq_trial_result_t, loss)},
    {"distance", "l2", offsetof (gradmq_trial_result_t, distance)}};

//  ------------------------------------------------------------------------------------------------
//  Rows

static gradmq_err_t
s_add (const s_convergence_t *self, gradmq_bench_row_t *row, gradmq_reason_t *reason)
{
    row->bench = "convergence";
    row->transport = "none";
    row->workers = GRADMQ_SPLIT_WORKERS;
    if (gradmq_bench_rows_add (self->bench->rows, row))
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    return GRADMQ_OK;
}

static void
s_values (const gradmq_trial_result_t *results, const s_measure_t *measure, size_t count,
          double *values)
{
    for (size_t i = 0; i < count; i++)
        memcpy (&values [i], (const char *) &results [i] + measure->offset, sizeof *values);
}

//  One measure of the newest results, held against those of `baseline`.
static gradmq_err_t
s_tell (const s_convergence_t *self, const gradmq_arm_t *arm, const char *of,
        const s_measure_t *measure, const gradmq_trial_result_t *baseline, double margin,
        gradmq_reason_t *reason)
{
    double values [GRADMQ_STUDY_SEEDS_MAX], before [GRADMQ_STUDY_SEEDS_MAX];
    size_t seeds = self->study.seeds;
    s_values (self->results, measure, seeds, values);
    s_values (baseline, measure, seeds, before);
    gradmq_interval_t interval = gradmq_interval (values, before, seeds);
    bool fails = margin == GRADMQ_ARM_MUST_FAIL;
    gradmq_bench_row_t row = {.unit = measure->unit,
                              .size_bytes = gradmq_study_bytes (&self->study, arm),
                              .value = gradmq_mean (values, seeds),
                              .baseline = gradmq_mean (before, seeds),
                              .seeds = (unsigned) seeds,
                              .low = interval.low,
                              .high = interval.high,
                              .aim = fails ? GRADMQ_ARM_BROKEN : margin,
                              .sense = fails ? GRADMQ_BENCH_AT_MOST : GRADMQ_BENCH_AT_LEAST};
    row.ratio = row.value / row.baseline;
    snprintf (row.name, sizeof row.name, "%s %s, %s", arm->name, measure->name, of);
    return s_add (self, &row, reason);
}

//  ------------------------------------------------------------------------------------------------
//  Arms

//  Tune an arm and measure it.
static gradmq_err_t
s_run (s_convergence_t *self, gradmq_trial_t *trial, gradmq_equal_t equal, gradmq_reason_t *reason)
{
    const gradmq_arm_t *arm = trial->arm;
    gradmq_bench_say (self->bench, "convergence: %s at equal %s", arm->name,
                      equal == GRADMQ_EQUAL_BYTES ? "bytes" : "gradients");
    trial->contributions = gradmq_study_contributions (&self->study, arm, equal);
    gradmq_err_t err = gradmq_study_tune (&self->study, trial, reason);
    if (!err)
        err = gradmq_study_measure (&self->study, trial, self->results, reason);
    if (!err && arm->outer [0] > 0)
        gradmq_bench_say (self->bench, "convergence: %s with rates %g inside and %g outside",
                          arm->name, trial->rate, trial->outer);
    else if (!err)
        gradmq_bench_say (self->bench, "convergence: %s with rate %g", arm->name, trial->rate);
    return err;
}

static gradmq_err_t
s_tell_arm (s_convergence_t *self, const gradmq_arm_t *arm, const char *of, gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    if (arm == gradmq_arm_at (0))
        memcpy (self->baseline, self->results, sizeof self->baseline);
    for (size_t i = 0; i < sizeof s_measures / sizeof s_measures [0] && !err; i++) {
        bool first = arm == gradmq_arm_at (0), judged = i == 0 && !first;
        err = s_tell (self, arm, of, &s_measures [i], self->baseline, judged ? arm->margin : NAN,
                      reason);
    }
    return err;
}

//  Every NaN has to be refused under the name of what it is.
static gradmq_err_t
s_tell_refused (const s_convergence_t *self, const gradmq_arm_t *arm, size_t attackers,
                gradmq_reason_t *reason)
{
    uint64_t bad = 0, refused = 0;
    for (size_t i = 0; i < self->study.seeds; i++) {
        bad += self->results [i].bad;
        refused += self->results [i].not_finite;
    }
    gradmq_bench_row_t row = {.unit = "refused",
                              .size_bytes = GRADMQ_LOGISTIC_PARAMETERS * sizeof (float),
                              .value = (double) refused,
                              .baseline = (double) bad,
                              .ratio = (double) refused / (double) bad,
                              .aim = 1.0};
    snprintf (row.name, sizeof row.name, "%s NON_FINITE / sent, NaN from %zu", arm->name,
              attackers);
    return s_add (self, &row, reason);
}

//  The same arm with its rates, some workers being bad.
static gradmq_err_t
s_attack (s_convergence_t *self, gradmq_trial_t trial, gradmq_attack_id_t attack, size_t attackers,
          gradmq_reason_t *reason)
{
    const gradmq_arm_t *arm = trial.arm;
    const gradmq_attack_t *what = &gradmq_attack_table [attack];
    char of [GRADMQ_BENCH_CASE_BYTES];
    snprintf (of, sizeof of, "%s from %zu", what->text, attackers);
    gradmq_bench_say (self->bench, "convergence: %s, %s", arm->name, of);
    trial.attack = attack;
    trial.attackers = attackers;
    double margin = arm->poisoned;
    if (margin == GRADMQ_ARM_MUST_FAIL && !what->breaks)
        margin = NAN;
    gradmq_err_t err = gradmq_study_measure (&self->study, &trial, self->results, reason);
    if (!err)
        err = s_tell (self, arm, of, &s_accuracy, self->clean, margin, reason);
    if (!err && attack == GRADMQ_ATTACK_NOT_A_NUMBER)
        err = s_tell_refused (self, arm, attackers, reason);
    return err;
}

static gradmq_err_t
s_attacks (s_convergence_t *self, const gradmq_trial_t *trial, gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    if (isnan (trial->arm->poisoned))
        return err;
    if (strcmp (trial->arm->name, "mean") == 0)
        memcpy (self->clean, self->results, sizeof self->clean);
    for (size_t id = GRADMQ_ATTACK_NONE + 1; id < GRADMQ_ATTACKS; id++)
        for (size_t n = self->bench->quick ? ATTACKERS_MOST : 1; n <= ATTACKERS_MOST && !err; n++)
            err = s_attack (self, *trial, (gradmq_attack_id_t) id, n, reason);
    return err;
}

static gradmq_err_t
s_arm (s_convergence_t *self, const gradmq_arm_t *arm, gradmq_reason_t *reason)
{
    gradmq_trial_t trial = {.arm = arm};
    bool differ = gradmq_study_bytes_differ (&self->study, arm);
    gradmq_err_t err = s_run (self, &trial, GRADMQ_EQUAL_GRADIENTS, reason);
    if (!err)
        err =
            s_tell_arm (self, arm, differ ? "same gradients" : "same gradients and bytes", reason);
    if (!err)
        err = s_attacks (self, &trial, reason);
    if (err || !differ)
        return err;
    err = s_run (self, &trial, GRADMQ_EQUAL_BYTES, reason);
    return err ? err : s_tell_arm (self, arm, "same bytes", reason);
}

//  ------------------------------------------------------------------------------------------------

static gradmq_err_t
s_parity (const s_convergence_t *self, gradmq_reason_t *reason)
{
    gradmq_parity_t parity;
    gradmq_bench_say (self->bench, "convergence: rounds against one process");
    gradmq_err_t err = gradmq_parity (&self->task, &parity, reason);
    if (err)
        return err;
    gradmq_bench_row_t row = {.name = "mean of 8 parts / one large batch, rounding, at most",
                              .unit = "off",
                              .size_bytes = GRADMQ_LOGISTIC_PARAMETERS * sizeof (float),
                              .value = parity.difference,
                              .baseline = parity.allowed,
                              .ratio = parity.difference / parity.allowed,
                              .aim = 1.0,
                              .sense = GRADMQ_BENCH_AT_MOST};
    return s_add (self, &row, reason);
}

static gradmq_err_t
s_all (s_convergence_t *self, gradmq_reason_t *reason)
{
    const gradmq_arm_t *arm;
    gradmq_err_t err = gradmq_task_open (&self->task, self->bench->data, reason);
    if (err)
        return err;
    gradmq_bench_say (self->bench, "convergence: the optimum has %.1f %% of the held-out digits",
                      100.0 * self->task.best.accuracy);
    self->study.layout = self->task.layout;
    err = s_parity (self, reason);
    for (size_t i = 0; !err && (arm = gradmq_arm_at (i)); i++)
        if (arm->quick || !self->bench->quick)
            err = s_arm (self, arm, reason);
    return err;
}

gradmq_err_t
gradmq_bench_convergence (const gradmq_bench_t *bench, gradmq_reason_t *reason)
{
    s_convergence_t self = {.bench = bench};
    self.study = (gradmq_study_t){.run = gradmq_study_digits,
                                  .task = &self.task,
                                  .seeds = bench->quick ? SEEDS_QUICK : SEEDS,
                                  .tuning_seeds = bench->quick ? 1 : 2,
                                  .gradients = bench->quick ? GRADIENTS_QUICK : GRADIENTS,
                                  .rates = s_rates,
                                  .rate_count = bench->quick ? RATES_QUICK : RATES};
    gradmq_err_t err = s_all (&self, reason);
    gradmq_task_clear (&self.task);
    return err ? err : gradmq_bench_text (bench, reason);
}
