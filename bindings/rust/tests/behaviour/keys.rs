//! CURVE.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use gradmq::{Options, Settings};

use crate::daemon::{load, numbers, refused, text, tool, Daemon, Scratch, ELEMENTS, LONG};

pub const CASES: &[crate::Case] = &[("error_permission", error_permission), ("keys", keys), ("wrong_key", wrong_key)];

fn keygen(scratch: &Scratch, folder: &str, arguments: &[&str]) {
    let folder = scratch.path(folder);
    std::fs::create_dir_all(&folder).unwrap();
    let made = Command::new(tool("gradmq")).arg("keygen").args(arguments).args(["--out", &folder, "--quiet"]).output();
    let made = made.expect("gradmq");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// A daemon with keys; those of admin, observer and w are authorised, and that of stranger is not.
fn guarded() -> Daemon {
    let scratch = Scratch::new();
    keygen(&scratch, "", &["server"]);
    keygen(&scratch, "", &["stranger"]);
    keygen(&scratch, "keys", &["admin", "--role", "admin"]);
    keygen(&scratch, "keys", &["observer", "--role", "observer"]);
    keygen(&scratch, "keys", &["w"]);
    let folder = scratch.path("authorised");
    std::fs::create_dir(&folder).unwrap();
    for name in ["admin", "observer", "w"] {
        std::fs::copy(scratch.path(&format!("keys/{name}.public")), format!("{folder}/{name}.public")).unwrap();
    }
    Daemon::start_in(scratch, &["security/secret=FOLDER/server.secret", "security/authorised=FOLDER/authorised"])
}

fn as_who(daemon: &Daemon, secret: &str) -> Options {
    let scratch = &daemon.scratch;
    daemon.options().keys(scratch.path(secret), scratch.path("server.public"))
}

fn error_permission() {
    let daemon = guarded();
    let mut observer = as_who(&daemon, "keys/observer.secret").coordinator().unwrap();
    let settings = Settings { optimizer: text("adam"), ..Settings::default() };
    refused(observer.set_parameters(&settings, &[]), "PERMISSION");
    assert_eq!(observer.get_parameters().unwrap().settings.optimizer(), "sgd");
}

fn keys() {
    let daemon = guarded();
    let mut admin = as_who(&daemon, "keys/admin.secret").coordinator().unwrap();
    load(&mut admin, 0.0);
    admin.start().unwrap();
    // The server's key as text does as well.
    let public = std::fs::read_to_string(daemon.scratch.path("server.public")).unwrap();
    let key = public.split("public-key = \"").nth(1).unwrap().split('"').next().unwrap();
    let options = daemon.options().name("w").keys(daemon.scratch.path("keys/w.secret"), key);
    let mut worker = options.worker().unwrap();
    for version in 0..5 {
        assert_eq!(worker.next().unwrap().version(), version);
        worker.push(&[1f32; ELEMENTS]).unwrap();
    }
    worker.close(LONG).unwrap();
    assert_eq!(numbers(&mut admin), [-5.0; ELEMENTS]);
    refused(as_who(&daemon, "keys/w.secret").name("somebody").worker(), "PERMISSION");
}

fn wrong_key() {
    let daemon = guarded();
    let begun = Instant::now();
    let scratch = &daemon.scratch;
    let short = |options: Options| options.timeout(Duration::from_millis(700));
    let stranger = short(as_who(&daemon, "stranger.secret")).coordinator().unwrap_err();
    let wrong = daemon.options().keys(scratch.path("keys/w.secret"), scratch.path("stranger.public"));
    let wrong = short(wrong).worker().unwrap_err();
    for error in [stranger, wrong] {
        assert_eq!(error.name(), "CONNECT", "{error}");
        assert!(error.message().contains("server_key") && error.message().contains("authorised"), "{error}");
    }
    let none = short(daemon.options()).coordinator().unwrap_err();
    assert!(none.message().contains("asks for keys"), "{none}");
    assert!(begun.elapsed() < LONG / 2);
    // What is wrong with the files is told before anything is connected.
    let half = scratch.path("half");
    std::fs::copy(scratch.path("keys/w.public"), &half).unwrap();
    std::fs::set_permissions(&half, std::fs::Permissions::from_mode(0o600)).unwrap();
    refused(as_who(&daemon, "half").coordinator(), "FORMAT");
    refused(daemon.options().keys(scratch.path("none"), scratch.path("server.public")).coordinator(), "IO");
    let secret = scratch.path("keys/w.secret");
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o644)).unwrap();
    let error = refused(as_who(&daemon, "keys/w.secret").coordinator(), "PERMISSION");
    assert!(error.message().contains("0644") && error.message().contains("chmod 600"), "{error}");
}
