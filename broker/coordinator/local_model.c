#include "coordinator/self.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    gradmq_layout_t *layout;
    void *data;
    uint64_t bytes;
    gradmq_snapshot_t *snapshot;  //  the caller's buffer, or NULL: copy
    gradmq_err_t err;
    gradmq_reason_t *why;
} s_load_t;

static void
s_load (gradmq_engine_t *engine, void *arguments)
{
    s_load_t *args = arguments;
    if (args->snapshot) {
        args->err = gradmq_engine_take (engine, &args->snapshot, args->why);
        return;
    }
    //  Frames are aligned to elements only, as on the wire, so one frame would do; its size is not
    //  bounded in process.
    gradmq_frame_t frame = {args->data, (size_t) args->bytes};
    gradmq_payload_t payload = {.frames = &frame, .count = 1, .bytes = args->bytes};
    args->err = gradmq_engine_load (engine, args->layout, gradmq_layout_dtype (args->layout),
                                    &payload, args->why);
}

//  A buffer that was handed over and then refused is not given back.
typedef struct {
    void (*release) (void *data, void *context);
    void *context;
    bool taken;
} s_handover_t;

static void
s_give_back (void *data, void *context)
{
    s_handover_t *handover = context;
    if (handover->taken && handover->release)
        handover->release (data, handover->context);
    free (handover);
}

static gradmq_err_t
s_hand_over (gradmq_coordinator_t *self, s_load_t *args,
             void (*release) (void *data, void *context), void *context)
{
    s_handover_t *handover = calloc (1, sizeof *handover);
    if (!handover)
        return gradmq_refuse (args->why, GRADMQ_ERR_MEMORY, "no memory to take the buffer over");
    handover->release = release;
    handover->context = context;
    handover->taken = true;
    args->snapshot = gradmq_snapshot_wrap (args->layout, args->data, s_give_back, handover);
    if (!args->snapshot) {
        free (handover);
        return gradmq_refuse (args->why, GRADMQ_ERR_MEMORY, "no memory to take the buffer over");
    }
    gradmq_coordinator_call (self, s_load, args);
    if (args->err) {
        handover->taken = false;
        gradmq_snapshot_release (&args->snapshot);
    }
    return args->err;
}

gradmq_err_t
gradmq_coordinator_set_model_parameters (gradmq_coordinator_t *self,
                                         const gradmq_coordinator_tensor_t *tensors, size_t count,
                                         uint32_t dtype, void *data, uint64_t bytes,
                                         bool do_not_deep_copy,
                                         void (*release) (void *data, void *context), void *context,
                                         gradmq_reason_t *why)
{
    s_load_t args = {.data = data, .bytes = bytes, .why = why};
    gradmq_tensor_spec_t *specs = calloc (count ? count : 1, sizeof *specs);
    if (!specs)
        return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "no memory for %zu tensors", count);
    for (size_t i = 0; i < count; i++)
        specs [i] = (gradmq_tensor_spec_t){tensors [i].name, tensors [i].rank, tensors [i].shape};
    args.err = gradmq_layout_open (&args.layout, specs, count, dtype, why);
    free (specs);
    if (args.err)
        return args.err;
    uint64_t expected = gradmq_layout_bytes (args.layout);
    if (bytes != expected)
        args.err =
            gradmq_refuse (why, GRADMQ_ERR_LENGTH, "the model has %llu bytes and %llu were given",
                           (unsigned long long) expected, (unsigned long long) bytes);
    else if (do_not_deep_copy)
        args.err = s_hand_over (self, &args, release, context);
    else
        gradmq_coordinator_call (self, s_load, &args);
    gradmq_layout_release (&args.layout);
    return args.err;
}

typedef struct {
    gradmq_snapshot_t *snapshot;
    gradmq_err_t err;
    gradmq_reason_t *why;
} s_get_t;

static void
s_get (gradmq_engine_t *engine, void *arguments)
{
    s_get_t *args = arguments;
    gradmq_snapshot_t *newest = gradmq_model_newest (engine->model);
    if (!newest)
        args->err = gradmq_refuse (args->why, GRADMQ_ERR_NO_MODEL, "no model is loaded yet");
    else if (gradmq_engine_pinned_full (engine))
        args->err = gradmq_refuse (args->why, GRADMQ_ERR_BUSY,
                                   "%zu versions are held, which is the limit; release some views",
                                   gradmq_model_pinned (engine->model));
    else
        args->snapshot = gradmq_snapshot_acquire (newest);
}

gradmq_err_t
gradmq_coordinator_get_model_parameters (gradmq_coordinator_t *self, bool do_not_deep_copy,
                                         gradmq_coordinator_view_t *view, gradmq_reason_t *why)
{
    *view = (gradmq_coordinator_view_t){0};
    s_get_t args = {.why = why};
    gradmq_coordinator_call (self, s_get, &args);
    if (args.err)
        return args.err;
    gradmq_layout_t *layout = gradmq_snapshot_layout (args.snapshot);
    view->bytes = gradmq_layout_bytes (layout);
    view->dtype = gradmq_layout_dtype (layout)->code;
    view->epoch = gradmq_snapshot_epoch (args.snapshot);
    view->version = gradmq_snapshot_version (args.snapshot);
    if (do_not_deep_copy) {
        view->data = gradmq_snapshot_bytes (args.snapshot);
        view->reference = args.snapshot;
        return GRADMQ_OK;
    }
    void *copy = malloc ((size_t) view->bytes);
    if (copy)
        memcpy (copy, gradmq_snapshot_bytes (args.snapshot), (size_t) view->bytes);
    gradmq_snapshot_release (&args.snapshot);
    view->data = copy;
    return copy ? GRADMQ_OK : gradmq_refuse (why, GRADMQ_ERR_MEMORY, "no memory for a copy");
}

void
gradmq_coordinator_view_release (gradmq_coordinator_view_t *view)
{
    gradmq_snapshot_t *snapshot = view->reference;
    if (snapshot)
        gradmq_snapshot_release (&snapshot);
    else {
        //  The caller's own copy, which free () takes without const.
        union {
            const void *from;
            void *to;
        } copy = {.from = view->data};
        free (copy.to);
    }
    *view = (gradmq_coordinator_view_t){0};
}
