//! The sections of the man pages that the declarations do not hold.

use std::collections::BTreeMap;

use roff::{Roff, bold, italic, roman};

use crate::error::Code;

const EXITS: &[(u8, &str)] = &[
    (0, "Done. A closed pipe on standard output too."),
    (1, "Failed."),
    (2, "Usage: the arguments do not fit."),
    (3, "Temporary: trying again may help."),
    (4, "A person has to sign in first."),
    (5, "The store with the secrets cannot be used."),
    (126, "exec found its command, and it cannot be run."),
    (127, "exec found no such command."),
    (130, "Interrupted."),
];

const ENVIRONMENT: &[(&str, &str)] = &[
    (
        "KEYFOB_HOME",
        "A folder that replaces the configuration, data and state folders.",
    ),
    (
        "KEYFOB_ACCOUNT",
        "The accounts to use where a command names a provider or nothing: PROVIDER/NAME, one a \
         provider, between commas. It goes before directory rules and defaults.",
    ),
    (
        "HF_TOKEN, GH_TOKEN, GITLAB_TOKEN, ...",
        "A provider's token, used where there is no account; keyfob-provider-show(1) prints each \
         provider's variables. It is never kept.",
    ),
    (
        "KEYFOB_STORE",
        "The store for new accounts: keyring or file. --store goes before it.",
    ),
    (
        "KEYFOB_PASSPHRASE",
        "The passphrase of the file store. No process that keyfob starts inherits it.",
    ),
    (
        "KEYFOB_PASSPHRASE_FILE",
        "A file that holds that passphrase.",
    ),
    (
        "KEYFOB_BACKUP_PASSPHRASE",
        "The passphrase of a backup, and of an age identity that is behind one. No process that keyfob \
         starts inherits it.",
    ),
    (
        "KEYFOB_BACKUP_PASSPHRASE_FILE",
        "A file that holds that passphrase.",
    ),
    (
        "KEYFOB_<PROVIDER>_CLIENT_ID",
        "The client to sign in with at that provider. The name is in upper case, each hyphen an underscore.",
    ),
    (
        "KEYFOB_<PROVIDER>_CLIENT_SECRET",
        "Its secret. No process that keyfob starts inherits it.",
    ),
    (
        "KEYFOB_<PROVIDER>_ID_TOKEN",
        "The identity token to exchange at that provider, where a CI system gives it as a variable. No \
         process that keyfob starts inherits it.",
    ),
    (
        "KEYFOB_ID_TOKEN",
        "The same for every provider that has no variable of its own. No process that keyfob starts \
         inherits it.",
    ),
    (
        "KEYFOB_BROWSER",
        "The browser to launch, wherever this is; BROWSER where it is not set. --browser goes before both.",
    ),
    (
        "BROWSER",
        "Commands separated by colons and tried in order, %s standing for the URL, which else is the \
         last argument. Text browsers are passed over.",
    ),
    (
        "SSH_CONNECTION, SSH_TTY",
        "Either says that this is an SSH session, where a login opens no browser of its own accord.",
    ),
    (
        "DISPLAY, WAYLAND_DISPLAY",
        "One of them says that there is a display, except on macOS and Windows. In WSL, known by \
         WSL_DISTRO_NAME, WSL_INTEROP or its kernel, the browser of Windows is opened.",
    ),
    (
        "KEYFOB_COMPLETE",
        "Set by a shell that asks for completions; see keyfob-completions(1).",
    ),
    (
        "KEYFOB_ASKED",
        "Set in a shell that keyfob starts to ask what it loads: what its start files do with \
         completions --install and --uninstall changes nothing there.",
    ),
    (
        "SHELL",
        "The shell that export on a terminal, completions --install and --uninstall and doctor take for the \
         one they were typed in, where the process that started them is no shell.",
    ),
    (
        "GITHUB_ENV, GITHUB_OUTPUT",
        "The files that export --format github appends to; GitHub's runner sets them.",
    ),
    (
        "HTTPS_PROXY, ALL_PROXY",
        "The proxy for requests to providers. Loopback addresses never go through it.",
    ),
    ("NO_PROXY", "Hosts that are reached without the proxy."),
    ("SSL_CERT_FILE", "Certificate authorities to trust, as PEM."),
    (
        "NO_COLOR",
        "Any value turns colour and motion off; so does TERM=dumb.",
    ),
    (
        "LC_ALL, LC_CTYPE, LANG",
        "Whether QR codes and boxes are drawn with more than ASCII: the first that is set counts.",
    ),
    (
        "CI",
        "Any value but 0 and false does what --no-input does, and opens no browser of its own accord.",
    ),
];

