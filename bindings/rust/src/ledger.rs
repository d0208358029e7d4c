//! What acknowledgements say about the outbox: what is settled and how, what credit there is, what has to be sent again.
//! No sockets (sections 10 and 11 of PROTOCOL.md).

use std::time::{Duration, Instant};

use crate::error::Code;
use crate::outbox::{Credit, Outbox};
use crate::proto;

/// What became of a gradient (section 10 of PROTOCOL.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disposition {
    /// it took part in a step
    Applied,
    /// a rule left it out of a step
    Excluded,
    /// its step was not made, or it was a skip
    Skipped,
    /// something about it was wrong
    Refused,
    /// dropped when gradients were cleared or the policy changed
    Discarded,
    /// it is settled, and how is not told any more
    Unknown,
    /// a disposition of a later version of the protocol
    Other(u32),
}

impl Disposition {
    /// The disposition with this number.
    pub fn from_code(code: u32) -> Disposition {
        match code {
            0 => Disposition::Unknown,
            1 => Disposition::Applied,
            2 => Disposition::Excluded,
            3 => Disposition::Skipped,
            4 => Disposition::Refused,
            5 => Disposition::Discarded,
            other => Disposition::Other(other),
        }
    }

    /// The name in the protocol; `?` for one of a later version.
    pub fn name(self) -> &'static str {
        match self {
            Disposition::Applied => "APPLIED",
            Disposition::Excluded => "EXCLUDED",
            Disposition::Skipped => "SKIPPED",
            Disposition::Refused => "REFUSED",
            Disposition::Discarded => "DISCARDED",
            Disposition::Unknown | Disposition::Other(_) => "?",
        }
    }
}

/// One gradient that is settled.
pub(crate) struct Settled<T> {
    pub sequence: u64,
    pub disposition: Disposition,
    pub code: u32,
    pub item: T,
}

/// What an acknowledgement asks of the worker beyond the outbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Calls {
    /// NOT_JOINED: join again, send everything again
    pub join: bool,
    /// FENCED: ask control whether that is so
    pub fenced: bool,
    /// CLOSED: the coordinator is closing
    pub closed: bool,
}

/// Rule S-3: two looks, some time apart, at what is missing without a code.
#[derive(Default)]
pub(crate) struct Confirm {
    /// Something may be lost: ask on control.
    pub wanted: bool,
    look: Option<Look>,
}

struct Look {
    at: Instant,
    received: u64,
    missing: Vec<(u64, u64)>,
}

impl Confirm {
    /// When the next look should be asked for; `None`: none is wanted.
    pub fn wake(&self, now: Instant, apart: Duration) -> Option<Instant> {
        if !self.wanted {
            return None;
        }
        Some(self.look.as_ref().map_or(now, |look| look.at + apart))
    }
}

pub(crate) struct Ledger<T> {
    pub outbox: Outbox<T>,
    /// What was told, within the caller's own bound.
    pub credit: Credit,
    pub confirm: Confirm,
    pub incarnation: u64,
    /// received_through and settled_through, the newest that were told.
    pub received: u64,
    told: u64,
    told_applied: u64,
    most: Option<u64>,
    pub settled: u64,
    pub applied: u64,
    pub refused: u64,
    pub resent: u64,
}

impl<T> Ledger<T> {
    /// An incarnation begins: nothing was sent. `most`: gradients that this side wants on their way.
    pub fn new(incarnation: u64, most: Option<u32>) -> Ledger<T> {
        Ledger {
            outbox: Outbox::new(),
            credit: Credit { gradients: 1, bytes: 0 },
            confirm: Confirm::default(),
            incarnation,
            received: 0,
            told: 0,
            told_applied: 0,
            most: most.map(u64::from).filter(|&most| most > 0),
            settled: 0,
            applied: 0,
            refused: 0,
            resent: 0,
        }
    }

    /// Another process answers for the coordinator: what it was told counts no longer.
    pub fn forget(&mut self) {
        self.received = 0;
        self.told = 0;
        self.told_applied = 0;
        self.confirm = Confirm::default();
        self.credit = Credit { gradients: 1, bytes: 0 };
    }

