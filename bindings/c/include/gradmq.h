//  GradMQ for C: a worker that pushes gradients, and remote control of a coordinator.
//
//      gradmq_worker_t *worker;
//      gradmq_reason_t why;
//      if (gradmq_worker_open (&worker, &(gradmq_options_t){.control = "tcp://127.0.0.1:5570",
//                                                           .model = "digits", .name = "w1"}, &why))
//          fprintf (stderr, "%s\n", why.text);
//      while (training) {
//          gradmq_parameters_view_t view;
//          gradmq_worker_parameters (worker, GRADMQ_NEXT, &view, &why);     // newer parameters
//          compute (view.data, gradient);
//          gradmq_worker_push (worker, gradient, bytes, NULL, &why);        // and a step for them
//      }
//      gradmq_worker_close (&worker, 5000, &why);
//
//  A worker belongs to one thread at a time. It makes progress inside its calls: acknowledgements
//  are read, refused credit is waited for, what got lost is sent again. Only its lease is renewed
//  from a thread of its own, so that a long computation does not cost the membership.
//
//  Every call that can fail returns an error code and, where `reason` is not NULL, a sentence there.
//  Protocol: schemas/PROTOCOL.md.

#ifndef GRADMQ_H
#define GRADMQ_H

#include "core/export.h"
#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

//  Element types; numbers as in the protocol.
#define GRADMQ_F32 1u
#define GRADMQ_F64 2u
#define GRADMQ_F16 3u
#define GRADMQ_BF16 4u

//  What a push is; numbers as in the protocol. Which of them are taken depends on the policy in force.
#define GRADMQ_GRADIENT 1u  //  async, bsp, ssp
#define GRADMQ_DELTA 2u     //  merge: parameters after training here, less those it began from
#define GRADMQ_MODEL_PARAMETERS 3u  //  merge: the parameters themselves

//  Library version, such as "0.1.0".
GRADMQ_EXPORT const char *gradmq_version (void);

//  ------------------------------------------------------------------------------------------------
//  Options

typedef struct {
    const char *control;  //  control endpoint, such as "tcp://127.0.0.1:5570"; needed
    const char *model;    //  model's name; NULL: the one that is there
    const char *name;     //  worker's (or client's) name; NULL: host name and a random number
    const char *stream;   //  of updates: "f32", "f64", "f16", "bf16", "int8" (read as
                          //  f32); NULL: the master dtype's
    uint32_t timeout_ms;  //  longest wait of one call; 0: 30,000
    uint32_t request_ms;  //  longest wait for one reply before it is asked again; 0: 5,000
    uint32_t linger_ms;   //  how long sockets outlive their close; 0: 2,000
    uint32_t window;      //  most unsettled gradients; 0: as many as there is credit for
    bool no_updates;      //  do not subscribe to updates: parameters are asked for instead
    //  Told whenever a call begins or stops to wait, on the caller's thread: one sentence, such as
    //  "waiting for credit: 64 of 64 gradients are not settled; the coordinator is STOPPED". Told
    //  again each second and when the state changes; NULL text: the wait is over. Waits of a few
    //  milliseconds are not told. It must not call the worker or the remote.
    void (*on_wait) (const char *text, void *context);
    void *context;
    //  A ZeroMQ context to make the sockets in, which outlives what is opened with it; needed for
    //  inproc endpoints, useful where a process has very many workers. NULL: one of its own, with
    //  one I/O thread.
    void *zmq_context;
    //  CURVE, where the coordinator asks for keys: both or neither. Keys are named by file, so that no
    //  command line or environment holds a secret.
    const char *secret;      //  file of the own certificate, with its secret key (`gradmq keygen`)
    const char *server_key;  //  file of the coordinator's public certificate, or that key as Z85
} gradmq_options_t;

//  ------------------------------------------------------------------------------------------------
//  Layouts and models

typedef struct {
    const char *name;
    uint32_t rank;
    const uint64_t *shape;  //  rank dimensions
} gradmq_tensor_info_t;

