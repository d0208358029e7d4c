//! kill -9 and a new start in the middle.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use gradmq::{Dtype, Layout, Push, Worker};

use crate::daemon::{load, numbers, push_ones, Daemon, ELEMENTS, LONG};

pub const CASES: &[crate::Case] =
    &[("killed_memory", killed_memory), ("killed_journal", killed_journal), ("killed_large", killed_large)];

const GRADIENTS: u64 = 300;

fn killed_memory() {
    let mut daemon = Daemon::start(&[]);
    drop(daemon.loaded(0.0));
    let mut worker = daemon.options().name("w").window(8).worker().unwrap();
    let verdicts = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&verdicts);
    worker.on_verdict(move |verdict| told.lock().unwrap().push(verdict.sequence));
    worker.next().unwrap();
    push_ones(&mut worker, 50);
    daemon.kill();
    daemon.restart();
    let mut coordinator = daemon.coordinator();
    load(&mut coordinator, 0.0);
    coordinator.start().unwrap();
    let epoch = coordinator.position().epoch;
    while worker.next().unwrap().epoch() != epoch {}
    for _ in 0..50 {
        worker.push(&[1f32; ELEMENTS]).unwrap();
        worker.newest().unwrap();
    }
    worker.flush(LONG).unwrap();
    let stats = worker.stats();
    assert_eq!((stats.pushed, stats.settled, stats.unsettled), (100, 100, 0));
    assert_eq!(stats.applied + stats.refused, 100);
    let verdicts = verdicts.lock().unwrap();
    assert_eq!(verdicts.len() as u64, stats.refused);
    assert!(verdicts.windows(2).all(|pair| pair[0] < pair[1]), "one verdict each: {verdicts:?}");
    // What the new process applied is in its parameters, and of the old epoch there is nothing.
    assert!(numbers(&mut coordinator)[0] <= -50.0);
    assert_eq!(-numbers(&mut coordinator)[0] as u64, coordinator.position().version);
}

fn killed_journal() {
    let settings = ["state/directory=FOLDER/state", "settings/durability=journal"];
    let mut daemon = Daemon::start(&settings);
    drop(daemon.loaded(0.0));
    let mut worker = daemon.options().name("w").window(64).worker().unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let pushing = scope.spawn(|| {
            for _ in 0..GRADIENTS {
                worker.push_with(&[1f32; ELEMENTS], &Push::new().without_base()).unwrap();
            }
            worker.flush(LONG).unwrap();
            done.store(true, Ordering::SeqCst);
        });
        // Each time some have been applied, but the last.
        let mut applied = 0;
        while applied < GRADIENTS / 2 && !done.load(Ordering::SeqCst) {
            let mut coordinator = daemon.coordinator();
            let wanted = (applied + 40).min(GRADIENTS - 1);
            crate::daemon::until("some to be applied", || {
                coordinator.status().unwrap();
                coordinator.position().version >= wanted
            });
            applied = coordinator.position().version;
            daemon.kill();
            daemon.restart();
        }
        pushing.join().unwrap();
    });
    let mut coordinator = daemon.coordinator();
    assert_eq!(numbers(&mut coordinator), [-(GRADIENTS as f32); ELEMENTS], "each exactly once");
    assert_eq!(coordinator.position().version, GRADIENTS);
    let stats = worker.stats();
    assert_eq!((stats.pushed, stats.settled, stats.applied), (GRADIENTS, GRADIENTS, GRADIENTS));
}

fn killed_large() {
    let mut daemon = Daemon::start(&["state/directory=FOLDER/state", "settings/durability=journal"]);
    let mut coordinator = daemon.coordinator();
    let elements = 1 << 20;
    let layout = Layout::new(Dtype::F32, [("large", vec![elements as u64])]).unwrap();
    coordinator.set_model_parameters(&layout, &vec![0f32; elements]).unwrap();
    coordinator.start().unwrap();
    let mut worker = daemon.options().name("w").without_updates().worker().unwrap();
    let gradient = vec![1f32; elements];
    let push = |worker: &mut Worker| worker.push_with(&gradient, &Push::new().without_base()).unwrap();
    push(&mut worker);
    worker.flush(LONG).unwrap();
    daemon.hold();
    for _ in 0..8 {
        push(&mut worker);
    }
    daemon.kill();
    daemon.restart();
    worker.flush(LONG).unwrap();
    assert_eq!(numbers(&mut coordinator), vec![-9.0; elements]);
    assert_eq!((worker.stats().applied, worker.stats().refused), (9, 0));
}
