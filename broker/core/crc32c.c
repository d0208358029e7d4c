#include "core/crc32c.h"

#include "core/bytes.h"

#include <pthread.h>

//  The polynomial, bits reversed; and how many octets are taken at a time.
enum { STRIDE = 8 };
static const uint32_t s_polynomial = 0x82F63B78u;

//  s_table [k][b]: the sum of octet b with k octets of 0 behind it.
static uint32_t s_table [STRIDE][256];
static pthread_once_t s_once = PTHREAD_ONCE_INIT;

static void
s_make_table (void)
{
    for (uint32_t b = 0; b < 256; b++) {
        uint32_t sum = b;
        for (int bit = 0; bit < 8; bit++)
            sum = sum & 1 ? sum >> 1 ^ s_polynomial : sum >> 1;
        s_table [0][b] = sum;
    }
    for (size_t k = 1; k < STRIDE; k++)
        for (size_t b = 0; b < 256; b++) {
            uint32_t sum = s_table [k - 1][b];
            s_table [k][b] = sum >> 8 ^ s_table [0][sum & 0xFF];
        }
}

static uint32_t
s_eight (uint32_t sum, const uint8_t *at)
{
    uint32_t low = sum ^ gradmq_get_u32 (at), high = gradmq_get_u32 (at + 4);
    return s_table [7][low & 0xFF] ^ s_table [6][low >> 8 & 0xFF] ^ s_table [5][low >> 16 & 0xFF]
           ^ s_table [4][low >> 24] ^ s_table [3][high & 0xFF] ^ s_table [2][high >> 8 & 0xFF]
           ^ s_table [1][high >> 16 & 0xFF] ^ s_table [0][high >> 24];
}

uint32_t
gradmq_crc32c (uint32_t before, const void *bytes, size_t size)
{
    pthread_once (&s_once, s_make_table);
    const uint8_t *at = bytes;
    uint32_t sum = ~before;
    for (; size >= STRIDE; size -= STRIDE, at += STRIDE)
        sum = s_eight (sum, at);
    for (; size; size--, at++)
        sum = sum >> 8 ^ s_table [0][(sum ^ *at) & 0xFF];
    return ~sum;
}