    /// Takes in an acknowledgement, from events or from control, in any order (rule S-6). One of another incarnation,
    /// or older than one that was taken in, is left alone. `asked`: it was asked for on control with sent_through.
    pub fn take(
        &mut self,
        ack: &proto::Acknowledgement,
        asked: bool,
        now: Instant,
        apart: Duration,
    ) -> (Vec<Settled<T>>, Calls) {
        let old = ack.received_through() < self.received || ack.settled_through() < self.told;
        if ack.incarnation() != self.incarnation || old {
            return (Vec::new(), Calls::default());
        }
        let settled = self.settle(ack);
        self.received = ack.received_through();
        self.told = ack.settled_through();
        self.told_applied = ack.applied();
        if ack.credit_gradients() > 0 {
            let told = u64::from(ack.credit_gradients());
            self.credit.gradients = self.most.map_or(told, |most| most.min(told));
        }
        if ack.credit_bytes() > 0 {
            self.credit.bytes = ack.credit_bytes();
        }
        self.outbox.received(ack.received_through());
        let calls = self.turned_away(ack);
        let missing = ack.missing.iter().filter(|range| range.code() == 0 && range.first() <= range.last());
        let missing: Vec<_> = missing.map(|range| (range.first(), range.last())).collect();
        if asked {
            self.look(missing, ack.received_through(), now, apart);
        } else if !missing.is_empty() {
            self.confirm.wanted = true;
        }
        (settled, calls)
    }

    fn settle(&mut self, ack: &proto::Acknowledgement) -> Vec<Settled<T>> {
        let first = self.outbox.first;
        let last = ack.settled_through().min(self.outbox.next() - 1);
        let mut settled = Vec::new();
        if last < first {
            return settled;
        }
        let untold = ack.dispositions_from().saturating_sub(first).min(last - first + 1);
        let mut untold_applied = self.untold_applied(ack, untold, last - first + 1 - untold);
        for sequence in first..=last {
            let listed = ack.dispositions.iter().find(|one| one.sequence() == sequence);
            let (disposition, code) = match listed {
                _ if sequence < first + untold => (Disposition::Unknown, 0),
                Some(one) => (Disposition::from_code(one.disposition()), one.code()),
                None => (Disposition::Applied, 0),
            };
            let applied = match disposition {
                Disposition::Unknown if untold_applied > 0 => {
                    untold_applied -= 1;
                    true
                }
                disposition => disposition == Disposition::Applied,
            };
            self.applied += u64::from(applied);
            self.refused += u64::from(!applied);
            let Some(item) = self.outbox.settle() else { break };
            self.settled += 1;
            settled.push(Settled { sequence, disposition, code, item });
        }
        settled
    }

    /// How many of those whose disposition is not told any more were applied: what `applied` grew by, less what the
    /// told ones explain.
    fn untold_applied(&self, ack: &proto::Acknowledgement, untold: u64, told: u64) -> u64 {
        let first = self.outbox.first + untold;
        let told_range = first..first + told;
        let not = |one: &&proto::Disposition| told_range.contains(&one.sequence()) && one.disposition() != 1;
        let listed = ack.dispositions.iter().filter(not).count() as u64;
        let grown = ack.applied().saturating_sub(self.told_applied);
        grown.saturating_sub(told.saturating_sub(listed)).min(untold)
    }

    fn turned_away(&mut self, ack: &proto::Acknowledgement) -> Calls {
        let mut calls = Calls::default();
        for range in &ack.missing {
            match Code::from_number(range.code()) {
                Code::Other(0) => {}
                Code::NotJoined => calls.join = true,
                Code::Fenced => calls.fenced = true,
                Code::Closed => calls.closed = true,
                _ => self.outbox.hold(range.first(), range.last()),
            }
        }
        calls
    }

    fn look(&mut self, missing: Vec<(u64, u64)>, received: u64, now: Instant, apart: Duration) {
        if missing.is_empty() {
            self.confirm = Confirm::default();
            return;
        }
        match &self.confirm.look {
            Some(look) if look.received == received => {
                if now < look.at + apart {
                    return;
                }
                // Both looks showed what is in both: that is lost.
                for &(first, last) in &missing {
                    for &(also_first, also_last) in &look.missing {
                        let (first, last) = (first.max(also_first), last.min(also_last));
                        if first <= last {
                            self.outbox.lost(first, last);
                        }
                    }
                }
                self.confirm = Confirm::default();
            }
            _ => self.confirm = Confirm { wanted: true, look: Some(Look { at: now, received, missing }) },
        }
    }
}

#[cfg(test)]
mod tests;