typedef struct {
    const gradmq_tensor_info_t *tensors;
    size_t count;
    uint32_t dtype;  //  master dtype, GRADMQ_F32 or GRADMQ_F64
} gradmq_layout_info_t;

//  Parameters at one version. `data` is packed: tensors in the layout's order, row-major.
typedef struct {
    const void *data;
    uint64_t bytes;
    uint32_t dtype;  //  the stream's; of int8 F32
    uint64_t epoch;
    uint64_t version;
} gradmq_parameters_view_t;

//  ------------------------------------------------------------------------------------------------
//  Worker

typedef struct gradmq_worker gradmq_worker_t;

//  Connect, join, and wait until the model is there.
//    owns    *self_p is the caller's: gradmq_worker_close
//    errors  ARGUMENT, NAME, CONNECT, TIMEOUT, MODEL, NO_MODEL (none was loaded in time), VERSION,
//            MEMORY; of keys IO, FORMAT, PERMISSION (a file's mode; or what the key is not allowed);
//            *self_p is then NULL
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_worker_open (gradmq_worker_t **self_p,
                                                                 const gradmq_options_t *options,
                                                                 gradmq_reason_t *why);

//  Wait until everything pushed is settled, leave, and free. Nulls *self_p, also on error; NULL is fine.
//    units   timeout_ms: longest wait for settlement; what is not settled then is lost
//    errors  TIMEOUT: something was not settled
GRADMQ_EXPORT gradmq_err_t gradmq_worker_close (gradmq_worker_t **self_p, uint32_t timeout_ms,
                                                gradmq_reason_t *why);

//  The model's layout as it is now.
//    owns    borrowed, until the next call on this worker
GRADMQ_EXPORT const gradmq_layout_info_t *gradmq_worker_layout (gradmq_worker_t *self);
GRADMQ_EXPORT uint64_t gradmq_worker_elements (const gradmq_worker_t *self);
GRADMQ_EXPORT const char *gradmq_worker_name (const gradmq_worker_t *self);

typedef enum {
    GRADMQ_NEWEST,  //  the newest that has arrived; asks only when there is none yet
    GRADMQ_NEXT,    //  newer than the view given last: waits for it. Where the round or step ended
                    //  without a version (nobody contributed, it was cleared, its result was not
                    //  finite), the same view again: there is nothing newer to wait for
    GRADMQ_FETCH    //  ask the coordinator for the newest
} gradmq_which_t;

//  Parameters to compute from. Gradients pushed afterwards state them as their base.
//    owns    view->data is borrowed until the next call of this function, or close
//    errors  TIMEOUT, CONNECT, CLOSED (the coordinator is closing), NO_MODEL, MEMORY
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t
gradmq_worker_parameters (gradmq_worker_t *self, gradmq_which_t which,
                          gradmq_parameters_view_t *view, gradmq_reason_t *why);

//  One tensor's share of a partial gradient.
typedef struct {
    uint32_t tensor;       //  index in the layout; ascending
    const void *data;      //  elements; with rows: these rows one after the other
    const uint32_t *rows;  //  strictly increasing row indices; NULL: the whole tensor
    uint64_t row_count;
} gradmq_part_info_t;

typedef struct {
    const char *name;
    double value;
    double weight;  //  0: 1
} gradmq_metric_info_t;

//  What a push may say beyond the numbers. All zero is what most workers want.
typedef struct {
    uint32_t dtype;     //  of the data; 0: the master dtype
    double weight;      //  0: 1
    double loss_scale;  //  0: 1; the coordinator divides by it
    bool without_base;  //  do not state what parameters it was made from
    //  Which clock it belongs to: under bsp the round, under ssp 1 + `clock` of the worker's stats; and
    //  whether it is the last of it. Without it every gradient is a clock of its own.
    bool has_clock;
    uint64_t clock;
    bool last_of_clock;
    const gradmq_metric_info_t *metrics;
    size_t metric_count;
    uint32_t kind;  //  GRADMQ_GRADIENT, _DELTA, _MODEL_PARAMETERS; 0: a gradient. A skip has none
} gradmq_push_t;

