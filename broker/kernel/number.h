//  A few functions of one number with the same bits on every machine: the C library's own may
//  differ in the last bit between processors and versions.

#ifndef GRADMQ_KERNEL_NUMBER_H
#define GRADMQ_KERNEL_NUMBER_H

#include <stdint.h>

//  base^n, correctly rounded but for rare last bits; 1 where n is 0.
//    source  repeated squaring in pairs of doubles (Dekker, 1971)
double gradmq_number_power (double base, uint64_t n);

//  base^x for 0 < base <= 1 and x >= 0; relative error below 1e-14 where the result is above 1e-6.
double gradmq_number_root_power (double base, double x);

//  cos (pi x) for 0 <= x <= 1; error below 4e-16.
double gradmq_number_cos_pi (double x);

#endif
