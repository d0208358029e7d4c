//  What acknowledgements say about the outbox: what is settled and how, what credit there is, what
//  has to be sent again. No sockets. PROTOCOL.md, sections 10 and 11.

#ifndef GRADMQ_CLIENT_LEDGER_H
#define GRADMQ_CLIENT_LEDGER_H

#include "outbox.h"

#include "wire/message.h"

//  Rule S-3: two looks, confirm_ms apart, at what is missing without a code.
typedef struct {
    bool wanted;  //  something may be lost: ask on control
    bool looked;  //  the first look was taken
    uint64_t looked_ms;
    uint64_t received;  //  received_through at the first look
    size_t count;       //  missing then
    gradmq_range_t ranges [GRADMQ_MISSING_RANGES_TOLD_MAX];
} gradmq_confirm_t;

//  What an acknowledgement asks of the worker beyond the outbox.
typedef struct {
    bool join;    //  NOT_JOINED: join again, send everything again
    bool fenced;  //  FENCED: ask control whether that is so
    bool closed;  //  CLOSED: the coordinator is closing
} gradmq_calls_t;

typedef struct {
    gradmq_outbox_t outbox;
    gradmq_credit_t credit;  //  what was told, within `most`
    uint64_t most;           //  gradients that this side wants on their way; 0: no bound of its own
    gradmq_confirm_t confirm;
    uint64_t incarnation;
    uint64_t received;  //  received_through, the newest that was told
    uint64_t told;      //  settled_through, the newest that was told
    uint64_t told_applied;
    uint64_t settled, applied, refused, resent;
    //  One gradient is settled: called in ascending order, before the outbox lets go of it.
    //  `disposition` is 0 where it is not known.
    void (*settle) (void *context, uint64_t sequence, uint32_t disposition, uint32_t code);
    void *context;
} gradmq_ledger_t;

//  An incarnation begins: nothing was sent.
void gradmq_ledger_init (gradmq_ledger_t *self, uint64_t incarnation, uint64_t most);

//  Another process answers for the coordinator: what it was told counts no longer.
void gradmq_ledger_forget (gradmq_ledger_t *self);

//  Take in an acknowledgement, from events or from control, in any order (rule S-6). One of another
//  incarnation, or older than one that was taken in, is left alone.
//    `asked`  it was asked for on control with sent_through
gradmq_calls_t gradmq_ledger_take (gradmq_ledger_t *self, const gradmq_ack_t *ack, bool asked,
                                   uint64_t now_ms, uint64_t confirm_ms);

//  Something may be lost: two looks are wanted.
void gradmq_confirm_want (gradmq_confirm_t *self);

//  How long until the next look should be asked for; UINT64_MAX: none is wanted.
uint64_t gradmq_confirm_wait_ms (const gradmq_confirm_t *self, uint64_t now_ms,
                                 uint64_t confirm_ms);

#endif
