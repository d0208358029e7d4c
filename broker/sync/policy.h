//  Policies: who is waited for before a step. A file and a row each (policy.def). Only who, when and
//  how many; no tensors.

#ifndef GRADMQ_SYNC_POLICY_H
#define GRADMQ_SYNC_POLICY_H

#include "settings/settings.h"
#include "sync/members.h"

struct gradmq_sync;

typedef enum {
    GRADMQ_TURN_TAKE,   //  it takes part now
    GRADMQ_TURN_HOLD,   //  not yet: it waits, and whatever its worker sent after it
    GRADMQ_TURN_REFUSE  //  never: the reason says why
} gradmq_turn_t;

//  A gradient whose turn it may be, as far as a policy looks at it.
typedef struct {
    gradmq_member_t *member;  //  NULL: added in process, or of an incarnation that is gone
    gradmq_member_t *worker;  //  whoever has its name now; NULL: nobody
    bool has_clock;
    bool last_of_clock;  //  or a SKIP, which ends its clock
    uint64_t clock;
    bool stale;       //  made from a version before the newest
    bool not_finite;  //  it was refused for that
} gradmq_offer_t;

//  True when this gradient ends its worker's clock: one without a clock is a clock of its own.
static inline bool
gradmq_offer_ends (const gradmq_offer_t *self)
{
    return !self->has_clock || self->last_of_clock;
}

typedef struct {
    const char *name;
    const gradmq_setting_id_t *reads;  //  NULL when read_count is 0
    size_t read_count;
    const gradmq_kind_t *kinds;  //  that it takes beside SKIP
    size_t kind_count;
    const char *rule;  //  that holds where none is set

    //  How many contributions make a step, whoever they are from; 0: that depends on the members.
    size_t (*contributions) (const gradmq_settings_t *settings);

    //  True when a gradient that is REFUSED has had its turn whatever its code; else one that belongs to
    //  another round or model has not.
    bool answers_anyway;

    //  True when this gradient's turn can never come; the reason says why. NULL: that is not known
    //  before.
    bool (*late) (const struct gradmq_sync *sync, const gradmq_offer_t *offer,
                  gradmq_reason_t *reason);

    //  Is it the turn of this gradient? NULL: always.
    gradmq_turn_t (*turn) (struct gradmq_sync *sync, const gradmq_settings_t *settings,
                           const gradmq_offer_t *offer, uint64_t now_ms, gradmq_reason_t *reason);

    //  A gradient had its turn: it was taken, or settled as SKIPPED or REFUSED. NULL: nothing to note.
    void (*answer) (struct gradmq_sync *sync, const gradmq_offer_t *offer, uint64_t now_ms);

    //  Members have come or gone. NULL: nothing to note.
    void (*look) (struct gradmq_sync *sync);

    //  Should the open step be closed now? NULL: when it has `contributions`.
    bool (*due) (const struct gradmq_sync *sync, const gradmq_settings_t *settings,
                 uint64_t now_ms);

    //  Until when it may stay open; UINT64_MAX or NULL: no such time.
    uint64_t (*deadline_ms) (const struct gradmq_sync *sync, const gradmq_settings_t *settings);

    //  True when this member is waited for. NULL: nobody by name.
    bool (*waits_for) (const struct gradmq_sync *sync, const gradmq_member_t *member);

    //  One sentence on why no step is made, or nothing when nobody has to wait.
    void (*why) (const struct gradmq_sync *sync, const gradmq_settings_t *settings, char *text,
                 size_t size);
} gradmq_policy_t;

//  NULL when there is none of this name, or past the last.
const gradmq_policy_t *gradmq_policy_find (const char *name);
const gradmq_policy_t *gradmq_policy_at (size_t index);

//  True when this policy reads this setting, under settings that name it.
bool gradmq_policy_reads (const gradmq_policy_t *self, gradmq_setting_id_t id);

bool gradmq_policy_takes (const gradmq_policy_t *self, uint32_t kind);

//  True when every contribution is a step of its own.
bool gradmq_policy_alone (const gradmq_policy_t *self, const gradmq_settings_t *settings);

//  How many contributions make a step; 0: that depends on the members.
size_t gradmq_policy_needed (const gradmq_policy_t *self, const gradmq_settings_t *settings);

#endif
