//! What workers push, and what becomes of it.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use gradmq::{
    Bf16, Code, Compression, Dtype, Element, Layout, Part, Push, Settings, Topic, Verdict, Watch, Worker, F16,
};

use crate::daemon::{load, near, numbers, push_ones, refused, set, text, until, Daemon, ELEMENTS, LONG};

pub const CASES: &[crate::Case] = &[
    ("push", push),
    ("push_large", push_large),
    ("push_dtypes", push_dtypes),
    ("push_parts", push_parts),
    ("push_weight", push_weight),
    ("push_metrics", push_metrics),
    ("push_without_base", push_without_base),
    ("skip", skip),
    ("compress_int8", compress_int8),
    ("compress_top_k", compress_top_k),
    ("compress_low_rank", compress_low_rank),
    ("verdicts", verdicts),
    ("flush", flush),
    ("credit", credit),
];

fn push() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(0.0);
    let mut worker = daemon.worker("w");
    for at in 1..=50u64 {
        assert_eq!(worker.push(&[at as f32; ELEMENTS]).unwrap(), at);
    }
    worker.push_vec(vec![25f32; ELEMENTS], &Push::default()).unwrap();
    worker.flush(LONG).unwrap();
    assert_eq!(numbers(&mut coordinator), [-1300.0; ELEMENTS]);
    let stats = worker.stats();
    assert_eq!((stats.pushed, stats.settled, stats.applied, stats.refused, stats.unsettled), (51, 51, 51, 0, 0));
    assert_eq!(coordinator.position().version, 51);
    assert_eq!(crate::daemon::counter(&mut coordinator, "gradients_received"), 51);
}

fn push_large() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.coordinator();
    let elements = 10 << 20;
    let layout = Layout::new(Dtype::F32, [("huge", vec![elements as u64])]).unwrap();
    coordinator.set_model_parameters(&layout, &vec![1f32; elements]).unwrap();
    coordinator.start().unwrap();
    let mut worker = daemon.worker("w");
    let gradient: Vec<f32> = (0..elements).map(|at| (at % 1000) as f32).collect();
    worker.push(&gradient).unwrap();
    worker.push_vec(gradient.clone(), &Push::default()).unwrap();
    worker.flush(LONG).unwrap();
    let after = worker.fetch().unwrap();
    assert_eq!(after.version(), 2);
    assert!(after.as_slice::<f32>().unwrap().iter().zip(&gradient).all(|(is, g)| *is == 1.0 - 2.0 * g));
}

fn push_dtypes() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(0.0);
    let mut worker = daemon.worker("w");
    worker.push(&[0.5f64; ELEMENTS]).unwrap();
    worker.push(&[F16::from_f64(0.25); ELEMENTS]).unwrap();
    worker.push(&[Bf16::from_f64(2.0); ELEMENTS]).unwrap();
    worker.push_with(&[F16::from_f64(8.0); ELEMENTS], &Push::new().loss_scale(8.0)).unwrap();
    worker.flush(LONG).unwrap();
    assert_eq!(numbers(&mut coordinator), [-3.75; ELEMENTS]);
    assert_eq!(worker.stats().applied, 4);
}

fn push_parts() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(0.0);
    let mut worker = daemon.worker("w");
    worker.push_parts(&[Part::tensor("b", &[1f32, 2.0, 3.0, 4.0])], &Push::default()).unwrap();
    let rows = Part::rows("w", &[0, 3], &[1f32, 1.0, 1.0, 5.0, 6.0, 7.0]);
    worker.push_parts(&[rows, Part::rows("b", &[2], &[10f32])], &Push::default()).unwrap();
    worker.flush(LONG).unwrap();
    let after = coordinator.get_model_parameters(None).unwrap();
    assert_eq!(after.tensor::<f32>("w").unwrap(), [-1., -1., -1., 0., 0., 0., 0., 0., 0., -5., -6., -7.]);
    assert_eq!(after.tensor::<f32>("b").unwrap(), [-1.0, -2.0, -13.0, -4.0]);
}

