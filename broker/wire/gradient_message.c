#include "wire/gradient_message.h"

#include "core/name.h"
#include "tensor/encoding.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void
gradmq_gradient_drop_lists (gradmq_gradient_t *self)
{
    free (self->parts);
    free (self->stated_bytes);
    free (self->metrics);
    self->parts = NULL;
    self->stated_bytes = NULL;
    self->metrics = NULL;
    self->part_count = self->metric_count = 0;
}

gradmq_err_t
gradmq_gradient_check_identity (const char *model, const char *worker, uint64_t incarnation,
                                uint64_t sequence, uint64_t low_water, gradmq_reason_t *reason)
{
    if (!gradmq_name_valid (model))
        return gradmq_refuse (reason, GRADMQ_ERR_NAME, "model \"%.80s\" is not a valid name",
                              model ? model : "");
    if (!gradmq_name_valid (worker))
        return gradmq_refuse (reason, GRADMQ_ERR_NAME, "worker \"%.80s\" is not a valid name",
                              worker ? worker : "");
    if (!incarnation)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "the gradient states no incarnation; Join gives one");
    if (!sequence)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "the gradient states no sequence; the first is 1");
    if (low_water > sequence)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "low_water %" PRIu64 " is above the gradient's own sequence %" PRIu64,
                              low_water, sequence);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_gradient_check_numbers (const gradmq_gradient_t *self, gradmq_reason_t *reason)
{
    if (self->kind < GRADMQ_KIND_GRADIENT || self->kind > GRADMQ_KIND_SKIP)
        return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED, "kind %" PRIu32 " is not known here",
                              self->kind);
    if (!(self->weight > 0) || !isfinite (self->weight))
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "weight is %.17g; it has to be finite and above 0", self->weight);
    if (!(self->loss_scale > 0) || !isfinite (self->loss_scale))
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "loss_scale is %.17g; it has to be finite and above 0",
                              self->loss_scale);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_metric_check (const char *name, double value, double weight, gradmq_reason_t *reason)
{
    if (!gradmq_metric_name_valid (name))
        return gradmq_refuse (reason, GRADMQ_ERR_NAME, "\"%.80s\" is not a valid metric name",
                              name ? name : "");
    if (!isfinite (value))
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "metric \"%s\" is %.17g; send finite values only", name, value);
    if (!(weight > 0) || !isfinite (weight))
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "metric \"%s\" has weight %.17g; it has to be finite and above 0",
                              name, weight);
    return GRADMQ_OK;
}

//  --------------------------------------------------------------------------------------------
//  Reading

static void
s_copy_name (char to [GRADMQ_NAME_BYTES_MAX + 1], const char *name)
{
    if (gradmq_name_valid (name))
        memcpy (to, name, strlen (name) + 1);
}

static void
s_read_scalars (gradmq_gradient_t *self, const Gradmq__V1__Gradient *message)
{
    s_copy_name (self->model, message->model);
    s_copy_name (self->worker, message->worker);
    self->incarnation = message->incarnation;
    self->sequence = message->sequence;
    if (message->low_water)
        self->low_water = message->low_water;
    self->has_base = message->based_on != NULL;
    if (self->has_base) {
        self->base_epoch = message->based_on->epoch;
        self->base_version = message->based_on->version;
    }
    self->has_clock = message->has_clock;
    self->clock = message->clock;
    self->last_of_clock = message->last_of_clock;
    if (message->has_kind)
        self->kind = message->kind;
    if (message->has_weight)
        self->weight = message->weight;
    self->layout = message->layout;
    self->dtype = message->dtype;
    if (message->has_loss_scale)
        self->loss_scale = message->loss_scale;
}

static gradmq_err_t
s_check_dtype (bool stated, uint32_t dtype, gradmq_reason_t *reason)
{
    if (!stated || gradmq_dtype (dtype))
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED, "dtype %" PRIu32 " is not known here",
                          dtype);
}

