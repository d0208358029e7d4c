#include "coordinator/self.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const void *data;
    uint64_t bytes;
    bool one_tensor;
    uint32_t tensor;
    gradmq_kind_t kind;
    double weight;
    gradmq_err_t err;
    gradmq_reason_t *why;
} s_add_t;

//  Fill a part that says "this tensor, all of it".
static gradmq_err_t
s_one_part (gradmq_engine_t *engine, const s_add_t *args, gradmq_gradient_t *gradient)
{
    const gradmq_layout_t *layout = gradmq_model_layout (engine->model);
    if (args->tensor >= gradmq_layout_count (layout))
        return gradmq_refuse (args->why, GRADMQ_ERR_ARGUMENT,
                              "there is no tensor %u; the model has %zu", args->tensor,
                              gradmq_layout_count (layout));
    gradient->parts = calloc (1, sizeof *gradient->parts);
    gradient->stated_bytes = malloc (sizeof *gradient->stated_bytes);
    if (!gradient->parts || !gradient->stated_bytes)
        return gradmq_refuse (args->why, GRADMQ_ERR_MEMORY, "no memory for a gradient");
    gradient->part_count = 1;
    gradient->parts [0] =
        (gradmq_part_t){.tensor = args->tensor, .encoding = GRADMQ_ENCODING_DENSE};
    gradient->stated_bytes [0] = args->bytes;
    return GRADMQ_OK;
}

static gradmq_err_t
s_fill (gradmq_engine_t *engine, const s_add_t *args, gradmq_entry_t *entry)
{
    zmq_msg_t message;
    if (!gradmq_model_loaded (engine->model))
        return gradmq_refuse (args->why, GRADMQ_ERR_NO_MODEL, "no model is loaded yet");
    if (args->bytes == 0)
        return gradmq_refuse (args->why, GRADMQ_ERR_LENGTH, "the gradient is empty");
    if (zmq_msg_init_size (&message, (size_t) args->bytes))
        return gradmq_refuse (args->why, GRADMQ_ERR_MEMORY, "no memory for a gradient");
    memcpy (zmq_msg_data (&message), args->data, (size_t) args->bytes);
    gradmq_err_t err = gradmq_entry_add_frame (entry, &message);
    zmq_msg_close (&message);
    entry->gradient.layout = gradmq_layout_id (gradmq_model_layout (engine->model));
    entry->gradient.kind = args->kind;
    entry->gradient.weight = args->weight;
    return !err && args->one_tensor ? s_one_part (engine, args, &entry->gradient) : err;
}

static void
s_add (gradmq_engine_t *engine, void *arguments)
{
    s_add_t *args = arguments;
    gradmq_entry_t *entry = gradmq_queue_new_entry (&engine->queue);
    if (!entry) {
        args->err = gradmq_refuse (args->why, GRADMQ_ERR_MEMORY, "no memory for a gradient");
        return;
    }
    args->err = s_fill (engine, args, entry);
    if (!args->err)
        args->err = gradmq_engine_add_local (engine, &entry, args->why);
    gradmq_queue_free_entry (&engine->queue, &entry);
}

gradmq_err_t
gradmq_coordinator_add_gradients (gradmq_coordinator_t *self, const void *data, uint64_t bytes,
                                  gradmq_reason_t *why)
{
    s_add_t args = {
        .data = data, .bytes = bytes, .kind = GRADMQ_KIND_GRADIENT, .weight = 1, .why = why};
    gradmq_coordinator_call (self, s_add, &args);
    return args.err;
}

gradmq_err_t
gradmq_coordinator_add_tensor_gradients (gradmq_coordinator_t *self, uint32_t tensor,
                                         const void *data, uint64_t bytes, gradmq_reason_t *why)
{
    s_add_t args = {.data = data,
                    .bytes = bytes,
                    .one_tensor = true,
                    .tensor = tensor,
                    .kind = GRADMQ_KIND_GRADIENT,
                    .weight = 1,
                    .why = why};
    gradmq_coordinator_call (self, s_add, &args);
    return args.err;
}

gradmq_err_t
gradmq_coordinator_add_model_parameters (gradmq_coordinator_t *self, const void *data,
                                         uint64_t bytes, double weight, gradmq_reason_t *why)
{
    if (!isfinite (weight) || weight < 0)
        return gradmq_refuse (why, GRADMQ_ERR_ARGUMENT,
                              "weight %g must be finite and above 0; 0 stands for 1", weight);
    s_add_t args = {.data = data,
                    .bytes = bytes,
                    .kind = GRADMQ_KIND_MODEL_PARAMETERS,
                    .weight = weight > 0 ? weight : 1,
                    .why = why};
    gradmq_coordinator_call (self, s_add, &args);
    return args.err;
}
