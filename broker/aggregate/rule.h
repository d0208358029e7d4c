//  Rules: how the contributions to one step become one gradient. A file and a row each (rule.def).
//
//  A rule works on blocks: the same stretch of elements of every contribution, in the master dtype.
//  It is elementwise but for what it makes of distances beforehand (select, mix), so that block bounds,
//  instruction set and threads do not change a bit. Contributions come in an order that does not
//  depend on their arrival.

#ifndef GRADMQ_AGGREGATE_RULE_H
#define GRADMQ_AGGREGATE_RULE_H

#include "settings/settings.h"

#define GRADMQ_AGGREGATE_BLOCK 4096u
#define GRADMQ_CONTRIBUTIONS_MAX 4096u

//  The same stretch of elements of every contribution. All values are finite.
typedef struct {
    const void *const *x;  //  one a contribution, master dtype, any alignment
    const double *weight;  //  one a contribution; what `weigh` made
    size_t contributions;  //  1 to GRADMQ_CONTRIBUTIONS_MAX
    size_t count;          //  elements, at most GRADMQ_AGGREGATE_BLOCK
    size_t trim;           //  what `weigh` made: how many values are left out at each end
    const bool *near;      //  [contributions * contributions], what `mix` made; else NULL
    void *mixed;           //  room for contributions * count elements; NULL without `near`
    void *out;             //  `count` elements in the master dtype, any alignment; overlaps no x
} gradmq_gather_t;

typedef void gradmq_gather_pass_t (const gradmq_gather_t *gather);

typedef struct {
    const char *name;
    const char *source;                //  paper and algorithm; NULL where there is nothing to cite
    const gradmq_setting_id_t *reads;  //  NULL when read_count is 0
    size_t read_count;
    bool weighs;    //  a contribution's weight has an effect
    bool compares;  //  compares contributions with each other: takes whole gradients only, and one
                    //  of a worker
    bool selects;   //  leaves whole contributions out: has `select`

    //  Fewest contributions for which the rule is defined under these settings; NULL: 1.
    size_t (*least) (const gradmq_settings_t *settings);

    //  Weights of the contributions to one tensor, as the pass wants them (a mean divides here, in
    //  F64), and gather->trim. `given`: what the contributions state, finite and above 0. Where the
    //  rule selects, the contributions are those that were chosen.
    void (*weigh) (const gradmq_settings_t *settings, const double *given, size_t contributions,
                   double *weight, size_t *trim);

    //  Which contributions take part, from the squared distances between all of them, row-major, as
    //  gradmq_kernel_distances_* makes them (kernel/kernel.h). NULL unless `selects`. Ties go to the
    //  earlier contribution.
    //    shape  distances [n * n]; chosen [n]; least <= n <= GRADMQ_CONTRIBUTIONS_MAX
    void (*select) (const gradmq_settings_t *settings, const double *distances, size_t n,
                    bool *chosen);

    //  Which contributions are near to each: near [i * n + j] is true for each j, i itself among them,
    //  whose mean stands in for contribution i. Shapes and ties as for `select`. NULL where a rule does
    //  not mix.
    void (*mix) (const gradmq_settings_t *settings, const double *distances, size_t n, bool *near);

    gradmq_gather_pass_t *block_f32, *block_f64;
} gradmq_rule_t;

//  NULL when there is none of this name, or past the last.
const gradmq_rule_t *gradmq_rule_find (const char *name);
const gradmq_rule_t *gradmq_rule_at (size_t index);

//  True when this rule reads this setting.
bool gradmq_rule_reads (const gradmq_rule_t *self, gradmq_setting_id_t id);

//  Fewest contributions that it needs.
size_t gradmq_rule_least (const gradmq_rule_t *self, const gradmq_settings_t *settings);

#endif
