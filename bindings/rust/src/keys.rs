//! CURVE keys from certificate files (section 20 of PROTOCOL.md).

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use crate::error::{refuse, Result};
use crate::{names, sys};

/// Longest certificate, in bytes.
const CERTIFICATE_BYTES: u64 = 4096;
const KEY_CHARACTERS: usize = 40;
const ROLES: [&str; 3] = ["observer", "worker", "admin"];

/// This client's key pair and the coordinator's public key, as they are given to sockets.
#[derive(Clone)]
pub(crate) struct Keys {
    pub public: String,
    secret: String,
    server: Vec<u8>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys {{ public: {} }}", self.public)
    }
}

impl Keys {
    /// From the file of the own certificate, and the coordinator's public one or its key as Z85.
    pub fn load(secret: &Path, server_key: &str) -> Result<Keys> {
        let own = Certificate::load(secret, true)?;
        let server = match decode(server_key) {
            Some(key) if !Path::new(server_key).exists() => key,
            _ => key_of(&Certificate::load(Path::new(server_key), false)?.public)?,
        };
        Ok(Keys { public: own.public, secret: own.secret, server })
    }

    /// Lets a socket use them.
    pub fn set(&self, socket: &zmq::Socket) -> zmq::Result<()> {
        let key = |text: &str| decode(text).ok_or(zmq::Error::EINVAL);
        socket.set_curve_serverkey(&self.server)?;
        socket.set_curve_publickey(&key(&self.public)?)?;
        socket.set_curve_secretkey(&key(&self.secret)?)
    }
}

fn decode(text: &str) -> Option<Vec<u8>> {
    if text.len() != KEY_CHARACTERS || !text.is_ascii() {
        return None;
    }
    zmq::z85_decode(text).ok()
}

fn key_of(text: &str) -> Result<Vec<u8>> {
    decode(text).ok_or_else(|| refuse!(Format, "it is not a key: 40 characters of Z85"))
}

#[derive(Default)]
struct Certificate {
    public: String,
    secret: String,
}

impl Certificate {
    fn load(path: &Path, secret: bool) -> Result<Certificate> {
        let shown = path.display();
        let certificate = read(&read_file(path, secret)?).map_err(|why| refuse!(Format, "{shown}: {why}"))?;
        if secret && certificate.secret.is_empty() {
            return Err(refuse!(
                Format,
                "{shown} has a public key only; what is needed here is the file that ends in .secret"
            ));
        }
        Ok(certificate)
    }
}

/// The file's text, when nobody but this user and root can read (of a secret one) or change it.
fn read_file(path: &Path, secret: bool) -> Result<String> {
    let shown = path.display();
    // A pipe of that name must not hold us up.
    let opened = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path);
    let file = opened.map_err(|error| refuse!(Io, "{shown}: cannot open it: {error}"))?;
    check_file(&file, path, secret)?;
    let mut text = String::new();
    let read = file.take(CERTIFICATE_BYTES).read_to_string(&mut text);
    match read {
        Ok(size) if size as u64 == CERTIFICATE_BYTES => {
            Err(refuse!(Format, "{shown} is too long for a certificate, which has less than {CERTIFICATE_BYTES} bytes"))
        }
        Ok(_) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Err(refuse!(Format, "{shown} is not UTF-8")),
        Err(error) => Err(refuse!(Io, "{shown}: cannot read it: {error}")),
    }
}

fn check_file(file: &File, path: &Path, secret: bool) -> Result<()> {
    let shown = path.display();
    let about = file.metadata().map_err(|error| refuse!(Io, "{shown}: cannot look at it: {error}"))?;
    if !about.is_file() {
        return Err(refuse!(Format, "{shown} is not a file"));
    }
    if about.uid() != 0 && about.uid() != sys::effective_user() {
        return Err(refuse!(
            Permission,
            "{shown} belongs to another user, who could change it: chown it to the user that runs this, or to root"
        ));
    }
    let (denied, mend) = match secret {
        true if is_credential(path) => (0o037, "600"),
        true => (0o077, "600"),
        false => (0o022, "go-w"),
    };
    let mode = about.mode() & 0o7777;
    if mode & denied == 0 {
        return Ok(());
    }
    let what = if mode & denied & 0o022 != 0 { "change" } else { "read" };
    Err(refuse!(Permission, "{shown} has mode {mode:04o}, which lets others {what} it: chmod {mend} {shown}"))
}

