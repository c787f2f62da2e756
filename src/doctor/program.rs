//! What this keyfob is, and where it runs: what a bug report begins with.

use super::{Finding, Topic};
use crate::login::Surroundings;
use crate::vault::INDEX_VERSION;

pub(crate) fn program(here: &Surroundings) -> Finding {
    let sandbox = if cfg!(feature = "sandbox") {
        "with the sandbox"
    } else {
        "without the sandbox"
    };
    let mut message = format!(
        "{} {sandbox}, {} {}, index format {INDEX_VERSION}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
    );
    for mark in marks(here) {
        message.push_str(", ");
        message.push_str(&mark);
    }
    Topic("version").pass(message)
}

fn marks(here: &Surroundings) -> Vec<String> {
    let container = here.container.as_ref();
    let container = container.map(|engine| format!("{engine} container"));
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
