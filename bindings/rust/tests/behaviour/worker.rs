//! A worker and the parameters it gets.

use std::thread;
use std::time::Duration;

use gradmq::{Cancel, Dtype, Push, Stream};

use crate::daemon::{load, near, numbers, push_ones, refused, until, Daemon, ELEMENTS, LONG};

pub const CASES: &[crate::Case] = &[
    ("open_waits_for_model", open_waits_for_model),
    ("parameters_newest", parameters_newest),
    ("parameters_next", parameters_next),
    ("parameters_fetch", parameters_fetch),
    ("updates", updates),
    ("updates_streams", updates_streams),
    ("cancelled", cancelled),
    ("slow_subscriber", slow_subscriber),
    ("close", close),
];

fn open_waits_for_model() {
    let daemon = Daemon::start(&[]);
    let (tell, told) = std::sync::mpsc::channel();
    let tell = std::sync::Mutex::new(tell);
    let options = daemon.options().on_wait(move |text| {
        let _ = tell.lock().unwrap().send(text.map(str::to_owned));
    });
    thread::scope(|scope| {
        let opening = scope.spawn(move || options.worker());
        let words = told.recv_timeout(LONG).unwrap().unwrap();
        assert!(words.contains("waiting for a model to be loaded into model"), "{words}");
        load(&mut daemon.coordinator(), 1.0);
        let mut worker = opening.join().unwrap().unwrap();
        assert_eq!(worker.next().unwrap().as_slice::<f32>().unwrap(), [1.0; ELEMENTS]);
    });
}

fn parameters_newest() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(1.0);
    let mut worker = daemon.worker("w");
    assert_eq!(worker.newest().unwrap().version(), 0);
    coordinator.add_gradients(&[1f32; ELEMENTS], &Push::default()).unwrap();
    until("the update to arrive", || {
        worker.poll(Duration::from_millis(10)).unwrap();
        worker.stats().updates > 0
    });
    let before = crate::daemon::counter(&mut coordinator, "requests");
    let newest = worker.newest().unwrap();
    assert_eq!((newest.version(), newest.tensor::<f32>("b").unwrap()), (1, &[0f32; 4][..]));
    // The two statuses, and nothing of the worker's but what renews its lease.
    assert!(crate::daemon::counter(&mut coordinator, "requests") - before <= 2);
}

fn parameters_next() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(1.0);
    let mut worker = daemon.worker("w");
    assert_eq!(worker.next().unwrap().version(), 0);
    worker.set_timeout(Duration::from_millis(50));
    let error = refused(worker.next(), "TIMEOUT");
    assert!(error.message().contains("a version newer than 0"), "{error}");
    worker.set_timeout(LONG);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| worker.next().unwrap().version());
        coordinator.add_gradients(&[1f32; ELEMENTS], &Push::default()).unwrap();
        assert_eq!(waiting.join().unwrap(), 1);
    });
}

fn parameters_fetch() {
    let daemon = Daemon::start(&["settings/publish_every=1000"]);
    let mut coordinator = daemon.loaded(1.0);
    let mut worker = daemon.worker("w");
    assert_eq!(worker.newest().unwrap().version(), 0);
    coordinator.add_gradients(&[1f32; ELEMENTS], &Push::default()).unwrap();
    assert_eq!(worker.fetch().unwrap().version(), 1);
    let mut asking = daemon.options().without_updates().worker().unwrap();
    assert_eq!(asking.newest().unwrap().version(), 1);
}

fn updates() {
    let daemon = Daemon::start(&[]);
    let _coordinator = daemon.loaded(1.0);
    let mut worker = daemon.worker("w");
    let cancel = Cancel::new().unwrap();
    worker.set_cancel(Some(&cancel));
    let mut seen: Vec<u64> = Vec::new();
    let mut updates = worker.updates();
    while let Some(update) = updates.next() {
        seen.push(update.unwrap().version());
        if seen.len() == 5 {
            cancel.cancel();
        } else {
            updates.worker().push(&[1f32; ELEMENTS]).unwrap();
        }
    }
    assert!(updates.next().is_none());
    assert_eq!(seen.len(), 5);
    assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "{seen:?}");
}

fn updates_streams() {
    let daemon = Daemon::start(&["settings/streams=f16,int8"]);
    let mut coordinator = daemon.loaded(1.0);
    let mut half = daemon.options().name("half").stream(Stream::F16).worker().unwrap();
    let mut octets = daemon.options().name("octets").stream(Stream::Int8).worker().unwrap();
    assert_eq!(half.next().unwrap().dtype(), Dtype::F16);
    assert_eq!(octets.next().unwrap().dtype(), Dtype::F32);
    let gradient: Vec<f32> = (0..ELEMENTS).map(|at| at as f32 / 7.0).collect();
    coordinator.add_gradients(&gradient, &Push::default()).unwrap();
    let wanted = numbers(&mut coordinator);
    let most = wanted.iter().fold(0f32, |most, value| most.max(value.abs()));
    near(&half.next().unwrap().to_vec(), &wanted, most * 2f32.powi(-11));
    near(octets.next().unwrap().as_slice().unwrap(), &wanted, most / 127.0 / 2.0 * 1.001);
    assert_eq!((half.stats().updates, octets.stats().updates), (1, 1));
}

fn cancelled() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(1.0);
    let (tell, told) = std::sync::mpsc::channel();
    let tell = std::sync::Mutex::new(tell);
    let mut worker = daemon
        .options()
        .on_wait(move |_| {
            let _ = tell.lock().unwrap().send(());
        })
        .worker()
        .unwrap();
    worker.next().unwrap();
    let cancel = Cancel::new().unwrap();
    coordinator.stop().unwrap();
    worker.push(&[1f32; ELEMENTS]).unwrap();
    worker.set_cancel(Some(&cancel));
    thread::scope(|scope| {
        let waiting = scope.spawn(|| worker.next());
        told.recv_timeout(LONG).unwrap();
        cancel.cancel();
        refused(waiting.join().unwrap(), "CANCELLED");
    });
    refused(worker.flush(LONG), "CANCELLED");
    worker.set_cancel(None);
    coordinator.start().unwrap();
    worker.flush(LONG).unwrap();
    assert_eq!((worker.stats().pushed, worker.stats().applied), (1, 1));
}

fn slow_subscriber() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(0.0);
    let mut slow = daemon.worker("slow");
    assert_eq!(slow.next().unwrap().version(), 0);
    let mut fast = daemon.worker("fast");
    push_ones(&mut fast, 300);
    fast.flush(LONG).unwrap();
    assert_eq!(coordinator.status().unwrap().state(), 3);
    let next = slow.next().unwrap();
    let next = if next.version() < 300 { slow.fetch().unwrap() } else { next };
    assert_eq!((next.version(), next.as_slice::<f32>().unwrap()[0]), (300, -300.0));
}

fn close() {
    let mut daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(1.0);
    let mut worker = daemon.worker("w");
    push_ones(&mut worker, 3);
    worker.close(LONG).unwrap();
    assert_eq!(numbers(&mut coordinator), [-2.0; ELEMENTS]);
    assert!(coordinator.workers().unwrap().is_empty());
    drop(daemon.worker("dropped"));
    until("the dropped worker to be gone", || coordinator.workers().unwrap().is_empty());
    let mut lonely = daemon.worker("lonely");
    coordinator.stop().unwrap();
    lonely.push(&[1f32; ELEMENTS]).unwrap();
    daemon.kill();
    let begun = std::time::Instant::now();
    refused(lonely.close(Duration::from_millis(200)), "TIMEOUT");
    assert!(begun.elapsed() < LONG / 2);
}
