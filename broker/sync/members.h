//  Who takes part: names, incarnations, leases, credit. schemas/PROTOCOL.md, sections 8 and 11.
//
//  Departed incarnations are remembered for a while with all that is known of their sequences, so
//  that one which comes back goes on where it was and nothing of it is applied twice.
//
//    thread  one owner

#ifndef GRADMQ_SYNC_MEMBERS_H
#define GRADMQ_SYNC_MEMBERS_H

#include "core/reason.h"
#include "metrics/counters.h"
#include "sync/window.h"

typedef enum {
    GRADMQ_PHASE_LIVE,
    GRADMQ_PHASE_LEAVING,
    GRADMQ_PHASE_LEFT,    //  departed: it left and everything was settled
    GRADMQ_PHASE_EXPIRED  //  departed: its lease ran out
} gradmq_phase_t;

//  How far a member is, under the policy in force.
typedef struct {
    uint64_t clock;      //  ssp: clocks that it has completed
    bool clock_known;    //  false: it was adopted and has sent nothing yet
    uint64_t waited_in;  //  bsp: the newest round that waits for it
    uint64_t answered;   //  bsp: the newest round that it has answered, in whichever life
    uint64_t held_in;    //  it has gradients that wait for this release: see sync.h
    uint32_t refusals;   //  refused ones among its queued gradients
} gradmq_progress_t;

//  One incarnation of a worker. Read by anybody, changed by this class only, but for the fields under
//  "notes".
typedef struct gradmq_member {
    char name [GRADMQ_NAME_BYTES_MAX + 1];
    uint64_t incarnation;
    gradmq_phase_t phase;
    gradmq_window_t window;
    uint64_t lease_end_ms;
    uint64_t seen_ms;
    uint64_t last_sequence;   //  LEAVING: what it said it had pushed
    uint64_t held_gradients;  //  queued here
    uint64_t held_bytes;
    uint64_t earlier_gradients;  //  queued here, of earlier incarnations of this worker
    uint64_t earlier_bytes;
    struct gradmq_member *next_in_bucket;
    struct gradmq_member *older, *newer;  //  order of departure
    //  Notes of the owner of this class.
    void *metrics;  //  newest, from malloc; freed with the incarnation
    bool news;      //  something changed that its acknowledgement would tell
    gradmq_progress_t progress;
    uint64_t clock;  //  that it stated last
    uint64_t base_version;
    double staleness_sum;
    uint64_t staleness_count;
    uint64_t disposed [6];                       //  by disposition
    uint32_t refused_by [GRADMQ_COUNTED_CODES];  //  those REFUSED and SKIPPED, by code
    uint64_t notices_ms;                         //  begin of the second that notices_sent counts
    unsigned notices_sent;
} gradmq_member_t;

typedef struct gradmq_members gradmq_members_t;

//    errors  NULL: out of memory
gradmq_members_t *gradmq_members_new (void);
void gradmq_members_destroy (gradmq_members_t **self_p);

//  What a Join came to, beside the member.
typedef struct {
    gradmq_member_t *member;
    bool is_new;      //  a new incarnation, or one that this process did not know
    bool adopted;     //  of those, one that this process did not know
    bool returned;    //  the same one, which had departed
    uint64_t fenced;  //  incarnation that it put an end to; 0: none
} gradmq_joined_member_t;

//  Join under `name`. incarnation 0: begin a new one; else renew or resume it.
//    units   now_ms: monotonic; now_unix_us: since 1970
//    errors  FENCED, ARGUMENT (incarnation of the future), BUSY (too many members), MEMORY
//    source  section 8, table and J-3
GRADMQ_MUST_CHECK gradmq_err_t gradmq_members_join (gradmq_members_t *self, const char *name,
                                                    uint64_t incarnation, uint64_t low_water,
                                                    uint64_t now_ms, uint64_t now_unix_us,
                                                    uint64_t lease_ms,
                                                    gradmq_joined_member_t *joined,
                                                    gradmq_reason_t *reason);

