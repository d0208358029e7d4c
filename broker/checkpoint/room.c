#include "checkpoint/room.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGNMENT = 64, HUGE_PAGE = 2 << 20 };

//  What stands in front of the data: as long as the alignment.
typedef struct {
    void *pages;  //  NULL: from the allocator
    size_t size;
} s_front_t;

static s_front_t *
s_front (void *data)
{
    return (s_front_t *) (void *) ((char *) data - ALIGNMENT);
}

//  Faults on fresh small pages cost several times what filling them does.
static void *
s_new_pages (size_t size)
{
    void *pages = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return NULL;
    madvise (pages, size, MADV_HUGEPAGE);
    return pages;
}

void *
gradmq_room_new (uint64_t bytes)
{
    if (bytes > SIZE_MAX / 2)
        return NULL;
    size_t size = (size_t) bytes + ALIGNMENT;
    s_front_t front = {.size = size};
    void *start = NULL;
    if (size >= HUGE_PAGE)
        start = front.pages = s_new_pages (size);
    else if (posix_memalign (&start, ALIGNMENT, size) != 0)
        return NULL;
    if (!start)
        return NULL;
    memcpy (start, &front, sizeof front);
    return (char *) start + ALIGNMENT;
}

void
gradmq_room_free (void *data)
{
    if (!data)
        return;
    s_front_t *front = s_front (data);
    if (front->pages)
        munmap (front->pages, front->size);
    else
        free (front);
}
