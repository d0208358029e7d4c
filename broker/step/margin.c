#include "step/margin.h"

#define S_BETA1_LAG 1e6  //  1 / (1 - beta1) at the end of its range
#define S_RHO_LAG 1e6    //  1 / (1 - rho) at the end of its range
#define S_SLACK 4.0

static bool
s_holds (const gradmq_plan_t *plan, const gradmq_plan_group_t *group, double rate, double gradient,
         double bound)
{
    const gradmq_optimizer_t *optimizer = plan->optimizer;
    const gradmq_terms_t *terms = &group->terms;
    double divisor = 1.0, lag = 1.0;
    if (gradmq_optimizer_reads (optimizer, GRADMQ_SETTING_epsilon) && terms->epsilon < 1.0)
        divisor = terms->epsilon;
    if (gradmq_optimizer_reads (optimizer, GRADMQ_SETTING_beta1))
        lag = S_BETA1_LAG;
    double spread = gradmq_optimizer_reads (optimizer, GRADMQ_SETTING_rho) ? S_RHO_LAG : 1.0;
    double l2 = terms->l2 > 0.0 ? terms->l2 : 0.0;
    double decay = terms->weight_decay > 0.0 ? terms->weight_decay : 0.0;
    double g = gradient + l2 * bound;
    double quotient = 2.0 * (bound + g) * lag / divisor;
    double square = spread * (2.0 * bound + 1.0) + g * g;
    double scaled = rate * group->rate_scale;
    double step = scaled * quotient + scaled * decay * bound;
    double most = S_SLACK * (quotient + square + step + bound + scaled);
    return most < plan->real->safe_limit;
}

bool
gradmq_margin_holds (const gradmq_plan_t *plan, double rate, double gradient, double bound)
{
    if (plan->optimizer->trust_ratio)
        return false;
    for (size_t i = 0; i < plan->group_count; i++)
        if (!plan->groups [i].frozen && !s_holds (plan, &plan->groups [i], rate, gradient, bound))
            return false;
    return true;
}