//  The member that this incarnation is, LIVE or LEAVING.
//    errors  NOT_JOINED, FENCED
GRADMQ_MUST_CHECK gradmq_err_t gradmq_members_find (const gradmq_members_t *self, const char *name,
                                                    uint64_t incarnation,
                                                    gradmq_member_t **member_p,
                                                    gradmq_reason_t *reason);

//  The same, departed ones included: for Leave and acknowledgements.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_members_recall (const gradmq_members_t *self,
                                                      const char *name, uint64_t incarnation,
                                                      gradmq_member_t **member_p,
                                                      gradmq_reason_t *reason);

//  Whoever has this name now, departed or not; NULL: nobody that is remembered.
gradmq_member_t *gradmq_members_named (const gradmq_members_t *self, const char *name);

//  Renew a lease.
void gradmq_members_renew (gradmq_members_t *self, gradmq_member_t *member, uint64_t now_ms,
                           uint64_t lease_ms);

//  It wants to leave and has pushed up to last_sequence.
//    returns true when it has left: all of that is settled
//    source  J-6
bool gradmq_members_leave (gradmq_members_t *self, gradmq_member_t *member, uint64_t last_sequence);

//  Put leases forward by the time in which nothing could be read.
void gradmq_members_stand_still (gradmq_members_t *self, uint64_t ms);

//  Let those expire whose lease has ended. `expired` is called for each, once.
void gradmq_members_expire (gradmq_members_t *self, uint64_t now_ms,
                            void (*expired) (gradmq_member_t *member, void *context),
                            void *context);

//  A gradient of this member is queued.
void gradmq_members_hold (gradmq_member_t *member, uint64_t bytes);

//  A gradient that was queued is so no longer.
//    returns the member, departed ones included; NULL when this incarnation was fenced or forgotten
//    source  rule C-3: what is held counts for the worker, whichever incarnation of it sent it
gradmq_member_t *gradmq_members_let_go (gradmq_members_t *self, const char *name,
                                        uint64_t incarnation, uint64_t bytes);

//  Departed incarnations from the one that departed first on, by `newer`; NULL: none.
const gradmq_member_t *gradmq_members_departed (const gradmq_members_t *self);

//  The highest incarnation that was forgotten. Setting it makes it no lower.
uint64_t gradmq_members_forgotten (const gradmq_members_t *self);
void gradmq_members_set_forgotten (gradmq_members_t *self, uint64_t incarnation);

//  Take in an incarnation as another process left it, with a window that begins at `next`; an earlier
//  one of this name is gone. Its lease begins now, unless it had departed.
//    errors  NULL: out of memory, or too many members
gradmq_member_t *gradmq_members_restore (gradmq_members_t *self, const char *name,
                                         uint64_t incarnation, uint64_t next, uint64_t now_ms,
                                         uint64_t lease_ms);

//  It comes back as it was.
void gradmq_members_return (gradmq_members_t *self, gradmq_member_t *member, uint64_t now_ms,
                            uint64_t lease_ms);

//  It departs, whatever is held of it.
void gradmq_members_depart (gradmq_members_t *self, gradmq_member_t *member);

//  LIVE and LEAVING members.
size_t gradmq_members_count (const gradmq_members_t *self);

//  The next LIVE or LEAVING member after this one (NULL: the first), in no order; NULL past the
//  last. Members may not join or depart meanwhile.
gradmq_member_t *gradmq_members_next (const gradmq_members_t *self, const gradmq_member_t *member);

//  LIVE and LEAVING members by name, in byte order, whose names are greater than `after`.
//    returns how many were written, at most `most`; *more tells whether there are others
size_t gradmq_members_by_name (const gradmq_members_t *self, const char *after,
                               gradmq_member_t **list, size_t most, bool *more);

//  Share of one member of a queue of this size: rules C-2 to C-4.
uint32_t gradmq_members_credit_gradients (const gradmq_members_t *self, uint64_t queue_gradients);
uint64_t gradmq_members_credit_bytes (const gradmq_members_t *self, uint64_t queue_bytes);

#endif
