#include "buffer.h"

#include "core/handover.h"
#include "core/limit.h"
#include "core/size.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <zmq.h>

//  Free buffers are kept up to this many bytes, or twice the largest that was taken.
#define POOL_BYTES (64ull << 20)
#define HUGE_PAGE (2ull << 20)

struct gradmq_buffer {
    atomic_size_t references;
    gradmq_buffers_t *pool;
    void *data;
    uint64_t bytes;
    uint64_t capacity;  //  0: somebody else's memory
    void (*release) (void *data, void *context);
    void *context;
    uint64_t *ends;  //  of the frames
    size_t frames, room;
    uint64_t cut;  //  so far
    zmq_msg_t *messages;
    size_t message_room;
    gradmq_buffer_t *next;
};

struct gradmq_buffers {
    pthread_mutex_t mutex;
    size_t references;  //  the owner's, and one a buffer that is out
    uint64_t largest;
    uint64_t free_bytes;
    gradmq_buffer_t *free;
};

gradmq_buffers_t *
gradmq_buffers_new (void)
{
    gradmq_buffers_t *self = (gradmq_buffers_t *) calloc (1, sizeof *self);
    if (self == NULL)
        return NULL;
    if (pthread_mutex_init (&self->mutex, NULL) != 0) {
        free (self);
        return NULL;
    }
    self->references = 1;
    return self;
}

static void
s_buffer_free (gradmq_buffer_t *self)
{
    if (self->capacity)
        free (self->data);
    free (self->ends);
    free (self->messages);
    free (self);
}

static void
s_pool_drop (gradmq_buffers_t *self)
{
    pthread_mutex_lock (&self->mutex);
    size_t left = --self->references;
    pthread_mutex_unlock (&self->mutex);
    if (left)
        return;
    while (self->free) {
        gradmq_buffer_t *buffer = self->free;
        self->free = buffer->next;
        s_buffer_free (buffer);
    }
    pthread_mutex_destroy (&self->mutex);
    free (self);
}

void
gradmq_buffers_destroy (gradmq_buffers_t **self_p)
{
    if (self_p == NULL || *self_p == NULL)
        return;
    s_pool_drop (*self_p);
    *self_p = NULL;
}

//  A free buffer that fits and is not more than twice as large.
static gradmq_buffer_t *
s_pool_find (gradmq_buffers_t *self, uint64_t bytes)
{
    gradmq_buffer_t **at = &self->free;
    while (*at && ((*at)->capacity < bytes || (*at)->capacity / 2 > bytes))
        at = &(*at)->next;
    gradmq_buffer_t *buffer = *at;
    if (buffer) {
        *at = buffer->next;
        self->free_bytes -= buffer->capacity;
    }
    return buffer;
}

static gradmq_buffer_t *
s_buffer_new (uint64_t bytes)
{
    uint64_t capacity;
    if (!gradmq_size_add (bytes, HUGE_PAGE - 1, &capacity) || capacity > SIZE_MAX)
        return NULL;
    gradmq_buffer_t *self = (gradmq_buffer_t *) calloc (1, sizeof *self);
    if (self == NULL)
        return NULL;
    bool huge = bytes >= HUGE_PAGE;
    self->capacity = huge ? capacity & ~(HUGE_PAGE - 1) : (bytes + 63) & ~63ull;
    if (self->capacity == 0)
        self->capacity = 64;
    self->data = aligned_alloc (huge ? HUGE_PAGE : 64, (size_t) self->capacity);
    if (self->data == NULL) {
        free (self);
        return NULL;
    }
    if (huge)
        madvise (self->data, (size_t) self->capacity, MADV_HUGEPAGE);
    return self;
}

gradmq_buffer_t *
gradmq_buffers_take (gradmq_buffers_t *self, uint64_t bytes)
{
    pthread_mutex_lock (&self->mutex);
    gradmq_buffer_t *buffer = s_pool_find (self, bytes);
    if (bytes > self->largest)
        self->largest = bytes;
    self->references++;
    pthread_mutex_unlock (&self->mutex);
    if (buffer == NULL)
        buffer = s_buffer_new (bytes);
    if (buffer == NULL) {
        s_pool_drop (self);
        return NULL;
    }
    atomic_init (&buffer->references, 1);
    buffer->pool = self;
    buffer->bytes = bytes;
    buffer->frames = 0;
    buffer->cut = 0;
    return buffer;
}