fn push_weight() {
    let daemon = Daemon::start(&["settings/policy=bsp"]);
    let mut coordinator = daemon.loaded(0.0);
    set(&mut coordinator, Settings { rule: text("weighted_mean"), ..Settings::default() });
    let (mut a, mut b) = (daemon.worker("a"), daemon.worker("b"));
    a.push_with(&[1f32; ELEMENTS], &Push::new().weight(1.0)).unwrap();
    b.push_with(&[5f32; ELEMENTS], &Push::new().weight(3.0)).unwrap();
    a.flush(LONG).unwrap();
    b.flush(LONG).unwrap();
    near(&numbers(&mut coordinator), &[-4.0; ELEMENTS], 1e-6);
}

fn push_metrics() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(0.0);
    let mut watch = Watch::open(&daemon.options(), &[Topic::Events]).unwrap();
    let mut worker = daemon.worker("w");
    let push = Push::new().metric("loss", 0.75).weighted_metric("accuracy", 0.5, 32.0);
    worker.push_with(&[1f32; ELEMENTS], &push).unwrap();
    worker.flush(LONG).unwrap();
    let report = loop {
        match watch.wait(LONG).unwrap() {
            gradmq::proto::event::Body::Step(report) => break report,
            _ => continue,
        }
    };
    let mean = |name: &str| report.metrics.iter().find(|metric| metric.name() == name).map(|metric| metric.mean());
    assert_eq!((mean("loss"), mean("accuracy")), (Some(0.75), Some(0.5)));
    assert_eq!(report.steps(), 1);
    let last = coordinator.status().unwrap().metrics;
    assert!(last.iter().any(|metric| metric.name() == "loss" && metric.value() == 0.75 && metric.worker() == "w"));
}

fn push_without_base() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(0.0);
    let mut worker = daemon.worker("w");
    worker.next().unwrap();
    load(&mut coordinator, 10.0);
    worker.push(&[1f32; ELEMENTS]).unwrap();
    worker.push_with(&[2f32; ELEMENTS], &Push::new().without_base()).unwrap();
    worker.flush(LONG).unwrap();
    assert_eq!((worker.stats().applied, worker.stats().refused), (1, 1));
    assert_eq!(numbers(&mut coordinator), [8.0; ELEMENTS]);
}

fn skip() {
    let daemon = Daemon::start(&["settings/policy=bsp"]);
    let mut coordinator = daemon.loaded(0.0);
    let (mut a, mut b) = (daemon.worker("a"), daemon.worker("b"));
    a.next().unwrap();
    b.next().unwrap();
    a.push(&[2f32; ELEMENTS]).unwrap();
    b.skip(&Push::default()).unwrap();
    assert_eq!(a.next().unwrap().version(), 1);
    a.flush(LONG).unwrap();
    b.flush(LONG).unwrap();
    assert_eq!(numbers(&mut coordinator), [-2.0; ELEMENTS]);
    assert_eq!((a.stats().applied, b.stats().applied, b.stats().refused), (1, 0, 1));
    // A round in which nobody contributes makes no version, and nobody waits for one.
    b.next().unwrap();
    a.skip(&Push::default()).unwrap();
    b.skip(&Push::default()).unwrap();
    assert_eq!((a.next().unwrap().version(), b.next().unwrap().version()), (1, 1));
}

/// Of 40 pushes of a matrix and a vector what came out is the sum of the gradients, but for what remains at the end.
fn compresses(how: Compression) {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.coordinator();
    let layout = Layout::new(Dtype::F32, [("w", vec![24, 20]), ("b", vec![300])]).unwrap();
    let elements = layout.elements();
    coordinator.set_model_parameters(&layout, &vec![0f32; elements]).unwrap();
    coordinator.start().unwrap();
    let mut worker = daemon.worker("w");
    worker.compress(Some(how)).unwrap();
    let gradient: Vec<f32> = (0..elements).map(|at| ((at * 37) % 101) as f32 / 50.0 - 1.0).collect();
    let pushes = 40;
    for _ in 0..pushes {
        worker.push(&gradient).unwrap();
    }
    worker.flush(LONG).unwrap();
    assert_eq!(worker.stats().applied, pushes);
    let bytes = crate::daemon::counter(&mut coordinator, "gradients_bytes");
    assert!(bytes < pushes * elements as u64 * 4 / 2, "{bytes} bytes are not compressed");
    // Then nothing but zeros, until what remained has come, too: then the sums are the same.
    let wanted: Vec<f32> = gradient.iter().map(|g| -(pushes as f32) * g).collect();
    let zeros = vec![0f32; elements];
    until("what remained to come", || {
        worker.push(&zeros).unwrap();
        worker.flush(LONG).unwrap();
        let is = coordinator.get_model_parameters(None).unwrap().to_vec::<f32>();
        is.iter().zip(&wanted).all(|(is, wanted)| (is - wanted).abs() < 2e-2)
    });
    refused(worker.push(&vec![0f64; elements]), "ARGUMENT");
    refused(worker.push(&vec![f32::NAN; elements]), "NON_FINITE");
    worker.compress(None).unwrap();
    worker.push(&vec![0f64; elements]).unwrap();
    worker.close(LONG).unwrap();
}

