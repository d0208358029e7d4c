#include "kernel/kernel.h"

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <emmintrin.h>

#define LINE 64u

void
gradmq_kernel_stream (void *to, const void *from, size_t bytes)
{
    char *y = to;
    const char *x = from;
    size_t head = (size_t) (-(uintptr_t) y % LINE);
    if (head > bytes)
        head = bytes;
    memcpy (y, x, head);
    y += head;
    x += head;
    size_t lines = (bytes - head) / LINE;
    for (size_t i = 0; i < lines; i++, x += LINE, y += LINE)
        for (size_t j = 0; j < LINE; j += sizeof (__m128i))
            _mm_stream_si128 ((__m128i *) (void *) (y + j),
                              _mm_loadu_si128 ((const __m128i *) (const void *) (x + j)));
    memcpy (y, x, (bytes - head) % LINE);
}

void
gradmq_kernel_stream_end (void)
{
    _mm_sfence ();
}

#else

void
gradmq_kernel_stream (void *to, const void *from, size_t bytes)
{
    memcpy (to, from, bytes);
}

void
gradmq_kernel_stream_end (void)
{
}

#endif
