#include "wire/frame.h"

#include "core/limit.h"
#include "wire/scan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define S_MAJOR 1

static const uint8_t s_magic [] = {0x47, 0x4d, 0x51, 0xf1};

static const char *
s_kind_name (unsigned kind)
{
    static const char *const names [] = {"nothing",  "a gradient", "an update",
                                         "an event", "a request",  "a reply"};
    return kind < sizeof names / sizeof names [0] ? names [kind] : "unknown";
}

static gradmq_err_t
s_check_preamble (const uint8_t *bytes, gradmq_frame_kind_t kind, gradmq_reason_t *reason)
{
    if (memcmp (bytes, s_magic, sizeof s_magic) != 0)
        return gradmq_refuse (reason, GRADMQ_ERR_PREAMBLE,
                              "the header begins with %02X %02X %02X %02X, not with 47 4D 51 F1",
                              bytes [0], bytes [1], bytes [2], bytes [3]);
    if (bytes [4] != S_MAJOR)
        return gradmq_refuse (reason, GRADMQ_ERR_VERSION,
                              "the header is of protocol version %u; this is version %d", bytes [4],
                              S_MAJOR);
    if (bytes [5] != kind)
        return gradmq_refuse (reason, GRADMQ_ERR_PREAMBLE,
                              "a message of kind %u (%s) came where %s belongs", bytes [5],
                              s_kind_name (bytes [5]), s_kind_name (kind));
    if (bytes [6] || bytes [7])
        return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                              "the flags are %02X %02X; none is defined, send 00 00", bytes [6],
                              bytes [7]);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_frame_open (const void *header, size_t size, gradmq_frame_kind_t kind,
                   const uint8_t **message, size_t *message_size, gradmq_reason_t *reason)
{
    if (size < GRADMQ_PREAMBLE_BYTES)
        return gradmq_refuse (reason, GRADMQ_ERR_MALFORMED,
                              "the header has %zu bytes; the preamble alone has %d", size,
                              GRADMQ_PREAMBLE_BYTES);
    gradmq_err_t err = s_check_preamble (header, kind, reason);
    if (err)
        return err;
    if (size > GRADMQ_HEADER_BYTES_MAX)
        return gradmq_refuse (reason, GRADMQ_ERR_TOO_LARGE,
                              "the header has %zu bytes; it can have %u", size,
                              GRADMQ_HEADER_BYTES_MAX);
    *message = (const uint8_t *) header + GRADMQ_PREAMBLE_BYTES;
    *message_size = size - GRADMQ_PREAMBLE_BYTES;
    return GRADMQ_OK;
}

void
gradmq_frame_put_preamble (void *header, gradmq_frame_kind_t kind)
{
    uint8_t *bytes = header;
    memcpy (bytes, s_magic, sizeof s_magic);
    bytes [4] = S_MAJOR;
    bytes [5] = (uint8_t) kind;
    bytes [6] = bytes [7] = 0;
}

gradmq_err_t
gradmq_frame_unpack (ProtobufCMessage **message, const ProtobufCMessageDescriptor *descriptor,
                     const uint8_t *bytes, size_t size, gradmq_arena_t *arena,
                     gradmq_reason_t *reason)
{
    *message = protobuf_c_message_unpack (descriptor, &arena->allocator, size, bytes);
    if (*message)
        return GRADMQ_OK;
    if (arena->exhausted)
        return gradmq_refuse (reason, GRADMQ_ERR_TOO_LARGE,
                              "the header would unpack to more than %zu bytes; send fewer items",
                              gradmq_arena_budget (size));
    return gradmq_refuse (reason, GRADMQ_ERR_MALFORMED, "the header is not a valid %s",
                          descriptor->short_name);
}

gradmq_err_t
gradmq_frame_decode (ProtobufCMessage **message, gradmq_arena_t **arena,
                     const ProtobufCMessageDescriptor *descriptor, const void *header, size_t size,
                     gradmq_frame_kind_t kind, gradmq_reason_t *reason)
{
    const uint8_t *bytes = NULL;
    size_t length = 0;
    *arena = NULL;
    gradmq_err_t err = gradmq_frame_open (header, size, kind, &bytes, &length, reason);
    if (!err)
        err = gradmq_scan (descriptor, bytes, length, kind == GRADMQ_FRAME_REQUEST, reason);
    if (err)
        return err;
    *arena = gradmq_arena_new (1024 + length * 4, gradmq_arena_budget (length));
    if (!*arena)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory for a header of %zu bytes",
                              size);
    err = gradmq_frame_unpack (message, descriptor, bytes, length, *arena, reason);
    if (err)
        gradmq_arena_destroy (arena);
    return err;
}

static size_t
s_size (const ProtobufCMessage *message)
{
    return GRADMQ_PREAMBLE_BYTES + protobuf_c_message_get_packed_size (message);
}

//  Into room for s_size of it.
static void
s_pack (const ProtobufCMessage *message, gradmq_frame_kind_t kind, uint8_t *room)
{
    gradmq_frame_put_preamble (room, kind);
    protobuf_c_message_pack (message, room + GRADMQ_PREAMBLE_BYTES);
}

gradmq_err_t
gradmq_frame_encode_in (const ProtobufCMessage *message, gradmq_frame_kind_t kind, void *room,
                        size_t capacity, size_t *size)
{
    *size = s_size (message);
    if (*size > capacity)
        return GRADMQ_ERR_TOO_LARGE;
    s_pack (message, kind, room);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_frame_encode (const ProtobufCMessage *message, gradmq_frame_kind_t kind, void **header,
                     size_t *size)
{
    *size = s_size (message);
    *header = malloc (*size);
    if (!*header)
        return GRADMQ_ERR_MEMORY;
    s_pack (message, kind, *header);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_frame_understand (const ProtobufCMessageDescriptor *descriptor, const uint32_t *numbers,
                         size_t count, gradmq_reason_t *reason)
{
    for (size_t i = 0; i < count; i++)
        if (!protobuf_c_message_descriptor_get_field (descriptor, numbers [i]))
            return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                                  "must_understand names field %" PRIu32
                                  " of %s, which is not known here",
                                  numbers [i], descriptor->short_name);
    return GRADMQ_OK;
}