static gradmq_err_t
s_read_part (gradmq_part_t *part, uint64_t *stated_bytes, const Gradmq__V1__Part *message,
             gradmq_reason_t *reason)
{
    if (!message->has_tensor)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT, "a part names no tensor");
    part->tensor = message->tensor;
    part->encoding = message->has_encoding ? message->encoding : GRADMQ_ENCODING_DENSE;
    part->dtype = message->has_dtype ? gradmq_dtype (message->dtype) : NULL;
    part->count = message->count;
    //  The number that stands for "not stated" becomes one that no part can have either.
    *stated_bytes = !message->has_bytes            ? UINT64_MAX
                    : message->bytes == UINT64_MAX ? UINT64_MAX - 1
                                                   : message->bytes;
    if (!gradmq_encoding (part->encoding))
        return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                              "encoding %" PRIu32 " of tensor %" PRIu32 " is not known here",
                              part->encoding, part->tensor);
    return s_check_dtype (message->has_dtype, message->dtype, reason);
}

static gradmq_err_t
s_read_parts (gradmq_gradient_t *self, const Gradmq__V1__Gradient *message, gradmq_reason_t *reason)
{
    size_t count = message->n_parts;
    if (!count)
        return GRADMQ_OK;
    if (count > GRADMQ_TENSORS_MAX)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "the gradient has %zu parts; a layout has at most %u tensors", count,
                              GRADMQ_TENSORS_MAX);
    self->parts = calloc (count, sizeof *self->parts);
    self->stated_bytes = calloc (count, sizeof *self->stated_bytes);
    if (!self->parts || !self->stated_bytes)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory for %zu parts", count);
    self->part_count = count;
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; i < count && !err; i++) {
        err = s_read_part (&self->parts [i], &self->stated_bytes [i], message->parts [i], reason);
        if (!err && i && self->parts [i].tensor <= self->parts [i - 1].tensor)
            err = gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                                 "tensor %" PRIu32 " comes after tensor %" PRIu32
                                 "; parts ascend, one a tensor",
                                 self->parts [i].tensor, self->parts [i - 1].tensor);
    }
    return err;
}

static gradmq_err_t
s_read_metrics (gradmq_gradient_t *self, const Gradmq__V1__Gradient *message,
                gradmq_reason_t *reason)
{
    size_t count = message->n_metrics;
    if (!count)
        return GRADMQ_OK;
    if (count > GRADMQ_METRICS_MAX)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "the gradient has %zu metrics; it can have %u", count,
                              GRADMQ_METRICS_MAX);
    self->metrics = calloc (count, sizeof *self->metrics);
    if (!self->metrics)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory for %zu metrics", count);
    self->metric_count = count;
    for (size_t i = 0; i < count; i++) {
        const Gradmq__V1__Metric *from = message->metrics [i];
        gradmq_metric_t *metric = &self->metrics [i];
        metric->value = from->value;
        metric->weight = from->has_weight ? from->weight : 1;
        gradmq_err_t err = gradmq_metric_check (from->name, metric->value, metric->weight, reason);
        if (err)
            return err;
        memcpy (metric->name, from->name, strlen (from->name) + 1);
    }
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_gradient_read (gradmq_gradient_t *self, const Gradmq__V1__Gradient *message,
                      bool *attributable, gradmq_reason_t *reason)
{
    gradmq_gradient_init (self);
    *attributable = false;
    s_read_scalars (self, message);
    gradmq_err_t err =
        gradmq_gradient_check_identity (message->model, message->worker, message->incarnation,
                                        message->sequence, message->low_water, reason);
    if (err)
        return err;
    *attributable = true;
    err = gradmq_gradient_check_numbers (self, reason);
    if (!err)
        err = s_check_dtype (message->has_dtype, message->dtype, reason);
    if (!err)
        err = s_read_parts (self, message, reason);
    if (!err)
        err = s_read_metrics (self, message, reason);
    if (err)
        gradmq_gradient_drop_lists (self);
    return err;
}

//  --------------------------------------------------------------------------------------------
//  Writing

