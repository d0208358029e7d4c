#include "step/self.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static gradmq_err_t
s_check_layout (const gradmq_step_t *self, const gradmq_gradient_t *gradient,
                gradmq_reason_t *reason)
{
    if (!self->plan)
        return gradmq_refuse (reason, GRADMQ_ERR_NO_MODEL,
                              "no model is loaded yet; load one first");
    uint64_t id = gradmq_layout_id (self->plan->layout);
    if (gradient->layout == id || (gradient->kind == GRADMQ_KIND_SKIP && gradient->layout == 0))
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_LAYOUT,
                          "layout %016" PRIx64 "; the model's is %016" PRIx64 ", see Describe",
                          gradient->layout, id);
}

//  The kinds that a policy takes, commas between.
static const char *
s_kinds (const gradmq_policy_t *policy, char *text, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < policy->kind_count && used < size; i++)
        used += (size_t) snprintf (text + used, size - used, "%s, ",
                                   gradmq_kind_name (policy->kinds [i]));
    return text;
}

static gradmq_err_t
s_check_kind (const gradmq_step_t *self, const gradmq_gradient_t *gradient, gradmq_reason_t *reason)
{
    char kinds [64] = "";
    if (!gradmq_policy_takes (self->policy, gradient->kind))
        return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                              "policy %s does not take kind %s (%" PRIu32 "); it takes %sSKIP",
                              self->policy->name, gradmq_kind_name (gradient->kind), gradient->kind,
                              s_kinds (self->policy, kinds, sizeof kinds));
    if (gradient->weight == 1.0 || (self->rule && self->rule->weighs))
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                          "weight %g; %s %s does not weigh, so leave it out or set rule to "
                          "weighted_mean",
                          gradient->weight, self->rule ? "rule" : "policy",
                          self->rule ? self->rule->name : self->policy->name);
}

//  A rule that compares gradients takes whole ones, and one of a worker.
static gradmq_err_t
s_check_rule (const gradmq_step_t *self, const gradmq_gradient_t *gradient, gradmq_reason_t *reason)
{
    if (!self->rule || !self->rule->compares || gradient->kind == GRADMQ_KIND_SKIP)
        return GRADMQ_OK;
    if (gradient->has_clock && !gradient->last_of_clock)
        return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                              "rule %s takes one gradient of a worker; add them up and set "
                              "last_of_clock",
                              self->rule->name);
    if (gradmq_step_complete (gradient, self->plan->layout))
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                          "rule %s compares whole gradients; send every tensor, and none as ROWS",
                          self->rule->name);
}

static gradmq_err_t
s_check_rows (const gradmq_step_t *self, const gradmq_gradient_t *gradient, gradmq_reason_t *reason)
{
    const gradmq_plan_t *plan = self->plan;
    for (size_t i = 0; i < gradient->part_count; i++) {
        const gradmq_part_t *part = &gradient->parts [i];
        if (part->encoding != GRADMQ_ENCODING_ROWS)
            continue;
        const gradmq_plan_group_t *group = &plan->groups [plan->tensors [part->tensor].group];
        const char *name = gradmq_layout_tensor (plan->layout, part->tensor)->name;
        if (plan->optimizer->trust_ratio)
            return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                                  "ROWS for tensor '%s' with optimizer %s, which needs the norm of "
                                  "the whole tensor; send it DENSE",
                                  name, plan->optimizer->name);
        if (group->terms.l2 > 0.0)
            return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                                  "ROWS for tensor '%s' with l2 %g, which is for all rows; send it "
                                  "DENSE or set l2 to 0",
                                  name, group->terms.l2);
    }
    return GRADMQ_OK;
}

static gradmq_err_t
s_check_base (const gradmq_step_t *self, uint64_t epoch, uint64_t version,
              const gradmq_gradient_t *gradient, gradmq_reason_t *reason)
{
    uint64_t most = self->settings.max_staleness;
    bool scales = strcmp (self->settings.staleness_scale, "none") != 0;
    if (!gradient->has_base) {
        if (most == 0 && !scales)
            return GRADMQ_OK;
        return gradmq_refuse (reason, GRADMQ_ERR_BASE,
                              "max_staleness is %" PRIu64
                              " and staleness_scale is %s, so a gradient "
                              "needs based_on",
                              most, self->settings.staleness_scale);
    }
    if (gradient->base_epoch != epoch)
        return gradmq_refuse (reason, GRADMQ_ERR_EPOCH,
                              "made from epoch %" PRIu64 "; the model is in epoch %" PRIu64
                              ", fetch it again",
                              gradient->base_epoch, epoch);
    if (gradient->base_version > version)
        return gradmq_refuse (reason, GRADMQ_ERR_EPOCH,
                              "made from version %" PRIu64 "; the newest is %" PRIu64
                              ", fetch it again",
                              gradient->base_version, version);
    if (most && version - gradient->base_version > most)
        return gradmq_refuse (reason, GRADMQ_ERR_STALE,
                              "made from version %" PRIu64 ", %" PRIu64
                              " behind the newest; max_staleness is %" PRIu64,
                              gradient->base_version, version - gradient->base_version, most);
    return GRADMQ_OK;
}

//  Parameters are merged by what they differ from the ones that they were made from.
static gradmq_err_t
s_check_parameters (const gradmq_model_t *model, const gradmq_gradient_t *gradient,
                    gradmq_reason_t *reason)
{
    if (gradient->kind != GRADMQ_KIND_MODEL_PARAMETERS)
        return GRADMQ_OK;
    for (size_t i = 0; i < gradient->part_count; i++)
        if (gradient->parts [i].encoding == GRADMQ_ENCODING_ROWS)
            return gradmq_refuse (
                reason, GRADMQ_ERR_UNSUPPORTED,
                "kind MODEL_PARAMETERS with ROWS; send whole tensors, or kind DELTA");
    if (!gradient->has_base || gradmq_model_retained (model, gradient->base_version))
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_BASE,
                          "version %" PRIu64 " is not kept any more, so its difference cannot be "
                          "taken; raise pinned_snapshots, or send kind DELTA",
                          gradient->base_version);
}

gradmq_err_t
gradmq_step_admit_at (const gradmq_step_t *self, uint64_t epoch, uint64_t version,
                      const gradmq_gradient_t *gradient, gradmq_reason_t *reason)
{
    gradmq_err_t rc = s_check_layout (self, gradient, reason);
    if (!rc)
        rc = s_check_kind (self, gradient, reason);
    if (!rc)
        rc = s_check_rule (self, gradient, reason);
    if (!rc)
        rc = s_check_rows (self, gradient, reason);
    if (!rc)
        rc = s_check_base (self, epoch, version, gradient, reason);
    return rc;
}

gradmq_err_t
gradmq_step_admit (const gradmq_step_t *self, const gradmq_model_t *model,
                   const gradmq_gradient_t *gradient, gradmq_reason_t *reason)
{
    gradmq_err_t rc = gradmq_step_admit_at (self, gradmq_model_epoch (model),
                                            gradmq_model_version (model), gradient, reason);
    return rc ? rc : s_check_parameters (model, gradient, reason);
}
