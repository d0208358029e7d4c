//  What the files of the player share: player.c reads and dispatches, playing.c makes steps.

#ifndef GRADMQ_RECORD_PLAYING_H
#define GRADMQ_RECORD_PLAYING_H

#include "record/body.h"
#include "record/player.h"

//  One gradient of the open step. Its payload stands in the record's body.
typedef struct {
    uint64_t lsn;
    uint8_t *memory;
    gradmq_gradient_body_t body;
    bool taken;  //  by the step that is closed now
} gradmq_played_contribution_t;

struct gradmq_player {
    gradmq_record_reader_t *reader;
    gradmq_model_t *model;
    gradmq_step_t *step;
    bool borrows;  //  model and step are the caller's
    gradmq_watcher_t watcher;
    gradmq_record_type_t type;  //  of the record that is played
    gradmq_settings_t settings;
    bool set;  //  settings are known
    gradmq_played_contribution_t **open;
    size_t open_count;
    gradmq_played_t played;
};

//  Forget what the open step has.
void gradmq_player_drop_open (gradmq_player_t *self);

//  Play GRADIENT, CONTRIBUTION, STEP.
//    errors  FORMAT, DIFFERS, MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_player_gradient (gradmq_player_t *self, gradmq_cursor_t body,
                                                       gradmq_reason_t *reason);
GRADMQ_MUST_CHECK gradmq_err_t gradmq_player_contribution (gradmq_player_t *self,
                                                           gradmq_cursor_t body,
                                                           gradmq_reason_t *reason);
GRADMQ_MUST_CHECK gradmq_err_t gradmq_player_step (gradmq_player_t *self, gradmq_cursor_t body,
                                                   gradmq_reason_t *reason);

#endif
