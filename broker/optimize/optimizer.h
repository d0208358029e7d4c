//  Optimizers: a file and a row each (optimizer.def). Each is one fused pass over blocks.
//
//  A block is up to GRADMQ_BLOCK elements that stand together in one tensor. The pass gets the old
//  parameters, the gradient and the state, and writes new parameters (in place or elsewhere) and
//  state. Elementwise, in the master dtype, so that block bounds, instruction set and threads do not
//  change a bit.

#ifndef GRADMQ_OPTIMIZE_OPTIMIZER_H
#define GRADMQ_OPTIMIZE_OPTIMIZER_H

#include "core/reason.h"
#include "settings/settings.h"
#include "tensor/dtype.h"

#define GRADMQ_BLOCK 4096u
#define GRADMQ_STATES_MAX 3u
#define GRADMQ_FACTORS_MAX 12u
#define GRADMQ_SERIES_MAX 64u

//  What staleness scales (PROTOCOL.md, section 16; DESIGN of policies).
typedef enum {
    GRADMQ_SCALES_GRADIENT,  //  linear in the gradient: sgd and its kin
    GRADMQ_SCALES_RATE,      //  adaptive: adam and its kin
    GRADMQ_SCALES_NOTHING    //  sign and trust ratio: refuses to be scaled
} gradmq_scales_t;

//  The numbers of one step for one tensor, in F64, before they are rounded to the master dtype.
typedef struct {
    double rate;  //  after schedule and group
    //  Settings that the optimizer does not read may hold anything, NAN too.
    double momentum, dampening, beta1, beta2, epsilon, rho;
    double initial_accumulator, momentum_decay, trust_coefficient, rate_decay;
    double l2, weight_decay;
    bool uncorrected;    //  bias_correction is off
    uint64_t count;      //  steps of this tensor, this one included: 1 on its first
    double running [2];  //  numbers an optimizer carries from step to step, one set a tensor
                         //  (nadam's product of momenta); 1.0 before the first step
} gradmq_terms_t;

//  One block's arguments.
typedef struct {
    const void *p;  //  old parameters
    void *p_new;    //  new parameters; may be p
    const void *g;  //  gradient, master dtype, any alignment
    void *state [GRADMQ_STATES_MAX];
    size_t count;          //  elements
    const double *factor;  //  what `prepare` made
} gradmq_block_t;

//  Several gradients of one block, to be applied one after the other: p - rate [0] * g [0] - ...
typedef struct {
    const void *p;         //  old parameters
    void *p_new;           //  new parameters; may be p
    const void *const *g;  //  gradients, oldest first, master dtype, any alignment
    const double *rate;    //  one a gradient, after schedule and group; below 0 for ascent
    size_t gradients;      //  1 to GRADMQ_SERIES_MAX
    size_t count;          //  elements
} gradmq_series_t;

typedef double gradmq_pass_t (const gradmq_block_t *block);
typedef double gradmq_series_pass_t (const gradmq_series_t *series);

//  One optimizer.
typedef struct {
    const char *name;
    const char *source;  //  paper or code that it follows, by name and version
    size_t states;       //  state tensors, each of the model's shape in the master dtype
    const gradmq_setting_id_t *reads;  //  hyper-parameters, and their defaults beside them
    const double *defaults;
    size_t read_count;
    double learning_rate;  //  default
    gradmq_scales_t scales;
    bool corrects;     //  has a bias correction that can be switched off
    bool trust_ratio;  //  needs the norms of a whole tensor: see norms
    bool coalesces;    //  has series_*

    //  State whose values are never below 0: sums and means of squares. What comes from a file is held
    //  against it.
    bool squares [GRADMQ_STATES_MAX];

    //  State before the first step; 0 where NULL.
    double (*initial_state) (const gradmq_terms_t *terms, size_t state);

    //  Compute the factors of one step; may change terms->running. Called once a tensor and step.
    void (*prepare) (gradmq_terms_t *terms, double factor [GRADMQ_FACTORS_MAX]);

    //  The fused pass. Writes p_new and state in place. Returns the largest magnitude among the new
    //  parameters and state, as a number that is not finite when one of them is not.
    gradmq_pass_t *block_f32, *block_f64;

    //  NULL but for sgd, and only while neither l2 nor weight_decay is above 0 (the caller checks):
    //  the same bits as block_* once a gradient, in one pass. Returns the largest magnitude among
    //  the new parameters. One that was not finite after any of the gradients is not at the end.
    gradmq_series_pass_t *series_f32, *series_f64;

    //  Trust ratio only, NULL elsewhere. First pass over all blocks: `norms` adds to the two sums,
    //  in F64, the squared norm of the parameters and that of the update, and writes nothing else.
    //  Then `trust` turns the sums into factors, then block_* is the second pass.
    void (*norms_f32) (const gradmq_block_t *block, double sums [2]);
    void (*norms_f64) (const gradmq_block_t *block, double sums [2]);
    void (*trust) (const gradmq_terms_t *terms, const double sums [2],
                   double factor [GRADMQ_FACTORS_MAX]);
} gradmq_optimizer_t;

//  NULL when there is none of this name, or past the last.
const gradmq_optimizer_t *gradmq_optimizer_find (const char *name);
const gradmq_optimizer_t *gradmq_optimizer_at (size_t index);

//  True when this optimizer reads this setting.
bool gradmq_optimizer_reads (const gradmq_optimizer_t *self, gradmq_setting_id_t id);

#endif
