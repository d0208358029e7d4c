//  GradMQ's coordinator inside your own program: the calls of DistributedGradientsCoordinator over the
//  same actor that gradmqd runs.
//
//      gradmq_coordinator_t *coordinator;
//      gradmq_reason_t why;
//      if (gradmq_coordinator_open (&coordinator, NULL, &why))
//          fprintf (stderr, "%s\n", why.text);
//      gradmq_coordinator_set_model_parameters (coordinator, &layout, weights, bytes, false, ...);
//      gradmq_coordinator_start (coordinator, &why);
//      gradmq_coordinator_add_gradients (coordinator, gradient, bytes, &why);
//      gradmq_coordinator_get_model_parameters (coordinator, false, &view, &why);
//      gradmq_coordinator_destroy (&coordinator);
//
//  Without endpoints it is reached through these calls only; with them, workers of any language can
//  join too. Every call is safe from any thread, but for destroy.

#ifndef GRADMQ_COORDINATOR_H
#define GRADMQ_COORDINATOR_H

#include "core/export.h"
#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gradmq_coordinator gradmq_coordinator_t;

//  Zero or NULL takes the default. Endpoints are ZeroMQ's, several with commas between.
typedef struct {
    const char *model;      //  name; "model"
    const char *control;    //  REP; none
    const char *gradients;  //  PULL; none
    const char *updates;    //  PUB; none
    const char *events;     //  PUB; none
    uint32_t heartbeat_ms;  //  1000
    uint32_t updates_hwm;   //  most updates queued for a subscriber; by the model's size
    uint32_t events_hwm;    //  most events queued for a subscriber; 10,000
    uint32_t linger_ms;     //  2000
    bool allow_plain_tcp;   //  bind tcp to more than loopback without CURVE
    //  CURVE on every socket, with both or neither of these. None: whoever can connect may do everything.
    const char *secret;  //  file of the coordinator's own certificate, with its secret key
    const char
        *authorised;      //  folder of the public certificates that may connect, with their roles;
                          //  what changes in it counts from the next message on
    const char *records;  //  folder in which Record may make files; it makes none
    const char
        *state;  //  folder for checkpoints and journals, this coordinator's alone; it keeps none
    bool hold;   //  hear nobody on the sockets before gradmq_coordinator_serve
} gradmq_coordinator_options_t;

//  new: descent, sgd with rate 1.0, until something else is set.
//    owns    *self_p is the caller's: gradmq_coordinator_destroy
//  Where the folder `state` has something, it goes on from there: gradmq_coordinator_status tells
//  (`resumed`). With durability journal, a journal that cannot be written ends the process: see
//  `gradmq settings`.
//    errors  ARGUMENT, NAME, BIND (with the endpoint and why), MEMORY; of keys IO, FORMAT, PERMISSION (a
//            file's mode); of `state` IO, BUSY (another process has it), DAMAGED (with the place);
//            *self_p is then NULL
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t
gradmq_coordinator_open (gradmq_coordinator_t **self_p, const gradmq_coordinator_options_t *options,
                         gradmq_reason_t *why);

//  Hear those who are connected from now on, where `hold` was set: so that nobody meets a coordinator whose
//  settings and model are not there yet. What they sent meanwhile is not lost.
GRADMQ_EXPORT void gradmq_coordinator_serve (gradmq_coordinator_t *self);

//  Where a socket can be reached: with a port that was left to the system ("tcp://127.0.0.1:*"), the
//  one it chose.
//    `socket`  "control", "gradients", "updates" or "events"
//    `index`   0 for its first endpoint
//    owns      borrowed, until destroy; NULL when there is none
GRADMQ_EXPORT const char *gradmq_coordinator_endpoint (const gradmq_coordinator_t *self,
                                                       const char *socket, size_t index);

//  The ZeroMQ context that the sockets of all coordinators in this process live in. Who wants to reach
//  an inproc endpoint makes his sockets in it, or gives it to gradmq_worker_open (gradmq.h).
//    owns    the library's; never terminate it
GRADMQ_EXPORT void *gradmq_coordinator_zmq_context (void);

//  Read the folder of authorised keys again. That happens by itself where something in it changes, but
//  for what is behind a symbolic link, or on another machine's disk.
//    errors  IO, PERMISSION, MEMORY: nobody is then authorised
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t
gradmq_coordinator_reload_keys (gradmq_coordinator_t *self, gradmq_reason_t *why);

//  destroy: stop, tell subscribers, close. Idempotent; NULL is fine.
//    thread  when no other call is under way
GRADMQ_EXPORT void gradmq_coordinator_destroy (gradmq_coordinator_t **self_p);

//  setParameters: change settings by name, all or nothing. A value NULL puts that setting back to its
//  default. Names and ranges: `gradmq settings`, broker/settings/setting.def.
//    errors  ARGUMENT, UNSUPPORTED; nothing is then changed
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t
gradmq_coordinator_set_parameters (gradmq_coordinator_t *self, const char *const *names,
                                   const char *const *values, size_t count, gradmq_reason_t *why);

typedef struct {
    const char *name;
    uint32_t rank;
    const uint64_t *shape;
} gradmq_coordinator_tensor_t;

