//! Which of the endpoints that Describe names to connect to (rule K-2).

use crate::error::{refuse, Result};

const WILDCARDS: [&str; 3] = ["tcp://*:", "tcp://0.0.0.0:", "tcp://[::]:"];

/// Of those that can be reached, the first of the transport by which control was reached, else the first; with control's
/// host for a wildcard.
pub(crate) fn choose(named: &[String], control: &str, socket: &str) -> Result<String> {
    let scheme = control.find("://").map_or("", |at| &control[..at + 3]);
    let reached = |endpoint: &String| Some((endpoint.starts_with(scheme), resolve(endpoint, control)?));
    let all: Vec<(bool, String)> = named.iter().filter_map(reached).collect();
    let alike = all.iter().find(|(alike, _)| *alike);
    match (alike.or(all.first()), named.first()) {
        (Some((_, endpoint)), _) => Ok(endpoint.clone()),
        (None, Some(first)) => Err(refuse!(
            Argument,
            "the coordinator names {first} for {socket}, and the control endpoint {control} has no host to put in place \
             of the wildcard: connect over tcp"
        )),
        (None, None) => Err(refuse!(Connect, "the coordinator at {control} names no endpoint for {socket}")),
    }
}

/// `None`: a wildcard that has no host here.
fn resolve(named: &str, control: &str) -> Option<String> {
    let Some(port) = WILDCARDS.iter().find_map(|wildcard| named.strip_prefix(wildcard)) else {
        return Some(named.to_owned());
    };
    let (host, _) = control.rsplit_once(':')?;
    host.starts_with("tcp://").then(|| format!("{host}:{port}"))
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
        assert_eq!(chosen(&["tcp://*:2", "tcp://10.0.0.1:1"], "ipc:///tmp/c").unwrap(), "tcp://10.0.0.1:1");
    }

    #[test]
    fn wildcards_take_the_host_of_control() {
        assert_eq!(chosen(&["tcp://0.0.0.0:9"], "tcp://[::1]:5570").unwrap(), "tcp://[::1]:9");
        assert_eq!(chosen(&["tcp://[::]:9"], "tcp://a.example:5570").unwrap(), "tcp://a.example:9");
        assert_eq!(chosen(&["tcp://*:9"], "ipc:///tmp/c").unwrap_err().name(), "ARGUMENT");
        assert_eq!(chosen(&[], "tcp://a:1").unwrap_err().name(), "CONNECT");
    }
}
