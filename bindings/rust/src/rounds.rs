//! Which round of policy bsp a worker takes part in, and whether that round ended without a version: then a newer
//! version is not worth waiting for (rule O-7).

/// What a worker computes from: a version of an epoch.
pub(crate) type Place = (u64, u64);

#[derive(Default)]
pub(crate) struct Rounds {
    /// Newest round heard of, and the position at which it was told; 0: none.
    round: u64,
    at: Place,
    base: Place,
    /// Round of a gradient that is made from the base; 0: not known.
    taken: u64,
    /// That round ended, and the version stayed.
    pub over: bool,
}

impl Rounds {
    /// A heartbeat, or the answer to Join, told which round is open at this position; 0: none was told.
    pub fn hear(&mut self, at: Place, round: u64) {
        if round == 0 {
            return;
        }
        self.at = at;
        self.round = round;
        if at != self.base {
            return;
        }
        if self.taken != 0 && round > self.taken {
            self.over = true;
        } else {
            self.taken = round;
        }
    }

    /// The round that is open at this position; 0: not known. A round that makes a version is followed by the next
    /// one: between two versions of an epoch as many rounds pass as versions, and those that were told of.
    fn open_at(&self, at: Place) -> u64 {
        if self.round == 0 || at.0 != self.at.0 || at.1 < self.at.1 {
            return 0;
        }
        self.round + (at.1 - self.at.1)
    }

    /// A notice told that a step was not made, or was dropped, at this position.
    pub fn passed(&mut self, at: Place) {
        let round = self.open_at(at);
        if round != 0 {
            self.hear(at, round + 1);
        }
        if at == self.base {
            self.over = true;
        }
    }

    /// The worker takes this position as its base, or sends a gradient that is made from it: what passed before is no
    /// news.
    pub fn take(&mut self, base: Place) {
        self.base = base;
        self.over = false;
        self.taken = self.open_at(base);
    }

    /// Another process answers; its rounds begin anew.
    pub fn forget(&mut self) {
        self.at = (0, 0);
        self.round = 0;
        self.taken = 0;
    }

    /// The round that a gradient from the base takes part in, as far as is known; 0: it is not.
    pub fn open(&self) -> u64 {
        if self.taken != 0 {
            self.taken
        } else {
            self.round
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_that_makes_a_version_is_followed_by_the_next() {
        let mut rounds = Rounds::default();
        rounds.hear((1, 4), 9);
        rounds.take((1, 6));
        assert_eq!(rounds.open(), 11);
        rounds.hear((1, 6), 11);
        assert!(!rounds.over);
    }

    #[test]
    fn a_later_round_at_the_same_position_means_that_ours_is_over() {
        let mut rounds = Rounds::default();
        rounds.hear((1, 4), 9);
        rounds.take((1, 4));
        rounds.hear((1, 4), 10);
        assert!(rounds.over);
        rounds.take((1, 4));
        assert!(!rounds.over);
        assert_eq!(rounds.open(), 10);
    }

    #[test]
    fn a_notice_and_the_heartbeat_behind_it_tell_of_one_round() {
        let mut rounds = Rounds::default();
        rounds.hear((1, 4), 9);
        rounds.take((1, 4));
        rounds.passed((1, 4));
        assert!(rounds.over);
        rounds.take((1, 4));
        rounds.hear((1, 4), 10);
        assert!(!rounds.over, "the heartbeat is no news");
    }
}
