//! Which of the endpoints that Describe names to connect to (rule K-2).

use crate::error::{refuse, Result};

const WILDCARDS: [&str; 3] = ["tcp://*:", "tcp://0.0.0.0:", "tcp://[::]:"];

/// The first of the transport by which control was reached, else the first; with control's host for a wildcard.
pub(crate) fn choose(named: &[String], control: &str, socket: &str) -> Result<String> {
    let scheme = control.find("://").map_or("", |at| &control[..at + 3]);
    let alike = named.iter().find(|endpoint| endpoint.starts_with(scheme));
    match alike.or(named.first()) {
        Some(endpoint) => resolve(endpoint, control),
        None => Err(refuse!(Connect, "the coordinator at {control} names no endpoint for {socket}")),
    }
}

fn resolve(named: &str, control: &str) -> Result<String> {
    let Some(port) = WILDCARDS.iter().find_map(|wildcard| named.strip_prefix(wildcard)) else {
        return Ok(named.to_owned());
    };
    match control.rsplit_once(':') {
        Some((host, _)) if host.starts_with("tcp://") => Ok(format!("{host}:{port}")),
        _ => Err(refuse!(
            Argument,
            "the coordinator names {named}, and the control endpoint {control} has no host to put in place of the \
             wildcard: connect over tcp"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(named: &[&str], control: &str) -> Result<String> {
        choose(&named.iter().map(|&name| name.to_owned()).collect::<Vec<_>>(), control, "events")
    }

    #[test]
    fn control_transport_comes_first() {
        let named = ["ipc:///tmp/e", "tcp://*:5573", "tcp://10.0.0.1:1"];
        assert_eq!(chosen(&named, "tcp://node7:5570").unwrap(), "tcp://node7:5573");
        assert_eq!(chosen(&named, "ipc:///tmp/c").unwrap(), "ipc:///tmp/e");
        assert_eq!(chosen(&["tcp://10.0.0.1:1"], "ipc:///tmp/c").unwrap(), "tcp://10.0.0.1:1");
    }

    #[test]
    fn wildcards_take_the_host_of_control() {
        assert_eq!(chosen(&["tcp://0.0.0.0:9"], "tcp://[::1]:5570").unwrap(), "tcp://[::1]:9");
        assert_eq!(chosen(&["tcp://[::]:9"], "tcp://a.example:5570").unwrap(), "tcp://a.example:9");
        assert_eq!(chosen(&["tcp://*:9"], "ipc:///tmp/c").unwrap_err().name(), "ARGUMENT");
        assert_eq!(chosen(&[], "tcp://a:1").unwrap_err().name(), "CONNECT");
    }
}