gradmq_buffer_t *
gradmq_buffers_wrap (gradmq_buffers_t *self, void *data, uint64_t bytes,
                     void (*release) (void *data, void *context), void *context)
{
    gradmq_buffer_t *buffer = (gradmq_buffer_t *) calloc (1, sizeof *buffer);
    if (buffer == NULL)
        return NULL;
    atomic_init (&buffer->references, 1);
    buffer->pool = self;
    buffer->data = data;
    buffer->bytes = bytes;
    buffer->release = release;
    buffer->context = context;
    pthread_mutex_lock (&self->mutex);
    self->references++;
    pthread_mutex_unlock (&self->mutex);
    return buffer;
}

gradmq_buffer_t *
gradmq_buffer_acquire (gradmq_buffer_t *self)
{
    atomic_fetch_add_explicit (&self->references, 1, memory_order_relaxed);
    return self;
}

//  The last reference is gone: back to the pool, or free.
static void
s_buffer_return (gradmq_buffer_t *self)
{
    gradmq_buffers_t *pool = self->pool;
    if (self->capacity == 0) {
        if (self->release)
            self->release (self->data, self->context);
        s_buffer_free (self);
        s_pool_drop (pool);
        return;
    }
    pthread_mutex_lock (&pool->mutex);
    uint64_t most = pool->largest * 2 > POOL_BYTES ? pool->largest * 2 : POOL_BYTES;
    bool keep = pool->free_bytes + self->capacity <= most;
    if (keep) {
        self->next = pool->free;
        pool->free = self;
        pool->free_bytes += self->capacity;
    }
    pthread_mutex_unlock (&pool->mutex);
    if (!keep)
        s_buffer_free (self);
    s_pool_drop (pool);
}

void
gradmq_buffer_release (gradmq_buffer_t **self_p)
{
    if (self_p == NULL || *self_p == NULL)
        return;
    gradmq_buffer_t *self = *self_p;
    *self_p = NULL;
    if (atomic_fetch_sub_explicit (&self->references, 1, memory_order_acq_rel) == 1)
        s_buffer_return (self);
}

void
gradmq_buffer_disown (gradmq_buffer_t **self_p)
{
    (*self_p)->release = NULL;
    gradmq_buffer_release (self_p);
}

void *
gradmq_buffer_data (gradmq_buffer_t *self)
{
    return self->data;
}

uint64_t
gradmq_buffer_bytes (const gradmq_buffer_t *self)
{
    return self->bytes;
}

bool
gradmq_buffer_shared (const gradmq_buffer_t *self)
{
    return atomic_load_explicit (&self->references, memory_order_acquire) > 1;
}

//  Frames are of this size, or larger where there would be too many.
static uint64_t
s_frame_bytes (uint64_t bytes)
{
    uint64_t least = bytes / (GRADMQ_PAYLOAD_FRAMES_MAX / 2) + 1;
    uint64_t usual = GRADMQ_FRAME_BYTES_USUAL;
    if (least > usual)
        usual = (least + usual - 1) / usual * usual;
    return usual < GRADMQ_FRAME_BYTES_MAX ? usual : GRADMQ_FRAME_BYTES_MAX;
}

static bool
s_end_frame (gradmq_buffer_t *self)
{
    if (self->frames == self->room) {
        size_t room = self->room ? self->room * 2 : 16;
        uint64_t *ends = (uint64_t *) realloc (self->ends, room * sizeof *ends);
        if (ends == NULL)
            return false;
        self->ends = ends;
        self->room = room;
    }
    self->ends [self->frames++] = self->cut;
    return true;
}

