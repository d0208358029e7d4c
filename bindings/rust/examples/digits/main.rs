//! Trains a small network to read handwritten digits, on a part of the images.
//!
//! `digits --control ENDPOINT --name NAME --part I --parts N --gradients G --data FILE`, and `--secret FILE --server-key
//! FILE` where the coordinator asks for keys. Layout and parameters are the coordinator's: `gradmq-digits prepare` loads
//! them.

mod data;
mod network;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use gradmq::{Options, Push};

use data::Batches;
use network::Network;

/// Images a gradient.
const BATCH: usize = 32;
const SETTLE: Duration = Duration::from_secs(60);

struct Command {
    options: Options,
    data: String,
    part: usize,
    parts: usize,
    gradients: u64,
}

fn read_command() -> Result<Command, Box<dyn Error>> {
    let (mut control, mut name, mut data) = (None, None, None);
    let (mut part, mut parts, mut gradients) = (1, 1, 1000);
    let (mut secret, mut server_key) = (None, None);
    let mut words = std::env::args().skip(1);
    while let Some(option) = words.next() {
        let value = words.next().ok_or_else(|| format!("{option}: a value is missing"))?;
        match option.as_str() {
            "--control" => control = Some(value),
            "--name" => name = Some(value),
            "--data" => data = Some(value),
            "--part" => part = value.parse()?,
            "--parts" => parts = value.parse()?,
            "--gradients" => gradients = value.parse()?,
            "--secret" => secret = Some(value),
            "--server-key" => server_key = Some(value),
            _ => return Err(format!("{option}: no such option").into()),
        }
    }
    if part == 0 || part > parts {
        return Err(format!("--part {part}: there are --parts {parts}, from 1 on").into());
    }
    // One gradient at a time, so that each is made from what came of the last.
    let mut options = Options::new(control.ok_or("--control is needed")?).window(1);
    if let Some(name) = name {
        options = options.name(name);
    }
    options = match (secret, server_key) {
        (Some(secret), Some(key)) => options.keys(secret, key),
        (None, None) => options,
        _ => return Err("--secret and --server-key belong together".into()),
    };
    Ok(Command { options, data: data.ok_or("--data is needed")?, part, parts, gradients })
}

fn work() -> Result<bool, Box<dyn Error>> {
    let command = read_command()?;
    let mut batches = Batches::new(&data::training(&command.data)?, command.part - 1, command.parts, BATCH)?;
    let mut network = Network::new(BATCH);
    let mut worker = command.options.worker()?;
    worker.on_verdict(|verdict| eprintln!("{verdict}"));
    if worker.layout().elements() != network::PARAMETERS {
        return Err(format!(
            "the coordinator holds another network: {} parameters instead of {}",
            worker.layout().elements(),
            network::PARAMETERS
        )
        .into());
    }
    for _ in 0..command.gradients {
        let parameters = worker.newest()?;
        let (gradient, loss) = network.gradient(parameters.as_slice()?, batches.next());
        worker.push_vec(gradient, &Push::new().weighted_metric("loss", loss, BATCH as f64))?;
    }
    worker.flush(SETTLE)?;
    let (name, stats) = (worker.name().to_owned(), worker.stats());
    worker.close(SETTLE)?;
    println!("{name}: {} gradients, {} applied, {} not", stats.pushed, stats.applied, stats.refused);
    Ok(stats.applied == command.gradients)
}

fn main() -> ExitCode {
    match work() {
        Ok(all) => ExitCode::from(u8::from(!all)),
        Err(error) => {
            eprintln!("digits: {error}");
            ExitCode::FAILURE
        }
    }
}
