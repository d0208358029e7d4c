//! What heartbeats told of the coordinator, and the sentence that says it to whoever waits (rule E-1).

use std::time::{Duration, Instant};

use crate::{limits, proto};

/// State of a model (section 7 of PROTOCOL.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// no model is loaded
    Empty,
    /// gradients are queued, none is applied
    Stopped,
    /// gradients are applied
    Running,
    /// the coordinator ends
    Closing,
    /// a state of a later version of the protocol
    Other(u32),
}

impl State {
    /// The state with this number.
    pub fn from_code(code: u32) -> State {
        match code {
            1 => State::Empty,
            2 => State::Stopped,
            3 => State::Running,
            4 => State::Closing,
            other => State::Other(other),
        }
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            State::Empty => "EMPTY",
            State::Stopped => "STOPPED",
            State::Running => "RUNNING",
            State::Closing => "CLOSING",
            State::Other(code) => return write!(f, "in state {code}"),
        })
    }
}

pub(crate) struct Hearsay {
    pub state: Option<State>,
    pub heard: Instant,
    pub heartbeat: Duration,
    pub min_clock: u64,
    why: String,
    waiting_for: Vec<String>,
    waiting_total: u32,
    deadline: Option<Instant>,
}

impl Hearsay {
    pub fn new(now: Instant) -> Hearsay {
        Hearsay {
            state: None,
            heard: now,
            heartbeat: limits::HEARTBEAT,
            min_clock: 0,
            why: String::new(),
            waiting_for: Vec::new(),
            waiting_total: 0,
            deadline: None,
        }
    }

    pub fn take(&mut self, heartbeat: &proto::Heartbeat, now: Instant) {
        self.state = Some(State::from_code(heartbeat.state()));
        if heartbeat.heartbeat_ms() > 0 {
            self.heartbeat = Duration::from_millis(heartbeat.heartbeat_ms());
        }
        self.min_clock = heartbeat.min_clock();
        self.why = heartbeat.why().to_owned();
        self.waiting_for.clone_from(&heartbeat.waiting_for);
        self.waiting_total = heartbeat.waiting_total();
        self.deadline = heartbeat.deadline_ms.and_then(|left| now.checked_add(Duration::from_millis(left)));
    }

    /// What a StatusReport says of the same.
    pub fn of_status(status: &proto::StatusReport, now: Instant) -> Hearsay {
        let mut hearsay = Hearsay::new(now);
        let heartbeat = proto::Heartbeat {
            state: status.state,
            why: status.why.clone(),
            waiting_for: status.waiting_for.clone(),
            waiting_total: status.waiting_total,
            deadline_ms: status.deadline_ms,
            ..Default::default()
        };
        hearsay.take(&heartbeat, now);
        hearsay
    }

    /// Such as "round 9 has 3 answers and waits for others: w2, w5 (2 in all), no longer than 1.5 s".
    pub fn say(&self, now: Instant) -> String {
        let silent = now.saturating_duration_since(self.heard);
        let Some(state) = self.state else { return "nothing was heard of the coordinator yet".to_owned() };
        if silent > 3 * self.heartbeat {
            return format!("nothing was heard of the coordinator for {} s", silent.as_secs());
        }
        if state != State::Running || self.why.is_empty() {
            let colon = if self.why.is_empty() { "" } else { ": " };
            return format!("the coordinator is {state}{colon}{}", self.why);
        }
        let mut text = self.why.clone();
        if self.waiting_total > 0 {
            text += &format!(": {} ({} in all)", self.waiting_for.join(", "), self.waiting_total);
        }
        if let Some(deadline) = self.deadline {
            let left = deadline.saturating_duration_since(now).as_millis();
            text += &format!(", no longer than {}.{} s", left / 1000, left % 1000 / 100);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_why_for_whom_and_how_long() {
        let now = Instant::now();
        let mut hearsay = Hearsay::new(now);
        assert!(hearsay.say(now).contains("yet"));
        let heartbeat = proto::Heartbeat {
            state: Some(3),
            why: Some("round 9 waits".to_owned()),
            waiting_for: vec!["w2".to_owned(), "w5".to_owned()],
            waiting_total: Some(2),
            deadline_ms: Some(1500),
            ..Default::default()
        };
        hearsay.take(&heartbeat, now);
        assert_eq!(hearsay.say(now), "round 9 waits: w2, w5 (2 in all), no longer than 1.5 s");
        assert!(hearsay.say(now + Duration::from_secs(4)).contains("nothing was heard"));
    }
}
