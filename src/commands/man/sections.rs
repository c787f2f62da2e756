//! The sections of the man pages that the declarations do not hold.

use std::collections::BTreeMap;

use roff::{Roff, bold, italic, roman};

use crate::error::Code;

/// Pages by name, what to know about their JSON, and an example that a test pins.
const JSON: &[(&str, &str, &str)] = &[
    (
        "keyfob",
        "With --json, whatever a verb has to say is one line of JSON on standard output, described on \
         the verb's own page. A failure is one such object on standard error; hint and account may be null:",
        include_str!("../../answer/shapes/error.json"),
    ),
    (
        "keyfob-login",
        "created is false where an account that was there before was updated. account_id, username and \
         expires_at are null where the provider does not say.",
        include_str!("../../answer/shapes/login.json"),
    ),
    (
        "keyfob-list",
        "status is valid, expiring, expired (the next use refreshes it), login_required or unknown (the \
         provider gave no expiry). account_id, username and expires_at are null where the provider does \
         not say. source is account, or env for a token that a variable holds: then account is the \
         provider, variable names it, and what keyfob does not know is null.",
        include_str!("../../answer/shapes/list.json"),
    ),
    (
        "keyfob-whoami",
        "claims is the provider's own answer. Any of id, username, name and email is null where the \
         answer does not have it. A machine account is its client: id and username are the client id, and \
         claims is null.",
        include_str!("../../answer/shapes/whoami.json"),
    ),
    (
        "keyfob-refresh",
        "result is refreshed, skipped or failed; error has the shape described in keyfob(1).",
        include_str!("../../answer/shapes/refresh.json"),
    ),
    (
        "keyfob-logout",
        "token is refresh_token or access_token; result is revoked, failed, unsupported (the provider \
         offers no revocation) or skipped.",
        include_str!("../../answer/shapes/logout.json"),
    ),
    (
        "keyfob-token",
        "expires_at is null where the provider gave no expiry.",
        include_str!("../../answer/shapes/token.json"),
    ),
    (
        "keyfob-export",
        "The members are the variables, as --format json has them.",
        include_str!("../../answer/shapes/export.json"),
    ),
    (
        "keyfob-check",
        "result is valid, or the code of the failure that error describes as keyfob(1) has it: \
         refresh_required, login_required, refresh_failed (no token is issued for as long as \
         --min-ttl demands), and with --live what asking may end with. status is as in keyfob-list(1); \
         expires_at and seconds_left are null where nobody says when the token ends. For a variable \
         source is env, and account the provider.",
        include_str!("../../answer/shapes/check.json"),
    ),
    (
        "keyfob-which",
        "reason is argument, environment (KEYFOB_ACCOUNT names it), default, only or variable. For a \
         variable source is env, and account the provider.",
        include_str!("../../answer/shapes/which.json"),
    ),
    (
        "keyfob-log",
        "event is sign_in, refresh, exchange, hand_out, revoke or sign_out; error is an error code, null \
         where it was done. account is PROVIDER/NAME, or PROVIDER where no account holds the token, or \
         null where a failure left that open. caller is the name of the program that ran keyfob, null \
         where the system does not tell. The lines of the file have the shape of the elements of events.",
        include_str!("../../answer/shapes/log.json"),
    ),
    (
        "keyfob-provider-list",
        "needs holds what to configure before a login: client_id, client_secret, and keys of the \
         definition that only the user can say, such as host; nothing where it is ready.",
        include_str!("../../answer/shapes/provider-list.json"),
    ),
    (
        "keyfob-provider-show",
        "definition has every key, those that are not set as null; two are shown here. sources has the \
         keys that are not defaults; from is built_in or file, and then file and line say where.",
        include_str!("../../answer/shapes/provider-show.json"),
    ),
    (
        "keyfob-provider-add",
        "needs is as in keyfob-provider-list(1). found is what the issuer's metadata says, null where \
         none was read; pkce_s256 and scopes are null where it does not say.",
        include_str!("../../answer/shapes/provider-add.json"),
    ),
    (
        "keyfob-provider-set",
        "absent holds keys that were to be removed and were not in the file. file is null where no key \
         was given, client_secret where no secret was.",
        include_str!("../../answer/shapes/provider-set.json"),
    ),
    (
        "keyfob-provider-remove",
        "file is null where there was none. client says whether something was kept of the client and is \
         gone too. accounts is as in keyfob-logout(1).",
        include_str!("../../answer/shapes/provider-remove.json"),
    ),
    (
        "keyfob-provider-test",
        "result is pass, fail or unknown; hint is null but where something failed. The checks are \
         definition, redirect, tls, metadata, endpoints, pkce, iss, device, client and clock.",
        include_str!("../../answer/shapes/provider-test.json"),
    ),
    (
        "keyfob-provider-metadata",
        "The answer is the document itself, with --json in one line.",
        include_str!("../../answer/shapes/provider-metadata.json"),
    ),
];