//  Push one gradient of the whole model. Returns when it is on its way, having waited for credit
//  where it had to; it is kept and sent again until it is settled.
//    shape   packed, every tensor, in push->dtype; `bytes` long
//    owns    copies `data`
//    errors  TIMEOUT (no credit, or no connection, in time), LENGTH, ARGUMENT, FENCED, CLOSED,
//            MEMORY. The gradient then was not pushed.
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_worker_push (gradmq_worker_t *self,
                                                                 const void *data, uint64_t bytes,
                                                                 const gradmq_push_t *push,
                                                                 gradmq_reason_t *why);

//  The same without a copy.
//    owns    takes `data`: `release (data, context)` is called once it is settled and sent, on any
//            thread. On error nothing was taken.
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_worker_push_take (
    gradmq_worker_t *self, void *data, uint64_t bytes, void (*release) (void *data, void *context),
    void *context, const gradmq_push_t *push, gradmq_reason_t *why);

//  Push a partial gradient: some tensors, or some rows of them.
//    owns    copies everything
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t
gradmq_worker_push_parts (gradmq_worker_t *self, const gradmq_part_info_t *parts, size_t count,
                          const gradmq_push_t *push, gradmq_reason_t *why);

//  How whole gradients are compressed.
typedef enum {
    GRADMQ_COMPRESS_NONE,
    GRADMQ_COMPRESS_INT8,     //  octets, with a scale for 256 of them: about a quarter of F32
    GRADMQ_COMPRESS_TOP_K,    //  of each tensor the elements of the greatest magnitude
    GRADMQ_COMPRESS_LOW_RANK  //  of each matrix two thin factors (PowerSGD); other tensors go whole
} gradmq_compress_t;

typedef struct {
    gradmq_compress_t how;
    double fraction;        //  TOP_K: of the elements, above 0 and at most 1; 0: 0.01
    uint32_t rank;          //  LOW_RANK: columns of the factors; 0: 4
    bool without_feedback;  //  forget what is left out; training then ends beside the optimum
} gradmq_compression_t;

//  Compress what gradmq_worker_push and _push_take get from now on. What a gradient loses by it is
//  kept in the worker, a residual of the model's size, and goes with the next ones; so does what
//  was SKIPPED, DISCARDED or REFUSED (but with NON_FINITE). A tensor that would not become shorter goes
//  as it is, and so do MODEL_PARAMETERS. A new call forgets the residual, and so does a model of another layout. NULL: none.
//    shape   then push takes the master dtype alone, and finite values: else ARGUMENT, NON_FINITE
//    errors  ARGUMENT, MEMORY; nothing is then changed
//    source  PROTOCOL.md, section 5
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_worker_compress (
    gradmq_worker_t *self, const gradmq_compression_t *how, gradmq_reason_t *why);

//  addModelParameters: push parameters that this worker has trained, for policy merge. The kind is
//  MODEL_PARAMETERS unless push->kind says DELTA; push->weight is their share, such as the number of
//  examples.
//    shape, owns, errors  as gradmq_worker_push
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t
gradmq_worker_add_model_parameters (gradmq_worker_t *self, const void *data, uint64_t bytes,
                                    const gradmq_push_t *push, gradmq_reason_t *why);

//  Push "nothing from me this time".
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_worker_skip (gradmq_worker_t *self,
                                                                 const gradmq_push_t *push,
                                                                 gradmq_reason_t *why);

//  What became of a gradient that was not applied.
typedef struct {
    uint64_t sequence;
    uint32_t disposition;  //  2 EXCLUDED, 3 SKIPPED, 4 REFUSED, 5 DISCARDED
    const char *name;      //  of the disposition
    gradmq_err_t code;
    const char *text;  //  of the code
} gradmq_verdict_t;