const FILES: [(&str, &str); 13] = [
    (
        "$XDG_CONFIG_HOME/keyfob/config.toml",
        "Settings: store, the store for new accounts; ca_file, certificate authorities to trust besides \
         the system's; state_dir, where locks are, if the usual folder is on a file system without them; \
         audit_log, false to keep no audit log; [[rules]], each with accounts = [\"PROVIDER/NAME\"] for a \
         path, the folder and what is below, or for a remote, such as \"github.com/acme\". Of several that \
         fit the first counts that names the provider.",
    ),
    (
        ".keyfob.toml",
        "A rule file: accounts = [\"PROVIDER/NAME\"], for its folder and below. keyfob-use(1) writes and \
         accepts it. It goes before the rules of config.toml, and the nearest before the others.",
    ),
    (
        "$XDG_CONFIG_HOME/keyfob/providers/NAME.toml",
        "Your provider definitions. One with the name of a built-in overlays it key by key.",
    ),
    (
        "$XDG_CONFIG_HOME/keyfob/accepted/NAME.json",
        "What you accepted of a provider beside its own: servers, and variables. keyfob's own, and in no backup.",
    ),
    (
        "$XDG_CONFIG_HOME/keyfob/identity",
        "What opens the file store.",
    ),
    (
        "$XDG_DATA_HOME/keyfob/accounts/PROVIDER/NAME.json",
        "What is known about an account and is not secret.",
    ),
    (
        "$XDG_DATA_HOME/keyfob/clients/PROVIDER.json",
        "What has to be remembered of our client at a provider: who it is, for which server, where it \
         can be deleted. Its secret is in the store.",
    ),
    (
        "$XDG_DATA_HOME/keyfob/defaults.json",
        "The default account of each provider.",
    ),
    (
        "$XDG_DATA_HOME/keyfob/secrets/",
        "The file store, encrypted with age.",
    ),
    (
        "$XDG_STATE_HOME/keyfob/events.jsonl, events.1.jsonl",
        "The audit log that keyfob-log(1) shows, no secret in it. At 1 MiB the first becomes the second.",
    ),
    (
        "$XDG_STATE_HOME/keyfob/locks/",
        "Locks. They stay, and hold nothing.",
    ),
    (
        "$XDG_STATE_HOME/keyfob/trust/",
        "Which rule files and repositories were accepted: their paths and hashes.",
    ),
    (
        "$XDG_STATE_HOME/keyfob/sandbox/",
        "What the practice provider remembers between commands.",
    ),
];

pub(crate) fn paragraphs(roff: &mut Roff, lines: &[&str]) {
    let mut fresh = true;
    for line in lines {
        if line.trim().is_empty() {
            fresh = true;
            continue;
        }
        if std::mem::take(&mut fresh) {
            roff.control("PP", []);
        }
        roff.text([roman(*line)]);
    }
}

pub(crate) fn exit_status(roff: &mut Roff, with_codes: bool) {
    let mut words: BTreeMap<u8, Vec<&str>> = BTreeMap::new();
    for code in Code::ALL.iter().filter(|code| **code != Code::Interrupted) {
        words.entry(code.exit()).or_default().push(code.as_str());
    }
    roff.control("SH", ["EXIT STATUS"]);
    for (exit, meaning) in EXITS {
        roff.control("TP", []);
        roff.text([bold(exit.to_string())]);
        roff.text([roman(*meaning)]);
        if let Some(words) = words.get(exit).filter(|_| with_codes) {
            roff.text([roman(format!("Codes: {}.", words.join(", ")))]);
        }
    }
    if with_codes {
        roff.control("PP", []);
        roff.text([roman(
            "Of several accounts that failed, the first of 5, 1, 4 and 3 that occurred counts.",
        )]);
    }
}

pub(crate) fn environment(roff: &mut Roff) {
    roff.control("SH", ["ENVIRONMENT"]);
    for (name, meaning) in ENVIRONMENT {
        roff.control("TP", []);
        roff.text([bold(*name)]);
        roff.text([roman(*meaning)]);
    }
}

pub(crate) fn files(roff: &mut Roff) {
    roff.control("SH", ["FILES"]);
    roff.text([roman(
        "The XDG folders are ~/.config, ~/.local/share and ~/.local/state where they are not set. On \
         macOS and Windows the folders are that system's own.",
    )]);
    for (path, meaning) in FILES {
        roff.control("TP", []);
        roff.text([italic(path)]);
        roff.text([roman(meaning)]);
    }
}

pub(crate) fn examples(roff: &mut Roff, lines: &[&str]) {
    if !lines.is_empty() {
        roff.control("SH", ["EXAMPLES"]);
        verbatim(roff, lines.iter().copied());
    }
}

pub(crate) fn verbatim<'a>(roff: &mut Roff, lines: impl Iterator<Item = &'a str>) {
    roff.control("RS", ["4"]);
    roff.control("nf", []);
    for line in lines {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    roff.control("RE", []);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exit_code_has_its_meaning() {
        for code in Code::ALL {
            let known = EXITS.iter().any(|(exit, _)| *exit == code.exit());
            assert!(known, "{code:?}");
        }
    }
}
