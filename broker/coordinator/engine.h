//  What a coordinator is, without its sockets: model, settings, members, queue, and what is done with
//  them. Frames come in by gradmq_engine_gradient, events and updates go out through the publisher.
//
//    thread  the coordinator actor's alone

#ifndef GRADMQ_COORDINATOR_ENGINE_H
#define GRADMQ_COORDINATOR_ENGINE_H

#include "coordinator/entry.h"
#include "metrics/counters.h"
#include "record/recorder.h"
#include "security/authorised.h"
#include "step/step.h"
#include "sync/sync.h"
#include "wire/message.h"

struct gradmq_guard;
struct gradmq_publisher;
struct gradmq_reports;

#define GRADMQ_METRIC_NAMES_MAX 32

//  Metrics of the workers since the last report, by name.
typedef struct {
    char name [GRADMQ_NAME_BYTES_MAX + 1];
    char worker [GRADMQ_NAME_BYTES_MAX + 1];  //  who reported it last
    double newest;
    double weighted_sum, weight;
    double minimum, maximum;
    uint64_t count;     //  since the last report; 0: nothing new
    uint64_t reported;  //  place of its newest report among all
} gradmq_metric_sum_t;

//  Newest metrics of one worker: what gradmq_member_t's `metrics` points to.
typedef struct {
    size_t count;
    gradmq_metric_t metrics [GRADMQ_METRICS_MAX];
} gradmq_worker_metrics_t;

//  A file that what happens is written to, or the newest one that was.
typedef struct {
    char *directory;                        //  of all recordings; NULL: none may be made
    gradmq_recorder_t *recorder;            //  NULL: nothing is written now
    uint64_t operation;                     //  its number; 0: there was none yet
    char name [GRADMQ_NAME_BYTES_MAX + 1];  //  the file's
    char operation_name [GRADMQ_NAME_BYTES_MAX + 8];
    gradmq_reason_t outcome;  //  once it is over
} gradmq_recording_t;

//  What is written down so that another process can go on: coordinator/journal.h and
//  coordinator/checkpoints.h.
typedef struct {
    char *directory;              //  NULL: nothing is kept
    int lock;                     //  keeps others out of it
    uint64_t serial;              //  the greatest that a checkpoint or journal there has
    uint64_t number;              //  the newest journal's; 0: there was none
    gradmq_recorder_t *recorder;  //  NULL: durability is not journal
    bool owes;  //  there is something that may not be told before it is on the disk
} gradmq_journal_t;

struct gradmq_checkpoint_job;

typedef struct {
    struct gradmq_checkpoint_job *job;  //  that is being written; NULL: none
    uint64_t operation;                 //  number of the newest; 0: there was none yet
    char name [GRADMQ_NAME_BYTES_MAX + 8];
    gradmq_reason_t outcome;  //  of the newest that is done
    uint64_t epoch, version;  //  of the newest that was begun
    uint64_t begun_ms;
    bool whole;           //  one is on the disk
    uint64_t whole_ms;    //  when the newest of these was begun, or found
    bool wanted;          //  one is due whatever the settings say
    bool none_at_end;     //  Destroy said so
    bool running_at_end;  //  gradients were applied until it closed
} gradmq_checkpoints_t;

