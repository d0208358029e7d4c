//! How fast gradients go: pushes M gradients of the whole layout and waits until they are settled, then N more, and
//! tells how long those took.
//!
//! `push --control ENDPOINT --gradients N --warm M`

use std::error::Error;
use std::time::{Duration, Instant};

use gradmq::{Dtype, Options, Push, Worker};

const LONG: Duration = Duration::from_secs(600);

fn main() -> Result<(), Box<dyn Error>> {
    let (mut control, mut gradients, mut warm) = (String::new(), 0, 0);
    let mut words = std::env::args().skip(1);
    while let (Some(option), Some(value)) = (words.next(), words.next()) {
        match option.as_str() {
            "--control" => control = value,
            "--gradients" => gradients = value.parse()?,
            "--warm" => warm = value.parse()?,
            _ => return Err(format!("{option}: no such option").into()),
        }
    }
    let mut worker = Options::new(control).timeout(LONG).without_updates().worker()?;
    push(&mut worker, warm)?;
    let begun = Instant::now();
    push(&mut worker, gradients)?;
    let seconds = begun.elapsed().as_secs_f64();
    worker.close(LONG)?;
    println!("{{\"gradients\": {gradients}, \"seconds\": {seconds:.6}}}");
    Ok(())
}

/// Pushes so many, and waits until they are settled.
fn push(worker: &mut Worker, count: u64) -> gradmq::Result<()> {
    let layout = worker.layout();
    let say = Push::new().without_base();
    let (narrow, wide) = match layout.dtype() {
        Dtype::F64 => (Vec::new(), vec![1e-6f64; layout.elements()]),
        _ => (vec![1e-6f32; layout.elements()], Vec::new()),
    };
    for _ in 0..count {
        match narrow.is_empty() {
            true => worker.push_with(&wide, &say)?,
            false => worker.push_with(&narrow, &say)?,
        };
    }
    worker.flush(LONG)
}
