//  CRC-32C (Castagnoli): what records of files are checked by.

#ifndef GRADMQ_CORE_CRC32C_H
#define GRADMQ_CORE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

//  The sum of what was summed before, 0 for nothing, and these bytes behind it.
//    thread  any
//    source  RFC 3720, appendix B.4
uint32_t gradmq_crc32c (uint32_t before, const void *bytes, size_t size);

//  The same without the instruction that some processors have for it: what others use, and what tests
//  hold the first against.
uint32_t gradmq_crc32c_plain (uint32_t before, const void *bytes, size_t size);

#endif
