//! What this keyfob is, and where it runs: what a bug report begins with.

use super::Finding;
use crate::escape::escape_short;
use crate::login::Surroundings;
use crate::vault::INDEX_VERSION;

/// One line that never fails.
pub fn program(here: &Surroundings) -> Finding {
    let sandbox = if cfg!(feature = "sandbox") {
        "with the sandbox"
    } else {
        "without the sandbox"
    };
    let mut message = format!(
        "keyfob {} {sandbox}, {} {}, index format {INDEX_VERSION}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
    );
    for mark in marks(here) {
        message.push_str(", ");
        message.push_str(&mark);
    }
    Finding::pass("version", message)
}

/// What was recognised of the place.
fn marks(here: &Surroundings) -> Vec<String> {
    let container = here.container.as_ref().map(|engine| {
        let known = engine.len() <= 20
            && engine
                .bytes()
                .all(|byte| b"-_".contains(&byte) || byte.is_ascii_lowercase());
        let engine = if known {
            escape_short(engine, 20)
        } else {
            "some".into()
        };
        format!("{engine} container")
    });
    let ci = here
        .ci
        .as_ref()
        .map(|variable| format!("CI job ({variable})"));
    let plain = [
        (here.wsl, "WSL"),
        (here.ssh, "SSH session"),
        (here.display, "display"),
    ];
    let plain = plain
        .into_iter()
        .filter(|(there, _)| *there)
        .map(|(_, mark)| mark.to_owned());
    plain.chain(container).chain(ci).collect()
}
