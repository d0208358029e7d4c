//  A message against the JSON that says what it means.

#ifndef GRADMQ_TESTS_CONFORMANCE_COMPARE_H
#define GRADMQ_TESTS_CONFORMANCE_COMPARE_H

#include "vector.h"

#include <protobuf-c/protobuf-c.h>

//  True when both say the same: a field that one has and the other has not must stand at its
//  default in the one that has it. With `partial`, what only the message has is passed over.
bool compare_message (const json_t *want, const ProtobufCMessage *have, bool partial,
                      char wrong [VECTOR_WRONG_BYTES]);

#endif
