//  The bodies of an Event.

#ifndef GRADMQ_WIRE_EVENT_BODY_H
#define GRADMQ_WIRE_EVENT_BODY_H

#include "wire/shape.h"

//  The shape of gradmq_event_t as this body, by the number of its field; NULL for none. That of an
//  acknowledgement is the shape of gradmq_event_t.ack.
const gradmq_shape_t *gradmq_event_body (uint32_t number);

#endif