//  setModelParameters: load a model. A new epoch begins.
//    shape   `data` packed in the master dtype (1 F32, 2 F64), row-major, one tensor after the other
//    owns    copies `data`; with do_not_deep_copy takes it, and gives it back to
//            `release (data, context)` when nobody needs it any more, on any thread
//    errors  SHAPE, NAME, LENGTH, NON_FINITE, TOO_LARGE (names and shapes, for a Describe), MEMORY;
//            nothing is then changed or taken
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_coordinator_set_model_parameters (
    gradmq_coordinator_t *self, const gradmq_coordinator_tensor_t *tensors, size_t count,
    uint32_t dtype, void *data, uint64_t bytes, bool do_not_deep_copy,
    void (*release) (void *data, void *context), void *context, gradmq_reason_t *why);

//  Parameters at one version. With do_not_deep_copy `data` is the immutable snapshot itself, else the
//  caller's own copy.
typedef struct {
    const void *data;
    uint64_t bytes;
    uint32_t dtype;
    uint64_t epoch;
    uint64_t version;
    void *reference;  //  ours
} gradmq_coordinator_view_t;

//  getModelParameters: the newest version.
//    owns    *view is the caller's: gradmq_coordinator_view_release, also after destroy
//    errors  NO_MODEL, BUSY (too many versions are held), MEMORY
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t
gradmq_coordinator_get_model_parameters (gradmq_coordinator_t *self, bool do_not_deep_copy,
                                         gradmq_coordinator_view_t *view, gradmq_reason_t *why);
GRADMQ_EXPORT void gradmq_coordinator_view_release (gradmq_coordinator_view_t *view);

//  addGradients: append a gradient of the whole model to the queue. Taken while stopped, too.
//    shape   packed in the master dtype
//    owns    copies
//    errors  NO_MODEL, LENGTH, NON_FINITE, QUEUE_FULL, MEMORY
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_coordinator_add_gradients (
    gradmq_coordinator_t *self, const void *data, uint64_t bytes, gradmq_reason_t *why);

//  addGradients of one tensor: `data` is that tensor alone.
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t
gradmq_coordinator_add_tensor_gradients (gradmq_coordinator_t *self, uint32_t tensor,
                                         const void *data, uint64_t bytes, gradmq_reason_t *why);

//  addModelParameters: append parameters that were trained elsewhere, for policy merge: once merge_count
//  of them are there (the threshold; a setting), they are one step. What changed is taken from the
//  version that the step is made from.
//    shape   packed in the master dtype, every tensor
//    units   weight: their share, such as the number of examples; 0: 1
//    owns    copies
//    errors  those of add_gradients; UNSUPPORTED: the policy is not merge; ARGUMENT: the weight, or the
//            rule does not weigh
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t
gradmq_coordinator_add_model_parameters (gradmq_coordinator_t *self, const void *data,
                                         uint64_t bytes, double weight, gradmq_reason_t *why);

//  reset: drop the contributions to the open step; *cleared were dropped.
//    errors  UNSUPPORTED: each gradient is a step
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_coordinator_reset (gradmq_coordinator_t *self,
                                                                       uint64_t *cleared,
                                                                       gradmq_reason_t *why);

//  start: apply gradients from now on.
//    errors  NO_MODEL, STATE (it is running)
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_coordinator_start (gradmq_coordinator_t *self,
                                                                       gradmq_reason_t *why);

//  stop: finish the gradient in hand, then apply none. The queue stays.
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_coordinator_stop (gradmq_coordinator_t *self,
                                                                      gradmq_reason_t *why);

//  clearGradients: drop the queue; *cleared were dropped. With new_epoch, what is still on its way and
//  states an old base is refused too.
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_coordinator_clear_gradients (
    gradmq_coordinator_t *self, bool new_epoch, uint64_t *cleared, gradmq_reason_t *why);

typedef struct {
    uint64_t instance, epoch, version;
    uint32_t state;  //  1 EMPTY, 2 STOPPED, 3 RUNNING, 4 CLOSING
    uint64_t queued;
    uint32_t members;
    uint64_t applied;  //  gradients, since the start of the process
    uint64_t refused;
    uint64_t contributions;  //  to the open step, as of now
    uint64_t needed;         //  that make a step: the threshold; 0: that depends on the members
    uint64_t round;          //  of policy bsp: the one that is open
    uint64_t min_clock;      //  of policy ssp
    bool resumed;            //  it began where the folder `state` said
} gradmq_coordinator_status_t;

GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_coordinator_status (
    gradmq_coordinator_t *self, gradmq_coordinator_status_t *status, gradmq_reason_t *why);

//  Wait until `version` of the current epoch is there and the queue is empty, or the time is over. What
//  waits in the open step for others is not in the queue.
//    errors  TIMEOUT
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_coordinator_wait_version (
    gradmq_coordinator_t *self, uint64_t version, uint32_t timeout_ms, gradmq_reason_t *why);

//  True until somebody sent Destroy over control. For programs that only host a coordinator.
GRADMQ_EXPORT bool gradmq_coordinator_alive (const gradmq_coordinator_t *self);

//  Milliseconds since the actor last went round its loop: for a watchdog. The loop goes round at
//  least once a heartbeat.
GRADMQ_EXPORT uint64_t gradmq_coordinator_idle_ms (const gradmq_coordinator_t *self);

//  Milliseconds since gradients or parameters last arrived on a socket: for a host that gives memory back when
//  there is nothing to do.
GRADMQ_EXPORT uint64_t gradmq_coordinator_quiet_ms (const gradmq_coordinator_t *self);

#ifdef __cplusplus
}
#endif

#endif