typedef struct gradmq_engine {
    char name [GRADMQ_NAME_BYTES_MAX + 1];
    uint64_t instance;
    gradmq_clock_t clock;
    uint64_t started_ms;
    uint64_t heartbeat_ms;
    gradmq_state_t state;
    gradmq_model_t *model;
    gradmq_step_t *step;
    gradmq_members_t *members;
    gradmq_sync_t sync;
    gradmq_queue_t queue;  //  not looked at yet
    gradmq_queue_t held;   //  whose turn it is not: the policy lets them wait
    gradmq_queue_t open;   //  contributions to the open step
    bool waits;            //  gradients waited for others when the queue was last looked at
    uint64_t looked_ms;    //  when that was
    uint64_t measured_ms;
    gradmq_settings_t settings;
    uint64_t revision;
    uint64_t settings_epoch, settings_version;  //  the settings hold from the step after this
    gradmq_counters_t counters;
    struct gradmq_publisher *publisher;
    uint64_t operations;         //  begun so far
    struct gradmq_guard *guard;  //  who may send what; NULL: everybody everything
    bool holds;                  //  nothing is read from the sockets yet
    gradmq_recording_t recording;
    gradmq_journal_t journal;
    gradmq_checkpoints_t checkpoints;
    //  Members whose acknowledgement has news, in the order they got it.
    gradmq_member_t *news [GRADMQ_MEMBERS_MAX + GRADMQ_DEPARTURES_KEPT];
    size_t news_count;
    bool credit_fell;  //  since the last heartbeat
    //  Since the last step report.
    gradmq_step_report_t report;
    uint64_t report_steps;
    double staleness_sum;
    uint64_t staleness_count, staleness_maximum;
    gradmq_metric_sum_t metrics [GRADMQ_METRIC_NAMES_MAX];
    size_t metric_count;
    uint64_t metrics_reported;
    struct gradmq_reports *reports;  //  of steps, once somebody in this process looks; or NULL
    bool update_left_out;   //  the newest publication was, as readers hold too many versions
    uint64_t malformed_ms;  //  begin of the second that malformed_sent counts
    unsigned malformed_sent;
    uint64_t strangers_ms;  //  the same for gradients of those who are not members
    unsigned strangers_sent;
    uint64_t forbidden_ms;  //  and for messages whose senders may not send them
    unsigned forbidden_sent;
} gradmq_engine_t;

//    errors  NULL: out of memory
gradmq_engine_t *gradmq_engine_new (const char *name, gradmq_clock_t clock, uint64_t heartbeat_ms);
void gradmq_engine_destroy (gradmq_engine_t **self_p);

gradmq_position_t gradmq_engine_position (const gradmq_engine_t *self);

//  Gradients that are kept and not settled: queued, held, in the open step.
uint64_t gradmq_engine_kept (const gradmq_engine_t *self);
uint64_t gradmq_engine_kept_bytes (const gradmq_engine_t *self);

//  Versions that readers may hold beside the newest: pinned_snapshots, and of a small model as many
//  as fit into GRADMQ_PINNED_BYTES.
//    source  rule U-8
uint64_t gradmq_engine_pinned_most (const gradmq_engine_t *self);
bool gradmq_engine_pinned_full (const gradmq_engine_t *self);

#define GRADMQ_PINNED_BYTES (32ull << 20)
#define GRADMQ_PINNED_MOST 1024u

//  Why no steps are made although something waits; NULL when nothing is wrong.
//    owns    `text` is the caller's
const char *gradmq_engine_why (const gradmq_engine_t *self, char *text, size_t size);

//  --------------------------------------------------------------------------------------------
//  Commands (each the ancestor's call of that name)

GRADMQ_MUST_CHECK gradmq_err_t gradmq_engine_set_parameters (
    gradmq_engine_t *self, const gradmq_settings_t *change, const char *const *reset,
    size_t reset_count, const char *unset [GRADMQ_UNSET_MAX], size_t *unset_count,
    gradmq_reason_t *reason);

GRADMQ_MUST_CHECK gradmq_err_t gradmq_engine_load (gradmq_engine_t *self, gradmq_layout_t *layout,
                                                   const gradmq_dtype_t *dtype,
                                                   const gradmq_payload_t *payload,
                                                   gradmq_reason_t *reason);

//  A new epoch has begun with other parameters, and is recorded: tell all.
void gradmq_engine_loaded (gradmq_engine_t *self, const char *message);

//    owns    takes *snapshot_p and nulls it on success
GRADMQ_MUST_CHECK gradmq_err_t gradmq_engine_take (gradmq_engine_t *self,
                                                   gradmq_snapshot_t **snapshot_p,
                                                   gradmq_reason_t *reason);

