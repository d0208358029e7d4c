#include "core/spread.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

typedef struct {
    void (*run) (void *context, size_t share);
    void *context;
    size_t share;
} s_job_t;

static size_t
s_processors (void)
{
    cpu_set_t set;
    if (sched_getaffinity (0, sizeof set, &set))
        return 1;
    return (size_t) CPU_COUNT (&set);
}

size_t
gradmq_spread_width (void)
{
    const char *said = getenv ("GRADMQ_THREADS");
    size_t width = said ? strtoul (said, NULL, 10) : s_processors ();
    if (width > GRADMQ_SPREAD_MAX)
        return GRADMQ_SPREAD_MAX;
    return width ? width : 1;
}

static void *
s_thread (void *argument)
{
    s_job_t *job = argument;
    job->run (job->context, job->share);
    return NULL;
}

//  Signals are for the threads that wait for them.
static int
s_start (pthread_t *thread, s_job_t *job)
{
    sigset_t all, before;
    sigfillset (&all);
    pthread_sigmask (SIG_SETMASK, &all, &before);
    int result = pthread_create (thread, NULL, s_thread, job);
    pthread_sigmask (SIG_SETMASK, &before, NULL);
    return result;
}

void
gradmq_spread (size_t shares, void (*run) (void *context, size_t share), void *context)
{
    assert (shares <= GRADMQ_SPREAD_MAX);
    pthread_t threads [GRADMQ_SPREAD_MAX];
    s_job_t jobs [GRADMQ_SPREAD_MAX];
    size_t started = 1;
    for (size_t i = 1; i < shares; i++) {
        jobs [i] = (s_job_t){run, context, i};
        if (s_start (&threads [i], &jobs [i]))
            break;
        started++;
    }
    if (shares)
        run (context, 0);
    for (size_t i = started; i < shares; i++)
        run (context, i);
    for (size_t i = 1; i < started && i < shares; i++)
        pthread_join (threads [i], NULL);
}
