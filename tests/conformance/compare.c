#include "compare.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

//  Defaults other than 0 (schemas/gradmq/v1).
static const struct {
    const char *message, *field;
    double value;
} s_defaults [] = {
    {"Gradient", "low_water", 1},  {"Gradient", "kind", 1}, {"Gradient", "weight", 1},
    {"Gradient", "loss_scale", 1}, {"Part", "encoding", 1}, {"Metric", "weight", 1},
    {"Group", "rate_scale", 1},
};

//  Fields whose presence means something.
static const char *const s_presence [] = {
    "Gradient.based_on",
    "Gradient.clock",
    "Part.bytes",
    "Part.dtype",
    "Request.if_epoch",
    "Request.if_version",
    "GetModelParametersRequest.newer_than",
    "SetModelParametersRequest.bytes",
    "Update.previous_published_epoch",
    "Update.previous_published_version",
    "Heartbeat.deadline_ms",
    "StepReport.gradient_norm",
    "StepReport.update_norm",
    "StatusReport.deadline_ms",
    "Added.acknowledgement",
};

//  What a plain struct does not keep: a duty of the decoder, and names that it does not know.
static const char *const s_not_kept [] = {"must_understand", "explicit_names"};

static bool
s_among (const char *const *list, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp (list [i], word) == 0)
            return true;
    return false;
}

#define AMONG(list, word) s_among (list, sizeof list / sizeof list [0], word)

static double
s_default (const char *message, const char *field)
{
    for (size_t i = 0; i < sizeof s_defaults / sizeof s_defaults [0]; i++)
        if (strcmp (s_defaults [i].message, message) == 0
            && strcmp (s_defaults [i].field, field) == 0)
            return s_defaults [i].value;
    return 0;
}

static const void *
s_at (const ProtobufCMessage *message, unsigned offset)
{
    return (const char *) message + offset;
}

static bool
s_present (const ProtobufCMessage *have, const ProtobufCFieldDescriptor *field)
{
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
        return *(const uint32_t *) s_at (have, field->quantifier_offset) == field->id;
    if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE)
        return *(void *const *) s_at (have, field->offset) != NULL;
    return *(const protobuf_c_boolean *) s_at (have, field->quantifier_offset);
}

static bool
s_same_number (const json_t *want, const void *have, const ProtobufCFieldDescriptor *field,
               double otherwise)
{
    uint64_t number = (uint64_t) otherwise, wanted = (uint64_t) otherwise;
    if (field->type == PROTOBUF_C_TYPE_DOUBLE) {
        double real = have ? *(const double *) have : otherwise;
        double wanted_real = want ? vector_f64 (want) : otherwise;
        return memcmp (&real, &wanted_real, sizeof real) == 0;
    }
    bool wide = field->type == PROTOBUF_C_TYPE_UINT64 || field->type == PROTOBUF_C_TYPE_FIXED64;
    if (have)
        number = wide ? *(const uint64_t *) have : *(const uint32_t *) have;
    if (json_is_string (want))
        wanted = strtoull (json_string_value (want), NULL, 10);
    else if (want)
        wanted =
            json_is_boolean (want) ? json_is_true (want) : (uint64_t) json_integer_value (want);
    return number == wanted;
}

//  One value, of a single field or of a list. NULL stands for an absent one on either side.
static bool
s_same_value (const json_t *want, const void *have, const ProtobufCFieldDescriptor *field,
              double otherwise, bool partial, char wrong [VECTOR_WRONG_BYTES])
{
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        const ProtobufCMessage *message = have ? *(ProtobufCMessage *const *) have : NULL;
        json_t *nothing = json_object ();
        bool same = !message ? !want || json_object_size (want) == 0
                             : compare_message (want ? want : nothing, message, partial, wrong);
        json_decref (nothing);
        return same;
    }
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        const char *text = have ? *(char *const *) have : NULL;
        const char *wanted = json_string_value (want);
        return strcmp (text ? text : "", wanted ? wanted : "") == 0;
    }
    return s_same_number (want, have, field, otherwise);
}

static size_t
s_item_size (const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
        case PROTOBUF_C_TYPE_STRING:
        case PROTOBUF_C_TYPE_MESSAGE:
            return sizeof (void *);
        case PROTOBUF_C_TYPE_UINT32:
            return sizeof (uint32_t);
        default:
            return sizeof (uint64_t);
    }
}

static bool
s_same_list (const json_t *want, const ProtobufCMessage *have,
             const ProtobufCFieldDescriptor *field, bool partial, char wrong [VECTOR_WRONG_BYTES])
{
    size_t count = *(const size_t *) s_at (have, field->quantifier_offset);
    const char *items = *(char *const *) s_at (have, field->offset);
    bool same = count == json_array_size (want);
    for (size_t i = 0; i < count && same; i++)
        same = s_same_value (json_array_get (want, i), items + i * s_item_size (field), field, 0,
                             partial, wrong);
    return same;
}

static bool
s_same_field (const json_t *want, const ProtobufCMessage *have,
              const ProtobufCFieldDescriptor *field, bool partial, char wrong [VECTOR_WRONG_BYTES])
{
    char path [128];
    snprintf (path, sizeof path, "%s.%s", have->descriptor->short_name, field->name);
    //  A coordinator's settings show all values; a vector shows some.
    partial = partial || strcmp (path, "Parameters.settings") == 0;
    if (AMONG (s_not_kept, field->name) || (partial && !want))
        return true;
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return s_same_list (want, have, field, partial, wrong);
    bool present = s_present (have, field);
    if (present != (want != NULL)
        && ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) || AMONG (s_presence, path)))
        return false;
    return s_same_value (want, present ? s_at (have, field->offset) : NULL, field,
                         s_default (have->descriptor->short_name, field->name), partial, wrong);
}

bool
compare_message (const json_t *want, const ProtobufCMessage *have, bool partial,
                 char wrong [VECTOR_WRONG_BYTES])
{
    const ProtobufCMessageDescriptor *descriptor = have->descriptor;
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields [i];
        if (!s_same_field (json_object_get (want, field->name), have, field, partial, wrong))
            return wrong [0] ? false
                             : vector_fail (wrong, "%s.%s is not what it should be",
                                            descriptor->short_name, field->name);
    }
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *) want, key, value)
    {
        if (!protobuf_c_message_descriptor_get_field_by_name (descriptor, key))
            return vector_fail (wrong, "the vector has a field %s that is not in the schema", key);
    }
    return true;
}
