//! What can be judged without the server: the definition, and the redirect.

use std::io;
use std::net::TcpListener;

use super::check::{ServerCheck, fail, pass};
use crate::provider::{Provider, RedirectHost};
use crate::verbs::app::App;

/// It was read, so it is valid; says what it was made of.
pub(crate) fn check_definition(app: &App, provider: &Provider) -> ServerCheck {
    let name = &provider.name;
    let made_of = match (
        crate::provider::Registry::is_built_in(name),
        app.registry.own_file(name),
    ) {
        (true, None) => "built in".into(),
        (true, Some(file)) => format!("built in, and {} over it", file.display()),
        (false, Some(file)) => file.display().to_string(),
        (false, None) => "none".into(),
    };
    pass("definition", format!("valid: {made_of}"))
}

/// What will be sent, and whether this machine can listen for it.
pub(crate) fn check_redirect(provider: &Provider) -> ServerCheck {
    let check = "redirect";
    let rule = &provider.redirect;
    let uris = provider.redirect_uris().join(" or ");
    let registered = match &provider.registration.page {
        Some(page) => format!("to be registered at {page}"),
        None => "to be registered with the client".into(),
    };
    if rule.no_loopback {
        let manual = rule.manual.as_deref().unwrap_or("none that is known");
        return pass(
            check,
            format!("brought back by hand from {manual}, {registered}"),
        );
    }
    if rule.ports.is_empty() {
        return match listens(rule.host, 0) {
            Ok(()) => pass(check, format!("{uris}, on any port; {registered}")),
            Err(error) => fail(
                check,
                format!("cannot listen for {uris}: {error}"),
                "check that the loopback interface is up",
            ),
        };
    }
    let taken = |port: &&u16| listens(rule.host, **port).is_err();
    let taken: Vec<String> = rule
        .ports
        .iter()
        .filter(taken)
        .map(u16::to_string)
        .collect();
    let ports = taken.join(", ");
    if taken.len() == rule.ports.len() {
        return fail(
            check,
            format!("the ports of {uris} are all taken: {ports}"),
            format!(
                "end the program that has {ports}, or register another port and add it to `redirect.ports`"
            ),
        );
    }
    let note = match taken.as_slice() {
        [] => String::new(),
        _ => format!("; {ports} is taken just now"),
    };
    pass(check, format!("{uris}, {registered}{note}"))
}

/// Listens for a moment, in each family that this machine has; a port that is taken in one is taken.
fn listens(host: RedirectHost, port: u16) -> io::Result<()> {
    let (mut some, mut missing) = (false, Ok(()));
    for address in host.addresses() {
        match TcpListener::bind((*address, port)) {
            Ok(_) => some = true,
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
            Err(error) => missing = Err(error),
        }
    }
    if some { Ok(()) } else { missing }
}
