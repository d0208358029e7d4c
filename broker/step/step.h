//  From gradients to a version, without a socket: transforms, optimizer, finite rule, coalescing.
//  schemas/PROTOCOL.md, section 12.
//
//    thread  one owner

#ifndef GRADMQ_STEP_STEP_H
#define GRADMQ_STEP_STEP_H

#include "model/model.h"
#include "step/resolve.h"
#include "wire/gradient.h"

typedef struct gradmq_step gradmq_step_t;

//  What became of one gradient.
typedef struct {
    gradmq_disposition_t disposition;
    gradmq_err_t code;  //  with REFUSED and SKIPPED
    gradmq_reason_t reason;
    uint64_t staleness;  //  versions between its base and the model it met; 0 without a base
} gradmq_outcome_t;

//  Sums over the steps of one call, for reports.
typedef struct {
    uint64_t steps;
    double learning_rate;  //  of the newest step
    double gradient_norm;  //  of the newest step; NAN where it was not needed
    double update_norm;    //  of the difference that a step made; NAN where it was not measured
} gradmq_step_report_t;

//    errors  NULL: out of memory
gradmq_step_t *gradmq_step_new (void);
void gradmq_step_destroy (gradmq_step_t **self_p);

//  Take these settings (already resolved) from the next step on. Resets state when the optimizer
//  changed, the schedule when its kind changed. `layout` is the model's, NULL without one. What
//  gradmq_step_prepare made is dropped.
//    errors  ARGUMENT: a group that matches no tensor; MEMORY. Nothing is then changed.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_step_set (gradmq_step_t *self,
                                                const gradmq_settings_t *settings,
                                                const gradmq_layout_t *layout,
                                                gradmq_reason_t *reason);

//  The same where something else may yet be refused: gradmq_step_keep or gradmq_step_undo has to come before
//  anything else. Undone, settings, state and schedule are what they were.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_step_try (gradmq_step_t *self,
                                                const gradmq_settings_t *settings,
                                                const gradmq_layout_t *layout,
                                                gradmq_reason_t *reason);
void gradmq_step_keep (gradmq_step_t *self);
void gradmq_step_undo (gradmq_step_t *self);

//  Check what a load of this layout would need: groups, memory for state. Keeps what it made until
//  gradmq_step_reset takes it.
//    errors  ARGUMENT, MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_step_prepare (gradmq_step_t *self,
                                                    const gradmq_layout_t *layout,
                                                    gradmq_reason_t *reason);

//  A model was loaded (its layout was prepared): state and schedule begin anew.
void gradmq_step_reset (gradmq_step_t *self);

//  What admission has to know beyond gradmq_gradient_check: kinds, weight, ROWS against optimizer,
//  epoch, base, staleness (checks 9 and 10 of rule G-2). Parts were held against the layout before.
//    errors  NO_MODEL, LAYOUT, UNSUPPORTED, ARGUMENT, EPOCH, BASE, STALE
GRADMQ_MUST_CHECK gradmq_err_t gradmq_step_admit (const gradmq_step_t *self,
                                                  const gradmq_model_t *model,
                                                  const gradmq_gradient_t *gradient,
                                                  gradmq_reason_t *reason);

//  Check 11 of rule G-2 for one gradient: finite and within the bound.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_step_check_values (const gradmq_step_t *self,
                                                         const gradmq_gradient_t *gradient,
                                                         const gradmq_layout_t *layout,
                                                         gradmq_reason_t *reason);

//  Apply gradients in order, each a step (policies async and ssp), as many of the first as go well together
//  in one pass; at least one.
//    shape     gradients [count], outcomes [count]; every gradient passed gradmq_gradient_check
//              against the model's layout (or is refused here: LAYOUT, EPOCH ...) and its values
//              were checked
//    returns   how many of the first were consumed (at most 64 in one pass); their outcomes are filled
//    errors    as outcomes: REFUSED with what gradmq_step_admit says; SKIPPED with NON_FINITE when
//              the result would not be finite, with MEMORY when the step found none: nothing of
//              it is then kept. Values that nobody checked may end the process: where checked
//              ones cannot overflow, results are written over what was there.
size_t gradmq_step_apply (gradmq_step_t *self, gradmq_model_t *model,
                          gradmq_gradient_t *const *gradients, size_t count,
                          gradmq_outcome_t *outcomes, gradmq_step_report_t *report);