/// What the exit codes mean.
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
         provider, between commas. It goes before the defaults.",
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
        "KEYFOB_<PROVIDER>_CLIENT_ID",
        "The client to sign in with at that provider. The name is in upper case, each hyphen an underscore.",
    ),
    (
        "KEYFOB_<PROVIDER>_CLIENT_SECRET",
        "Its secret. No process that keyfob starts inherits it.",
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
        "SHELL",
        "What export writes for on a terminal, where the process that started it is no shell.",
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

const FILES: [(&str, &str); 10] = [
    (
        "$XDG_CONFIG_HOME/keyfob/config.toml",
        "Settings: store, the store for new accounts; ca_file, certificate authorities to trust besides \
         the system's; state_dir, where locks are, if the usual folder is on a file system without them; \
         audit_log, false to keep no audit log.",
    ),
    (
        "$XDG_CONFIG_HOME/keyfob/providers/NAME.toml",
        "Your provider definitions. One with the name of a built-in overlays it key by key.",
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
        "$XDG_STATE_HOME/keyfob/sandbox/",
        "What the practice provider remembers between commands.",
    ),
];

/// Adds paragraphs to the section above; a blank line divides them.
pub fn paragraphs(roff: &mut Roff, lines: &[&str]) {
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

/// Adds the JSON that a page's verb answers with, where it does.
pub fn json(roff: &mut Roff, page: &str) {
    for (_, note, example) in JSON.iter().filter(|(name, ..)| *name == page) {
        roff.control("SH", ["JSON"]);
        roff.text([roman(*note)]).control("PP", []);
        verbatim(roff, example.lines());
    }
}

/// Adds the exit codes, on keyfob's own page with the error codes that belong to each.
pub fn exit_status(roff: &mut Roff, with_codes: bool) {
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

/// Adds the variables that keyfob reads.
pub fn environment(roff: &mut Roff) {
    roff.control("SH", ["ENVIRONMENT"]);
    for (name, meaning) in ENVIRONMENT {
        roff.control("TP", []);
        roff.text([bold(*name)]);
        roff.text([roman(*meaning)]);
    }
}

/// Adds the files that keyfob keeps.
pub fn files(roff: &mut Roff) {
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

/// Adds examples, a line each.
pub fn examples(roff: &mut Roff, lines: &[&str]) {
    if !lines.is_empty() {
        roff.control("SH", ["EXAMPLES"]);
        verbatim(roff, lines.iter().copied());
    }
}

fn verbatim<'a>(roff: &mut Roff, lines: impl Iterator<Item = &'a str>) {
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

    #[test]
    fn the_documented_failure_is_a_real_one() {
        let error = crate::error::Error::new(Code::LoginRequired, "the refresh token was refused")
            .hint("keyfob login github/ada")
            .account("github/ada");
        let documented: serde_json::Value = serde_json::from_str(JSON[0].2).unwrap();
        let real: serde_json::Value = serde_json::from_str(&error.json()).unwrap();
        assert_eq!(documented, real);
    }
}
