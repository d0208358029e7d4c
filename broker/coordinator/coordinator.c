#include "coordinator/self.h"

#include "coordinator/journal.h"
#include "coordinator/publisher.h"
#include "coordinator/recovery.h"
#include "core/handover.h"
#include "core/name.h"

#include <signal.h>
#include <stdlib.h>

//  --------------------------------------------------------------------------------------------
//  Signals are for the threads of the program that we are in

//  CZMQ catches SIGINT and SIGTERM when it is first used, and the program would no longer end by them.
static void
s_init_czmq (void)
{
    static const int numbers [] = {SIGINT, SIGTERM};
    struct sigaction kept [sizeof numbers / sizeof numbers [0]];
    for (size_t i = 0; i < sizeof numbers / sizeof numbers [0]; i++)
        sigaction (numbers [i], NULL, &kept [i]);
    zsys_init ();
    for (size_t i = 0; i < sizeof numbers / sizeof numbers [0]; i++)
        sigaction (numbers [i], &kept [i], NULL);
}

//  ZeroMQ gives up what a signal interrupts. None does while a coordinator is opened or destroyed, nor
//  ever in its actor, which inherits the mask.
static void
s_block_signals (sigset_t *kept)
{
    sigset_t all;
    sigfillset (&all);
    pthread_sigmask (SIG_SETMASK, &all, kept);
}

static void
s_unblock_signals (const sigset_t *kept)
{
    pthread_sigmask (SIG_SETMASK, kept, NULL);
}

//  --------------------------------------------------------------------------------------------
//  Open and destroy

static void
s_free (gradmq_coordinator_t *self)
{
    gradmq_sockets_close (&self->shared.sockets);
    gradmq_guard_close (&self->shared.guard);
    gradmq_engine_destroy (&self->shared.engine);
    pthread_cond_destroy (&self->shared.moved);
    pthread_mutex_destroy (&self->shared.mutex);
    pthread_mutex_destroy (&self->calls);
    free (self);
}

static gradmq_coordinator_t *
s_new (void)
{
    gradmq_coordinator_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    pthread_mutex_init (&self->calls, NULL);
    pthread_mutex_init (&self->shared.mutex, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init (&attributes);
    pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC);
    pthread_cond_init (&self->shared.moved, &attributes);
    pthread_condattr_destroy (&attributes);
    self->shared.clock = gradmq_clock_real ();
    atomic_init (&self->shared.round_ms, gradmq_clock_ms (&self->shared.clock));
    atomic_init (&self->shared.read_ms, gradmq_clock_ms (&self->shared.clock));
    atomic_init (&self->shared.closing, false);
    return self;
}

//  Where recordings go; false: out of memory.
static bool
s_take_directory (gradmq_coordinator_t *self, const char *directory)
{
    gradmq_recording_t *recording = &self->shared.engine->recording;
    if (directory && directory [0])
        recording->directory = strdup (directory);
    return !directory || !directory [0] || recording->directory;
}

//  Take the folder, and go on from what it has before anybody can reach us.
static gradmq_err_t
s_resume (gradmq_coordinator_t *self, const char *directory, gradmq_reason_t *why)
{
    if (!directory || !directory [0])
        return GRADMQ_OK;
    gradmq_err_t err = gradmq_journal_lock (self->shared.engine, directory, why);
    if (err)
        return err;
    err = gradmq_recovery_run (self->shared.engine, &self->resumed, why);
    //  Whoever opens it does not care how the damage was found.
    if (err == GRADMQ_ERR_FORMAT || err == GRADMQ_ERR_DIFFERS)
        err = why->code = GRADMQ_ERR_DAMAGED;
    return err;
}

//  Start the actor once everything that can be refused was not.
static gradmq_err_t
s_start (gradmq_coordinator_t *self, const gradmq_coordinator_options_t *options,
         gradmq_reason_t *why)
{
    const char *model = options->model ? options->model : "model";
    uint64_t heartbeat = options->heartbeat_ms ? options->heartbeat_ms : GRADMQ_HEARTBEAT_MS;
    if (!gradmq_name_valid (model))
        return gradmq_refuse (
            why, GRADMQ_ERR_NAME,
            "\"%.80s\" is no name for a model: 1 to %u letters, digits, _ - and .", model,
            GRADMQ_NAME_BYTES_MAX);
    if (heartbeat < 10 || heartbeat > 60000)
        return gradmq_refuse (why, GRADMQ_ERR_ARGUMENT,
                              "heartbeat_ms is %llu; it can be 10 to 60000",
                              (unsigned long long) heartbeat);
    s_init_czmq ();
    self->shared.engine = gradmq_engine_new (model, self->shared.clock, heartbeat);
    if (!self->shared.engine || !s_take_directory (self, options->records))
        return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "no memory for a coordinator");
    gradmq_err_t err = gradmq_guard_open (&self->shared.guard, options, why);
    if (!err)
        err = s_resume (self, options->state, why);
    if (!err)
        err = gradmq_sockets_open (&self->shared.sockets, options, &self->shared.guard, why);
    if (err)
        return err;
    self->shared.engine->guard = &self->shared.guard;
    self->shared.engine->holds = options->hold;
    self->shared.fixed_hwm = options->updates_hwm > 0;
    self->actor = zactor_new (gradmq_actor, &self->shared);
    if (!self->actor || atomic_load (&self->shared.closing))
        return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "the actor could not be started");
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_coordinator_open (gradmq_coordinator_t **self_p, const gradmq_coordinator_options_t *options,
                         gradmq_reason_t *why)
{
    static const gradmq_coordinator_options_t defaults = {0};
    *self_p = NULL;
    gradmq_coordinator_t *self = s_new ();
    if (!self)
        return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "no memory for a coordinator");
    sigset_t kept;
    s_block_signals (&kept);
    gradmq_err_t err = s_start (self, options ? options : &defaults, why);
    s_unblock_signals (&kept);
    if (err)
        gradmq_coordinator_destroy (&self);
    *self_p = self;
    return err;
}

