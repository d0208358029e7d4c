#include "checkpoint/safetensors.h"
#include "cli/cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool
s_same_shape (const gradmq_tensor_t *a, const gradmq_tensor_spec_t *b)
{
    //  A scalar has no shape to look at.
    return a->rank == b->rank
           && (!a->rank || memcmp (a->shape, b->shape, a->rank * sizeof *a->shape) == 0);
}

static void
s_write_shape (char *text, size_t size, const uint64_t *shape, uint32_t rank)
{
    size_t at = (size_t) snprintf (text, size, "[");
    for (uint32_t i = 0; i < rank && at < size; i++)
        at += (size_t) snprintf (text + at, size - at, "%s%" PRIu64, i ? ", " : "", shape [i]);
    if (at < size)
        snprintf (text + at, size - at, "]");
}

static gradmq_err_t
s_refuse_shape (const gradmq_tensor_t *tensor, const gradmq_tensor_spec_t *spec,
                gradmq_reason_t *reason)
{
    char have [96], want [96];
    s_write_shape (have, sizeof have, tensor->shape, tensor->rank);
    s_write_shape (want, sizeof want, spec->shape, spec->rank);
    return gradmq_refuse (reason, GRADMQ_ERR_LAYOUT,
                          "tensor \"%.128s\" has the shape %s in the file and %s in the model",
                          tensor->name, have, want);
}

//  One part for each tensor of the model that the file has, in the model's order.
typedef struct {
    gradmq_part_info_t *parts;
    size_t count, model_count;
    bool merged;                     //  they wait for others:
    uint64_t contributions, needed;  //  so many are there, and so many make a step
} s_parts_t;

//  The index of the tensor of that name in the file; its count when there is none.
static size_t
s_find (const gradmq_layout_t *layout, const char *name)
{
    size_t i = 0;
    while (i < gradmq_layout_count (layout)
           && strcmp (gradmq_layout_tensor (layout, i)->name, name) != 0)
        i++;
    return i;
}

//  A tensor of the file that the model has not got: the first one.
static gradmq_err_t
s_refuse_stranger (const gradmq_layout_t *layout, const gradmq_description_t *model,
                   gradmq_reason_t *reason)
{
    for (size_t i = 0; i < gradmq_layout_count (layout); i++) {
        const char *name = gradmq_layout_tensor (layout, i)->name;
        size_t j = 0;
        while (j < model->tensor_count && strcmp (model->tensors [j].name, name) != 0)
            j++;
        if (j == model->tensor_count)
            return gradmq_refuse (reason, GRADMQ_ERR_LAYOUT,
                                  "the model has no tensor \"%.128s\"; `gradmq describe` lists"
                                  " those it has",
                                  name);
    }
    return GRADMQ_OK;
}

static gradmq_err_t
s_match (s_parts_t *self, const gradmq_safetensors_t *file, const gradmq_description_t *model,
         gradmq_reason_t *reason)
{
    const gradmq_layout_t *layout = gradmq_safetensors_layout (file);
    size_t size = gradmq_layout_dtype (layout)->size;
    const char *data = gradmq_safetensors_data (file);
    if (!model->tensor_count)
        return gradmq_refuse (reason, GRADMQ_ERR_NO_MODEL,
                              "no model is loaded yet; `gradmq load` loads one");
    gradmq_err_t err = s_refuse_stranger (layout, model, reason);
    if (err)
        return err;
    self->model_count = model->tensor_count;
    self->parts = calloc (model->tensor_count, sizeof *self->parts);
    if (!self->parts)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < model->tensor_count; i++) {
        size_t at = s_find (layout, model->tensors [i].name);
        if (at == gradmq_layout_count (layout))
            continue;
        const gradmq_tensor_t *tensor = gradmq_layout_tensor (layout, at);
        if (!s_same_shape (tensor, &model->tensors [i]))
            return s_refuse_shape (tensor, &model->tensors [i], reason);
        self->parts [self->count++] =
            (gradmq_part_info_t){.tensor = (uint32_t) i, .data = data + tensor->first * size};
    }
    return GRADMQ_OK;
}

