//! Who waits for whom, and what a worker does when its membership, its epoch or its layout is another.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use gradmq::{Dtype, Layout, Push};

use crate::daemon::{load, near, numbers, push_ones, refused, until, Daemon, ELEMENTS, LONG};

pub const CASES: &[crate::Case] = &[
    ("bsp", bsp),
    ("ssp", ssp),
    ("lease", lease),
    ("rejoin", rejoin),
    ("fenced", fenced),
    ("epoch_changed", epoch_changed),
    ("layout_changed", layout_changed),
    ("stop_while_waiting", stop_while_waiting),
];

fn bsp() {
    let daemon = Daemon::start(&["settings/policy=bsp"]);
    let mut coordinator = daemon.loaded(0.0);
    let rounds = 10;
    let workers = ["a", "b"].map(|name| daemon.worker(name));
    thread::scope(|scope| {
        for (mut worker, by) in workers.into_iter().zip([1f32, 3.0]) {
            scope.spawn(move || {
                for version in 0..rounds {
                    assert_eq!(worker.next().unwrap().version(), version);
                    worker.push(&[by; ELEMENTS]).unwrap();
                }
                worker.flush(LONG).unwrap();
                assert_eq!(worker.stats().applied, rounds);
                // Whoever leaves first is not waited for.
                worker.close(LONG).unwrap();
            });
        }
    });
    near(&numbers(&mut coordinator), &[-20.0; ELEMENTS], 1e-5);
    assert_eq!(coordinator.position().version, rounds);
}

fn ssp() {
    let daemon = Daemon::start(&["settings/policy=ssp", "settings/clock_bound=2"]);
    let mut coordinator = daemon.loaded(0.0);
    let (mut fast, mut slow) = (daemon.worker("fast"), daemon.worker("slow"));
    push_ones(&mut fast, 6);
    // Clocks 1 to 3 are within the bound of the slowest, which has completed none.
    until("the faster one to be held", || {
        fast.poll(Duration::from_millis(10)).unwrap();
        fast.stats().applied == 3 && coordinator.status().unwrap().queued_gradients() == 3
    });
    let error = refused(fast.flush(Duration::from_millis(20)), "TIMEOUT");
    assert!(error.message().contains("3 gradients are not settled"), "{error}");
    push_ones(&mut slow, 3);
    fast.flush(LONG).unwrap();
    slow.flush(LONG).unwrap();
    assert_eq!((fast.stats().applied, fast.stats().clock), (6, 6));
    assert_eq!((slow.stats().applied, slow.stats().clock), (3, 3));
    assert_eq!(numbers(&mut coordinator), [-9.0; ELEMENTS]);
}

fn lease() {
    let daemon = Daemon::start(&["settings/lease_ms=200"]);
    let mut coordinator = daemon.loaded(0.0);
    let mut worker = daemon.worker("w");
    let incarnation = worker.stats().incarnation;
    // A computation of several leases, in which the worker is not called.
    let begun = Instant::now();
    until("several leases to pass", || begun.elapsed() > Duration::from_secs(1));
    let members = coordinator.workers().unwrap();
    assert_eq!((members[0].name(), members[0].incarnation()), ("w", incarnation));
    assert_eq!(crate::daemon::counter(&mut coordinator, "expirations"), 0);
    worker.push(&[1f32; ELEMENTS]).unwrap();
    worker.close(LONG).unwrap();
    assert_eq!(numbers(&mut coordinator), [-1.0; ELEMENTS]);
}

fn rejoin() {
    let daemon = Daemon::start(&["settings/lease_ms=60000"]);
    let mut coordinator = daemon.loaded(0.0);
    let mut worker = daemon.worker("w");
    worker.push(&[1f32; ELEMENTS]).unwrap();
    worker.flush(LONG).unwrap();
    // Somebody says goodbye in its name, so that its membership ends.
    let incarnation = worker.stats().incarnation;
    leave_for("w", incarnation, 1, &daemon);
    until("the worker to be gone", || coordinator.workers().unwrap().is_empty());
    push_ones(&mut worker, 3);
    worker.flush(LONG).unwrap();
    assert_eq!((worker.stats().applied, worker.stats().incarnation), (4, incarnation));
    assert_eq!(numbers(&mut coordinator), [-4.0; ELEMENTS]);
    assert_eq!(coordinator.workers().unwrap().len(), 1);
}