void
gradmq_coordinator_destroy (gradmq_coordinator_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    sigset_t kept;
    s_block_signals (&kept);
    zactor_destroy (&(*self_p)->actor);
    GRADMQ_TAKE_OVER (&(*self_p)->shared);
    s_free (*self_p);
    s_unblock_signals (&kept);
    *self_p = NULL;
}

const char *
gradmq_coordinator_endpoint (const gradmq_coordinator_t *self, const char *socket, size_t index)
{
    static const char *const names [GRADMQ_SOCKETS] = {"control", "gradients", "updates", "events"};
    for (size_t i = 0; i < GRADMQ_SOCKETS; i++)
        if (streq (names [i], socket) && index < self->shared.sockets.bound [i].count)
            return self->shared.sockets.bound [i].items [index];
    return NULL;
}

void *
gradmq_coordinator_zmq_context (void)
{
    s_init_czmq ();
    return zsys_init ();
}

void
gradmq_coordinator_call (gradmq_coordinator_t *self,
                         void (*run) (gradmq_engine_t *engine, void *arguments), void *arguments)
{
    gradmq_call_t call = {run, arguments};
    gradmq_call_t *address = &call;
    pthread_mutex_lock (&self->calls);
    GRADMQ_HAND_OVER (address);
    //  A signal interrupts both, and `call` must not go before it was answered.
    while (zsock_send (self->actor, "b", &address, sizeof address))
        ;
    while (zsock_wait (self->actor))
        ;
    GRADMQ_TAKE_OVER (address);
    pthread_mutex_unlock (&self->calls);
}

static void
s_serve (gradmq_engine_t *engine, void *arguments)
{
    (void) arguments;
    engine->holds = false;
}

void
gradmq_coordinator_serve (gradmq_coordinator_t *self)
{
    gradmq_coordinator_call (self, s_serve, NULL);
}

//  --------------------------------------------------------------------------------------------
//  Settings

typedef struct {
    const char *const *names, *const *values;
    size_t count;
    gradmq_err_t err;
    gradmq_reason_t *why;
} s_settings_t;

//  Sort what is given from what goes back to its default.
static gradmq_err_t
s_parse (const s_settings_t *args, gradmq_settings_t *change, const char **reset,
         size_t *reset_count)
{
    gradmq_settings_init (change);
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; i < args->count && !err; i++)
        if (args->values [i])
            err = gradmq_settings_parse (change, args->names [i], args->values [i], args->why);
        else if (*reset_count > GRADMQ_SETTINGS)
            err = gradmq_refuse (args->why, GRADMQ_ERR_ARGUMENT, "a setting is named twice");
        else
            reset [(*reset_count)++] = args->names [i];
    return err;
}

static void
s_set_parameters (gradmq_engine_t *engine, void *arguments)
{
    s_settings_t *args = arguments;
    gradmq_settings_t change;
    const char *reset [GRADMQ_SETTINGS + 1];
    const char *unset [GRADMQ_UNSET_MAX];
    size_t reset_count = 0, unset_count = 0;
    args->err = s_parse (args, &change, reset, &reset_count);
    if (!args->err)
        args->err = gradmq_engine_set_parameters (engine, &change, reset, reset_count, unset,
                                                  &unset_count, args->why);
}

gradmq_err_t
gradmq_coordinator_set_parameters (gradmq_coordinator_t *self, const char *const *names,
                                   const char *const *values, size_t count, gradmq_reason_t *why)
{
    s_settings_t args = {.names = names, .values = values, .count = count, .why = why};
    gradmq_coordinator_call (self, s_set_parameters, &args);
    return args.err;
}

//  --------------------------------------------------------------------------------------------
//  Start, stop, clear, status

typedef struct {
    bool new_epoch;
    uint64_t cleared;
    gradmq_coordinator_status_t *status;
    gradmq_err_t err;
    gradmq_reason_t *why;
} s_simple_t;

static void
s_run_start (gradmq_engine_t *engine, void *arguments)
{
    s_simple_t *args = arguments;
    args->err = gradmq_engine_start (engine, args->why);
}

