//! The coordinator from afar: what is there, settings, commands.

use std::thread;
use std::time::Duration;

use gradmq::{Condition, Push, Settings, State};

use crate::daemon::{counter, load, numbers, push_ones, refused, set, text, until, Daemon, ELEMENTS};

pub const CASES: &[crate::Case] = &[
    ("describe", describe),
    ("status", status),
    ("list_workers", list_workers),
    ("set_parameters", set_parameters),
    ("set_parameters_refused", set_parameters_refused),
    ("reset_parameter", reset_parameter),
    ("get_parameters", get_parameters),
    ("start_stop", start_stop),
    ("clear_gradients", clear_gradients),
    ("checkpoint_restore", checkpoint_restore),
    ("record", record),
    ("destroy", destroy),
    ("only_if", only_if),
    ("request_repeated", request_repeated),
];

fn describe() {
    let daemon = Daemon::start(&["model/name=digits"]);
    let mut coordinator = daemon.coordinator();
    assert_eq!(coordinator.model(), "digits");
    assert!(coordinator.describe().unwrap().layout.is_none());
    load(&mut coordinator, 1.0);
    let told = coordinator.describe().unwrap();
    let layout = told.layout.as_ref().unwrap();
    assert_eq!(layout.tensors[0].name(), "w");
    assert_eq!(layout.tensors[0].shape, [4, 3]);
    assert_eq!(told.layout_id(), coordinator.layout().unwrap().id());
    for endpoints in [&told.gradients_endpoints, &told.updates_endpoints, &told.events_endpoints] {
        assert!(endpoints[0].starts_with("ipc://"), "{endpoints:?}");
    }
    let limits = told.limits.as_ref().unwrap();
    assert_eq!(limits.frame_bytes(), gradmq::limits::FRAME_BYTES as u64);
    assert_eq!(limits.receive_window(), gradmq::limits::RECEIVE_WINDOW as u32);
    assert!(told.optimizers.iter().any(|name| name == "adam"));
    assert!(told.policies.iter().any(|name| name == "bsp"));
    assert!(told.stream_names.iter().any(|name| name == "int8"));
    assert_eq!(told.encodings, [1, 2, 3, 4, 5]);
}

fn status() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.coordinator();
    assert_eq!(State::from_code(coordinator.status().unwrap().state()), State::Empty);
    let epoch = load(&mut coordinator, 1.0);
    assert_eq!(State::from_code(coordinator.status().unwrap().state()), State::Stopped);
    coordinator.start().unwrap();
    coordinator.add_gradients(&[1f32; ELEMENTS], &Push::default()).unwrap();
    let told = coordinator.status().unwrap();
    assert_eq!(State::from_code(told.state()), State::Running);
    assert_eq!((told.tensors(), told.elements()), (2, ELEMENTS as u64));
    assert_eq!((coordinator.position().epoch, coordinator.position().version), (epoch, 1));
    assert_ne!(coordinator.position().instance, 0);
    assert_eq!(counter(&mut coordinator, "applied"), 1);
}

fn list_workers() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(1.0);
    let names = ["a", "b", "c", "d", "e"];
    let workers = names.map(|name| daemon.worker(name));
    let first = coordinator.workers_page("", 2).unwrap();
    assert_eq!(first.workers.iter().map(|worker| worker.name()).collect::<Vec<_>>(), ["a", "b"]);
    assert!(first.more());
    let last = coordinator.workers_page("d", 2).unwrap();
    assert_eq!(last.workers.iter().map(|worker| worker.name()).collect::<Vec<_>>(), ["e"]);
    assert!(!last.more());
    let all = coordinator.workers().unwrap();
    assert_eq!(all.iter().map(|worker| worker.name()).collect::<Vec<_>>(), names);
    assert_eq!(all[2].incarnation(), workers[2].stats().incarnation);
}