/// Whether the service manager put the file where it puts credentials, whose group may read them.
fn is_credential(path: &Path) -> bool {
    let Some(folder) = std::env::var_os("CREDENTIALS_DIRECTORY").filter(|folder| !folder.is_empty()) else {
        return false;
    };
    let up = path.components().any(|part| part == std::path::Component::ParentDir);
    path.starts_with(folder) && !up
}

/// A certificate in ZeroMQ's property language: names, four spaces a level, `name = "value"`.
fn read(text: &str) -> Result<Certificate, String> {
    let mut certificate = Certificate::default();
    let mut path: Vec<&str> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let at = |words: &str| format!("line {}: {words}", number + 1);
        let inner = line.trim_start_matches(' ');
        let indent = line.len() - inner.len();
        if inner.trim().is_empty() || inner.starts_with('#') {
            continue;
        }
        let end = inner.find(|letter: char| !is_name_letter(letter)).unwrap_or(inner.len());
        let (name, rest) = inner.split_at(end);
        if name.is_empty() || indent % 4 != 0 || indent / 4 > path.len() {
            return Err(at("expected a name, four spaces in for each level"));
        }
        path.truncate(indent / 4);
        path.push(name);
        if let Some(value) = value(rest).map_err(at)? {
            take(&mut certificate, &path.join("/"), value).map_err(|words| at(&words))?;
        }
    }
    if certificate.public.is_empty() {
        return Err("it has no curve/public-key; is it a certificate?".to_owned());
    }
    Ok(certificate)
}

fn is_name_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "$-_@.&+".contains(letter)
}

/// What stands behind the `=`; `None`: there is none.
fn value(rest: &str) -> Result<Option<&str>, &'static str> {
    let rest = rest.trim();
    if rest.is_empty() || rest.starts_with('#') {
        return Ok(None);
    }
    let Some(value) = rest.strip_prefix('=') else { return Err("expected = and a value behind the name") };
    let value = value.trim_start();
    for quote in ['"', '\''] {
        let Some(quoted) = value.strip_prefix(quote) else { continue };
        let Some((inside, behind)) = quoted.split_once(quote) else { return Err("a quote is not closed") };
        let behind = behind.trim_start();
        let over = behind.is_empty() || behind.starts_with('#');
        return if over { Ok(Some(inside)) } else { Err("there is more behind the closing quote") };
    }
    Ok(Some(value.split('#').next().unwrap_or_default().trim_end()))
}

/// One property. Metadata that is not ours may say anything; keys are not repeated in what is said of them.
fn take(to: &mut Certificate, path: &str, value: &str) -> Result<(), String> {
    let key = || match decode(value) {
        Some(_) => Ok(value.to_owned()),
        None => Err(format!("{path} is not a key: 40 characters of Z85")),
    };
    match path {
        "curve/public-key" => to.public = key()?,
        "curve/secret-key" => to.secret = key()?,
        "metadata/role" if !ROLES.contains(&value) => {
            return Err(format!("{path} is {value:?}; it can be: {}", ROLES.join(", ")));
        }
        "metadata/name" if !names::is_name(value) => return Err(format!("{path} is {value:?}, which is not a name")),
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";

    #[test]
    fn certificates_are_read_as_keygen_writes_them() {
        let text = format!(
            "#   A key\n\nmetadata\n    name = \"w1\"\n    role = \"worker\"\ncurve\n    public-key = \"{KEY}\"\n    \
             secret-key = '{KEY}' # mine\n"
        );
        let read = read(&text).unwrap();
        assert_eq!((read.public.as_str(), read.secret.as_str()), (KEY, KEY));
    }

    #[test]
    fn what_is_no_certificate_is_named_without_its_secrets() {
        for (text, words) in [
            ("", "no curve/public-key"),
            ("curve\n    public-key = \"short\"", "40 characters"),
            ("curve\n   public-key = \"x\"", "four spaces"),
            ("metadata\n    role = \"king\"", "observer, worker, admin"),
            ("metadata\n    name = \"-\"", "not a name"),
            ("curve\n    secret-key = \"hush", "not closed"),
        ] {
            let why = read(text).err().unwrap();
            assert!(why.contains(words), "{why}");
            assert!(!why.contains("hush") && !why.contains("short"), "{why}");
        }
    }
}
