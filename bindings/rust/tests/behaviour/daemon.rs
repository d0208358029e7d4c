//! A `gradmqd` of a case's own, and what cases have in common.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use gradmq::{Coordinator, Dtype, Layout, Options, Settings, Worker};

/// Longest wait of anything: machines may be loaded.
pub const LONG: Duration = Duration::from_secs(60);

/// The folder of `gradmqd` and `gradmq`.
pub fn tool(name: &str) -> PathBuf {
    let folder = std::env::var_os("GRADMQ_BIN")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../build/bin"), PathBuf::from);
    folder.join(name)
}

/// Waits for a condition.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + LONG;
    while !holds() {
        assert!(Instant::now() < end, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// A folder that goes when it is dropped.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new() -> Scratch {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("gradmq-rust-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        for inside in ["state", "records"] {
            fs::create_dir_all(folder.join(inside)).expect("a scratch folder");
        }
        Scratch(folder)
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("UTF-8").to_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub struct Daemon {
    pub scratch: Scratch,
    set: Vec<String>,
    child: Child,
    starts: usize,
}

impl Daemon {
    /// With these options, such as `settings/policy=bsp`; a leading `FOLDER` is the scratch folder's path.
    pub fn start(set: &[&str]) -> Daemon {
        Daemon::start_in(Scratch::new(), set)
    }

    pub fn start_in(scratch: Scratch, set: &[&str]) -> Daemon {
        let mut all = vec!["heartbeat_ms=100".to_owned()];
        all.extend(
            ["control", "gradients", "updates", "events"].map(|name| format!("sockets/{name}=ipc://FOLDER/{name}")),
        );
        all.extend(set.iter().map(|&one| one.to_owned()));
        let all: Vec<String> =
            all.iter().map(|one| one.replace("FOLDER", scratch.0.to_str().expect("UTF-8"))).collect();
        let child = spawn(&scratch, &all);
        let mut daemon = Daemon { scratch, set: all, child, starts: 1 };
        daemon.await_ready();
        daemon
    }

    /// Its settings are in force once it says that it is ready, which may be after its socket is there.
    fn await_ready(&mut self) {
        let log = self.scratch.0.join("log");
        until("the daemon to be ready", || {
            assert!(!self.has_ended(), "gradmqd ended: {}", fs::read_to_string(&log).unwrap_or_default());
            fs::read_to_string(&log).unwrap_or_default().matches(" ready: ").count() == self.starts
        });
    }

    pub fn control(&self) -> String {
        format!("ipc://{}", self.scratch.path("control"))
    }

    pub fn options(&self) -> Options {
        Options::new(self.control()).timeout(LONG)
    }

    pub fn coordinator(&self) -> Coordinator {
        self.options().coordinator().expect("a coordinator")
    }

    pub fn worker(&self, name: &str) -> Worker {
        self.options().name(name).worker().expect("a worker")
    }

    /// A coordinator with the small model, all of its parameters this number, started.
    pub fn loaded(&self, value: f32) -> Coordinator {
        let mut coordinator = self.coordinator();
        load(&mut coordinator, value);
        coordinator.start().expect("started");
        coordinator
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(sent.expect("kill").success());
    }

    /// Has it stand still, every thread of it: the signal alone is not there at once.
    pub fn hold(&self) {
        self.signal("STOP");
        let threads = PathBuf::from(format!("/proc/{}/task", self.child.id()));
        let stands = |thread: std::io::Result<fs::DirEntry>| {
            let stat = fs::read_to_string(thread.expect("a thread").path().join("stat")).expect("a thread's state");
            // The state comes behind the name, which stands in brackets.
            stat.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with('T'))
        };
        until("the daemon to stand still", || fs::read_dir(&threads).expect("its threads").all(stands));
    }

    /// kill -9.
    pub fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("over");
        for name in ["control", "gradients", "updates", "events"] {
            let _ = fs::remove_file(self.scratch.0.join(name));
        }
    }

    pub fn restart(&mut self) {
        self.child = spawn(&self.scratch, &self.set);
        self.starts += 1;
        self.await_ready();
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child").is_some()
    }
}

fn spawn(scratch: &Scratch, set: &[String]) -> Child {
    let log = fs::OpenOptions::new().create(true).append(true).open(scratch.0.join("log")).expect("a log");
    let program = tool("gradmqd");
    Command::new(&program)
        .args(set.iter().flat_map(|one| ["--set", one]))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}; GRADMQ_BIN names its folder", program.display()))
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if thread::panicking() {
            let log = fs::read_to_string(self.scratch.0.join("log")).unwrap_or_default();
            let last: Vec<&str> = log.lines().rev().take(12).collect();
            let last: Vec<String> = last.iter().rev().map(|line| format!("    gradmqd: {line}")).collect();
            println!("{}", last.join("\n"));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Two tensors, 16 elements.
pub fn small() -> Layout {
    Layout::new(Dtype::F32, [("w", vec![4, 3]), ("b", vec![4])]).expect("a layout")
}

pub const ELEMENTS: usize = 16;

/// Loads the small model, all of its parameters this number, and returns the new epoch.
pub fn load(coordinator: &mut Coordinator, value: f32) -> u64 {
    coordinator.set_model_parameters(&small(), &[value; ELEMENTS]).expect("loaded")
}

/// The parameters as the coordinator has them.
pub fn numbers(coordinator: &mut Coordinator) -> Vec<f32> {
    coordinator.get_model_parameters(None).expect("parameters").as_slice::<f32>().expect("F32").to_vec()
}

/// Pushes so many gradients of ones.
pub fn push_ones(worker: &mut Worker, count: usize) {
    for _ in 0..count {
        worker.push(&[1f32; ELEMENTS]).expect("pushed");
    }
}

pub fn set(coordinator: &mut Coordinator, settings: Settings) {
    coordinator.set_parameters(&settings, &[]).expect("set");
}

pub fn counter(coordinator: &mut Coordinator, name: &str) -> u64 {
    let counters = coordinator.status().expect("a status").counters;
    counters.iter().find(|counter| counter.name() == name).map_or(0, |counter| counter.value())
}

pub fn text(words: &str) -> Option<String> {
    Some(words.to_owned())
}

#[track_caller]
pub fn near(is: &[f32], should: &[f32], within: f32) {
    assert_eq!(is.len(), should.len());
    let far = is.iter().zip(should).position(|(is, should)| (is - should).abs() > within);
    assert!(far.is_none(), "{is:?} instead of {should:?}");
}

#[track_caller]
pub fn refused<T: std::fmt::Debug>(result: gradmq::Result<T>, name: &str) -> gradmq::Error {
    let error = result.expect_err("it should have been refused");
    assert_eq!(error.name(), name, "{error}");
    error
}