//  Is this gradient to take part in the open step? What admission checked is checked again.
//    returns true when it is; else its outcome is filled: REFUSED, or SKIPPED for a SKIP
bool gradmq_step_turn (const gradmq_step_t *self, const gradmq_model_t *model,
                       const gradmq_gradient_t *gradient, gradmq_outcome_t *outcome);

//  One step of several contributions, by the rule in force.
//    shape   gradients [count], in the order in which a rule is to take them; outcomes [count]. Each
//            had its turn by gradmq_step_turn at this version.
//    errors  as outcomes, of all alike: SKIPPED with NON_FINITE, with MEMORY, or with STATE when the
//            rule needs more of them. EXCLUDED: the rule left it out of a step that was made.
void gradmq_step_close (gradmq_step_t *self, gradmq_model_t *model,
                        const gradmq_gradient_t *const *gradients, size_t count,
                        gradmq_outcome_t *outcomes, gradmq_step_report_t *report);

//  How often a tensor was stepped, and what its optimizer carries from step to step.
typedef struct {
    uint64_t count;
    double running [2];
} gradmq_step_count_t;

//  All that the next steps depend on beside settings and model.
typedef struct {
    uint64_t tick;
    gradmq_step_count_t *counts;  //  one a tensor
    size_t tensor_count;
    const void *states [GRADMQ_STATES_MAX];  //  each packed in the master dtype, as the model is
    size_t state_count;
} gradmq_step_state_t;

//  Tell it.
//    owns    *state is the caller's: gradmq_step_state_clear. What `states` point to is the step's, until
//            the next call that is not const.
//    errors  NO_MODEL, MEMORY; *state is then clear
GRADMQ_MUST_CHECK gradmq_err_t gradmq_step_export (const gradmq_step_t *self,
                                                   gradmq_step_state_t *state);
void gradmq_step_state_clear (gradmq_step_state_t *self);

//  Go on from there, under the same settings and layout; a load was made before.
//    errors  NO_MODEL; ARGUMENT: it is of another layout or optimizer, or no step makes such state.
//            Nothing is then changed.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_step_import (gradmq_step_t *self,
                                                   const gradmq_step_state_t *state,
                                                   gradmq_reason_t *reason);

//  What gradmq_step_prepare does for a model that comes with settings and a state of its own. Keeps what it
//  made until gradmq_step_restored takes it.
//    errors  as of gradmq_step_set, and ARGUMENT: it is of another layout or optimizer, or no step makes such
//            state
GRADMQ_MUST_CHECK gradmq_err_t gradmq_step_prepare_restored (gradmq_step_t *self,
                                                             const gradmq_settings_t *settings,
                                                             const gradmq_layout_t *layout,
                                                             const gradmq_step_state_t *state,
                                                             gradmq_reason_t *reason);

//  That model was loaded: go on from there, under those settings.
void gradmq_step_restored (gradmq_step_t *self, const gradmq_settings_t *settings, uint64_t tick);

//  Measure both norms of the next step that is made, which takes another pass or two; that of the update
//  not where a large model is written in place.
void gradmq_step_measure (gradmq_step_t *self);

//  How many members there are: what staleness_scale "members" divides by.
void gradmq_step_set_members (gradmq_step_t *self, size_t members);

size_t gradmq_step_members (const gradmq_step_t *self);

//  How many workers have shown themselves faulty in the step that is closed next: they count as some of the
//  `byzantine` ones, and are not among its contributors.
//    source  PROTOCOL.md, rule O-18
void gradmq_step_set_faulty (gradmq_step_t *self, size_t faulty);

size_t gradmq_step_faulty (const gradmq_step_t *self);

//  The settings in force, as gradmq_step_set took them.
const gradmq_settings_t *gradmq_step_settings (const gradmq_step_t *self);

//  The rate of the next step, and ticks of the schedule so far.
double gradmq_step_rate (const gradmq_step_t *self);
uint64_t gradmq_step_tick (const gradmq_step_t *self);

//  Bytes of optimizer state held, and of the spares that steps near overflow and trust ratios need.
uint64_t gradmq_step_state_bytes (const gradmq_step_t *self);

#endif
