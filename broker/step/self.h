//  The step's inside: shared by the files of this room.

#ifndef GRADMQ_STEP_SELF_H
#define GRADMQ_STEP_SELF_H

#include "step/plan.h"
#include "step/reader.h"
#include "step/step.h"

//  Models above this are written past the caches when they are written elsewhere.
#define GRADMQ_STEP_STREAM_BYTES (16u << 20)

//  Models up to this are written elsewhere so that a step can be measured; larger ones would need one
//  more buffer than there is memory for.
#define GRADMQ_STEP_MEASURED_BYTES (4u << 20)

//  Elements of each gradient of a series that are taken at a time.
#define GRADMQ_STEP_SERIES_BLOCK 1024u

//  What a stale gradient is divided by.
typedef enum {
    GRADMQ_STALE_NOTHING,
    GRADMQ_STALE_MEMBERS,  //  max (1, staleness / members)
    GRADMQ_STALE_INVERSE   //  max (1, staleness)
} gradmq_stale_t;

//  What gradmq_step_try has replaced.
typedef struct {
    gradmq_settings_t settings;
    gradmq_plan_t *plan;
    uint64_t tick;
    bool inherited;  //  its state went over to the new plan
} gradmq_step_before_t;

struct gradmq_step {
    gradmq_settings_t settings;
    bool set;
    bool descent;
    bool constant;  //  the schedule is, once warmed up
    const gradmq_policy_t *policy;
    const gradmq_rule_t *rule;  //  NULL where each contribution is a step
    gradmq_stale_t stale;       //  what staleness_scale says
    size_t members;
    size_t faulty;  //  workers beside the contributors
    bool measures;  //  norms of the next step
    uint64_t tick;
    gradmq_plan_t *plan;
    gradmq_plan_t *prepared;
    gradmq_step_before_t before;
    bool bound_known;
    double bound;  //  no parameter that is stepped and no state has a greater magnitude
    gradmq_factors_t *factors;
    //  Blocks in the first-level cache.
    double raw [GRADMQ_BLOCK];
    double gradient [GRADMQ_BLOCK];
    double series [GRADMQ_SERIES_MAX][GRADMQ_STEP_SERIES_BLOCK];
};

//  The rate at a tick that is not far ahead.
double gradmq_step_rate_at (const gradmq_step_t *self, uint64_t tick);

//  gradmq_step_prepare for settings that are not in force yet.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_step_prepare_for (gradmq_step_t *self,
                                                        const gradmq_settings_t *settings,
                                                        const gradmq_layout_t *layout,
                                                        gradmq_reason_t *reason);

//  gradmq_step_admit against a version that the model may not have yet.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_step_admit_at (const gradmq_step_t *self, uint64_t epoch,
                                                     uint64_t version,
                                                     const gradmq_gradient_t *gradient,
                                                     gradmq_reason_t *reason);

//  The dtype of elements outside of parts.
const gradmq_dtype_t *gradmq_step_dtype (const gradmq_gradient_t *gradient,
                                         const gradmq_layout_t *layout);

//  True when a gradient is every tensor, dense, in one dtype.
bool gradmq_step_whole (const gradmq_gradient_t *gradient, const gradmq_layout_t *layout);

//  True when a gradient speaks for every element of every tensor.
bool gradmq_step_complete (const gradmq_gradient_t *gradient, const gradmq_layout_t *layout);

//  1 / loss_scale with the sign that makes a descent of what came.
double gradmq_step_unscale (const gradmq_step_t *self, const gradmq_gradient_t *gradient);

//  What staleness multiplies a contribution by: at most 1.
double gradmq_step_scale (const gradmq_step_t *self, uint64_t staleness);

//  A reader at the gradient's start, with the scratch of single steps.
gradmq_reader_t gradmq_step_reader (gradmq_step_t *self, const gradmq_gradient_t *gradient,
                                    gradmq_transform_t transform);

//  The norm of a gradient under its reader's transform: rule Y-2.
double gradmq_step_norm (const gradmq_step_t *self, const gradmq_gradient_t *gradient,
                         gradmq_reader_t reader);

//  Bring self->bound up to date where it is not known.
void gradmq_step_know_bound (gradmq_step_t *self, const gradmq_model_t *model);

//  What one step is made of.
typedef struct {
    const gradmq_gradient_t *gradient;
    bool aggregate;     //  made here: signed and clipped already
    double limit;       //  greatest magnitude of its values; of an aggregate alone
    double rate_scale;  //  of staleness; 1
    double scale;       //  the same, of the gradient; 1
} gradmq_step_input_t;

//  One step. Fills disposition, code and reason.
void gradmq_step_single (gradmq_step_t *self, gradmq_model_t *model,
                         const gradmq_step_input_t *input, gradmq_outcome_t *outcome,
                         gradmq_step_report_t *report);

//  True when this gradient could be one of a series.
bool gradmq_step_serial (const gradmq_step_t *self, const gradmq_gradient_t *gradient);

//  Apply all of these in one pass; false, and nothing is changed, when a result was not finite or
//  memory was short.
bool gradmq_step_series (gradmq_step_t *self, gradmq_model_t *model,
                         gradmq_gradient_t *const *gradients, size_t count,
                         gradmq_step_report_t *report);

#endif
