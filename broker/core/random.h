//  Random numbers nobody can guess, and the digest that layout ids are made of. Both are
//  libsodium's.

#ifndef GRADMQ_CORE_RANDOM_H
#define GRADMQ_CORE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

//  Not 0.
uint64_t gradmq_random_u64 (void);

//  At least 0, below `bound`; 0 for a bound of 0.
uint32_t gradmq_random_below (uint32_t bound);

#define GRADMQ_SHA256_BYTES 32

void gradmq_sha256 (const void *bytes, size_t size, uint8_t digest [GRADMQ_SHA256_BYTES]);

#endif
