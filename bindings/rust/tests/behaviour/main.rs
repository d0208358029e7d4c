//! Every case of `tests/bindings/cases.txt` against a real `gradmqd`: `ok NAME`, or `not ok NAME` behind what went wrong.
//!
//! Names on the command line are the only ones that run.

mod daemon;
mod errors;
mod failures;
mod keys;
mod merging;
mod model;
mod policies;
mod pushing;
mod refused;
mod remote;
mod worker;

use std::collections::HashMap;
use std::panic;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::thread;

type Case = (&'static str, fn());

/// How many cases run at a time. They wait more than they compute.
const AT_A_TIME: usize = 6;

/// What panics said, by the name of the thread in which they did.
static SAID: Mutex<Option<HashMap<String, String>>> = Mutex::new(None);

fn said(name: &str) -> String {
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    said.get_or_insert_default().remove(name).unwrap_or_default()
}

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let cases: Vec<Case> =
        [remote::CASES, model::CASES, merging::CASES, errors::CASES, worker::CASES, pushing::CASES, policies::CASES]
            .into_iter()
            .chain([failures::CASES, keys::CASES, refused::CASES])
            .flatten()
            .copied()
            .filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|one| one == name))
            .collect();
    panic::set_hook(Box::new(|info| {
        // A thread of a case's own has no name; the case panics, too, once it waits for it.
        let Some(name) = thread::current().name().map(str::to_owned) else { return eprintln!("    {info}") };
        let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
        said.get_or_insert_default().entry(name).or_default().push_str(&format!("    {info}\n"));
    }));
    let queue = Mutex::new(cases.into_iter());
    let failed = Mutex::new(false);
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| loop {
                let next = queue.lock().expect("nobody panics with it").next();
                let Some((name, case)) = next else { return };
                let ran = thread::Builder::new().name(name.to_owned()).spawn(case).expect("a thread").join();
                let mut failed = failed.lock().expect("nobody panics with it");
                match ran {
                    Ok(()) => println!("ok {name}"),
                    Err(_) => {
                        *failed = true;
                        println!("{}not ok {name}", said(name).replace("\nnot ok", "\n    not ok"));
                    }
                }
            });
        }
    });
    let failed = *failed.lock().expect("nobody panics with it");
    ExitCode::from(u8::from(failed))
}
