//  Every optimizer against the vectors of tests/vectors/optimizers (make.py says how they are made).

#include "optimize/optimizer.h"

#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define FOLDER "tests/vectors/optimizers"
#define TENSORS 2
#define ELEMENTS 32

//  Greatest difference, as a share of the expected magnitude, or of 1 where that is smaller.
#define TOLERANCE_F64 1e-12
#define TOLERANCE_F32 1e-5

typedef struct {
    char name [16];
    size_t rows, columns;
    double scale, l2, decay;
    uint64_t period, phase;
    uint8_t p [ELEMENTS * 8], g [ELEMENTS * 8], state [GRADMQ_STATES_MAX][ELEMENTS * 8];
    gradmq_terms_t terms;
} s_tensor_t;

typedef struct {
    const char *file;
    const gradmq_optimizer_t *optimizer;
    bool wide, by_rows;
    uint64_t seed, change, step;
    double rate, later;
    gradmq_settings_t settings;
    s_tensor_t tensors [TENSORS];
    size_t tensor_count;
} s_case_t;

static double
s_next (uint64_t *seed)
{
    *seed += 0x9E3779B97F4A7C15u;
    uint64_t z = *seed;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    return (double) (z >> 11) / 4503599627370496.0 - 1;
}

static void
s_draw (s_case_t *self, const s_tensor_t *tensor, uint8_t *to)
{
    for (size_t i = 0; i < tensor->rows * tensor->columns; i++) {
        double value = s_next (&self->seed);
        if (self->wide)
            memcpy (to + i * 8, &value, 8);
        else
            memcpy (to + i * 4, &(float){(float) value}, 4);
    }
}

static double
s_value (const s_case_t *self, const uint8_t *from, size_t index)
{
    double wide;
    float narrow;
    memcpy (&wide, from + (self->wide ? index * 8 : 0), 8);
    memcpy (&narrow, from + index * 4, 4);
    return self->wide ? wide : (double) narrow;
}

static double
s_setting (const s_case_t *self, gradmq_setting_id_t id)
{
    double value;
    memcpy (&value, (const char *) &self->settings + gradmq_setting_table [id].offset, 8);
    for (size_t i = 0; i < self->optimizer->read_count; i++)
        if (self->optimizer->reads [i] == id && !self->settings.given [id])
            value = self->optimizer->defaults [i];
    return value;
}

//  Terms, initial elements and state of every tensor, before the first step.
static void
s_start (s_case_t *self)
{
    for (size_t i = 0; i < self->tensor_count; i++) {
        s_tensor_t *tensor = &self->tensors [i];
        s_draw (self, tensor, tensor->p);
        tensor->terms = (gradmq_terms_t){
#define TERM(name) .name = s_setting (self, GRADMQ_SETTING_##name)
            TERM (momentum),
            TERM (dampening),
            TERM (beta1),
            TERM (beta2),
            TERM (epsilon),
            TERM (rho),
            TERM (momentum_decay),
            TERM (initial_accumulator),
            TERM (trust_coefficient),
            TERM (rate_decay),
            .l2 = tensor->l2,
            .weight_decay = tensor->decay,
            .running = {1, 1}};
        for (size_t j = 0; j < self->optimizer->states && self->optimizer->initial_state; j++)
            for (size_t k = 0; k < ELEMENTS; k++) {
                double value = self->optimizer->initial_state (&tensor->terms, j);
                if (self->wide)
                    memcpy (tensor->state [j] + k * 8, &value, 8);
                else
                    memcpy (tensor->state [j] + k * 4, &(float){(float) value}, 4);
            }
    }
}

