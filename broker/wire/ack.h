//  Shapes that several messages have in common.

#ifndef GRADMQ_WIRE_ACK_H
#define GRADMQ_WIRE_ACK_H

#include "wire/shape.h"

extern const gradmq_shape_t gradmq_shape_position;  //  gradmq_position_t
extern const gradmq_shape_t gradmq_shape_ack;       //  gradmq_ack_t
extern const gradmq_shape_t gradmq_shape_tensor;    //  gradmq_tensor_spec_t
extern const gradmq_shape_t gradmq_shape_counter;   //  gradmq_counter_t

#endif