//  Have `handler` called, inside later calls and on the caller's thread, for each gradient that was
//  settled without being applied. It must not call the worker. NULL: none, the default.
GRADMQ_EXPORT void gradmq_worker_on_verdict (gradmq_worker_t *self,
                                             void (*handler) (const gradmq_verdict_t *verdict,
                                                              void *context),
                                             void *context);

//  Read what has arrived and send again what has to be; waits at most timeout_ms for something.
//  Any other call does this too.
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_worker_poll (gradmq_worker_t *self,
                                                                 uint32_t timeout_ms,
                                                                 gradmq_reason_t *why);

//  Wait until everything pushed is settled.
//    errors  TIMEOUT, FENCED, CLOSED
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_worker_flush (gradmq_worker_t *self,
                                                                  uint32_t timeout_ms,
                                                                  gradmq_reason_t *why);

typedef struct {
    uint64_t pushed;     //  gradients pushed by this worker
    uint64_t settled;    //  of these, settled
    uint64_t applied;    //  of these, applied
    uint64_t refused;    //  settled otherwise
    uint64_t resent;     //  sent more than once
    uint64_t unsettled;  //  kept now
    uint64_t unsettled_bytes;
    uint64_t credit_gradients;
    uint64_t credit_bytes;
    uint64_t incarnation;
    uint64_t epoch, version;  //  newest that it heard of
    uint64_t updates;         //  received
    uint64_t gaps;  //  in the stream of updates; each update is whole, so the next one closes a gap
    uint64_t
        clock;  //  the newest that this worker completed, or where it began; survives a restart
    uint64_t min_clock;  //  of all members, as heard last
    uint64_t round;      //  in which a gradient from the view given last takes part
} gradmq_worker_stats_t;

GRADMQ_EXPORT void gradmq_worker_stats (const gradmq_worker_t *self, gradmq_worker_stats_t *stats);

//  Why a call on this worker is waiting or, if none is, what the last one waited for: one sentence.
//    owns    borrowed, until the next call
//    thread  the worker's
GRADMQ_EXPORT const char *gradmq_worker_waits (const gradmq_worker_t *self);

//  ------------------------------------------------------------------------------------------------
//  Remote coordinator: the control commands

typedef struct gradmq_remote gradmq_remote_t;

//  Connect and ask what is there.
//    errors  ARGUMENT, CONNECT, TIMEOUT, MODEL, VERSION, MEMORY; of keys IO, FORMAT, PERMISSION; *self_p
//            is then NULL
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_remote_open (gradmq_remote_t **self_p,
                                                                 const gradmq_options_t *options,
                                                                 gradmq_reason_t *why);

//  Nulls *self_p; NULL is fine.
GRADMQ_EXPORT void gradmq_remote_close (gradmq_remote_t **self_p);

//  The model's name.
GRADMQ_EXPORT const char *gradmq_remote_model (const gradmq_remote_t *self);

//  Position that the newest reply told.
GRADMQ_EXPORT void gradmq_remote_position (const gradmq_remote_t *self, uint64_t *instance,
                                           uint64_t *epoch, uint64_t *version);

//  setParameters: change settings by name, all or nothing.
//    `names`, `values`  `count` of each; a value NULL puts that setting back to its default.
//                       "groups" takes "PATTERN rate_scale=X weight_decay=Y l2=Z frozen; ..."
//    errors  ARGUMENT, UNSUPPORTED, CONDITION, TIMEOUT ...; nothing is then changed
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t
gradmq_remote_set_parameters (gradmq_remote_t *self, const char *const *names,
                              const char *const *values, size_t count, gradmq_reason_t *why);

//  A setting as it is in force.
typedef struct {
    const char *name;
    const char *value;  //  as text
    bool given;         //  somebody set it; else it is a default
    const char *unit;
    const char *help;
} gradmq_setting_info_t;

typedef struct {
    const gradmq_setting_info_t *settings;
    size_t count;
    uint64_t revision;
    uint64_t from_epoch, from_version;
    const char *const *unset;  //  put back by the last change, because nothing reads them now
    size_t unset_count;
} gradmq_settings_info_t;