static void
s_run_stop (gradmq_engine_t *engine, void *arguments)
{
    s_simple_t *args = arguments;
    args->err = gradmq_engine_stop (engine, args->why);
}

static void
s_run_clear (gradmq_engine_t *engine, void *arguments)
{
    s_simple_t *args = arguments;
    args->err = gradmq_engine_clear (engine, args->new_epoch, &args->cleared, args->why);
}

static void
s_run_reset (gradmq_engine_t *engine, void *arguments)
{
    s_simple_t *args = arguments;
    args->err = gradmq_engine_reset (engine, &args->cleared, args->why);
}

static void
s_run_status (gradmq_engine_t *engine, void *arguments)
{
    s_simple_t *args = arguments;
    gradmq_position_t position = gradmq_engine_position (engine);
    const uint64_t *counters = engine->counters.value;
    *args->status = (gradmq_coordinator_status_t){
        .instance = position.instance,
        .epoch = position.epoch,
        .version = position.version,
        .state = engine->state,
        .queued = gradmq_engine_kept (engine),
        .members = (uint32_t) gradmq_members_count (engine->members),
        .applied = counters [GRADMQ_COUNTER_applied],
        .refused = counters [GRADMQ_COUNTER_refused],
        .contributions = engine->sync.contributions,
        .needed = gradmq_policy_needed (engine->sync.policy, &engine->settings),
        .round = engine->sync.round,
        .min_clock = engine->sync.min_clock,
    };
}

gradmq_err_t
gradmq_coordinator_start (gradmq_coordinator_t *self, gradmq_reason_t *why)
{
    s_simple_t args = {.why = why};
    gradmq_coordinator_call (self, s_run_start, &args);
    return args.err;
}

gradmq_err_t
gradmq_coordinator_stop (gradmq_coordinator_t *self, gradmq_reason_t *why)
{
    s_simple_t args = {.why = why};
    gradmq_coordinator_call (self, s_run_stop, &args);
    return args.err;
}

gradmq_err_t
gradmq_coordinator_clear_gradients (gradmq_coordinator_t *self, bool new_epoch, uint64_t *cleared,
                                    gradmq_reason_t *why)
{
    s_simple_t args = {.new_epoch = new_epoch, .why = why};
    gradmq_coordinator_call (self, s_run_clear, &args);
    if (cleared)
        *cleared = args.cleared;
    return args.err;
}

gradmq_err_t
gradmq_coordinator_reset (gradmq_coordinator_t *self, uint64_t *cleared, gradmq_reason_t *why)
{
    s_simple_t args = {.why = why};
    gradmq_coordinator_call (self, s_run_reset, &args);
    if (cleared)
        *cleared = args.cleared;
    return args.err;
}

gradmq_err_t
gradmq_coordinator_status (gradmq_coordinator_t *self, gradmq_coordinator_status_t *status,
                           gradmq_reason_t *why)
{
    s_simple_t args = {.status = status, .why = why};
    gradmq_coordinator_call (self, s_run_status, &args);
    status->resumed = self->resumed;
    return args.err;
}

gradmq_err_t
gradmq_coordinator_wait_version (gradmq_coordinator_t *self, uint64_t version, uint32_t timeout_ms,
                                 gradmq_reason_t *why)
{
    struct timespec end;
    clock_gettime (CLOCK_MONOTONIC, &end);
    end.tv_sec += timeout_ms / 1000;
    end.tv_nsec += (long) (timeout_ms % 1000) * 1000000;
    end.tv_sec += end.tv_nsec / 1000000000;
    end.tv_nsec %= 1000000000;
    gradmq_shared_t *shared = &self->shared;
    int rc = 0;
    pthread_mutex_lock (&shared->mutex);
    while (rc == 0 && (shared->version < version || shared->queued))
        rc = pthread_cond_timedwait (&shared->moved, &shared->mutex, &end);
    uint64_t reached = shared->version, queued = shared->queued;
    pthread_mutex_unlock (&shared->mutex);
    if (reached >= version && !queued)
        return GRADMQ_OK;
    return gradmq_refuse (
        why, GRADMQ_ERR_TIMEOUT,
        "version %llu is reached and %llu gradients wait; version %llu was wanted",
        (unsigned long long) reached, (unsigned long long) queued, (unsigned long long) version);
}

bool
gradmq_coordinator_alive (const gradmq_coordinator_t *self)
{
    return !atomic_load (&self->shared.closing);
}

//  Milliseconds since a time that the actor wrote down.
static uint64_t
s_since (const gradmq_coordinator_t *self, const atomic_uint_fast64_t *when)
{
    uint64_t then = atomic_load (when);
    uint64_t now = gradmq_clock_ms (&self->shared.clock);
    return now > then ? now - then : 0;
}

uint64_t
gradmq_coordinator_idle_ms (const gradmq_coordinator_t *self)
{
    return s_since (self, &self->shared.round_ms);
}

uint64_t
gradmq_coordinator_quiet_ms (const gradmq_coordinator_t *self)
{
    return s_since (self, &self->shared.read_ms);
}
