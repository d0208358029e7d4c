#include "http/history.h"

#include "http/limit.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct gradmq_history {
    pthread_mutex_t mutex;
    char *kept [GRADMQ_HTTP_HISTORY_KEPT];
    size_t count;
    uint64_t every;  //  one of so many reports is kept
    uint64_t seen;
};

gradmq_history_t *
gradmq_history_new (void)
{
    gradmq_history_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    pthread_mutex_init (&self->mutex, NULL);
    self->every = 1;
    return self;
}

void
gradmq_history_destroy (gradmq_history_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    for (size_t i = 0; i < (*self_p)->count; i++)
        free ((*self_p)->kept [i]);
    pthread_mutex_destroy (&(*self_p)->mutex);
    free (*self_p);
    *self_p = NULL;
}

static void
s_thin (gradmq_history_t *self)
{
    for (size_t i = 0; i < self->count; i++)
        if (i % 2)
            free (self->kept [i]);
        else
            self->kept [i / 2] = self->kept [i];
    self->count = (self->count + 1) / 2;
    self->every *= 2;
}

void
gradmq_history_add (gradmq_history_t *self, const char *json)
{
    pthread_mutex_lock (&self->mutex);
    if (self->count == GRADMQ_HTTP_HISTORY_KEPT)
        s_thin (self);
    if (self->seen++ % self->every == 0) {
        char *copy = strdup (json);
        if (copy)
            self->kept [self->count++] = copy;
    }
    pthread_mutex_unlock (&self->mutex);
}

char *
gradmq_history_text (gradmq_history_t *self, size_t *size)
{
    char *text = NULL;
    FILE *to = open_memstream (&text, size);
    if (!to)
        return NULL;
    fputc ('[', to);
    pthread_mutex_lock (&self->mutex);
    for (size_t i = 0; i < self->count; i++)
        fprintf (to, "%s%s", i ? ",\n" : "", self->kept [i]);
    pthread_mutex_unlock (&self->mutex);
    fputs ("]\n", to);
    if (fclose (to)) {
        free (text);
        return NULL;
    }
    return text;
}