static void
s_say (gradmq_cli_t *cli, const s_parts_t *parts, bool dry_run)
{
    uint64_t instance, epoch, version;
    gradmq_remote_position (cli->remote, &instance, &epoch, &version);
    if (dry_run)
        gradmq_cli_say (cli, "it would be taken: %zu of %zu tensors", parts->count,
                        parts->model_count);
    else if (parts->merged)
        gradmq_cli_say (cli,
                        "taken: %zu of %zu tensors; %" PRIu64 " of %" PRIu64
                        " contributions are there, the model is at version %" PRIu64,
                        parts->count, parts->model_count, parts->contributions, parts->needed,
                        version);
    else
        gradmq_cli_say (cli, "applied: %zu of %zu tensors; the model is at version %" PRIu64,
                        parts->count, parts->model_count, version);
    if (!cli->json)
        return;
    gradmq_printer_t printer = gradmq_cli_begin_answer (cli);
    gradmq_printer_count (&printer, "tensors", parts->count);
    gradmq_printer_flag (&printer, "partial", parts->count < parts->model_count);
    gradmq_printer_flag (&printer, "dry_run", dry_run);
    gradmq_printer_text (&printer, "disposition",
                         dry_run || parts->merged ? NULL
                                                  : gradmq_disposition_name (GRADMQ_APPLIED));
    if (parts->merged) {
        gradmq_printer_count (&printer, "contributions", parts->contributions);
        gradmq_printer_count (&printer, "needed", parts->needed);
    }
    gradmq_cli_end_answer (&printer);
}

static gradmq_push_t
s_wanted (const gradmq_cli_t *cli, const gradmq_layout_t *layout)
{
    const gradmq_given_t *weight = gradmq_args_option (cli->args, GRADMQ_OPT_WEIGHT);
    const gradmq_given_t *clock = gradmq_args_option (cli->args, GRADMQ_OPT_CLOCK);
    const char *kind = gradmq_args_text (cli->args, GRADMQ_OPT_KIND, "gradient");
    return (gradmq_push_t){
        .dtype = gradmq_layout_dtype (layout)->code,
        .without_base = !gradmq_args_has (cli->args, GRADMQ_OPT_BASE),
        .weight = weight ? weight->real : 0,
        .has_clock = clock != NULL,
        .clock = clock ? clock->count : 0,
        .last_of_clock = clock != NULL,
        .kind = strcmp (kind, "delta") == 0      ? GRADMQ_DELTA
                : strcmp (kind, "gradient") == 0 ? GRADMQ_GRADIENT
                                                 : GRADMQ_MODEL_PARAMETERS,
    };
}

//  Parameters wait for others: what became of them is not waited for, but how many there are is asked.
static gradmq_err_t
s_merge (gradmq_cli_t *cli, s_parts_t *parts, const gradmq_push_t *push, bool dry_run,
         gradmq_reason_t *reason)
{
    gradmq_err_t err = gradmq_remote_add_model_parameters (cli->remote, parts->parts, parts->count,
                                                           push, dry_run, reason);
    parts->merged = !dry_run;
    if (!err && !dry_run)
        err = gradmq_remote_contributions (cli->remote, &parts->contributions, &parts->needed,
                                           reason);
    return err;
}

static gradmq_err_t
s_push (gradmq_cli_t *cli, const gradmq_safetensors_t *file, gradmq_reason_t *reason)
{
    s_parts_t parts = {.count = 0};
    const gradmq_reply_t *reply;
    gradmq_request_t request = {.command = GRADMQ_COMMAND_DESCRIBE};
    bool dry_run = gradmq_args_has (cli->args, GRADMQ_OPT_DRY_RUN);
    gradmq_push_t push = s_wanted (cli, gradmq_safetensors_layout (file));
    gradmq_err_t err = gradmq_remote_call (cli->remote, &request, NULL, 0, &reply, reason);
    if (!err)
        err = s_match (&parts, file, &reply->description, reason);
    if (!err && !push.without_base)
        gradmq_remote_base_on_newest (cli->remote);
    if (!err && push.kind == GRADMQ_GRADIENT)
        err = gradmq_remote_add_gradients (cli->remote, parts.parts, parts.count, &push, dry_run,
                                           reason);
    else if (!err)
        err = s_merge (cli, &parts, &push, dry_run, reason);
    if (!err)
        s_say (cli, &parts, dry_run);
    free (parts.parts);
    return err;
}

gradmq_err_t
gradmq_verb_push (gradmq_cli_t *cli, gradmq_reason_t *reason)
{
    gradmq_safetensors_t *file = NULL;
    gradmq_err_t err = gradmq_safetensors_load (&file, gradmq_args_word (cli->args, 0), 0, reason);
    if (!err)
        err = gradmq_cli_connect_patiently (cli, reason);
    if (!err)
        err = s_push (cli, file, reason);
    gradmq_safetensors_destroy (&file);
    return err;
}
