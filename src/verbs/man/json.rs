//! What the man pages say of each verb's JSON.

use roff::{Roff, roman};

use super::sections::verbatim;

const JSON: &[(&str, &str, &str)] = &[
    (
        "keyfob",
        "With --json, whatever a verb has to say is one line of JSON on standard output, described on \
         the verb's own page. A failure is one such object on standard error; hint and account may be null:",
        include_str!("../shapes/error.json"),
    ),
    (
        "keyfob-login",
        "created is false where an account that was there before was updated. account_id, username and \
         expires_at are null where the provider does not say.",
        include_str!("../shapes/login.json"),
    ),
    (
        "keyfob-list",
        "status is valid, expiring, expired (the next use refreshes it), login_required or unknown (the \
         provider gave no expiry). account_id, username and expires_at are null where the provider does \
         not say. sign_in_by is when only a new sign-in helps, if no token is refreshed before, counted \
         as lifetime in the provider's definition has it; null where nobody knows. client_id is the client \
         that the tokens were issued to, null where there was none. source is account, or env for a token that a variable holds: then account is the \
         provider, variable names it, and what keyfob does not know is null.",
        include_str!("../shapes/list.json"),
    ),
    (
        "keyfob-whoami",
        "claims is the provider's own answer. Any of id, username, name and email is null where the \
         answer does not have it. A machine account is its client: id and username are the client id, and \
         claims is null.",
        include_str!("../shapes/whoami.json"),
    ),
    (
        "keyfob-refresh",
        "result is refreshed, skipped or failed; error has the shape described in keyfob(1).",
        include_str!("../shapes/refresh.json"),
    ),
    (
        "keyfob-logout",
        "token is refresh_token or access_token; result is revoked, failed, unsupported (the provider \
         offers no revocation) or skipped.",
        include_str!("../shapes/logout.json"),
    ),
    (
        "keyfob-token",
        "expires_at is null where the provider gave no expiry.",
        include_str!("../shapes/token.json"),
    ),
    (
        "keyfob-export",
        "The members are the variables, as --format json has them.",
        include_str!("../shapes/export.json"),
    ),
    (
        "keyfob-check",
        "result is valid, or the code of the failure that error describes as keyfob(1) has it: \
         refresh_required, login_required, refresh_failed (no token is issued for as long as \
         --min-ttl demands), and with --live what asking may end with. status is as in keyfob-list(1); \
         expires_at and seconds_left are null where nobody says when the token ends. For a variable \
         source is env, and account the provider.",
        include_str!("../shapes/check.json"),
    ),
    (
        "keyfob-which",
        "reason is argument, environment (KEYFOB_ACCOUNT names it), directory (rule is the file that names \
         it, null for any other reason), default, only or variable. For a variable source is env, and \
         account the provider.",
        include_str!("../shapes/which.json"),
    ),
    (
        "keyfob-use",
        "previous is the default until now, null where there was none. With --here it is what the file \
         named until now, and rule is that file.",
        include_str!("../shapes/use.json"),
    ),
    (
        "keyfob-use",
        "With --trust, accepted holds what was accepted now, and nothing where all was accepted before. \
         path is the rule file, or the repository for which a rule of config.toml holds.",
        include_str!("../shapes/use-trust.json"),
    ),
    (
        "keyfob-rename",
        "previous is what the account was called until now.",
        include_str!("../shapes/rename.json"),
    ),
    (
        "keyfob-move",
        "result is moved, unchanged or failed; previous is the store until now. error says why it failed, \
         or why a copy is left where the secret was. clients holds the providers of whose clients what is \
         kept went along.",
        include_str!("../shapes/move.json"),
    ),
    (
        "keyfob-backup",
        "result is saved, moved (it is forgotten here) or left_out (of the sandbox, or its secret is \
         gone). refresh_token is included, left_out or none. error says why an account is still here \
         although it was to be moved. providers and clients name those of whom a definition, or what is \
         kept of a client, is in the file.",
        include_str!("../shapes/backup.json"),
    ),
    (
        "keyfob-restore",
        "result of an account is restored, updated, unchanged, kept (the one here is newer) or failed; \
         of a definition and a client it is restored, unchanged, kept (the one here is another) or \
         failed. account is the name here; store is null where nothing of it is here.",
        include_str!("../shapes/restore.json"),
    ),
    (
        "keyfob-log",
        "event is sign_in, refresh, exchange, hand_out, revoke, sign_out, move, backup, restore or mend (doctor removed a secret that nothing led to); error is an error code, null \
         where it was done. account is PROVIDER/NAME, or PROVIDER where no account holds the token, or \
         null where a failure left that open. caller is the name of the program that ran keyfob, null \
         where the system does not tell. The lines of the file have the shape of the elements of events.",
        include_str!("../shapes/log.json"),
    ),
    (
        "keyfob-doctor",
        "status is pass, warn or fail, and ok whether none failed; then a failure test_failed is on standard \
         error too. hint is what mends it, null where nothing has to be. mendable says that --mend can, \
         mended that it just did; then status is pass. account is null where no account is concerned. \
         Findings may be added; match them by check and status.",
        include_str!("../shapes/doctor.json"),
    ),
    (
        "keyfob-provider-list",
        "needs holds what to configure before a login: client_id, client_secret, and keys of the \
         definition that only the user can say, such as host; nothing where it is ready.",
        include_str!("../shapes/provider-list.json"),
    ),
    (
        "keyfob-provider-show",
        "definition has every key, those that are not set as null; two are shown here. sources has the \
         keys that are not defaults; from is built_in or file, and then file and line say where.",
        include_str!("../shapes/provider-show.json"),
    ),
    (
        "keyfob-provider-add",
        "needs is as in keyfob-provider-list(1). found is what the issuer's metadata says, null where \
         none was read; pkce_s256 and scopes are null where it does not say.",
        include_str!("../shapes/provider-add.json"),
    ),
    (
        "keyfob-provider-set",
        "absent holds keys that were to be removed and were not in the file. file is null where no key \
         was given, client_secret where no secret was.",
        include_str!("../shapes/provider-set.json"),
    ),
    (
        "keyfob-provider-remove",
        "file is null where there was none. client says whether something was kept of the client and is \
         gone too. accounts is as in keyfob-logout(1).",
        include_str!("../shapes/provider-remove.json"),
    ),
    (
        "keyfob-provider-test",
        "result is pass, fail or unknown; hint is null but where something failed. The checks are \
         definition, redirect, tls, metadata, endpoints, pkce, iss, device, client and clock.",
        include_str!("../shapes/provider-test.json"),
    ),
    (
        "keyfob-provider-metadata",
        "The answer is the document itself, with --json in one line.",
        include_str!("../shapes/provider-metadata.json"),
    ),
    (
        "keyfob-completions",
        "With --install and --uninstall. part is whole, line (of a start file, or of a file of your own) or \
         cache (which the shell makes anew); result is added, renewed, removed, unchanged, with --install wanted \
         (line is to be added there, which is left to you) or with --uninstall kept (line is yours, and yours to \
         remove). line is null with any other result.",
        include_str!("../shapes/completions.json"),
    ),
];

pub(crate) fn json(roff: &mut Roff, page: &str) {
    let of_page = JSON.iter().filter(|(name, ..)| *name == page);
    for (count, (_, note, example)) in of_page.enumerate() {
        if count == 0 {
            roff.control("SH", ["JSON"]);
        } else {
            roff.control("PP", []);
        }
        roff.text([roman(*note)]).control("PP", []);
        verbatim(roff, example.lines());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Code, Error};

    #[test]
    fn the_documented_failure_is_a_real_one() {
        let error = Error::new(Code::LoginRequired, "the refresh token was refused")
            .hint("keyfob login github/ada")
            .account("github/ada");
        let documented: serde_json::Value = serde_json::from_str(JSON[0].2).unwrap();
        let real: serde_json::Value = serde_json::from_str(&error.json()).unwrap();
        assert_eq!(documented, real);
    }
}