GRADMQ_MUST_CHECK gradmq_err_t gradmq_engine_start (gradmq_engine_t *self, gradmq_reason_t *reason);
GRADMQ_MUST_CHECK gradmq_err_t gradmq_engine_stop (gradmq_engine_t *self, gradmq_reason_t *reason);
GRADMQ_MUST_CHECK gradmq_err_t gradmq_engine_clear (gradmq_engine_t *self, bool new_epoch,
                                                    uint64_t *cleared, gradmq_reason_t *reason);

//  Reset: drop what the open step has.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_engine_reset (gradmq_engine_t *self, uint64_t *cleared,
                                                    gradmq_reason_t *reason);

//  Put these settings in force, which the step has taken already. Another policy or rule drops the open
//  step.
void gradmq_engine_take_settings (gradmq_engine_t *self, const gradmq_settings_t *settings);

//  Destroy: state CLOSING. The queue is dropped without being settled.
void gradmq_engine_close (gradmq_engine_t *self);

//  --------------------------------------------------------------------------------------------
//  Gradients

typedef enum {
    GRADMQ_ADMIT_QUEUED,
    GRADMQ_ADMIT_DUPLICATE,
    GRADMQ_ADMIT_AWAY,       //  turned away with the code
    GRADMQ_ADMIT_REFUSED,    //  REFUSED with the code
    GRADMQ_ADMIT_MALFORMED,  //  belongs to nobody
    GRADMQ_ADMIT_FORBIDDEN   //  whoever sent it may not use this worker's name
} gradmq_admission_t;

//  A gradient as it came: its header, and its payload in *entry_p.
//    `sender`   what its sender may do; NULL: everything
//    `trouble`  an error found while its frames were read (FRAMES, MEMORY), or OK
//    owns       takes *entry_p and nulls it
//    source     rule G-2
gradmq_admission_t gradmq_engine_gradient (gradmq_engine_t *self, gradmq_entry_t **entry_p,
                                           const gradmq_permit_t *sender, const void *header,
                                           size_t size, gradmq_err_t trouble,
                                           gradmq_reason_t *reason);

//  Whether who has this permit may speak as the worker of this name.
//    errors  PERMISSION
GRADMQ_MUST_CHECK gradmq_err_t gradmq_engine_check_name (const gradmq_permit_t *permit,
                                                         const char *worker,
                                                         gradmq_reason_t *reason);

//  Tell that a message was refused because of its sender, and count it.
//    `peer`  its address, NULL where that is not known
void gradmq_engine_forbidden (gradmq_engine_t *self, const gradmq_reason_t *reason,
                              const char *peer);

//  The same for one that is already decoded into *entry_p.
//    `fault`  what decoding found wrong with its contents, or OK
gradmq_admission_t gradmq_engine_admit (gradmq_engine_t *self, gradmq_entry_t **entry_p,
                                        gradmq_err_t fault, gradmq_reason_t *reason);

//  Checks 9 to 11 alone: for a dry run and for gradients that are added in process.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_engine_check (const gradmq_engine_t *self,
                                                    gradmq_gradient_t *gradient,
                                                    gradmq_reason_t *reason);

//  Append a gradient that was made in process.
//    owns    takes *entry_p and nulls it on success
//    errors  those of gradmq_engine_check; QUEUE_FULL, CLOSED
GRADMQ_MUST_CHECK gradmq_err_t gradmq_engine_add_local (gradmq_engine_t *self,
                                                        gradmq_entry_t **entry_p,
                                                        gradmq_reason_t *reason);

//  Apply what is queued, at most `most` gradients and not for much longer than 50 ms, while RUNNING.
//    returns true when there is more to do
bool gradmq_engine_run (gradmq_engine_t *self, size_t most);

//  Close the open step, in which there may be nothing.
void gradmq_engine_close_step (gradmq_engine_t *self);

//  Settle what the open step has without applying it; the round ends.
//    returns how many there were
uint64_t gradmq_engine_drop_open (gradmq_engine_t *self, gradmq_disposition_t disposition,
                                  gradmq_err_t code);

//  Queue again what the open step has and what is held; the round ends.
void gradmq_engine_dissolve (gradmq_engine_t *self);

