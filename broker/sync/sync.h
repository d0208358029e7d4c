//  What the policy in force has to remember: the open step, the round, who has answered.
//
//  A step is open from its first contribution until it is closed; a round (policy bsp) from its
//  first answer. The contributions themselves are kept by the owner of this class.
//
//    thread  one owner

#ifndef GRADMQ_SYNC_SYNC_H
#define GRADMQ_SYNC_SYNC_H

#include "sync/policy.h"

#define GRADMQ_WAITING_TOLD_MAX 16u

//  Read by policies and anybody; changed by this class and policies only.
typedef struct gradmq_sync {
    const gradmq_policy_t *policy;
    gradmq_members_t *members;  //  borrowed
    size_t contributions;       //  that the open step has
    size_t least;               //  that the rule needs
    size_t held;                //  gradients that wait for their turn
    uint64_t round;             //  the first is 1
    size_t answers;             //  to this round
    size_t faulty;              //  workers whose answer was refused because it was not finite
    bool begun;                 //  this round has an answer, and those it waits for are known
    uint64_t begun_ms;
    uint64_t stopped_ms;  //  when deadlines began to stand still
    bool stopped;
    uint64_t min_clock;  //  of the members: never falls
    bool release;        //  what is held may have its turn now
    uint64_t releases;   //  how often it had; the first is 1
} gradmq_sync_t;

void gradmq_sync_init (gradmq_sync_t *self, gradmq_members_t *members);

//  Another policy, or the same under other settings. What is held may have its turn.
//    `least`  contributions that the rule in force needs
void gradmq_sync_set (gradmq_sync_t *self, const gradmq_settings_t *settings, size_t least);

//  A member has joined: a new incarnation, or one that this process did not know (`adopted`). Its
//  start clock is then member->progress.clock.
void gradmq_sync_joined (gradmq_sync_t *self, gradmq_member_t *member, bool adopted);

//  This member leaves or departs: the round that is open does not wait for it any more.
void gradmq_sync_leaves (gradmq_sync_t *self, gradmq_member_t *member);

//  Members have come or gone.
void gradmq_sync_members_changed (gradmq_sync_t *self);

//  True when this gradient's turn can never come, as far as that is known already.
bool gradmq_sync_late (const gradmq_sync_t *self, const gradmq_offer_t *offer,
                       gradmq_reason_t *reason);

//  Is it the turn of this gradient? Whoever is told so takes it, or settles it, and says
//  gradmq_sync_answer. One that is told to hold is counted as held.
gradmq_turn_t gradmq_sync_turn (gradmq_sync_t *self, const gradmq_settings_t *settings,
                                const gradmq_offer_t *offer, uint64_t now_ms,
                                gradmq_reason_t *reason);

//  This member's gradient waits, for a reason of the caller's own.
void gradmq_sync_hold (gradmq_sync_t *self, gradmq_member_t *member);

//  A gradient has had its turn. `contributes`: it is part of the open step now.
void gradmq_sync_answer (gradmq_sync_t *self, const gradmq_offer_t *offer, bool contributes,
                         uint64_t now_ms);

//  A contribution left the open step, which stays open.
void gradmq_sync_withdrawn (gradmq_sync_t *self);

//  True, once, when what is held may have its turn: nothing is counted as held then.
bool gradmq_sync_released (gradmq_sync_t *self);

//  True when the open step is to be closed now.
bool gradmq_sync_due (const gradmq_sync_t *self, const gradmq_settings_t *settings,
                      uint64_t now_ms);

//  The open step was closed or dissolved: the next round begins, and what is held may have its turn.
void gradmq_sync_closed (gradmq_sync_t *self);

//  Deadlines stand still from now on; and go on.
void gradmq_sync_stop (gradmq_sync_t *self, uint64_t now_ms);
void gradmq_sync_start (gradmq_sync_t *self, uint64_t now_ms);

//  When the open step has to be looked at again; UINT64_MAX: when something comes.
uint64_t gradmq_sync_deadline_ms (const gradmq_sync_t *self, const gradmq_settings_t *settings);

//  Who is waited for: up to GRADMQ_WAITING_TOLD_MAX names, ascending.
//    owns     names are the members'
//    returns  how many there are in all; *told were written
size_t gradmq_sync_waiting (const gradmq_sync_t *self, const char *names [GRADMQ_WAITING_TOLD_MAX],
                            size_t *told);

//  One sentence on why no step is made although something waits; "" when nothing does.
void gradmq_sync_why (const gradmq_sync_t *self, const gradmq_settings_t *settings, char *text,
                      size_t size);

//  The same, for policies that count contributions.
void gradmq_sync_why_counted (const gradmq_sync_t *self, const gradmq_settings_t *settings,
                              char *text, size_t size);

#endif
