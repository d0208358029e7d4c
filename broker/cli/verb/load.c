#include "checkpoint/safetensors.h"
#include "cli/cli.h"
#include "cli/text.h"

#include <inttypes.h>
#include <stdlib.h>

//  The request's tensors, as they stand in the file's layout.
//    owns    the caller frees them; the names and shapes are the layout's
static gradmq_tensor_spec_t *
s_specs (const gradmq_layout_t *layout)
{
    size_t count = gradmq_layout_count (layout);
    gradmq_tensor_spec_t *specs = calloc (count, sizeof *specs);
    for (size_t i = 0; specs && i < count; i++) {
        const gradmq_tensor_t *tensor = gradmq_layout_tensor (layout, i);
        specs [i] = (gradmq_tensor_spec_t){
            .name = tensor->name, .rank = tensor->rank, .shape = tensor->shape};
    }
    return specs;
}

static gradmq_err_t
s_send (gradmq_cli_t *cli, const gradmq_safetensors_t *file, gradmq_reason_t *reason)
{
    const gradmq_layout_t *layout = gradmq_safetensors_layout (file);
    gradmq_tensor_spec_t *specs = s_specs (layout);
    if (!specs)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    gradmq_request_t request = {
        .command = GRADMQ_COMMAND_SET_MODEL_PARAMETERS,
        .tensors = specs,
        .tensor_count = gradmq_layout_count (layout),
        .layout_dtype = gradmq_layout_dtype (layout)->code,
        .dtype = gradmq_layout_dtype (layout)->code,
        .has_bytes = true,
        .bytes = gradmq_layout_bytes (layout),
    };
    const gradmq_reply_t *reply;
    gradmq_cli_conditions (cli, &request);
    gradmq_err_t err = gradmq_remote_call (cli->remote, &request, gradmq_safetensors_data (file),
                                           request.bytes, &reply, reason);
    free (specs);
    return err;
}

static void
s_say (gradmq_cli_t *cli, const gradmq_layout_t *layout, const char *state)
{
    char size [GRADMQ_TEXT_BYTES];
    uint64_t instance, epoch, version;
    gradmq_remote_position (cli->remote, &instance, &epoch, &version);
    gradmq_cli_say (cli,
                    "loaded %zu tensors, %" PRIu64 " parameters of %s, %s; epoch %" PRIu64
                    ", version %" PRIu64 "%s%s",
                    gradmq_layout_count (layout), gradmq_layout_elements (layout),
                    gradmq_layout_dtype (layout)->name,
                    gradmq_text_size (size, gradmq_layout_bytes (layout)), epoch, version,
                    state ? ", " : "", state ? state : "");
    if (!cli->json)
        return;
    gradmq_printer_t printer = gradmq_cli_begin_answer (cli);
    gradmq_printer_count (&printer, "tensors", gradmq_layout_count (layout));
    gradmq_printer_count (&printer, "elements", gradmq_layout_elements (layout));
    gradmq_printer_text (&printer, "dtype", gradmq_layout_dtype (layout)->name);
    gradmq_printer_count (&printer, "bytes", gradmq_layout_bytes (layout));
    gradmq_printer_id (&printer, "layout_id", gradmq_layout_id (layout));
    if (state)
        gradmq_printer_text (&printer, "state", state);
    gradmq_cli_end_answer (&printer);
}

//  Start, unless it runs: a model that is replaced in a running coordinator goes on.
static gradmq_err_t
s_start (gradmq_cli_t *cli, const char **state, gradmq_reason_t *reason)
{
    const gradmq_reply_t *reply;
    gradmq_request_t request = {.command = GRADMQ_COMMAND_START};
    gradmq_err_t err = gradmq_remote_call (cli->remote, &request, NULL, 0, &reply, reason);
    if (err && err != GRADMQ_ERR_STATE)
        return err;
    *state = gradmq_state_name (GRADMQ_STATE_RUNNING);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_verb_load (gradmq_cli_t *cli, gradmq_reason_t *reason)
{
    const char *named = gradmq_args_text (cli->args, GRADMQ_OPT_DTYPE, NULL);
    const gradmq_dtype_t *dtype = named ? gradmq_dtype_named (named) : NULL;
    const char *state = NULL;
    gradmq_safetensors_t *file = NULL;
    gradmq_err_t err = gradmq_safetensors_load (&file, gradmq_args_word (cli->args, 0),
                                                dtype ? dtype->code : 0, reason);
    if (!err)
        err = gradmq_cli_connect_patiently (cli, reason);
    if (!err)
        err = s_send (cli, file, reason);
    if (!err && gradmq_args_has (cli->args, GRADMQ_OPT_START))
        err = s_start (cli, &state, reason);
    if (!err)
        s_say (cli, gradmq_safetensors_layout (file), state);
    gradmq_safetensors_destroy (&file);
    return err;
}
