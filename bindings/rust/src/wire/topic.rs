//! Topics of the updates and events sockets.

/// New parameters of a model on a stream.
pub fn parameters(model: &str, stream: &str) -> String {
    format!("params/{model}/{stream}/")
}

/// Acknowledgements of a worker.
pub fn acknowledgements(model: &str, worker: &str) -> String {
    format!("ack/{model}/{worker}/")
}

/// Heartbeats and what concerns all.
pub fn everybody(model: &str) -> String {
    format!("event/{model}/all/")
}

/// Notices to a worker.
pub fn worker(model: &str, worker: &str) -> String {
    format!("event/{model}/w/{worker}/")
}

/// Announcements of new versions.
pub fn announcements(model: &str) -> String {
    format!("announce/{model}/")
}

/// What could not be attributed to a worker.
pub fn malformed(model: &str) -> String {
    format!("malformed/{model}/")
}

/// The mark of a Sync.
pub fn sync(nonce: u64) -> String {
    format!("sync/{nonce:016x}/")
}
