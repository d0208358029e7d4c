//  Playing a recording again: the same steps on the same gradients, without a socket and without a
//  clock, so that the parameters come out as the same bytes whatever machine it is. schemas/RECORD.md.

#ifndef GRADMQ_RECORD_PLAYER_H
#define GRADMQ_RECORD_PLAYER_H

#include "core/random.h"
#include "record/journal.h"
#include "step/step.h"

typedef struct gradmq_player gradmq_player_t;

//  How far it came.
typedef struct {
    char name [GRADMQ_NAME_BYTES_MAX + 1];  //  of the model; "": not told
    uint64_t epoch, version;
    uint64_t first_epoch, first_version;  //  where the first model was
    uint64_t records;
    uint64_t steps;      //  that made a version
    uint64_t skipped;    //  that made none: their result was not finite
    uint64_t gradients;  //  that took part in either
    uint64_t digests;    //  that were the same
    uint64_t settings;   //  records of settings
    bool ended;          //  the recording was ended by order
    uint64_t cut;        //  bytes of a last record that was cut off
} gradmq_played_t;

//    owns    takes *reader_p and nulls it, also on error; *self_p is the caller's
//    errors  MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_player_open (gradmq_player_t **self_p,
                                                   gradmq_record_reader_t **reader_p,
                                                   gradmq_reason_t *reason);

//  The same, but for a model and a step that are the caller's, who hears of what a journal tells beside.
//    owns  model and step are borrowed and have to outlive it
GRADMQ_MUST_CHECK gradmq_err_t gradmq_player_open_for (gradmq_player_t **self_p,
                                                       gradmq_record_reader_t **reader_p,
                                                       gradmq_model_t *model, gradmq_step_t *step,
                                                       const gradmq_watcher_t *watcher,
                                                       gradmq_reason_t *reason);

//  Go on with the journal behind the one that was played. What is left of the open step stands in that one
//  again.
//    owns    takes *reader_p and nulls it
void gradmq_player_next (gradmq_player_t *self, gradmq_record_reader_t **reader_p);

//  NULL and *NULL are fine.
void gradmq_player_close (gradmq_player_t **self_p);

//  Play up to the first time that the model is at `version`, UINT64_MAX: to the end.
//    errors  DIFFERS: a step or a digest came to something else; FORMAT, UNSUPPORTED, IO: the file is
//            not whole or not possible; ARGUMENT: it begins after `version`, or ends before; MEMORY.
//            The player stays where it was by then.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_player_run (gradmq_player_t *self, uint64_t version,
                                                  gradmq_reason_t *reason);

const gradmq_played_t *gradmq_player_played (const gradmq_player_t *self);

//  The settings in force. Borrowed; NULL: not told yet.
const gradmq_settings_t *gradmq_player_settings (const gradmq_player_t *self);

//  The model as it is now. Borrowed.
const gradmq_model_t *gradmq_player_model (const gradmq_player_t *self);

//  SHA-256 of the packed parameters; false without a model.
bool gradmq_player_digest (const gradmq_player_t *self, uint8_t digest [GRADMQ_SHA256_BYTES]);

#endif