/// A Leave by hand, as the protocol has it.
fn leave_for(worker: &str, incarnation: u64, last: u64, daemon: &Daemon) {
    use gradmq::proto;
    use gradmq::wire::Header as _;
    let leave = proto::LeaveRequest {
        worker: Some(worker.to_owned()),
        incarnation: Some(incarnation),
        last_sequence: Some(last),
    };
    let request = proto::Request {
        client: Some("test".to_owned()),
        request_id: Some(1),
        model: Some("model".to_owned()),
        body: Some(proto::request::Body::Leave(leave)),
        ..Default::default()
    };
    let socket = zmq::Context::new().socket(zmq::REQ).unwrap();
    socket.set_linger(1000).unwrap();
    socket.set_rcvtimeo(60_000).unwrap();
    socket.connect(&daemon.control()).unwrap();
    socket.send(request.write(), 0).unwrap();
    let reply = proto::Reply::read(&socket.recv_bytes(0).unwrap()).unwrap();
    assert_eq!(reply.code(), 0, "{reply:?}");
}

fn fenced() {
    let daemon = Daemon::start(&["settings/lease_ms=300"]);
    let mut coordinator = daemon.loaded(0.0);
    let mut first = daemon.worker("twin");
    first.push(&[1f32; ELEMENTS]).unwrap();
    first.flush(LONG).unwrap();
    let mut second = daemon.worker("twin");
    assert!(second.stats().incarnation > first.stats().incarnation);
    let error = loop {
        if let Err(error) = first.poll(LONG) {
            break error;
        }
    };
    assert_eq!(error.name(), "FENCED", "{error}");
    assert!(error.message().contains("a name of its own"), "{error}");
    refused(first.push(&[1f32; ELEMENTS]), "FENCED");
    second.push(&[1f32; ELEMENTS]).unwrap();
    second.flush(LONG).unwrap();
    drop(first);
    assert_eq!(coordinator.workers().unwrap()[0].incarnation(), second.stats().incarnation);
    assert_eq!(numbers(&mut coordinator), [-2.0; ELEMENTS]);
}

fn epoch_changed() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(0.0);
    let mut worker = daemon.worker("w");
    let first = worker.next().unwrap().epoch();
    coordinator.stop().unwrap();
    push_ones(&mut worker, 5);
    let epoch = load(&mut coordinator, 100.0);
    coordinator.start().unwrap();
    worker.flush(LONG).unwrap();
    let stats = worker.stats();
    assert_eq!(stats.applied + stats.refused, 5, "each has one verdict");
    assert!(epoch > first);
    let parameters = worker.next().unwrap();
    assert_eq!(parameters.epoch(), epoch);
    let before = parameters.as_slice::<f32>().unwrap()[0];
    worker.push(&[1f32; ELEMENTS]).unwrap();
    worker.flush(LONG).unwrap();
    assert_eq!(worker.stats().applied, stats.applied + 1);
    near(&numbers(&mut coordinator), &[before - 1.0; ELEMENTS], 0.0);
}

fn layout_changed() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(0.0);
    let mut worker = daemon.worker("w");
    let first = worker.next().unwrap().epoch();
    worker.push(&[1f32; ELEMENTS]).unwrap();
    let other = Layout::new(Dtype::F32, [("v", vec![5])]).unwrap();
    coordinator.set_model_parameters(&other, &[7f32; 5]).unwrap();
    // The first gradient may have made a version of the old model before.
    let mut parameters = worker.next().unwrap();
    while parameters.epoch() == first {
        parameters = worker.next().unwrap();
    }
    assert_eq!(parameters.tensor::<f32>("v").unwrap(), [7.0; 5]);
    assert_eq!(*worker.layout(), other);
    refused(worker.push(&[1f32; ELEMENTS]), "LENGTH");
    worker.push(&[1f32; 5]).unwrap();
    worker.flush(LONG).unwrap();
    assert_eq!(coordinator.get_model_parameters(None).unwrap().to_vec::<f32>(), [6.0; 5]);
}

fn stop_while_waiting() {
    let daemon = Daemon::start(&[]);
    let mut coordinator = daemon.loaded(0.0);
    let told = std::sync::Arc::new(AtomicU64::new(0));
    let tell = std::sync::Arc::clone(&told);
    let options = daemon.options().on_wait(move |text| {
        if text.is_some_and(|text| text.contains("the coordinator is STOPPED")) {
            tell.fetch_add(1, Ordering::SeqCst);
        }
    });
    let mut worker = options.worker().unwrap();
    worker.next().unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| worker.next());
        coordinator.stop().unwrap();
        until("the wait to say that it is stopped", || told.load(Ordering::SeqCst) > 0);
        coordinator.destroy(false).unwrap();
        let error = refused(waiting.join().unwrap(), "CLOSED");
        assert!(error.message().contains("closing"), "{error}");
    });
    let error = worker.push_with(&[1f32; ELEMENTS], &Push::default()).unwrap_err();
    assert_eq!(error.name(), "CLOSED");
}