static void
s_write_scalars (const gradmq_gradient_t *self, Gradmq__V1__Gradient *message)
{
    message->model = (char *) self->model;
    message->worker = (char *) self->worker;
    message->has_incarnation = message->has_sequence = message->has_low_water = true;
    message->incarnation = self->incarnation;
    message->sequence = self->sequence;
    message->low_water = self->low_water;
    message->has_clock = self->has_clock;
    message->clock = self->clock;
    message->has_last_of_clock = message->last_of_clock = self->last_of_clock;
    message->has_kind = self->kind != GRADMQ_KIND_GRADIENT;
    message->kind = self->kind;
    message->has_weight = !(self->weight >= 1 && self->weight <= 1);
    message->weight = self->weight;
    message->has_layout = self->layout != 0;
    message->layout = self->layout;
    message->has_dtype = self->dtype != 0;
    message->dtype = self->dtype;
    message->has_loss_scale = !(self->loss_scale >= 1 && self->loss_scale <= 1);
    message->loss_scale = self->loss_scale;
}

static bool
s_write_base (const gradmq_gradient_t *self, Gradmq__V1__Gradient *message, gradmq_arena_t *arena)
{
    if (!self->has_base)
        return true;
    message->based_on = gradmq_arena_take (arena, sizeof *message->based_on);
    if (!message->based_on)
        return false;
    gradmq__v1__base__init (message->based_on);
    message->based_on->has_epoch = message->based_on->has_version = true;
    message->based_on->epoch = self->base_epoch;
    message->based_on->version = self->base_version;
    return true;
}

static void
s_write_part (const gradmq_gradient_t *self, size_t i, Gradmq__V1__Part *message)
{
    const gradmq_part_t *part = &self->parts [i];
    gradmq__v1__part__init (message);
    message->has_tensor = true;
    message->tensor = part->tensor;
    message->has_encoding = part->encoding != GRADMQ_ENCODING_DENSE;
    message->encoding = part->encoding;
    message->has_dtype = part->dtype != NULL;
    message->dtype = part->dtype ? part->dtype->code : 0;
    message->has_bytes = self->stated_bytes && self->stated_bytes [i] != UINT64_MAX;
    message->bytes = message->has_bytes ? self->stated_bytes [i] : 0;
    message->has_count = part->count != 0;
    message->count = part->count;
}

static bool
s_write_parts (const gradmq_gradient_t *self, Gradmq__V1__Gradient *message, gradmq_arena_t *arena)
{
    Gradmq__V1__Part *parts = gradmq_arena_take_zero (arena, self->part_count, sizeof *parts);
    message->parts = gradmq_arena_take_zero (arena, self->part_count, sizeof *message->parts);
    if (!parts || !message->parts)
        return false;
    message->n_parts = self->part_count;
    for (size_t i = 0; i < self->part_count; i++) {
        message->parts [i] = &parts [i];
        s_write_part (self, i, &parts [i]);
    }
    return true;
}

static bool
s_write_metrics (const gradmq_gradient_t *self, Gradmq__V1__Gradient *message,
                 gradmq_arena_t *arena)
{
    Gradmq__V1__Metric *metrics =
        gradmq_arena_take_zero (arena, self->metric_count, sizeof *metrics);
    message->metrics = gradmq_arena_take_zero (arena, self->metric_count, sizeof *message->metrics);
    if (!metrics || !message->metrics)
        return false;
    message->n_metrics = self->metric_count;
    for (size_t i = 0; i < self->metric_count; i++) {
        const gradmq_metric_t *from = &self->metrics [i];
        message->metrics [i] = &metrics [i];
        gradmq__v1__metric__init (&metrics [i]);
        metrics [i].name = (char *) from->name;
        metrics [i].has_value = true;
        metrics [i].value = from->value;
        metrics [i].has_weight = !(from->weight >= 1 && from->weight <= 1);
        metrics [i].weight = from->weight;
    }
    return true;
}

Gradmq__V1__Gradient *
gradmq_gradient_write (const gradmq_gradient_t *self, gradmq_arena_t *arena)
{
    Gradmq__V1__Gradient *message = gradmq_arena_take (arena, sizeof *message);
    if (!message)
        return NULL;
    gradmq__v1__gradient__init (message);
    s_write_scalars (self, message);
    if (!s_write_base (self, message, arena)
        || (self->part_count && !s_write_parts (self, message, arena))
        || (self->metric_count && !s_write_metrics (self, message, arena)))
        return NULL;
    return message;
}
