//! Errors: each with its number and name, and a sentence that says what to do.

use std::time::{Duration, Instant};

use gradmq::{Code, Dtype, Layout, Options, Push, Settings};

use crate::daemon::{load, numbers, refused, text, Daemon, Scratch, ELEMENTS, LONG};

pub const CASES: &[crate::Case] = &[
    ("error_table", error_table),
    ("error_argument", error_argument),
    ("error_unsupported", error_unsupported),
    ("error_name", error_name),
    ("error_model", error_model),
    ("error_no_model", error_no_model),
    ("error_state", error_state),
    ("error_layout", error_layout),
    ("error_length", error_length),
    ("error_non_finite", error_non_finite),
    ("error_epoch", error_epoch),
    ("error_stale", error_stale),
    ("error_timeout", error_timeout),
];

fn error_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/PROTOCOL.md");
    let protocol = std::fs::read_to_string(path).unwrap();
    let section = protocol.split("\n## 17. Codes\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows: Vec<(u32, &str, &str)> = section
        .lines()
        .filter_map(|line| {
            let mut cells = line.split('|').map(str::trim).skip(1);
            Some((cells.next()?.parse().ok()?, cells.next()?, cells.next()?))
        })
        .collect();
    assert_eq!(rows.len(), 32);
    let ours: Vec<_> = Code::ALL.iter().filter(|code| code.number() < 64).collect();
    assert_eq!(ours.len(), rows.len());
    for (number, name, sentence) in rows {
        let code = Code::from_number(number);
        assert_eq!((code.number(), code.name(), code.sentence()), (number, name, sentence));
    }
    assert_eq!(Code::from_number(63), Code::Other(63));
}

fn error_argument() {
    let daemon = Daemon::start(&[]);
    let wrong = Settings { learning_rate: Some(1e9), ..Settings::default() };
    let error = refused(daemon.coordinator().set_parameters(&wrong, &[]), "ARGUMENT");
    assert!(error.message().contains("learning_rate"), "{error}");
}

fn error_unsupported() {
    let daemon = Daemon::start(&[]);
    let wrong = Settings { optimizer: text("magic"), ..Settings::default() };
    let error = refused(daemon.coordinator().set_parameters(&wrong, &[]), "UNSUPPORTED");
    assert!(error.message().contains("adamw") && error.message().contains("lion"), "{error}");
}

fn error_name() {
    let daemon = Daemon::start(&[]);
    refused(daemon.options().name("no spaces").worker(), "NAME");
    refused(daemon.options().model("-m").coordinator(), "NAME");
    refused(daemon.coordinator().record("a/b"), "NAME");
}

fn error_model() {
    let daemon = Daemon::start(&["model/name=mine"]);
    refused(daemon.options().model("yours").coordinator(), "MODEL");
    refused(daemon.options().model("yours").worker(), "MODEL");
}

fn error_no_model() {
    let daemon = Daemon::start(&[]);
    refused(daemon.coordinator().get_model_parameters(None), "NO_MODEL");
    refused(daemon.options().timeout(Duration::from_millis(300)).worker(), "NO_MODEL");
}

fn error_state() {
    let daemon = Daemon::start(&[]);
    refused(daemon.loaded(1.0).start(), "STATE");
}

fn error_layout() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(1.0);
    let mut worker = daemon.worker("w");
    worker.next().unwrap();
    let other = Layout::new(Dtype::F32, [("v", vec![16])]).unwrap();
    coordinator.set_model_parameters(&other, &[1f32; ELEMENTS]).unwrap();
    // Of as many elements, so that only the layout tells: refused there, or here once the worker knows.
    let heard = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let told = std::sync::Arc::clone(&heard);
    worker.on_verdict(move |verdict| told.lock().unwrap().push(verdict.code));
    match worker.push(&[1f32; ELEMENTS]) {
        Ok(_) => {
            worker.flush(LONG).unwrap();
            assert_eq!(*heard.lock().unwrap(), [Some(Code::Layout)]);
        }
        Err(error) => assert_eq!(error.name(), "LAYOUT"),
    }
    assert_eq!(numbers(&mut coordinator), [1.0; ELEMENTS]);
}

fn error_length() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(1.0);
    let mut worker = daemon.worker("w");
    refused(worker.push(&[1f32; ELEMENTS - 1]), "LENGTH");
    refused(worker.push(&[1f64; ELEMENTS + 1]), "LENGTH");
    refused(coordinator.add_gradients(&[1f32; 3], &Push::default()), "LENGTH");
    assert_eq!(worker.stats().pushed, 0);
    assert_eq!(crate::daemon::counter(&mut coordinator, "gradients_received"), 0);
}

fn error_non_finite() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(1.0);
    let mut worker = daemon.worker("w");
    let heard = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let told = std::sync::Arc::clone(&heard);
    worker.on_verdict(move |verdict| {
        told.lock().unwrap().push((verdict.sequence, verdict.disposition.name(), verdict.code))
    });
    let mut wrong = [1f32; ELEMENTS];
    wrong[5] = f32::NAN;
    worker.push(&wrong).unwrap();
    worker.push(&[1f32; ELEMENTS]).unwrap();
    worker.flush(LONG).unwrap();
    assert_eq!(*heard.lock().unwrap(), [(1, "REFUSED", Some(Code::NonFinite))]);
    assert_eq!((worker.stats().applied, worker.stats().refused), (1, 1));
    assert_eq!(numbers(&mut coordinator), [0.0; ELEMENTS]);
}

fn error_epoch() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(1.0);
    coordinator.get_model_parameters(None).unwrap();
    load(&mut daemon.coordinator(), 5.0);
    refused(coordinator.add_gradients(&[1f32; ELEMENTS], &Push::default()), "EPOCH");
    assert_eq!(numbers(&mut coordinator), [5.0; ELEMENTS]);
}

fn error_stale() {
    let daemon = Daemon::start(&["settings/max_staleness=1"]);
    let mut coordinator = daemon.loaded(1.0);
    coordinator.get_model_parameters(None).unwrap();
    let mut other = daemon.coordinator();
    for _ in 0..2 {
        other.get_model_parameters(None).unwrap();
        other.add_gradients(&[1f32; ELEMENTS], &Push::default()).unwrap();
    }
    refused(coordinator.add_gradients(&[1f32; ELEMENTS], &Push::default()), "STALE");
}

fn error_timeout() {
    let scratch = Scratch::new();
    let endpoint = format!("ipc://{}", scratch.path("nobody"));
    let begun = Instant::now();
    let options = Options::new(&endpoint).timeout(Duration::from_millis(200));
    for error in [options.coordinator().unwrap_err(), options.worker().unwrap_err()] {
        assert!(["TIMEOUT", "CONNECT"].contains(&error.name()), "{error}");
        assert!(error.message().contains(&endpoint), "{error}");
    }
    assert!(begun.elapsed() < LONG / 2);
}
