//  The preamble, and protobuf-c held to the protocol: rules W-1 to W-9.

#ifndef GRADMQ_WIRE_FRAME_H
#define GRADMQ_WIRE_FRAME_H

#include "core/reason.h"
#include "wire/arena.h"
#include "wire/message.h"

//  Check a header's length and preamble; tell where the message begins.
//    errors  MALFORMED, PREAMBLE, VERSION, UNSUPPORTED, TOO_LARGE
GRADMQ_MUST_CHECK gradmq_err_t gradmq_frame_open (const void *header, size_t size,
                                                  gradmq_frame_kind_t kind, const uint8_t **message,
                                                  size_t *message_size, gradmq_reason_t *reason);

void gradmq_frame_put_preamble (void *header, gradmq_frame_kind_t kind);

//  Unpack a message into the arena.
//    errors  MALFORMED, TOO_LARGE (over the arena's budget), MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_frame_unpack (ProtobufCMessage **message,
                                                    const ProtobufCMessageDescriptor *descriptor,
                                                    const uint8_t *bytes, size_t size,
                                                    gradmq_arena_t *arena, gradmq_reason_t *reason);

//  Check preamble and strings, make an arena, unpack into it: all that a decoder does first.
//    owns    *arena is the caller's: gradmq_arena_destroy; NULL on error
//    errors  as gradmq_frame_open, gradmq_scan and gradmq_frame_unpack
GRADMQ_MUST_CHECK gradmq_err_t gradmq_frame_decode (ProtobufCMessage **message,
                                                    gradmq_arena_t **arena,
                                                    const ProtobufCMessageDescriptor *descriptor,
                                                    const void *header, size_t size,
                                                    gradmq_frame_kind_t kind,
                                                    gradmq_reason_t *reason);

//  Preamble and message as one frame.
//    owns    *header is the caller's: free ()
//    errors  MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_frame_encode (const ProtobufCMessage *message,
                                                    gradmq_frame_kind_t kind, void **header,
                                                    size_t *size);

//  The same, into memory that is there.
//    errors  TOO_LARGE: more than its capacity
GRADMQ_MUST_CHECK gradmq_err_t gradmq_frame_encode_in (const ProtobufCMessage *message,
                                                       gradmq_frame_kind_t kind, void *room,
                                                       size_t capacity, size_t *size);

//  Rule W-8: every number listed is a field of the message.
//    errors  UNSUPPORTED
GRADMQ_MUST_CHECK gradmq_err_t
gradmq_frame_understand (const ProtobufCMessageDescriptor *descriptor, const uint32_t *numbers,
                         size_t count, gradmq_reason_t *reason);

#endif