static double
s_block (const s_case_t *self, s_tensor_t *tensor, size_t first, size_t count,
         double factor [GRADMQ_FACTORS_MAX], double *sums)
{
    size_t at = first * (self->wide ? 8 : 4);
    gradmq_block_t block = {
        .p = tensor->p + at,
        .p_new = tensor->p + at,
        .g = tensor->g + at,
        .state = {tensor->state [0] + at, tensor->state [1] + at, tensor->state [2] + at},
        .count = count,
        .factor = factor};
    if (!sums)
        return (self->wide ? self->optimizer->block_f64 : self->optimizer->block_f32) (&block);
    (self->wide ? self->optimizer->norms_f64 : self->optimizer->norms_f32) (&block, sums);
    return 0;
}

//  One step of one tensor; `rows` of them where the gradient has only some.
static void
s_apply (s_case_t *self, s_tensor_t *tensor)
{
    double factor [GRADMQ_FACTORS_MAX] = {0}, limit = 0;
    size_t elements = tensor->rows * tensor->columns;
    tensor->terms.count++;
    tensor->terms.rate = (self->step >= self->change ? self->later : self->rate) * tensor->scale;
    self->optimizer->prepare (&tensor->terms, factor);
    if (self->optimizer->trust_ratio) {
        double sums [2] = {0};
        s_block (self, tensor, 0, elements, factor, sums);
        self->optimizer->trust (&tensor->terms, sums, factor);
    }
    if (!self->by_rows)
        limit = s_block (self, tensor, 0, elements, factor, NULL);
    for (size_t r = 0; r < tensor->rows && self->by_rows; r++)
        if ((self->step + 2 * r) % 5 < 3)
            limit = fmax (
                limit, s_block (self, tensor, r * tensor->columns, tensor->columns, factor, NULL));
    assert_true (isfinite (limit));
}

static void
s_steps_until (s_case_t *self, uint64_t step)
{
    if (!self->step)
        s_start (self);
    while (self->step < step) {
        self->step++;
        for (size_t i = 0; i < self->tensor_count; i++) {
            s_tensor_t *tensor = &self->tensors [i];
            s_draw (self, tensor, tensor->g);
            if (self->step % tensor->period != tensor->phase)
                s_apply (self, tensor);
        }
    }
}

//  "at STEP NAME VALUES"
static void
s_compare (s_case_t *self, const char *words)
{
    uint64_t step;
    char name [16];
    int used;
    assert_int_equal (sscanf (words, "%" SCNu64 " %15s%n", &step, name, &used), 2);
    s_steps_until (self, step);
    const s_tensor_t *tensor = self->tensors;
    while (strcmp (tensor->name, name) != 0)
        tensor++;
    const char *at = words + used;
    for (size_t i = 0; i < tensor->rows * tensor->columns; i++) {
        char *end;
        double expected = strtod (at, &end), got = s_value (self, tensor->p, i);
        assert_ptr_not_equal (at, end);
        at = end;
        double off = fabs (got - expected) / fmax (1, fabs (expected));
        if (!(off <= (self->wide ? TOLERANCE_F64 : TOLERANCE_F32)))
            fail_msg ("%s: step %" PRIu64 ", %s [%zu] is %.17g, not %.17g", self->file, step, name,
                      i, got, expected);
    }
}

//  One function a kind of line.
static void
s_read_optimizer (s_case_t *self, const char *words)
{
    self->optimizer = gradmq_optimizer_find (words);
    assert_non_null (self->optimizer);
}

static void
s_read_dtype (s_case_t *self, const char *words)
{
    self->wide = strcmp (words, "F64") == 0;
    assert_true (self->wide || strcmp (words, "F32") == 0);
}

static void
s_read_reference (s_case_t *self, const char *words)
{
    (void) self;
    (void) words;
}

static void
s_read_seed (s_case_t *self, const char *words)
{
    self->seed = strtoull (words, NULL, 10);
}

static void
s_read_rate (s_case_t *self, const char *words)
{
    self->rate = strtod (words, NULL);
}

static void
s_read_change (s_case_t *self, const char *words)
{
    assert_int_equal (sscanf (words, "%" SCNu64 " %lf", &self->change, &self->later), 2);
}

