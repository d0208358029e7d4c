//! Ending waits from another thread.

use std::fmt;
use std::io::Write as _;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use crate::error::{refuse, Result};

/// Ends what waits: give a clone of it to [`Options::cancel`](crate::Options::cancel), and call [`Cancel::cancel`] from
/// any thread.
///
/// A call that waits then fails with `CANCELLED`, at once; so does every later call that would have to wait. What was
/// pushed stays pushed.
///
/// ```
/// let cancel = gradmq::Cancel::new()?;
/// let remote = cancel.clone();
/// std::thread::spawn(move || remote.cancel()).join().unwrap();
/// assert!(cancel.is_cancelled());
/// # Ok::<(), gradmq::Error>(())
/// ```
#[derive(Clone)]
pub struct Cancel(Arc<Shared>);

struct Shared {
    cancelled: AtomicBool,
    // Once an octet was written it is never read, so that everybody who waits sees it.
    read: UnixStream,
    write: UnixStream,
}

impl Cancel {
    /// One that was not cancelled.
    ///
    /// # Errors
    /// `IO`: the process has no descriptors left.
    pub fn new() -> Result<Cancel> {
        let pair = || {
            let (read, write) = UnixStream::pair()?;
            write.set_nonblocking(true)?;
            Ok::<_, std::io::Error>((read, write))
        };
        let (read, write) = pair().map_err(|error| refuse!(Io, "nothing can be made to cancel with: {error}"))?;
        Ok(Cancel(Arc::new(Shared { cancelled: AtomicBool::new(false), read, write })))
    }

    /// Ends all waits, now and from now on.
    pub fn cancel(&self) {
        if !self.0.cancelled.swap(true, Ordering::SeqCst) {
            // The one octet that is ever written always has room.
            let _ = (&self.0.write).write(&[0]);
        }
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::SeqCst)
    }

    pub(crate) fn descriptor(&self) -> RawFd {
        self.0.read.as_raw_fd()
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cancel {{ cancelled: {} }}", self.is_cancelled())
    }
}
