//  The bodies of a Request.

#ifndef GRADMQ_WIRE_REQUEST_BODY_H
#define GRADMQ_WIRE_REQUEST_BODY_H

#include "wire/shape.h"

//  The shape of gradmq_request_t as this command, by the number of its field; NULL for none. It
//  does not hold what needs more than rows: settings and gradients.
const gradmq_shape_t *gradmq_request_body (uint32_t number);

#endif
