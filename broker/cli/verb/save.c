#include "checkpoint/safetensors.h"
#include "cli/cli.h"
#include "cli/text.h"

#include <inttypes.h>
#include <stdlib.h>

//  The layout that the reply told, as the file writer wants it.
static gradmq_err_t
s_layout (gradmq_layout_t **layout, const gradmq_layout_info_t *info, gradmq_reason_t *reason)
{
    gradmq_tensor_spec_t *specs = calloc (info->count ? info->count : 1, sizeof *specs);
    if (!specs)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < info->count; i++)
        specs [i] = (gradmq_tensor_spec_t){.name = info->tensors [i].name,
                                           .rank = info->tensors [i].rank,
                                           .shape = info->tensors [i].shape};
    gradmq_err_t err = gradmq_layout_open (layout, specs, info->count, info->dtype, reason);
    free (specs);
    return err;
}

static gradmq_err_t
s_write (gradmq_cli_t *cli, const gradmq_layout_t *layout, const gradmq_parameters_view_t *view,
         gradmq_reason_t *reason)
{
    char epoch [GRADMQ_TEXT_BYTES], version [GRADMQ_TEXT_BYTES], product [64];
    snprintf (product, sizeof product, "gradmq %s", gradmq_version ());
    const gradmq_metadata_t metadata [] = {
        {"format", "pt"},
        {"gradmq.model", gradmq_remote_model (cli->remote)},
        {"gradmq.epoch", gradmq_text_count (epoch, view->epoch)},
        {"gradmq.version", gradmq_text_count (version, view->version)},
        {"gradmq.product", product},
    };
    const gradmq_dtype_t *dtype = gradmq_dtype (view->dtype);
    if (!dtype || view->bytes != gradmq_layout_elements (layout) * dtype->size)
        return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                              "the stream's numbers cannot stand in a safetensors file; take"
                              " --stream f32");
    return gradmq_safetensors_save (gradmq_args_word (cli->args, 0), layout, dtype, view->data,
                                    metadata, sizeof metadata / sizeof metadata [0], reason);
}

static void
s_say (gradmq_cli_t *cli, const gradmq_layout_t *layout, const gradmq_parameters_view_t *view)
{
    char size [GRADMQ_TEXT_BYTES];
    const char *path = gradmq_args_word (cli->args, 0);
    gradmq_cli_say (cli,
                    "saved version %" PRIu64 " of epoch %" PRIu64 ": %zu tensors of %s, %s, to %s",
                    view->version, view->epoch, gradmq_layout_count (layout),
                    gradmq_dtype (view->dtype)->name, gradmq_text_size (size, view->bytes), path);
    if (!cli->json)
        return;
    gradmq_printer_t printer = gradmq_cli_begin_answer (cli);
    gradmq_printer_count (&printer, "epoch", view->epoch);
    gradmq_printer_count (&printer, "version", view->version);
    gradmq_printer_text (&printer, "path", path);
    gradmq_printer_count (&printer, "tensors", gradmq_layout_count (layout));
    gradmq_printer_text (&printer, "dtype", gradmq_dtype (view->dtype)->name);
    gradmq_printer_count (&printer, "bytes", view->bytes);
    gradmq_cli_end_answer (&printer);
}

gradmq_err_t
gradmq_verb_save (gradmq_cli_t *cli, gradmq_reason_t *reason)
{
    gradmq_parameters_view_t view;
    const gradmq_layout_info_t *info;
    gradmq_layout_t *layout = NULL;
    gradmq_err_t err = gradmq_cli_connect_patiently (cli, reason);
    if (!err)
        err = gradmq_remote_get_model_parameters (
            cli->remote, gradmq_args_text (cli->args, GRADMQ_OPT_STREAM, NULL), &view, &info,
            reason);
    if (!err)
        err = s_layout (&layout, info, reason);
    if (!err)
        err = s_write (cli, layout, &view, reason);
    if (!err)
        s_say (cli, layout, &view);
    gradmq_layout_release (&layout);
    return err;
}