fn set_parameters() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(1.0);
    let first = Settings { optimizer: text("momentum"), learning_rate: Some(0.5), ..Settings::default() };
    let first = coordinator.set_parameters(&first, &[]).unwrap();
    coordinator.add_gradients(&[1f32; ELEMENTS], &Push::default()).unwrap();
    let second = coordinator.set_parameters(&Settings { momentum: Some(0.25), ..Settings::default() }, &[]).unwrap();
    assert_eq!(second.revision, first.revision + 1);
    assert_eq!(second.settings.momentum(), 0.25);
    assert_eq!((second.settings.optimizer(), second.settings.learning_rate()), ("momentum", 0.5));
    assert_eq!(second.effective_from, (coordinator.position().epoch, 1));
}

fn set_parameters_refused() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.coordinator();
    let before = coordinator.get_parameters().unwrap();
    let wrong = Settings { clip_norm: Some(1.0), learning_rate: Some(-1.0), ..Settings::default() };
    let error = refused(coordinator.set_parameters(&wrong, &[]), "ARGUMENT");
    assert!(error.message().contains("learning_rate") && error.message().contains("1000000"), "{error}");
    assert_eq!(coordinator.get_parameters().unwrap(), before);
}

fn reset_parameter() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.coordinator();
    let default = coordinator.get_parameters().unwrap().settings.learning_rate();
    let told =
        coordinator.set_parameters(&Settings { learning_rate: Some(0.125), ..Settings::default() }, &[]).unwrap();
    assert!(told.is_given("learning_rate"));
    let told = coordinator.set_parameters(&Settings::default(), &["learning_rate"]).unwrap();
    assert_eq!(told.settings.learning_rate(), default);
    assert!(!told.is_given("learning_rate"));
}

fn get_parameters() {
    let daemon = Daemon::start(&["settings/lease_ms=7000"]);
    let mut coordinator = daemon.coordinator();
    let told = coordinator.get_parameters().unwrap();
    assert_eq!((told.settings.lease_ms(), told.is_given("lease_ms")), (7000, true));
    assert_eq!((told.settings.optimizer(), told.is_given("optimizer")), ("sgd", false));
    assert_eq!(told.settings.durability(), "memory");
    assert!(told.settings.learning_rate.is_some() && told.settings.queue_gradients.is_some());
}

fn start_stop() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(1.0);
    assert_eq!(refused(coordinator.start(), "STATE").number(), 13);
    assert_eq!(coordinator.stop().unwrap(), State::Stopped);
    assert_eq!(coordinator.stop().unwrap(), State::Stopped, "M: done, nothing changes");
    let mut worker = daemon.worker("w");
    push_ones(&mut worker, 3);
    until("three gradients in the queue", || coordinator.status().unwrap().queued_gradients() == 3);
    assert_eq!(numbers(&mut coordinator), [1.0; ELEMENTS]);
    assert_eq!(coordinator.start().unwrap(), State::Running);
    worker.flush(crate::daemon::LONG).unwrap();
    assert_eq!(numbers(&mut coordinator), [-2.0; ELEMENTS]);
}

fn clear_gradients() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(1.0);
    coordinator.stop().unwrap();
    let mut worker = daemon.worker("w");
    push_ones(&mut worker, 4);
    until("four gradients in the queue", || coordinator.status().unwrap().queued_gradients() == 4);
    let epoch = coordinator.position().epoch;
    assert_eq!(coordinator.clear_gradients(false).unwrap(), 4);
    assert_eq!(coordinator.position().epoch, epoch);
    assert_eq!(coordinator.clear_gradients(true).unwrap(), 0);
    assert!(coordinator.position().epoch > epoch);
    worker.flush(crate::daemon::LONG).unwrap();
    assert_eq!((worker.stats().applied, worker.stats().refused), (0, 4));
}

