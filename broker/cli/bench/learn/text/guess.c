#include "cli/bench/learn/text/guess.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    ORDER = GRADMQ_GUESS_ORDER,
    WIDTH = GRADMQ_GUESS_WIDTH,
    BYTES = GRADMQ_GUESS_BYTES,
    OUTPUT = GRADMQ_GUESS_OUTPUT,
    LANES = 8
};

//  One guess.
typedef struct {
    const float *w;
    size_t rows;
    double output [OUTPUT];
    double slope [OUTPUT];
    uint32_t row [ORDER];
    double sum [WIDTH];
    double logits [BYTES];
} s_guess_t;

gradmq_err_t
gradmq_guess_layout (gradmq_layout_t **layout_p, size_t rows, gradmq_reason_t *reason)
{
    const uint64_t embedding [] = {rows, WIDTH}, output [] = {WIDTH, BYTES}, bias [] = {BYTES};
    const gradmq_tensor_spec_t specs [] = {
        {"embedding", 2, embedding}, {"output", 2, output}, {"bias", 1, bias}};
    return gradmq_layout_open (layout_p, specs, 3, GRADMQ_DTYPE_F32, reason);
}

//  ------------------------------------------------------------------------------------------------
//  Gradients

gradmq_err_t
gradmq_guess_gradient_open (gradmq_guess_gradient_t *self, size_t rows, gradmq_reason_t *reason)
{
    *self = (gradmq_guess_gradient_t){.rows = rows};
    self->values = calloc (rows * WIDTH + OUTPUT, sizeof *self->values);
    self->touched = calloc (rows, sizeof *self->touched);
    self->marks = calloc (rows, 1);
    if (!self->values || !self->touched || !self->marks)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    return GRADMQ_OK;
}

void
gradmq_guess_gradient_close (gradmq_guess_gradient_t *self)
{
    free (self->values);
    free (self->touched);
    free (self->marks);
    *self = (gradmq_guess_gradient_t){0};
}

void
gradmq_guess_gradient_reset (gradmq_guess_gradient_t *self)
{
    for (size_t i = 0; i < self->touched_count; i++) {
        self->marks [self->touched [i]] = 0;
        memset (self->values + (size_t) self->touched [i] * WIDTH, 0, WIDTH * sizeof *self->values);
    }
    memset (self->values + self->rows * WIDTH, 0, OUTPUT * sizeof *self->values);
    self->touched_count = 0;
}

static int
s_compare (const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

void
gradmq_guess_gradient_sort (gradmq_guess_gradient_t *self)
{
    qsort (self->touched, self->touched_count, sizeof *self->touched, s_compare);
}

//  Add to a row of the table.
static void
s_touch (gradmq_guess_gradient_t *self, uint32_t row, double factor, const double *slope)
{
    if (!self->marks [row]) {
        self->marks [row] = 1;
        self->touched [self->touched_count++] = row;
    }
    for (size_t j = 0; j < WIDTH; j++)
        self->values [(size_t) row * WIDTH + j] += factor * slope [j];
}

void
gradmq_guess_gradient_add (gradmq_guess_gradient_t *self, double factor,
                           const gradmq_guess_gradient_t *other)
{
    size_t table = self->rows * WIDTH;
    for (size_t i = 0; i < other->touched_count; i++) {
        uint32_t row = other->touched [i];
        s_touch (self, row, factor, other->values + (size_t) row * WIDTH);
    }
    for (size_t j = table; j < table + OUTPUT; j++)
        self->values [j] += factor * other->values [j];
}

//  ------------------------------------------------------------------------------------------------
//  Guesses

//  The rows that the bytes before `at` choose, and their sum.
static void
s_look (s_guess_t *self, const uint8_t *at)
{
    uint64_t key = 0;
    memset (self->sum, 0, sizeof self->sum);
    for (size_t i = 0; i < ORDER; i++) {
        key = (key ^ (at [-1 - (ptrdiff_t) i] + 1u)) * 0x9e3779b97f4a7c15u;
        self->row [i] = (uint32_t) ((key ^ key >> 31) >> 16) & (uint32_t) (self->rows - 1);
        const float *row = self->w + (size_t) self->row [i] * WIDTH;
        for (size_t j = 0; j < WIDTH; j++)
            self->sum [j] += (double) row [j];
    }
}

//  Log-probabilities of the bytes.
static void
s_classify (s_guess_t *self)
{
    double *logits = self->logits, greatest = -INFINITY, total = 0.0;
    memcpy (logits, self->output + WIDTH * BYTES, BYTES * sizeof *logits);
    for (size_t j = 0; j < WIDTH; j++)
        for (size_t k = 0; k < BYTES; k++)
            logits [k] += self->sum [j] * self->output [j * BYTES + k];
    for (size_t k = 0; k < BYTES; k++)
        greatest = logits [k] > greatest ? logits [k] : greatest;
    for (size_t k = 0; k < BYTES; k++)
        total += exp (logits [k] - greatest);
    for (size_t k = 0; k < BYTES; k++)
        logits [k] -= greatest + log (total);
}

//  Sums in lanes, so that they can be made side by side.
static double
s_dot (const double *a, const double *b)
{
    double lanes [LANES] = {0}, dot = 0.0;
    for (size_t k = 0; k < BYTES; k += LANES)
        for (size_t i = 0; i < LANES; i++)
            lanes [i] += a [k + i] * b [k + i];
    for (size_t i = 0; i < LANES; i++)
        dot += lanes [i];
    return dot;
}

static void
s_descend (s_guess_t *self, uint8_t next, double share, gradmq_guess_gradient_t *gradient)
{
    double slope [WIDTH], *errors = self->logits;
    for (size_t k = 0; k < BYTES; k++)
        errors [k] = share * exp (errors [k]);
    errors [next] -= share;
    for (size_t j = 0; j < WIDTH; j++) {
        slope [j] = s_dot (errors, self->output + j * BYTES);
        for (size_t k = 0; k < BYTES; k++)
            self->slope [j * BYTES + k] += self->sum [j] * errors [k];
    }
    for (size_t k = 0; k < BYTES; k++)
        self->slope [WIDTH * BYTES + k] += errors [k];
    for (size_t i = 0; i < ORDER; i++)
        s_touch (gradient, self->row [i], 1.0, slope);
}

double
gradmq_guess (const float *w, size_t rows, const uint8_t *text, const uint32_t *places,
              size_t count, gradmq_guess_gradient_t *gradient)
{
    double loss = 0.0;
    s_guess_t self;
    self.w = w;
    self.rows = rows;
    memset (self.slope, 0, sizeof self.slope);
    for (size_t j = 0; j < OUTPUT; j++)
        self.output [j] = (double) w [rows * WIDTH + j];
    for (size_t i = 0; i < count; i++) {
        const uint8_t *at = text + places [i];
        s_look (&self, at);
        s_classify (&self);
        loss -= self.logits [*at];
        if (gradient)
            s_descend (&self, *at, 1.0 / (double) count, gradient);
    }
    for (size_t j = 0; gradient && j < OUTPUT; j++)
        gradient->values [rows * WIDTH + j] += self.slope [j];
    return loss / (double) count;
}
