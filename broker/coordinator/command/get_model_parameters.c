#include "coordinator/command.h"

#include <string.h>

//  True when the asker has this version or a newer one.
static bool
s_unchanged (const gradmq_exchange_t *exchange)
{
    const gradmq_request_t *request = exchange->request;
    const gradmq_model_t *model = exchange->engine->model;
    return request->has_newer_than && request->newer_epoch == gradmq_model_epoch (model)
           && request->newer_version >= gradmq_model_version (model);
}

static gradmq_err_t
s_unknown_stream (gradmq_exchange_t *exchange)
{
    char names [64] = "";
    size_t at = 0;
    const gradmq_form_t *form;
    for (size_t i = 0; (form = gradmq_form_at (i)) && at < sizeof names; i++)
        at += (size_t) snprintf (names + at, sizeof names - at, " %s", form->name);
    return gradmq_refuse (exchange->reason, GRADMQ_ERR_UNSUPPORTED,
                          "there is no stream \"%s\"; there are:%s", exchange->request->stream,
                          names);
}

gradmq_err_t
gradmq_command_get_model_parameters (gradmq_exchange_t *exchange)
{
    gradmq_engine_t *engine = exchange->engine;
    const gradmq_layout_t *layout = gradmq_model_layout (engine->model);
    const char *stream = exchange->request->stream;
    if (!layout)
        return gradmq_refuse (exchange->reason, GRADMQ_ERR_NO_MODEL, "no model is loaded yet");
    const gradmq_form_t *form =
        gradmq_form_named (stream ? stream : gradmq_layout_dtype (layout)->stream);
    if (!form)
        return s_unknown_stream (exchange);
    exchange->reply->answer = GRADMQ_ANSWER_MODEL_PARAMETERS;
    gradmq_model_parameters_t *answer = &exchange->reply->model_parameters;
    *answer = (gradmq_model_parameters_t){
        .unchanged = s_unchanged (exchange),
        .stream = form->name,
        .layout_id = gradmq_layout_id (layout),
        .dtype = form->dtype,
        .encoding = form->encoding,
        .stream_sequence = gradmq_publisher_sequence (exchange->publisher, form->name),
    };
    if (answer->unchanged)
        return GRADMQ_OK;
    if (gradmq_engine_pinned_full (engine))
        return gradmq_refuse (exchange->reason, GRADMQ_ERR_BUSY,
                              "readers hold %zu versions, which is the limit; ask again shortly",
                              gradmq_model_pinned (engine->model));
    gradmq_err_t err = gradmq_streams_image (gradmq_publisher_streams (exchange->publisher),
                                             engine->model, form, &exchange->image);
    if (!err)
        answer->bytes = gradmq_image_size (exchange->image);
    return err;
}
