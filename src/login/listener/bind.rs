//! Which loopback address and port, and the redirect URI they make.

use std::io;
use std::net::IpAddr;

use tokio::net::TcpListener;
use url::Url;

use crate::error::{Code, Error, Result};
use crate::provider::{RedirectHost, RedirectRule};

/// How often the system picks a port anew because the other family has it taken.
const SYSTEM_TRIES: usize = 16;

/// The sockets, one a family, and the port they share.
pub(super) fn bind(rule: &RedirectRule, port: Option<u16>) -> Result<(Vec<TcpListener>, u16)> {
    let candidates = match port {
        Some(port) => vec![port],
        None if rule.ports.is_empty() => vec![0; SYSTEM_TRIES],
        None => rule.ports.clone(),
    };
    let mut failure = io::Error::from(io::ErrorKind::AddrInUse);
    for candidate in &candidates {
        match bind_families(rule.host, *candidate) {
            Ok(bound) => return Ok(bound),
            Err(error) => failure = error,
        }
    }
    Err(refusal(rule, port, &failure))
}

/// The redirect URI, which must mean what it says: no user, query or fragment, and a path that browsers
/// send back unchanged.
pub(super) fn redirect_uri(host: RedirectHost, port: u16, path: &str) -> Result<String> {
    let uri = format!("http://{}:{port}{path}", host.as_str());
    let plain = Url::parse(&uri).is_ok_and(|url| {
        url.path() == path
            && url.port_or_known_default() == Some(port)
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
    });
    if plain {
        return Ok(uri);
    }
    Err(Error::new(
        Code::ConfigInvalid,
        format!("`{path}` is no path for a redirect URI"),
    )
    .hint("set `redirect.path` to something like `/callback`"))
}

/// A family that this machine lacks is left out as long as there is another; a port that is taken in
/// one of them is taken, for the browser may go to whoever has it there.
fn bind_families(host: RedirectHost, mut port: u16) -> io::Result<(Vec<TcpListener>, u16)> {
    let mut sockets = Vec::new();
    let mut missing = None;
    for address in host.addresses() {
        match bind_address(*address, port) {
            Ok(socket) => {
                port = socket.local_addr()?.port();
                sockets.push(socket);
            }
            Err(error) if is_taken(&error) => return Err(error),
            Err(error) => missing = Some(error),
        }
    }
    match missing {
        Some(error) if sockets.is_empty() => Err(error),
        _ => Ok((sockets, port)),
    }
}

fn bind_address(address: IpAddr, port: u16) -> io::Result<TcpListener> {
    let socket = std::net::TcpListener::bind((address, port))?;
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket)
}

/// Windows says "permission denied" of ports that another program reserved.
fn is_taken(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied
    )
}

fn refusal(rule: &RedirectRule, port: Option<u16>, error: &io::Error) -> Error {
    let host = rule.host.as_str();
    let (place, hint) = match (port, rule.ports.as_slice()) {
        (Some(port), _) => (
            format!("{host}:{port}"),
            "end the program that has this port, or give another one to `--port`".to_owned(),
        ),
        (None, []) => (
            host.to_owned(),
            "check that the loopback interface is up".to_owned(),
        ),
        (None, ports) => {
            let ports = ports
                .iter()
                .map(u16::to_string)
                .collect::<Vec<_>>()
                .join(", ");
            (
                format!("{host}, port {ports}"),
                format!(
                    "end the program that has {ports}, or give another port registered at the provider to `--port`"
                ),
            )
        }
    };
    Error::new(
        Code::InternalError,
        format!("cannot listen on {place}: {error}"),
    )
    .hint(hint)
}