fn checkpoint_restore() {
    let daemon = Daemon::start(&["state/directory=FOLDER/state"]);
    let mut coordinator = daemon.loaded(1.0);
    coordinator.add_gradients(&[0.5f32; ELEMENTS], &Push::default()).unwrap();
    coordinator.checkpoint().unwrap();
    let files = std::fs::read_dir(daemon.scratch.path("state")).unwrap().flatten();
    let mut names: Vec<String> = files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| name.contains("checkpoint"));
    let name = names.iter().max().unwrap();
    let epoch = coordinator.position().epoch;
    coordinator.add_gradients(&[4f32; ELEMENTS], &Push::default()).unwrap();
    assert_eq!(numbers(&mut coordinator), [-3.5; ELEMENTS]);
    coordinator.restore(Some(name)).unwrap();
    assert_eq!(numbers(&mut coordinator), [0.5; ELEMENTS]);
    coordinator.add_gradients(&[4f32; ELEMENTS], &Push::default()).unwrap();
    coordinator.restore(None).unwrap();
    assert!(coordinator.position().epoch > epoch);
    refused(coordinator.restore(Some("there-is-none")), "ARGUMENT");
}

fn record() {
    let daemon = Daemon::start(&["record/directory=FOLDER/records"]);
    let mut coordinator = daemon.loaded(1.0);
    coordinator.record("run").unwrap();
    refused(coordinator.record("another"), "STATE");
    coordinator.add_gradients(&[1f32; ELEMENTS], &Push::default()).unwrap();
    coordinator.stop_recording().unwrap();
    let made: Vec<_> = std::fs::read_dir(daemon.scratch.path("records")).unwrap().flatten().collect();
    let run = made.iter().find(|entry| entry.file_name().to_string_lossy().starts_with("run")).unwrap();
    assert!(run.metadata().unwrap().len() > 0);
    refused(coordinator.stop_recording(), "STATE");
}

fn destroy() {
    let mut daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(1.0);
    coordinator.destroy(false).unwrap();
    until("the daemon to end", || daemon.has_ended());
    coordinator.set_timeout(Duration::from_millis(300));
    let error = coordinator.status().unwrap_err();
    assert!(["CLOSED", "CONNECT", "TIMEOUT"].contains(&error.name()), "{error}");
}

fn only_if() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(1.0);
    let epoch = coordinator.position().epoch;
    let there = Condition { epoch: Some(epoch), version: Some(0) };
    let elsewhere = Condition { epoch: Some(epoch), version: Some(7) };
    refused(coordinator.only_if(elsewhere).stop(), "CONDITION");
    assert_eq!(State::from_code(coordinator.status().unwrap().state()), State::Running);
    coordinator.only_if(there).add_gradients(&[1f32; ELEMENTS], &Push::default()).unwrap();
    refused(coordinator.only_if(there).stop(), "CONDITION");
    refused(coordinator.only_if(Condition { epoch: Some(1), version: None }).stop(), "CONDITION");
    coordinator.stop().unwrap();
}

fn request_repeated() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(1.0);
    let mut other = daemon.options().request_timeout(Duration::from_millis(20)).coordinator().unwrap();
    let mut hold = Duration::from_millis(200);
    let mut changes = 0;
    let before = coordinator.get_parameters().unwrap().revision;
    // Held until a request was sent more than once, which shows when it goes on.
    while counter(&mut coordinator, "requests_repeated") == 0 {
        daemon.signal("STOP");
        thread::scope(|scope| {
            let asking = scope.spawn(|| {
                set(&mut other, Settings { clip_norm: Some(1.0 + f64::from(changes)), ..Settings::default() })
            });
            thread::sleep(hold);
            daemon.signal("CONT");
            asking.join().unwrap();
        });
        changes += 1;
        hold *= 2;
        assert!(changes < 8, "nothing was asked again");
    }
    let after = coordinator.get_parameters().unwrap();
    assert_eq!(after.revision, before + u64::from(changes as u32), "each was done once");
}
