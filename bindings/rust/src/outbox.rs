//! Gradients that are not settled, and which of them have to be sent again (sections 10 and 11 of PROTOCOL.md).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::limits;

/// First wait before a sequence that was turned away a second time is sent again; doubles up to the longest.
const AGAIN: Duration = Duration::from_millis(20);
const AGAIN_MOST: Duration = Duration::from_millis(1000);

/// Most that may be sent and not settled. One gradient is always allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Credit {
    pub gradients: u64,
    pub bytes: u64,
}

struct Entry<T> {
    item: T,
    bytes: u64,
    sends: u32,
    /// When it was last sent, where it was sent more than once.
    sent: Option<Instant>,
    /// It has to be sent again, not before `due`; `None` there: now.
    held: bool,
    due: Option<Instant>,
}

/// What was sent, each with its sequence: `first` is the oldest, and low_water.
pub(crate) struct Outbox<T> {
    pub first: u64,
    pub bytes: u64,
    held: u64,
    held_bytes: u64,
    entries: VecDeque<Entry<T>>,
}

impl<T> Outbox<T> {
    pub fn new() -> Outbox<T> {
        Outbox { first: 1, bytes: 0, held: 0, held_bytes: 0, entries: VecDeque::new() }
    }

    /// Sequence of the next gradient.
    pub fn next(&self) -> u64 {
        self.first + self.count()
    }

    pub fn count(&self) -> u64 {
        self.entries.len() as u64
    }

    /// Whether a new gradient of so many payload bytes is within the credit (rule C-1).
    pub fn has_room(&self, bytes: u64, credit: Credit) -> bool {
        let count = self.count();
        count == 0
            || (count < limits::RECEIVE_WINDOW as u64
                && count < credit.gradients
                && self.bytes.saturating_add(bytes) <= credit.bytes)
    }

    /// The next gradient was sent.
    pub fn add(&mut self, item: T, bytes: u64) {
        self.entries.push_back(Entry { item, bytes, sends: 1, sent: None, held: false, due: None });
        self.bytes += bytes;
    }

    /// The oldest is settled, and let go of.
    pub fn settle(&mut self) -> Option<T> {
        self.unhold(self.first);
        let entry = self.entries.pop_front()?;
        self.bytes -= entry.bytes;
        self.first += 1;
        Some(entry.item)
    }

    fn place(&self, sequence: u64) -> Option<usize> {
        let place = usize::try_from(sequence.checked_sub(self.first)?).ok()?;
        (place < self.entries.len()).then_some(place)
    }

    pub fn item(&self, sequence: u64) -> Option<&T> {
        self.place(sequence).map(|place| &self.entries[place].item)
    }

    fn unhold(&mut self, sequence: u64) {
        let Some(place) = self.place(sequence) else { return };
        let entry = &mut self.entries[place];
        if entry.held {
            entry.held = false;
            self.held -= 1;
            self.held_bytes -= entry.bytes;
        }
    }

    /// Everything up to `through` has arrived: none of it needs to be sent again.
    pub fn received(&mut self, through: u64) {
        let mut at = self.first;
        while self.held > 0 && at < self.next() && at <= through {
            self.unhold(at);
            at += 1;
        }
    }

    /// These were turned away: those that are unsettled are held. One that was sent once is due now, another after a
    /// wait that grows with the times it was sent.
    pub fn hold(&mut self, first: u64, last: u64) {
        self.mark(first, last, false);
    }

    /// These are lost (rule S-3), or nobody remembers them: they are held, and due now.
    pub fn lost(&mut self, first: u64, last: u64) {
        self.mark(first, last, true);
    }

    /// Nobody remembers any of them.
    pub fn all_lost(&mut self) {
        self.lost(self.first, u64::MAX);
    }

    fn mark(&mut self, first: u64, last: u64, now: bool) {
        let last = last.min(self.next() - 1);
        for sequence in first.max(self.first)..=last {
            let Some(place) = self.place(sequence) else { break };
            let entry = &mut self.entries[place];
            if !entry.held {
                entry.held = true;
                entry.due = entry.sent.map(|sent| {
                    let doublings = entry.sends.saturating_sub(2).min(6);
                    sent + (AGAIN * 2u32.pow(doublings)).min(AGAIN_MOST)
                });
                self.held += 1;
                self.held_bytes += entry.bytes;
            }
            if now {
                entry.due = None;
            }
        }
    }

