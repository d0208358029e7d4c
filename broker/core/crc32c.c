#include "core/crc32c.h"

#include "core/bytes.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

//  The polynomial, bits reversed; and how many octets are taken at a time.
enum { STRIDE = 8 };

//  The instruction takes three cycles and can begin in each, so long input goes in three lanes of this
//  many octets, whose sums are put together by what as many octets of 0 behind make of them.
enum { LANE = 2048 };
static const uint32_t s_polynomial = 0x82F63B78u;

//  s_table [k][b]: the sum of octet b with k octets of 0 behind it.
static uint32_t s_table [STRIDE][256];
static uint32_t s_behind [4][256];  //  by octet of the sum, what LANE octets of 0 make of it
static bool s_instruction;
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

//  Without the complements at both ends.
static uint32_t
s_sum (uint32_t sum, const uint8_t *at, size_t size)
{
    for (; size >= STRIDE; size -= STRIDE, at += STRIDE)
        sum = s_eight (sum, at);
    for (; size; size--, at++)
        sum = sum >> 8 ^ s_table [0][(sum ^ *at) & 0xFF];
    return sum;
}

//  Each bit of a sum goes its own way, so what octets are made into is put together from their bits.
static void
s_make_behind (void)
{
    static const uint8_t zeros [LANE];
    for (size_t octet = 0; octet < 4; octet++)
        for (uint32_t b = 1; b < 256; b++) {
            uint32_t rest = b & (b - 1);
            s_behind [octet][b] = rest ? s_behind [octet][rest] ^ s_behind [octet][b ^ rest]
                                       : s_sum (b << 8 * octet, zeros, LANE);
        }
}

static void
s_prepare (void)
{
    s_make_table ();
    s_make_behind ();
#if defined(__x86_64__)
    __builtin_cpu_init ();
    s_instruction = __builtin_cpu_supports ("sse4.2");
#endif
}

#if defined(__x86_64__)
static uint32_t
s_put_behind (uint32_t sum, uint32_t next)
{
    return next ^ s_behind [0][sum & 0xFF] ^ s_behind [1][sum >> 8 & 0xFF]
           ^ s_behind [2][sum >> 16 & 0xFF] ^ s_behind [3][sum >> 24];
}

__attribute__ ((target ("sse4.2"))) static uint64_t
s_eight_at_once (uint64_t sum, const uint8_t *at)
{
    uint64_t eight;
    memcpy (&eight, at, sizeof eight);
    return _mm_crc32_u64 (sum, eight);
}

__attribute__ ((target ("sse4.2"))) static uint32_t
s_three_lanes (uint32_t sum, const uint8_t *at)
{
    uint64_t a = sum, b = 0, c = 0;
    for (const uint8_t *end = at + LANE; at < end; at += STRIDE) {
        a = s_eight_at_once (a, at);
        b = s_eight_at_once (b, at + LANE);
        c = s_eight_at_once (c, at + 2 * LANE);
    }
    return s_put_behind (s_put_behind ((uint32_t) a, (uint32_t) b), (uint32_t) c);
}

__attribute__ ((target ("sse4.2"))) static uint32_t
s_sum_by_instruction (uint32_t sum, const uint8_t *at, size_t size)
{
    for (; size >= 3 * LANE; size -= 3 * LANE, at += 3 * LANE)
        sum = s_three_lanes (sum, at);
    for (; size >= STRIDE; size -= STRIDE, at += STRIDE)
        sum = (uint32_t) s_eight_at_once (sum, at);
    for (; size; size--, at++)
        sum = _mm_crc32_u8 (sum, *at);
    return sum;
}
#else
static uint32_t
s_sum_by_instruction (uint32_t sum, const uint8_t *at, size_t size)
{
    return s_sum (sum, at, size);
}
#endif

uint32_t
gradmq_crc32c_plain (uint32_t before, const void *bytes, size_t size)
{
    pthread_once (&s_once, s_prepare);
    return ~s_sum (~before, bytes, size);
}

uint32_t
gradmq_crc32c (uint32_t before, const void *bytes, size_t size)
{
    pthread_once (&s_once, s_prepare);
    return ~(s_instruction ? s_sum_by_instruction (~before, bytes, size)
                           : s_sum (~before, bytes, size));
}
