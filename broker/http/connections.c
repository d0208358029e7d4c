#include "http/connections.h"

#include "core/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

struct gradmq_connection {
    int fd;
    bool stays, cut;
    uint64_t begun_ms;
    struct gradmq_connection *before, *after;
};

struct gradmq_connections {
    pthread_mutex_t mutex;
    gradmq_clock_t clock;
    uint64_t exchange_ms;
    gradmq_connection_t *first;
    size_t count;
};

gradmq_connections_t *
gradmq_connections_new (uint64_t exchange_ms)
{
    gradmq_connections_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    pthread_mutex_init (&self->mutex, NULL);
    self->clock = gradmq_clock_real ();
    self->exchange_ms = exchange_ms;
    return self;
}

void
gradmq_connections_destroy (gradmq_connections_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    while ((*self_p)->first)
        gradmq_connections_remove (*self_p, (*self_p)->first);
    pthread_mutex_destroy (&(*self_p)->mutex);
    free (*self_p);
    *self_p = NULL;
}

gradmq_connection_t *
gradmq_connections_add (gradmq_connections_t *self, int fd)
{
    gradmq_connection_t *connection = calloc (1, sizeof *connection);
    if (!connection)
        return NULL;
    connection->fd = fd;
    connection->begun_ms = gradmq_clock_ms (&self->clock);
    pthread_mutex_lock (&self->mutex);
    connection->after = self->first;
    if (self->first)
        self->first->before = connection;
    self->first = connection;
    self->count++;
    pthread_mutex_unlock (&self->mutex);
    return connection;
}

void
gradmq_connections_remove (gradmq_connections_t *self, gradmq_connection_t *connection)
{
    if (!connection)
        return;
    pthread_mutex_lock (&self->mutex);
    if (connection->before)
        connection->before->after = connection->after;
    else
        self->first = connection->after;
    if (connection->after)
        connection->after->before = connection->before;
    self->count--;
    pthread_mutex_unlock (&self->mutex);
    free (connection);
}

void
gradmq_connections_stays (gradmq_connections_t *self, gradmq_connection_t *connection)
{
    pthread_mutex_lock (&self->mutex);
    connection->stays = true;
    pthread_mutex_unlock (&self->mutex);
}

size_t
gradmq_connections_count (gradmq_connections_t *self)
{
    pthread_mutex_lock (&self->mutex);
    size_t count = self->count;
    pthread_mutex_unlock (&self->mutex);
    return count;
}

void
gradmq_connections_sweep (gradmq_connections_t *self)
{
    uint64_t now = gradmq_clock_ms (&self->clock);
    pthread_mutex_lock (&self->mutex);
    for (gradmq_connection_t *connection = self->first; connection; connection = connection->after)
        if (!connection->stays && !connection->cut
            && now - connection->begun_ms >= self->exchange_ms) {
            connection->cut = true;
            shutdown (connection->fd, SHUT_RDWR);
        }
    pthread_mutex_unlock (&self->mutex);
}
