#include "aggregate/rule.h"
#include "coordinator/command.h"
#include "coordinator/product.h"
#include "tensor/encoding.h"

static const uint32_t s_kinds [] = {GRADMQ_KIND_GRADIENT, GRADMQ_KIND_DELTA,
                                    GRADMQ_KIND_MODEL_PARAMETERS, GRADMQ_KIND_SKIP};

static const gradmq_limits_t s_limits = {
    .frame_bytes = GRADMQ_FRAME_BYTES_MAX,
    .header_bytes = GRADMQ_HEADER_BYTES_MAX,
    .payload_frames = GRADMQ_PAYLOAD_FRAMES_MAX,
    .tensors = GRADMQ_TENSORS_MAX,
    .rank = GRADMQ_RANK_MAX,
    .name_bytes = GRADMQ_NAME_BYTES_MAX,
    .tensor_name_bytes = GRADMQ_TENSOR_NAME_BYTES_MAX,
    .metrics = GRADMQ_METRICS_MAX,
    .groups = GRADMQ_GROUPS_MAX,
    .receive_window = GRADMQ_RECEIVE_WINDOW,
};

enum { NAMES_MAX = 32 };

//  What the tables hold.
typedef struct {
    uint32_t dtypes [NAMES_MAX], encodings [NAMES_MAX];
    const char *streams [NAMES_MAX], *published [NAMES_MAX];
    const char *optimizers [NAMES_MAX], *schedules [NAMES_MAX];
    const char *policies [NAMES_MAX], *rules [NAMES_MAX];
} gradmq_tables_t;

static void
s_dtypes (const gradmq_publisher_t *publisher, gradmq_tables_t *tables,
          gradmq_description_t *description)
{
    size_t count = 0, streams = 0, published = 0;
    for (const gradmq_dtype_t *d; count < NAMES_MAX && (d = gradmq_dtype_at (count)); count++)
        tables->dtypes [count] = d->code;
    for (const gradmq_form_t *f; streams < NAMES_MAX && (f = gradmq_form_at (streams)); streams++) {
        tables->streams [streams] = f->name;
        if (gradmq_publisher_publishes (publisher, f))
            tables->published [published++] = f->name;
    }
    description->dtypes = (gradmq_numbers_t){tables->dtypes, count};
    description->stream_names = (gradmq_texts_t){tables->streams, streams};
    description->streams = (gradmq_texts_t){tables->published, published};
}

static size_t
s_encodings (gradmq_tables_t *tables)
{
    size_t count = 0;
    for (const gradmq_encoding_t *e; count < NAMES_MAX && (e = gradmq_encoding_at (count));)
        tables->encodings [count++] = e->code;
    return count;
}

static void
s_methods (gradmq_tables_t *tables, gradmq_description_t *description)
{
    size_t count = 0;
    for (const gradmq_optimizer_t *o; count < NAMES_MAX && (o = gradmq_optimizer_at (count));)
        tables->optimizers [count++] = o->name;
    description->optimizers = (gradmq_texts_t){tables->optimizers, count};
    count = 0;
    for (const gradmq_schedule_t *s; count < NAMES_MAX && (s = gradmq_schedule_at (count));)
        tables->schedules [count++] = s->name;
    description->schedules = (gradmq_texts_t){tables->schedules, count};
    count = 0;
    for (const gradmq_policy_t *p; count < NAMES_MAX && (p = gradmq_policy_at (count));)
        tables->policies [count++] = p->name;
    description->policies = (gradmq_texts_t){tables->policies, count};
    count = 0;
    for (const gradmq_rule_t *r; count < NAMES_MAX && (r = gradmq_rule_at (count));)
        tables->rules [count++] = r->name;
    description->rules = (gradmq_texts_t){tables->rules, count};
}

static gradmq_err_t
s_layout (gradmq_exchange_t *exchange, gradmq_description_t *description)
{
    const gradmq_layout_t *layout = gradmq_model_layout (exchange->engine->model);
    if (!layout)
        return GRADMQ_OK;
    size_t count = gradmq_layout_count (layout);
    gradmq_tensor_spec_t *specs = gradmq_exchange_alloc (exchange, count, sizeof *specs);
    if (!specs)
        return GRADMQ_ERR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const gradmq_tensor_t *tensor = gradmq_layout_tensor (layout, i);
        specs [i] = (gradmq_tensor_spec_t){tensor->name, tensor->rank, tensor->shape};
    }
    description->tensors = specs;
    description->tensor_count = count;
    description->layout_dtype = gradmq_layout_dtype (layout)->code;
    description->layout_id = gradmq_layout_id (layout);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_command_describe (gradmq_exchange_t *exchange)
{
    gradmq_reply_t *reply = exchange->reply;
    gradmq_tables_t *tables = gradmq_exchange_alloc (exchange, 1, sizeof *tables);
    if (!tables)
        return GRADMQ_ERR_MEMORY;
    reply->answer = GRADMQ_ANSWER_DESCRIPTION;
    reply->description = (gradmq_description_t){
        .product = GRADMQ_PRODUCT,
        .state = exchange->engine->state,
        .gradients = exchange->endpoints->gradients,
        .updates = exchange->endpoints->updates,
        .events = exchange->endpoints->events,
        .limits = s_limits,
        .encodings = {tables->encodings, s_encodings (tables)},
        .kinds = {s_kinds, sizeof s_kinds / sizeof s_kinds [0]},
        .heartbeat_ms = exchange->engine->heartbeat_ms,
    };
    s_dtypes (exchange->publisher, tables, &reply->description);
    s_methods (tables, &reply->description);
    return s_layout (exchange, &reply->description);
}