    pub fn holds(&self) -> bool {
        self.held > 0
    }

    /// The lowest held sequence from `from` on that is due and within the credit.
    pub fn due(&self, from: u64, credit: Credit, now: Instant) -> Option<u64> {
        if self.held == 0 {
            return None;
        }
        let flying = self.count() - self.held;
        let flying_bytes = self.bytes - self.held_bytes;
        for sequence in from.max(self.first)..self.next() {
            let entry = &self.entries[self.place(sequence)?];
            if !entry.held {
                continue;
            }
            let fits =
                flying == 0 || (flying < credit.gradients && flying_bytes.saturating_add(entry.bytes) <= credit.bytes);
            // In order: a later one never goes before an earlier one that waits for credit.
            if !fits {
                return None;
            }
            if entry.due.is_none_or(|due| due <= now) {
                return Some(sequence);
            }
        }
        None
    }

    /// A held sequence was sent.
    pub fn resent(&mut self, sequence: u64, now: Instant) {
        self.unhold(sequence);
        if let Some(place) = self.place(sequence) {
            let entry = &mut self.entries[place];
            entry.sent = Some(now);
            entry.sends = entry.sends.saturating_add(1);
        }
    }

    /// A held sequence is not due before this.
    pub fn defer(&mut self, sequence: u64, due: Instant) {
        if let Some(place) = self.place(sequence) {
            self.entries[place].due = Some(due);
        }
    }

    /// When the next held sequence that is not due is. What is due waits for credit or a connection.
    pub fn wake(&self, now: Instant) -> Option<Instant> {
        let held = self.entries.iter().filter(|entry| entry.held);
        held.filter_map(|entry| entry.due).filter(|&due| due > now).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLENTY: Credit = Credit { gradients: 8, bytes: 800 };

    fn outbox(count: u64) -> Outbox<u64> {
        let mut outbox = Outbox::new();
        (1..=count).for_each(|sequence| outbox.add(sequence, 100));
        outbox
    }

    #[test]
    fn one_gradient_is_always_allowed() {
        let none = Credit { gradients: 0, bytes: 0 };
        assert!(outbox(0).has_room(1 << 40, none));
        assert!(!outbox(1).has_room(0, none));
        assert!(outbox(7).has_room(100, PLENTY));
        assert!(!outbox(7).has_room(101, PLENTY));
        assert!(!outbox(8).has_room(0, PLENTY));
    }

    #[test]
    fn what_was_turned_away_goes_again_in_order_with_growing_waits() {
        let now = Instant::now();
        let mut outbox = outbox(4);
        outbox.hold(2, 3);
        assert_eq!(outbox.due(0, PLENTY, now), Some(2));
        outbox.resent(2, now);
        assert_eq!(outbox.due(0, PLENTY, now), Some(3));
        outbox.hold(2, 2);
        assert_eq!(outbox.due(0, PLENTY, now), Some(3), "2 has to wait");
        assert_eq!(outbox.due(0, PLENTY, now + AGAIN), Some(2));
        assert_eq!(outbox.wake(now), Some(now + AGAIN));
        outbox.lost(2, 2);
        assert_eq!(outbox.due(0, PLENTY, now), Some(2), "lost is due now");
    }

    #[test]
    fn what_waits_for_credit_keeps_later_ones_back() {
        let now = Instant::now();
        let mut outbox = outbox(4);
        outbox.hold(3, 4);
        assert_eq!(outbox.due(0, Credit { gradients: 2, bytes: 800 }, now), None);
        assert_eq!(outbox.settle(), Some(1));
        assert_eq!(outbox.due(0, Credit { gradients: 2, bytes: 800 }, now), Some(3));
    }

    #[test]
    fn what_arrived_is_not_sent_again() {
        let mut outbox = outbox(4);
        outbox.all_lost();
        outbox.received(3);
        assert_eq!(outbox.due(0, PLENTY, Instant::now()), Some(4));
        outbox.received(u64::MAX);
        assert!(!outbox.holds());
    }
}
