//  A message read against its schema without unpacking it: what protobuf-c would let pass or lose.

#ifndef GRADMQ_WIRE_SCAN_H
#define GRADMQ_WIRE_SCAN_H

#include "core/reason.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

//  Go over a message, at any depth: fields are whole, known fields have the wire type of the schema,
//  strings are UTF-8 without the octet 0 (which would end them early in C). With `strict`, rule W-7
//  too: no unknown fields but inside a Gradient.
//    errors  MALFORMED; COMMAND for two bodies of a Request; with strict UNSUPPORTED, and
//            COMMAND for an unknown body of a Request
GRADMQ_MUST_CHECK gradmq_err_t gradmq_scan (const ProtobufCMessageDescriptor *descriptor,
                                            const uint8_t *bytes, size_t size, bool strict,
                                            gradmq_reason_t *reason);

#endif