bool
gradmq_buffer_cut (gradmq_buffer_t *self, uint64_t bytes, size_t unit)
{
    const uint64_t frame = s_frame_bytes (self->bytes);
    while (bytes) {
        uint64_t begin = self->frames ? self->ends [self->frames - 1] : 0;
        uint64_t room = begin + frame - self->cut;
        uint64_t take = bytes <= room ? bytes : room / unit * unit;
        self->cut += take;
        bytes -= take;
        bool full = take == 0 || self->cut == begin + frame || bytes;
        if ((full || self->cut == self->bytes) && !s_end_frame (self))
            return false;
    }
    return true;
}

static void
s_frame_sent (void *data, void *hint)
{
    (void) data;
    gradmq_buffer_t *self = (gradmq_buffer_t *) hint;
    gradmq_buffer_release (&self);
}

//  Everything that can fail for want of memory comes before the first byte is handed over: a message
//  cannot be taken back, and one that ends early would be refused.
static bool
s_prepare (gradmq_buffer_t *self)
{
    if (self->message_room < self->frames) {
        free (self->messages);
        self->message_room = 0;
        self->messages = (zmq_msg_t *) malloc (self->room * sizeof *self->messages);
        if (self->messages == NULL)
            return false;
        self->message_room = self->room;
    }
    uint64_t begin = 0;
    for (size_t i = 0; i < self->frames; i++) {
        char *data = (char *) self->data + begin;
        size_t size = (size_t) (self->ends [i] - begin);
        begin = self->ends [i];
        if (zmq_msg_init_data (&self->messages [i], data, size, s_frame_sent, self) != 0) {
            while (i)
                zmq_msg_close (&self->messages [--i]);
            return false;
        }
        gradmq_buffer_acquire (self);
    }
    return true;
}

//  Close what was prepared from frame `first` on.
static void
s_forget (gradmq_buffer_t *self, size_t first)
{
    for (size_t i = first; i < self->frames; i++)
        zmq_msg_close (&self->messages [i]);
}

//  A signal may interrupt even what does not wait.
static bool
s_hand_over (zmq_msg_t *message, void *socket, int flags)
{
    int rc;
    GRADMQ_HAND_OVER (zmq_msg_data (message));
    do
        rc = zmq_msg_send (message, socket, ZMQ_DONTWAIT | flags);
    while (rc < 0 && errno == EINTR);
    return rc >= 0;
}

//  A copy of `message`, so that the caller keeps its own.
static gradmq_sent_t
s_send_copy (zmq_msg_t *message, void *socket, int flags)
{
    zmq_msg_t copy;
    zmq_msg_init (&copy);
    if (zmq_msg_copy (&copy, message) == 0 && s_hand_over (&copy, socket, flags))
        return GRADMQ_SENT;
    int error = errno;
    zmq_msg_close (&copy);
    return error == EAGAIN ? GRADMQ_AGAIN : GRADMQ_FAILED;
}

gradmq_sent_t
gradmq_message_send (zmq_msg_t *header, zmq_msg_t *payload, void *socket)
{
    gradmq_sent_t sent = s_send_copy (header, socket, payload ? ZMQ_SNDMORE : 0);
    if (sent != GRADMQ_SENT || payload == NULL)
        return sent;
    return s_send_copy (payload, socket, 0) == GRADMQ_SENT ? GRADMQ_SENT : GRADMQ_BROKEN;
}

gradmq_sent_t
gradmq_buffer_send (gradmq_buffer_t *self, zmq_msg_t *header, void *socket)
{
    if (self->frames == 0)
        return gradmq_message_send (header, NULL, socket);
    if (!s_prepare (self))
        return GRADMQ_FAILED;
    gradmq_sent_t sent = s_send_copy (header, socket, ZMQ_SNDMORE);
    if (sent != GRADMQ_SENT) {
        s_forget (self, 0);
        return sent;
    }
    for (size_t i = 0; i < self->frames; i++) {
        if (!s_hand_over (&self->messages [i], socket, i + 1 < self->frames ? ZMQ_SNDMORE : 0)) {
            //  ZeroMQ drops what it took of this message, and what follows of it.
            zmq_msg_close (&self->messages [i]);
            sent = GRADMQ_BROKEN;
        }
    }
    return sent;
}
