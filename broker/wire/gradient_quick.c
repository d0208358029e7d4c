#include "wire/gradient_quick.h"

#include "wire/field.h"
#include "wire/gradient_message.h"

#include <stdlib.h>
#include <string.h>

#define S_METRICS_MAX 8

//  What is known of a message while it is read.
typedef struct {
    gradmq_gradient_t *gradient;
    gradmq_metric_t metrics [S_METRICS_MAX];
    bool has_dtype;
} s_reading_t;

static bool
s_text (const gradmq_field_t *field, char to [GRADMQ_NAME_BYTES_MAX + 1])
{
    if (field->type != GRADMQ_WIRE_LENGTH || field->size > GRADMQ_NAME_BYTES_MAX || to [0])
        return false;
    memcpy (to, field->bytes, field->size);
    to [field->size] = 0;
    return strlen (to) == field->size;
}

static bool
s_number (const gradmq_field_t *field, gradmq_wire_type_t type, uint64_t *to)
{
    *to = field->value;
    return field->type == type;
}

static bool
s_number_32 (const gradmq_field_t *field, uint32_t *to)
{
    *to = (uint32_t) field->value;
    return field->type == GRADMQ_WIRE_VARINT;
}

static bool
s_double (const gradmq_field_t *field, double *to)
{
    memcpy (to, &field->value, sizeof *to);
    return field->type == GRADMQ_WIRE_FIXED64;
}

static bool
s_base (gradmq_gradient_t *self, const gradmq_field_t *field)
{
    if (field->type != GRADMQ_WIRE_LENGTH)
        return false;
    gradmq_field_reader_t reader = {field->bytes, field->bytes + field->size};
    gradmq_field_t inner;
    self->has_base = true;
    while (gradmq_field_next (&reader, &inner))
        if (inner.type != GRADMQ_WIRE_VARINT || inner.number < 1 || inner.number > 2)
            return false;
        else if (inner.number == 1)
            self->base_epoch = inner.value;
        else
            self->base_version = inner.value;
    return reader.at == reader.end;
}

static bool
s_metric (s_reading_t *self, const gradmq_field_t *field)
{
    if (field->type != GRADMQ_WIRE_LENGTH || self->gradient->metric_count == S_METRICS_MAX)
        return false;
    gradmq_field_reader_t reader = {field->bytes, field->bytes + field->size};
    gradmq_field_t inner;
    gradmq_metric_t *metric = &self->metrics [self->gradient->metric_count++];
    metric->name [0] = 0;
    metric->value = 0;
    metric->weight = 1;
    bool good = true;
    while (good && gradmq_field_next (&reader, &inner))
        good = inner.number == 1   ? s_text (&inner, metric->name)
               : inner.number == 2 ? s_double (&inner, &metric->value)
               : inner.number == 3 ? s_double (&inner, &metric->weight)
                                   : false;
    return good && reader.at == reader.end
           && !gradmq_metric_check (metric->name, metric->value, metric->weight, NULL);
}

static bool
s_field (s_reading_t *self, const gradmq_field_t *field)
{
    gradmq_gradient_t *to = self->gradient;
    uint32_t flag = 0;
    switch (field->number) {
        case 1:
            return s_text (field, to->model);
        case 2:
            return s_text (field, to->worker);
        case 3:
            return s_number (field, GRADMQ_WIRE_VARINT, &to->incarnation);
        case 4:
            return s_number (field, GRADMQ_WIRE_VARINT, &to->sequence);
        case 5:
            return s_number (field, GRADMQ_WIRE_VARINT, &to->low_water);
        case 6:
            return s_base (to, field);
        case 7:
            to->has_clock = true;
            return s_number (field, GRADMQ_WIRE_VARINT, &to->clock);
        case 8:
            //  Runtimes differ about other values.
            to->last_of_clock = field->value == 1;
            return s_number_32 (field, &flag) && field->value <= 1;
        case 9:
            return s_number_32 (field, &to->kind);
        case 10:
            return s_double (field, &to->weight);
        case 11:
            return s_number (field, GRADMQ_WIRE_FIXED64, &to->layout);
        case 12:
            self->has_dtype = true;
            return s_number_32 (field, &to->dtype);
        case 13:
            return s_double (field, &to->loss_scale);
        case 15:
            return s_metric (self, field);
        default:
            return false;
    }
}

static bool
s_valid (const s_reading_t *self)
{
    gradmq_gradient_t *gradient = self->gradient;
    if (gradmq_gradient_check_identity (gradient->model, gradient->worker, gradient->incarnation,
                                        gradient->sequence, gradient->low_water, NULL))
        return false;
    if (!gradient->low_water)
        gradient->low_water = 1;
    return !gradmq_gradient_check_numbers (gradient, NULL)
           && (!self->has_dtype || gradmq_dtype (gradient->dtype));
}

bool
gradmq_gradient_read_quickly (gradmq_gradient_t *self, const uint8_t *bytes, size_t size)
{
    s_reading_t reading;
    gradmq_field_reader_t reader = {bytes, bytes + size};
    gradmq_field_t field;
    gradmq_gradient_init (self);
    reading.gradient = self;
    reading.has_dtype = false;
    bool good = true;
    while (good && gradmq_field_next (&reader, &field))
        good = s_field (&reading, &field);
    good = good && reader.at == reader.end && s_valid (&reading);
    if (good && self->metric_count) {
        self->metrics = malloc (self->metric_count * sizeof *self->metrics);
        good = self->metrics != NULL;
        if (good)
            memcpy (self->metrics, reading.metrics, self->metric_count * sizeof *self->metrics);
    }
    if (!good)
        gradmq_gradient_init (self);
    return good;
}
