#include "step/self.h"

#include <inttypes.h>

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

static gradmq_err_t
s_check_kind (const gradmq_gradient_t *gradient, gradmq_reason_t *reason)
{
    if (gradient->kind != GRADMQ_KIND_GRADIENT && gradient->kind != GRADMQ_KIND_SKIP)
        return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                              "policy async does not take kind %s (%" PRIu32
                              "); it takes GRADIENT and SKIP",
                              gradmq_kind_name (gradient->kind), gradient->kind);
    if (gradient->weight != 1.0)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "weight %g; policy async does not weigh, so leave it out",
                              gradient->weight);
    return GRADMQ_OK;
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
    if (!gradient->has_base) {
        if (most == 0)
            return GRADMQ_OK;
        return gradmq_refuse (reason, GRADMQ_ERR_BASE,
                              "max_staleness is %" PRIu64 ", so a gradient needs based_on", most);
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

gradmq_err_t
gradmq_step_admit_at (const gradmq_step_t *self, uint64_t epoch, uint64_t version,
                      const gradmq_gradient_t *gradient, gradmq_reason_t *reason)
{
    gradmq_err_t rc = s_check_layout (self, gradient, reason);
    if (!rc)
        rc = s_check_kind (gradient, reason);
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
    return gradmq_step_admit_at (self, gradmq_model_epoch (model), gradmq_model_version (model),
                                 gradient, reason);
}