//  Let the entry at the front of the queue have its turn, where contributions are collected.
void gradmq_engine_turn (gradmq_engine_t *self);

//  The same where each is a step: how many of the queue's first may be applied now, at most `most`. Those
//  whose turn it is not go to `held`.
size_t gradmq_engine_pass (gradmq_engine_t *self, gradmq_gradient_t **gradients, size_t most);

//  True when a gradient that is refused with this code answers for its worker: under most policies it does
//  unless it belongs to another round or model. OK answers.
bool gradmq_engine_answers (const gradmq_engine_t *self, gradmq_err_t code);

//  Can this gradient's turn never come? What is known of that when it arrives.
//    errors  LATE
GRADMQ_MUST_CHECK gradmq_err_t gradmq_engine_check_turn (const gradmq_engine_t *self,
                                                         const gradmq_gradient_t *gradient,
                                                         gradmq_reason_t *reason);

//  Drop an entry that was refused when it came.
//    owns    takes *entry_p and nulls it
void gradmq_engine_forget_refused (gradmq_engine_t *self, gradmq_entry_t **entry_p);

//  The settings have changed: what the open step has is checked again, and refused where it fails.
void gradmq_engine_check_open (gradmq_engine_t *self);

//  Write down what became of a gradient that was taken out of its queue, and free it.
void gradmq_engine_dispose (gradmq_engine_t *self, gradmq_entry_t **entry_p,
                            const gradmq_outcome_t *outcome);

//  Count the steps of a pass and its time, and keep its report for the next one that is published.
//    `begin_us`  when the pass began
void gradmq_engine_note (gradmq_engine_t *self, const gradmq_step_report_t *report,
                         uint64_t begin_us);

//  A notice to all.
void gradmq_engine_notice (gradmq_engine_t *self, gradmq_notice_t notice, const char *message,
                           uint64_t count);

//  When the open step has to be looked at again; UINT64_MAX: when something comes.
uint64_t gradmq_engine_deadline_ms (const gradmq_engine_t *self);

//  How long that is from now on; UINT64_MAX as above.
uint64_t gradmq_engine_time_left_ms (const gradmq_engine_t *self);

//  A member has joined.
void gradmq_engine_joined (gradmq_engine_t *self, const gradmq_joined_member_t *joined);

//  Something arrived that belongs to nobody: counted, and told at most ten times a second.
void gradmq_engine_malformed (gradmq_engine_t *self, gradmq_err_t code, const char *message,
                              const char *peer);

//  Something about this member changed that its acknowledgement has to tell.
void gradmq_engine_has_news (gradmq_engine_t *self, gradmq_member_t *member);

//  Tell a worker of one of its gradients: at most ten notices a second.
//    source  rule E-3
void gradmq_engine_tell (gradmq_engine_t *self, gradmq_member_t *member, gradmq_notice_t notice,
                         uint64_t sequence, gradmq_err_t code, const char *message);

//  The same of a gradient whose incarnation is not a member.
void gradmq_engine_tell_stranger (gradmq_engine_t *self, const gradmq_gradient_t *gradient,
                                  gradmq_notice_t notice, gradmq_err_t code, const char *message);

//  --------------------------------------------------------------------------------------------
//  Time

//  A member leaves, having pushed up to last_sequence; *complete when it is gone. Its news have to be
//  told before, since it may be forgotten.
//    source  J-6
void gradmq_engine_leave (gradmq_engine_t *self, gradmq_member_t *member, uint64_t last_sequence,
                          bool *complete);

//  Leases and those who are leaving, once a heartbeat.
//    `read_ms`  when it was last read what had come: what no one could read since renews no lease
//    `idle_ms`  how long nothing could be read before that
void gradmq_engine_expire (gradmq_engine_t *self, uint64_t read_ms, uint64_t idle_ms);

//  Fill an acknowledgement of this member.
//    owns    points into `missing` and into the member
void gradmq_engine_ack (const gradmq_engine_t *self, const gradmq_member_t *member,
                        gradmq_range_t missing [GRADMQ_MISSING_RANGES_TOLD_MAX], gradmq_ack_t *ack);

#endif
