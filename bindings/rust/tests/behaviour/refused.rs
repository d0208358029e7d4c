//! Errors that a gradmqd gives only in some states, and those that it never gives to a client in order.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use gradmq::{Code, Dtype, Layout, Options, Push, State};

use crate::daemon::{numbers, refused, Daemon, ELEMENTS, LONG};

pub const CASES: &[crate::Case] = &[
    ("error_shape", error_shape),
    ("error_base", error_base),
    ("error_late", error_late),
    ("error_every_code", error_every_code),
];

fn error_shape() {
    let error = refused(Layout::new(Dtype::F32, [("w", vec![1; 9])]), "SHAPE");
    assert!(error.message().contains("9 dimensions"), "{error}");
    let daemon = Daemon::start(&[]);
    assert_eq!(numbers(&mut daemon.loaded(1.0)), [1.0; ELEMENTS]);
}

fn error_base() {
    let daemon = Daemon::start(&["settings/max_staleness=2"]);
    let mut coordinator = daemon.loaded(0.0);
    let error = refused(coordinator.add_gradients(&[1f32; ELEMENTS], &Push::new().without_base()), "BASE");
    assert!(error.message().contains("max_staleness"), "{error}");
    assert_eq!(numbers(&mut coordinator), [0.0; ELEMENTS]);
    coordinator.add_gradients(&[1f32; ELEMENTS], &Push::new()).unwrap();
    assert_eq!(numbers(&mut coordinator), [-1.0; ELEMENTS]);
}

fn error_late() {
    let daemon = Daemon::start(&["settings/policy=bsp"]);
    let mut coordinator = daemon.loaded(0.0);
    coordinator.get_model_parameters(None).unwrap();
    let mut worker = daemon.worker("w");
    let mut step = || {
        worker.next().unwrap();
        worker.push(&[1f32; ELEMENTS]).unwrap();
        worker.flush(LONG).unwrap();
    };
    step();
    let error = refused(coordinator.add_gradients(&[1f32; ELEMENTS], &Push::new()), "LATE");
    assert!(error.message().contains("round"), "{error}");
    step();
    assert_eq!(numbers(&mut coordinator), [-2.0; ELEMENTS]);
}

/// The program at whose endpoint a Record of `code-N` is refused with the code N.
struct Refuser {
    child: Child,
    control: String,
}

impl Refuser {
    fn start(daemon: &Daemon) -> Refuser {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/bindings/refuser.py");
        let mut child = Command::new("python3")
            .args([script, &daemon.control()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3");
        let mut control = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut control).expect("a line");
        Refuser { child, control: control.trim().to_owned() }
    }
}

impl Drop for Refuser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn error_every_code() {
    let daemon = Daemon::start(&[]);
    daemon.loaded(0.0);
    let refuser = Refuser::start(&daemon);
    let mut coordinator = Options::new(&refuser.control).timeout(LONG).coordinator().unwrap();
    for code in Code::ALL.iter().filter(|code| code.number() < 64) {
        // BUSY is asked again until the time is over.
        coordinator.set_timeout(if *code == Code::Busy { Duration::from_secs(2) } else { LONG });
        let error = refused(coordinator.record(&format!("code-{}", code.number())), code.name());
        assert!(*code == Code::Busy || error.message().contains(&format!("the code {}", code.number())), "{error}");
    }
    assert_eq!(coordinator.record("code-63").unwrap_err().code(), Code::Other(63));
    assert_eq!(State::from_code(coordinator.status().unwrap().state()), State::Running);
}
