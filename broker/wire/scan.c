#include "wire/scan.h"

#include "core/utf8.h"
#include "gradmq/v1/control.pb-c.h"
#include "wire/field.h"

#include <inttypes.h>

//  Rule R-2: field numbers of Request that stand for commands, known or not.
#define S_COMMAND_FIRST 10
#define S_COMMAND_LAST 99

static gradmq_wire_type_t
s_wire_type (const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
        case PROTOBUF_C_TYPE_FIXED64:
        case PROTOBUF_C_TYPE_SFIXED64:
        case PROTOBUF_C_TYPE_DOUBLE:
            return GRADMQ_WIRE_FIXED64;
        case PROTOBUF_C_TYPE_FIXED32:
        case PROTOBUF_C_TYPE_SFIXED32:
        case PROTOBUF_C_TYPE_FLOAT:
            return GRADMQ_WIRE_FIXED32;
        case PROTOBUF_C_TYPE_STRING:
        case PROTOBUF_C_TYPE_BYTES:
        case PROTOBUF_C_TYPE_MESSAGE:
            return GRADMQ_WIRE_LENGTH;
        default:
            return GRADMQ_WIRE_VARINT;
    }
}

static bool
s_text (const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size;) {
        size_t length = gradmq_utf8_length ((const char *) bytes + i, size - i);
        if (!length || !bytes [i])
            return false;
        i += length;
    }
    return true;
}

//  Repeated numbers in one field, one after the other.
static bool
s_packed (gradmq_wire_type_t type, const uint8_t *bytes, size_t size)
{
    if (type != GRADMQ_WIRE_VARINT)
        return size % (type == GRADMQ_WIRE_FIXED64 ? 8 : 4) == 0;
    gradmq_field_reader_t reader = {bytes, bytes + size};
    uint64_t value;
    while (reader.at != reader.end)
        if (!gradmq_field_varint (&reader, &value))
            return false;
    return true;
}

static gradmq_err_t
s_unknown (const ProtobufCMessageDescriptor *descriptor, uint32_t number, gradmq_reason_t *reason)
{
    if (descriptor == &gradmq__v1__request__descriptor && number >= S_COMMAND_FIRST
        && number <= S_COMMAND_LAST)
        return gradmq_refuse (reason, GRADMQ_ERR_COMMAND,
                              "there is no command with field number %" PRIu32 " here", number);
    return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                          "field %" PRIu32 " of %s is not known here", number,
                          descriptor->short_name);
}

//  Rule R-2: exactly one command, where protobuf alone would let the last one win.
static gradmq_err_t
s_check_command (const ProtobufCMessageDescriptor *descriptor, uint32_t number, uint32_t *command,
                 gradmq_reason_t *reason)
{
    if (descriptor != &gradmq__v1__request__descriptor || number < S_COMMAND_FIRST
        || number > S_COMMAND_LAST)
        return GRADMQ_OK;
    if (*command && *command != number)
        return gradmq_refuse (reason, GRADMQ_ERR_COMMAND,
                              "the request has the commands %" PRIu32 " and %" PRIu32
                              "; send them one by one",
                              *command, number);
    *command = number;
    return GRADMQ_OK;
}

static gradmq_err_t
s_malformed (const ProtobufCMessageDescriptor *descriptor, const char *name, const char *what,
             gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_MALFORMED, "%s%s%s %s", descriptor->short_name,
                          name ? "." : "", name ? name : "", what);
}

static gradmq_err_t
s_known (const ProtobufCMessageDescriptor *descriptor, const ProtobufCFieldDescriptor *known,
         const gradmq_field_t *field, bool strict, gradmq_reason_t *reason)
{
    gradmq_wire_type_t type = s_wire_type (known);
    if (field->type != type) {
        bool packed = known->label == PROTOBUF_C_LABEL_REPEATED && type != GRADMQ_WIRE_LENGTH
                      && field->type == GRADMQ_WIRE_LENGTH;
        if (!packed || !s_packed (type, field->bytes, field->size))
            return s_malformed (descriptor, known->name, "is not of its type", reason);
        return GRADMQ_OK;
    }
    if (known->type == PROTOBUF_C_TYPE_STRING && !s_text (field->bytes, field->size))
        return s_malformed (descriptor, known->name, "is not text in UTF-8", reason);
    if (known->type == PROTOBUF_C_TYPE_MESSAGE)
        return gradmq_scan (known->descriptor, field->bytes, field->size, strict, reason);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_scan (const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes, size_t size,
             bool strict, gradmq_reason_t *reason)
{
    gradmq_field_reader_t reader = {bytes, bytes + size};
    gradmq_field_t field;
    gradmq_err_t err = GRADMQ_OK;
    uint32_t command = 0;
    strict = strict && descriptor != &gradmq__v1__gradient__descriptor;
    while (!err && gradmq_field_next (&reader, &field)) {
        const ProtobufCFieldDescriptor *known =
            protobuf_c_message_descriptor_get_field (descriptor, field.number);
        if (known)
            err = s_known (descriptor, known, &field, strict, reason);
        else if (strict)
            err = s_unknown (descriptor, field.number, reason);
        if (!err)
            err = s_check_command (descriptor, field.number, &command, reason);
    }
    if (!err && reader.at != reader.end)
        err = s_malformed (descriptor, NULL, "breaks off or has a field that is broken", reason);
    return err;
}
