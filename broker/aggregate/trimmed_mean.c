#include "aggregate/linear.h"
#include "aggregate/middle.h"

#include <math.h>

//  What a product may lack of a whole number through rounding: 0.29 x 100 is below 29.
#define ALLOWANCE 1e-9

static const gradmq_setting_id_t s_reads [] = {GRADMQ_SETTING_trim_fraction};

static void
s_weigh (const gradmq_settings_t *settings, const double *given, size_t contributions,
         double *weight, size_t *trim)
{
    gradmq_linear_weigh_alike (settings, given, contributions, weight, trim);
    *trim = (size_t) floor (settings->trim_fraction * (double) contributions + ALLOWANCE);
}

const gradmq_rule_t gradmq_rule_trimmed_mean = {
    .name = "trimmed_mean",
    .source = "Yin et al. 2018, Byzantine-Robust Distributed Learning, algorithm 1, option II",
    .reads = s_reads,
    .read_count = sizeof s_reads / sizeof s_reads [0],
    .compares = true,
    .weigh = s_weigh,
    .block_f32 = gradmq_middle_f32,
    .block_f64 = gradmq_middle_f64,
};
