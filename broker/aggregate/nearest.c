#include "aggregate/nearest.h"

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
