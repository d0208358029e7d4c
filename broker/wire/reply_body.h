//  The bodies of a Reply.

#ifndef GRADMQ_WIRE_REPLY_BODY_H
#define GRADMQ_WIRE_REPLY_BODY_H

#include "wire/shape.h"

//  The shape of gradmq_reply_t as this answer, by the number of its field; NULL for none. It does
//  not hold what needs more than rows: settings. The shapes of ACKNOWLEDGEMENT and OPERATION are
//  those of the struct at its place in the union.
const gradmq_shape_t *gradmq_reply_body (uint32_t number);

#endif
