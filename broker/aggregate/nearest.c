#include "aggregate/nearest.h"

#include "aggregate/linear.h"
#include "aggregate/middle.h"

#include <assert.h>
#include <string.h>

size_t
gradmq_nearest_least (const gradmq_settings_t *settings)
{
    return 2 * (size_t) settings->byzantine + 3;
}

//  Contribution i's score over its `near` nearest others.
static double
s_score (const double *distances, size_t n, size_t i, size_t near)
{
    double others [GRADMQ_CONTRIBUTIONS_MAX], score = 0;
    const double *row = distances + i * n;
    memcpy (others, row, i * sizeof *row);
    memcpy (others + i, row + i + 1, (n - i - 1) * sizeof *row);
    gradmq_middle_sort (others, n - 1);
    for (size_t j = 0; j < near; j++)
        score += others [j];
    return score;
}

//  How many come before i.
static size_t
s_rank (const double *scores, size_t n, size_t i)
{
    size_t before = 0;
    for (size_t j = 0; j < n; j++)
        before += scores [j] < scores [i] || (!(scores [j] > scores [i]) && j < i);
    return before;
}

void
gradmq_nearest_choose (const gradmq_settings_t *settings, const double *distances, size_t n,
                       size_t most, bool *chosen)
{
    double scores [GRADMQ_CONTRIBUTIONS_MAX];
    assert (n >= gradmq_nearest_least (settings) && n <= GRADMQ_CONTRIBUTIONS_MAX);
    for (size_t i = 0; i < n; i++)
        scores [i] = s_score (distances, n, i, n - (size_t) settings->byzantine - 2);
    for (size_t i = 0; i < n; i++)
        chosen [i] = s_rank (scores, n, i) < most;
}

//  One row of `near`: all that are nearer than the last of the nearest, and as many as far as that one
//  as there is room for.
static void
s_near (const double *distances, size_t n, size_t i, size_t most, bool *near)
{
    double in_order [GRADMQ_CONTRIBUTIONS_MAX];
    size_t room = most;
    memcpy (in_order, distances, n * sizeof *distances);
    in_order [i] = -1.0;
    gradmq_middle_sort (in_order, n);
    double last = in_order [most - 1];
    for (size_t j = 0; j < n; j++) {
        near [j] = j == i || distances [j] < last;
        room -= near [j];
    }
    for (size_t j = 0; j < n && room; j++)
        if (!near [j] && distances [j] <= last) {
            near [j] = true;
            room--;
        }
}

void
gradmq_nearest_each (const gradmq_settings_t *settings, const double *distances, size_t n,
                     bool *near)
{
    size_t most = n - (size_t) settings->byzantine;
    assert (settings->byzantine < n && n <= GRADMQ_CONTRIBUTIONS_MAX);
    for (size_t i = 0; i < n; i++)
        s_near (distances + i * n, n, i, most, near + i * n);
}

#define MIX(t, real)                                                                               \
    void gradmq_nearest_mix_##t (const gradmq_gather_t *gather, const void **x)                    \
    {                                                                                              \
        const void *of [GRADMQ_CONTRIBUTIONS_MAX];                                                 \
        double weight [GRADMQ_CONTRIBUTIONS_MAX];                                                  \
        size_t n = gather->contributions;                                                          \
        real *row = gather->mixed;                                                                 \
        assert (gather->near);                                                                     \
        assert (n <= GRADMQ_CONTRIBUTIONS_MAX);                                                    \
        for (size_t i = 0; i < n; i++, row += gather->count) {                                     \
            gradmq_gather_t mean = {                                                               \
                .x = of, .weight = weight, .count = gather->count, .out = row};                    \
            for (size_t j = 0; j < n; j++)                                                         \
                if (gather->near [i * n + j])                                                      \
                    of [mean.contributions++] = gather->x [j];                                     \
            gradmq_linear_weigh_alike (NULL, NULL, mean.contributions, weight, &mean.trim);        \
            gradmq_linear_##t (&mean);                                                             \
            x [i] = row;                                                                           \
        }                                                                                          \
    }

MIX (f32, float)
MIX (f64, double)