//    owns    borrowed, until the next call on this remote
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_remote_get_parameters (
    gradmq_remote_t *self, const gradmq_settings_info_t **settings, gradmq_reason_t *why);

//  setModelParameters: load a model; a new epoch begins.
//    shape   `data` packed in `dtype` (0: the layout's), `bytes` long
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_remote_set_model_parameters (
    gradmq_remote_t *self, const gradmq_layout_info_t *layout, uint32_t dtype, const void *data,
    uint64_t bytes, gradmq_reason_t *why);

//  getModelParameters: the newest version on `stream` (NULL: the master dtype's).
//    owns    view->data and the layout are borrowed, until the next call on this remote
//    errors  NO_MODEL, BUSY, UNSUPPORTED ...
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_remote_get_model_parameters (
    gradmq_remote_t *self, const char *stream, gradmq_parameters_view_t *view,
    const gradmq_layout_info_t **layout, gradmq_reason_t *why);

//  addGradients, without joining by hand: joins under this remote's name, adds one gradient and
//  waits until it is settled. States the parameters that gradmq_remote_get_model_parameters gave last as
//  its base.
//    errors  DISPOSED: it was not applied, the reason says why; the code of a refusal
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t
gradmq_remote_add_gradients (gradmq_remote_t *self, const gradmq_part_info_t *parts, size_t count,
                             const gradmq_push_t *push, bool dry_run, gradmq_reason_t *why);

//  addModelParameters: the same for parameters under policy merge. Returns once they are received:
//  they take part in the step that merge_count of them make.
//    `push`  kind DELTA, or MODEL_PARAMETERS, which 0 means here. What changed is taken from the
//            base, the parameters that gradmq_remote_get_model_parameters gave last; without one, from
//            the version that the step is made from
//    errors  the code of a refusal; DISPOSED: it is settled and was not applied
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_remote_add_model_parameters (
    gradmq_remote_t *self, const gradmq_part_info_t *parts, size_t count, const gradmq_push_t *push,
    bool dry_run, gradmq_reason_t *why);

//  How many contributions the open step has, and how many make one: merge_count under merge,
//  buffer_gradients under async; 0: that depends on the members. Either may be NULL.
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_remote_contributions (gradmq_remote_t *self,
                                                                          uint64_t *contributions,
                                                                          uint64_t *needed,
                                                                          gradmq_reason_t *why);

//  reset: drop the contributions to the open step; *cleared were dropped.
//    errors  UNSUPPORTED: each gradient is a step
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_remote_reset (gradmq_remote_t *self,
                                                                  uint64_t *cleared,
                                                                  gradmq_reason_t *why);

GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_remote_start (gradmq_remote_t *self,
                                                                  gradmq_reason_t *why);
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_remote_stop (gradmq_remote_t *self,
                                                                 gradmq_reason_t *why);
//  clearGradients: *cleared were dropped.
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_remote_clear_gradients (gradmq_remote_t *self,
                                                                            bool new_epoch,
                                                                            uint64_t *cleared,
                                                                            gradmq_reason_t *why);
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_remote_destroy (gradmq_remote_t *self,
                                                                    gradmq_reason_t *why);

//  Status, Describe and ListWorkers as the JSON documents that `gradmq --json` prints.
//    owns    *json is borrowed, until the next call on this remote
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_remote_status (gradmq_remote_t *self,
                                                                   const char **json,
                                                                   gradmq_reason_t *why);
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_remote_describe (gradmq_remote_t *self,
                                                                     const char **json,
                                                                     gradmq_reason_t *why);
GRADMQ_EXPORT GRADMQ_MUST_CHECK gradmq_err_t gradmq_remote_workers (gradmq_remote_t *self,
                                                                    const char **json,
                                                                    gradmq_reason_t *why);

#ifdef __cplusplus
}
#endif

#endif
