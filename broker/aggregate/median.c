#include "aggregate/linear.h"
#include "aggregate/middle.h"

//  Leaves the middle value, or the two middle ones.
static void
s_weigh (const gradmq_settings_t *settings, const double *given, size_t contributions,
         double *weight, size_t *trim)
{
    gradmq_linear_weigh_alike (settings, given, contributions, weight, trim);
    *trim = (contributions - 1) / 2;
}

const gradmq_rule_t gradmq_rule_median = {
    .name = "median",
    .source = "Yin et al. 2018, Byzantine-Robust Distributed Learning, algorithm 1, option I",
    .compares = true,
    .weigh = s_weigh,
    .block_f32 = gradmq_middle_f32,
    .block_f64 = gradmq_middle_f64,
};
