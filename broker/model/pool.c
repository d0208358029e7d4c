#include "model/pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define S_LARGE ((size_t) 4 << 20)
#define S_HUGE_PAGE ((size_t) 2 << 20)
#define S_PAGE ((size_t) 4096)
#define S_LINE ((size_t) 64)

struct gradmq_pool {
    pthread_mutex_t lock;
    uint64_t buffer_bytes;
    size_t mapped;  //  bytes asked of the system for one buffer
    size_t keep;
    size_t used;
    size_t idle_count;
    bool destroyed;
    void *idle [];
};

static size_t
s_round_up (size_t size, size_t unit)
{
    return (size + unit - 1) / unit * unit;
}

//  Aligned to huge pages: map one too many and give back what sticks out.
static void *
s_map (size_t size)
{
    uint8_t *map =
        mmap (NULL, size + S_HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return NULL;
    size_t before = (S_HUGE_PAGE - (uintptr_t) map % S_HUGE_PAGE) % S_HUGE_PAGE;
    if (before)
        munmap (map, before);
    munmap (map + before + size, S_HUGE_PAGE - before);
    madvise (map + before, size, MADV_HUGEPAGE);
    return map + before;
}

static void *
s_allocate (size_t size)
{
    if (size < S_LARGE) {
        void *bytes = aligned_alloc (S_LINE, size);
        if (bytes)
            memset (bytes, 0, size);
        return bytes;
    }
    volatile uint8_t *bytes = s_map (size);
    if (bytes)
        for (size_t at = 0; at < size; at += S_PAGE)
            bytes [at] = 0;
    return (void *) (uintptr_t) bytes;
}

static void
s_free (void *bytes, size_t size)
{
    if (size < S_LARGE)
        free (bytes);
    else
        munmap (bytes, size);
}

static void
s_free_pool (gradmq_pool_t *self)
{
    pthread_mutex_destroy (&self->lock);
    free (self);
}

gradmq_pool_t *
gradmq_pool_new (uint64_t buffer_bytes, size_t keep)
{
    if (buffer_bytes > SIZE_MAX / 2 || keep > SIZE_MAX / 2 / sizeof (void *))
        return NULL;
    gradmq_pool_t *self = calloc (1, sizeof *self + keep * sizeof self->idle [0]);
    if (!self)
        return NULL;
    pthread_mutex_init (&self->lock, NULL);
    size_t wanted = buffer_bytes ? (size_t) buffer_bytes : 1;
    self->buffer_bytes = buffer_bytes;
    self->mapped = s_round_up (wanted, wanted < S_LARGE ? S_LINE : S_HUGE_PAGE);
    self->keep = keep;
    return self;
}

void
gradmq_pool_destroy (gradmq_pool_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    gradmq_pool_t *self = *self_p;
    *self_p = NULL;
    pthread_mutex_lock (&self->lock);
    self->destroyed = true;
    while (self->idle_count)
        s_free (self->idle [--self->idle_count], self->mapped);
    bool last = self->used == 0;
    pthread_mutex_unlock (&self->lock);
    if (last)
        s_free_pool (self);
}

//  One of the pool's numbers as it is now.
static size_t
s_read (const gradmq_pool_t *self, const size_t *number)
{
    pthread_mutex_t *lock = (pthread_mutex_t *) (uintptr_t) &self->lock;
    pthread_mutex_lock (lock);
    size_t value = *number;
    pthread_mutex_unlock (lock);
    return value;
}

size_t
gradmq_pool_used (const gradmq_pool_t *self)
{
    return s_read (self, &self->used);
}

size_t
gradmq_pool_idle (const gradmq_pool_t *self)
{
    return s_read (self, &self->idle_count);
}

void
gradmq_pool_trim (gradmq_pool_t *self, size_t most)
{
    pthread_mutex_lock (&self->lock);
    while (self->idle_count > most)
        s_free (self->idle [--self->idle_count], self->mapped);
    pthread_mutex_unlock (&self->lock);
}

uint64_t
gradmq_pool_buffer_bytes (const gradmq_pool_t *self)
{
    return self->buffer_bytes;
}

void *
gradmq_pool_take (gradmq_pool_t *self)
{
    void *bytes = NULL;
    pthread_mutex_lock (&self->lock);
    self->used++;
    if (self->idle_count)
        bytes = self->idle [--self->idle_count];
    pthread_mutex_unlock (&self->lock);
    if (bytes)
        return bytes;
    bytes = s_allocate (self->mapped);
    if (!bytes) {
        pthread_mutex_lock (&self->lock);
        self->used--;
        pthread_mutex_unlock (&self->lock);
    }
    return bytes;
}

void
gradmq_pool_give (gradmq_pool_t *self, void *bytes)
{
    pthread_mutex_lock (&self->lock);
    self->used--;
    if (!self->destroyed && self->idle_count < self->keep) {
        self->idle [self->idle_count++] = bytes;
        bytes = NULL;
    }
    bool last = self->destroyed && self->used == 0;
    size_t mapped = self->mapped;
    pthread_mutex_unlock (&self->lock);
    if (bytes)
        s_free (bytes, mapped);
    if (last)
        s_free_pool (self);
}