static void
s_read_setting (s_case_t *self, const char *words)
{
    char name [64];
    size_t length = strcspn (words, " ");
    snprintf (name, sizeof name, "%.*s", (int) length, words);
    assert_int_equal (gradmq_settings_parse (&self->settings, name, words + length + 1, NULL),
                      GRADMQ_OK);
}

static void
s_read_tensor (s_case_t *self, const char *words)
{
    assert_true (self->tensor_count < TENSORS);
    s_tensor_t *tensor = &self->tensors [self->tensor_count++];
    assert_int_equal (sscanf (words, "%15s %zu %zu %lf %lf %lf %" SCNu64 " %" SCNu64, tensor->name,
                              &tensor->rows, &tensor->columns, &tensor->scale, &tensor->l2,
                              &tensor->decay, &tensor->period, &tensor->phase),
                      8);
    assert_true (tensor->rows * tensor->columns <= ELEMENTS);
}

static void
s_read_line (s_case_t *self, const char *key, const char *words)
{
    static const struct {
        const char *key;
        void (*read) (s_case_t *self, const char *words);
    } kinds [] = {
        {"optimizer", s_read_optimizer}, {"dtype", s_read_dtype},   {"reference", s_read_reference},
        {"seed", s_read_seed},           {"rate", s_read_rate},     {"change", s_read_change},
        {"setting", s_read_setting},     {"tensor", s_read_tensor}, {"at", s_compare},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds [0]; i++)
        if (strcmp (kinds [i].key, key) == 0) {
            kinds [i].read (self, words);
            return;
        }
    fail_msg ("%s: a line \"%s\"", self->file, key);
}

//  A plain case uses every default, so the table's defaults are the reference's.
static void
s_check_plain (const s_case_t *self)
{
    const gradmq_optimizer_t *row = self->optimizer;
    assert_true (self->rate == row->learning_rate);
    for (size_t i = 0; i < row->read_count; i++) {
        if (row->reads [i] == GRADMQ_SETTING_l2)
            assert_true (self->tensors [0].l2 == row->defaults [i]);
        if (row->reads [i] == GRADMQ_SETTING_weight_decay)
            assert_true (self->tensors [0].decay == row->defaults [i]);
    }
}

static void
s_file (const char *name, s_case_t *self)
{
    char path [300];
    snprintf (path, sizeof path, "%s/%s", FOLDER, name);
    FILE *file = fopen (path, "r");
    assert_non_null (file);
    memset (self, 0, sizeof *self);
    self->file = name;
    self->by_rows = strncmp (name, "rows.", 5) == 0;
    gradmq_settings_init (&self->settings);
    char *line = NULL;
    size_t size = 0;
    while (getline (&line, &size, file) > 0) {
        if (line [0] == '#')
            continue;
        size_t length = strcspn (line, " ");
        assert_int_equal (line [length], ' ');
        line [length] = '\0';
        line [strlen (line + length + 1) + length] = '\0';
        s_read_line (self, line, line + length + 1);
    }
    free (line);
    fclose (file);
    assert_int_equal (self->step, 200);
    if (strstr (name, ".plain."))
        s_check_plain (self);
}

static void
test_vectors_every_optimizer_follows_its_reference (void **state)
{
    (void) state;
    static s_case_t trial;
    size_t seen [32][2] = {{0}};
    DIR *folder = opendir (FOLDER);
    assert_non_null (folder);
    for (struct dirent *entry; (entry = readdir (folder));) {
        if (!strstr (entry->d_name, ".txt"))
            continue;
        s_file (entry->d_name, &trial);
        for (size_t i = 0; gradmq_optimizer_at (i); i++)
            seen [i][trial.wide] += gradmq_optimizer_at (i) == trial.optimizer;
    }
    closedir (folder);
    for (size_t i = 0; gradmq_optimizer_at (i); i++) {
        assert_true (seen [i][0] >= 2);
        assert_true (seen [i][1] >= 2);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_vectors_every_optimizer_follows_its_reference),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
