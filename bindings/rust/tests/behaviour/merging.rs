//! Parameters that are merged.

use std::thread;

use gradmq::{Kind, Push};

use crate::daemon::{near, numbers, Daemon, ELEMENTS};

pub const CASES: &[crate::Case] = &[("add_model_parameters", add_model_parameters), ("reset", reset), ("merge", merge)];

const MERGE: &[&str] = &["settings/policy=merge", "settings/merge_count=2", "settings/learning_rate=1"];

fn add_model_parameters() {
    let daemon = Daemon::start(MERGE);
    let mut coordinator = daemon.loaded(1.0);
    assert_eq!(coordinator.contributions().unwrap(), (0, 2));
    coordinator.get_model_parameters(None).unwrap();
    coordinator.add_model_parameters(&[2f32; ELEMENTS], &Push::default()).unwrap();
    assert_eq!(coordinator.contributions().unwrap(), (1, 2));
    assert_eq!(numbers(&mut coordinator), [1.0; ELEMENTS]);
    coordinator.add_model_parameters(&[3f32; ELEMENTS], &Push::new().kind(Kind::Delta)).unwrap();
    assert_eq!(coordinator.contributions().unwrap(), (0, 2));
    near(&numbers(&mut coordinator), &[3.0; ELEMENTS], 1e-6);
}

fn reset() {
    let daemon = Daemon::start(MERGE);
    let mut coordinator = daemon.loaded(1.0);
    coordinator.add_model_parameters(&[2f32; ELEMENTS], &Push::default()).unwrap();
    assert_eq!(coordinator.reset().unwrap(), 1);
    assert_eq!(coordinator.contributions().unwrap(), (0, 2));
    assert_eq!(coordinator.position().version, 0);
}

fn merge() {
    let daemon = Daemon::start(MERGE);
    let mut coordinator = daemon.loaded(1.0);
    thread::scope(|scope| {
        for (name, by, weight) in [("a", 1f32, 1.0), ("b", 5.0, 3.0)] {
            let mut worker = daemon.worker(name);
            scope.spawn(move || {
                for _ in 0..3 {
                    let before = worker.next().unwrap();
                    let trained: Vec<f32> = before.as_slice::<f32>().unwrap().iter().map(|value| value + by).collect();
                    let push = Push::new().weight(weight);
                    if by > 2.0 {
                        worker.push_model_parameters(&trained, &push).unwrap();
                    } else {
                        worker.push_with(&[by; ELEMENTS], &push.kind(Kind::Delta)).unwrap();
                    }
                }
                worker.close(crate::daemon::LONG).unwrap();
            });
        }
    });
    // Three times the weighted mean of 1 and 5.
    near(&numbers(&mut coordinator), &[1.0 + 3.0 * 4.0; ELEMENTS], 1e-4);
    assert_eq!(coordinator.position().version, 3);
}
