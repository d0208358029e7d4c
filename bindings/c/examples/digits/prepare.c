//  Load a new network into a coordinator, tell it how to learn, and start it.

#include "options.h"
#include "recipe.h"

#include <gradmq.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const char *names [9], *values [9];
    size_t count;
} settings_t;

static void
s_put (settings_t *self, const char *name, const char *value)
{
    self->names [self->count] = name;
    self->values [self->count++] = value;
}

//  Federated averaging: the workers train, the coordinator takes the mean of what each of them changed.
static gradmq_err_t
s_merging (gradmq_remote_t *remote, const digits_options_t *options, gradmq_reason_t *why)
{
    char count [32];
    settings_t to = {.count = 0};
    snprintf (count, sizeof count, "%" PRIu64, options->parts);
    s_put (&to, "policy", options->policy);
    s_put (&to, "merge_count", count);
    s_put (&to, "optimizer", "sgd");
    s_put (&to, "learning_rate", "1");
    s_put (&to, "schedule", "constant");
    return gradmq_remote_set_parameters (remote, to.names, to.values, to.count, why);
}

//  The recipe of recipe.h in a coordinator's words.
static gradmq_err_t
s_settings (gradmq_remote_t *remote, const digits_options_t *options, gradmq_reason_t *why)
{
    char rate [32], beta1 [32], beta2 [32], epsilon [32], steps [32];
    settings_t to = {.count = 0};
    if (options->policy && strcmp (options->policy, "merge") == 0)
        return s_merging (remote, options, why);
    snprintf (rate, sizeof rate, "%.17g", DIGITS_LEARNING_RATE);
    snprintf (beta1, sizeof beta1, "%.17g", DIGITS_BETA1);
    snprintf (beta2, sizeof beta2, "%.17g", DIGITS_BETA2);
    snprintf (epsilon, sizeof epsilon, "%.17g", DIGITS_EPSILON);
    snprintf (steps, sizeof steps, "%" PRIu64, options->gradients);
    s_put (&to, "optimizer", "adam");
    s_put (&to, "learning_rate", rate);
    s_put (&to, "beta1", beta1);
    s_put (&to, "beta2", beta2);
    s_put (&to, "epsilon", epsilon);
    s_put (&to, "schedule", "cosine");
    s_put (&to, "schedule_steps", steps);
    if (options->policy)
        s_put (&to, "policy", options->policy);
    return gradmq_remote_set_parameters (remote, to.names, to.values, to.count, why);
}

static gradmq_err_t
s_load (gradmq_remote_t *remote, uint64_t seed, gradmq_reason_t *why)
{
    gradmq_tensor_info_t tensors [DIGITS_TENSORS];
    for (size_t i = 0; i < DIGITS_TENSORS; i++)
        tensors [i] = (gradmq_tensor_info_t){digits_tensors [i].name, digits_tensors [i].rank,
                                             digits_tensors [i].shape};
    gradmq_layout_info_t layout = {tensors, DIGITS_TENSORS, GRADMQ_F32};
    float parameters [DIGITS_PARAMETERS];
    digits_network_initialize (parameters, seed);
    return gradmq_remote_set_model_parameters (remote, &layout, GRADMQ_F32, parameters,
                                               sizeof parameters, why);
}

int
digits_prepare (const digits_options_t *options)
{
    if (!digits_options_need ("control", options->control))
        return 2;
    gradmq_remote_t *remote;
    gradmq_reason_t why = {0};
    gradmq_options_t connection = {.control = options->control,
                                   .model = options->model,
                                   .secret = options->secret,
                                   .server_key = options->server_key};
    gradmq_err_t err = gradmq_remote_open (&remote, &connection, &why);
    if (!err)
        err = s_settings (remote, options, &why);
    if (!err)
        err = s_load (remote, options->seed, &why);
    if (!err)
        err = gradmq_remote_start (remote, &why);
    if (err == GRADMQ_ERR_STATE)
        err = GRADMQ_OK;  //  it runs already
    if (err)
        fprintf (stderr, "gradmq-digits prepare: %s\n", why.text);
    gradmq_remote_close (&remote);
    return err ? 1 : 0;
}