fn compress_int8() {
    compresses(Compression::Int8);
}

fn compress_top_k() {
    compresses(Compression::TopK(0.05));
}

fn compress_low_rank() {
    compresses(Compression::LowRank(2));
}

fn hear(worker: &mut Worker) -> Arc<Mutex<Vec<Verdict>>> {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&heard);
    worker.on_verdict(move |verdict| told.lock().unwrap().push(verdict.clone()));
    heard
}

fn verdicts() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(0.0);
    let mut worker = daemon.worker("w");
    let heard = hear(&mut worker);
    worker.push(&[f32::INFINITY; ELEMENTS]).unwrap();
    worker.push(&[1f32; ELEMENTS]).unwrap();
    worker.skip(&Push::default()).unwrap();
    worker.flush(LONG).unwrap();
    coordinator.stop().unwrap();
    worker.push(&[1f32; ELEMENTS]).unwrap();
    until("the gradient to be there", || coordinator.status().unwrap().queued_gradients() == 1);
    coordinator.clear_gradients(false).unwrap();
    worker.flush(LONG).unwrap();
    let heard: Vec<_> =
        heard.lock().unwrap().iter().map(|one| (one.sequence, one.disposition.name(), one.code)).collect();
    assert_eq!(heard, [(1, "REFUSED", Some(Code::NonFinite)), (3, "SKIPPED", None), (4, "DISCARDED", heard[2].2)]);
    assert_eq!((worker.stats().applied, worker.stats().refused), (1, 3));
}

fn flush() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(0.0);
    coordinator.stop().unwrap();
    let mut worker = daemon.worker("w");
    push_ones(&mut worker, 3);
    let error = refused(worker.flush(Duration::from_millis(50)), "TIMEOUT");
    assert!(error.message().contains("3 gradients are not settled"), "{error}");
    assert_eq!(worker.stats().unsettled, 3);
    coordinator.start().unwrap();
    worker.flush(LONG).unwrap();
    assert_eq!((worker.stats().unsettled, worker.stats().applied), (0, 3));
}

fn credit() {
    let daemon = Daemon::start(&["settings/queue_gradients=4"]);
    let mut coordinator = daemon.loaded(0.0);
    coordinator.stop().unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    let tell = Mutex::new(tell);
    let options = daemon.options().name("w").on_wait(move |text| {
        let _ = tell.lock().unwrap().send(text.map(str::to_owned));
    });
    let mut worker = options.worker().unwrap();
    while told.try_recv().is_ok() {}
    thread::scope(|scope| {
        let pushing = scope.spawn(move || {
            push_ones(&mut worker, 20);
            worker.flush(LONG).unwrap();
            worker
        });
        let words = loop {
            match told.recv_timeout(LONG).unwrap() {
                Some(words) if words.contains("STOPPED") => break words,
                _ => continue,
            }
        };
        assert!(words.contains("credit: 4 of 4 gradients are not settled"), "{words}");
        coordinator.start().unwrap();
        let worker = pushing.join().unwrap();
        assert_eq!((worker.stats().applied, worker.stats().pushed), (20, 20));
    });
    set(&mut coordinator, Settings { queue_gradients: Some(100), mode: text("ascent"), ..Settings::default() });
    assert_eq!(numbers(&mut coordinator), [-20.0; ELEMENTS]);
}
