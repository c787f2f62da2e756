//! Index and secrets, both ways, in the file store; defaults, clients, and who has to sign in.

use super::*;
use crate::vault::HomeVault as _;
use keyfob_testkit::provider::{Provider, acme, acme_with};

fn secret_of(home: &Home, account: &str) -> std::path::PathBuf {
    home.path(&format!("data/secrets/{}.age", home.account(account).id))
}

#[test]
fn an_account_whose_secret_is_gone_fails_with_the_login() {
    let (home, _provider) = signed_in();
    home.copy_account("acme/julien", "acme/work");
    std::fs::remove_file(secret_of(&home, "acme/work")).expect("a secret");
    let found = look(&home, &["--mend"]);
    let gone = one(
        &found,
        "fail",
        "index",
        "acme/work: its secret is gone from the file store",
    );
    assert!(
        gone.hint.contains("`keyfob login acme/work`") && !gone.mendable,
        "{gone:?}"
    );
    assert_eq!(home.accounts().len(), 2, "no account is ever removed");
    home.login(&["acme/work"]).ok();
    well(&look(&home, &[]));
}

#[test]
fn a_default_whose_account_is_gone_can_be_taken_away() {
    let (home, _provider) = signed_in();
    home.copy_account("acme/julien", "acme/work");
    home.run(&["use", "acme/work"]).ok();
    std::fs::remove_file(secret_of(&home, "acme/work")).expect("a secret");
    std::fs::remove_file(home.path("data/accounts/acme/work.json")).expect("an entry");
    let found = look(&home, &[]);
    let gone = one(
        &found,
        "warn",
        "index",
        "the default of acme is acme/work, which is gone",
    );
    assert!(
        gone.mendable && gone.hint.contains("`keyfob use acme/NAME`"),
        "{gone:?}"
    );
    let found = look(&home, &["--mend"]);
    assert!(
        one(&found, "pass", "index", "which is gone; mended").mended,
        "{found:#?}"
    );
    well(&look(&home, &[]));
    assert!(home.vault().defaults().is_empty());
    home.write(
        "data/defaults.json",
        "{\"version\": 1, \"defaults\": {\"../x\": \"../../y\", \"acme\": \"julien\"}}",
    );
    one(&look(&home, &["--mend"]), "pass", "index", "../x/../../y");
    assert_eq!(home.vault().default_of("acme").as_deref(), Some("julien"));
}

#[test]
fn the_secret_of_a_client_is_missed_where_it_needs_one() {
    let (home, provider) = acme_with("client_auth = \"client_secret_post\"\n");
    let mut command =
        home.shell_command("echo MARKED-SECRET-c | keyfob provider set acme --client-secret");
    Run::of(command.output().expect("sh starts")).ok();
    well(&look(&home, &[]));
    let client = home
        .vault()
        .client("acme")
        .expect("a record")
        .expect("a client");
    std::fs::remove_file(home.path(&format!("data/secrets/{}.age", client.id))).expect("a secret");
    let gone = one(
        &look(&home, &["--mend"]),
        "fail",
        "index",
        "acme: the client secret that was kept is gone",
    );
    assert!(
        gone.hint
            .contains("`keyfob provider set acme --client-secret`"),
        "{gone:?}"
    );
    drop(provider);
    let mut text = std::fs::read_to_string(home.path("data/clients/acme.json")).expect("a record");
    text = text.replace(
        "\"secret_expires_at\": null",
        "\"secret_expires_at\": \"2020-01-01T00:00:00Z\"",
    );
    home.write("data/clients/acme.json", &text);
    home.write(&format!("data/secrets/{}.age", client.id), "whatever");
    one(
        &look(&home, &[]),
        "warn",
        "index",
        "acme: the client secret that was kept has ended",
    );
}

#[test]
fn who_has_to_sign_in_is_named_with_the_command() {
    let (home, provider) = acme();
    provider.state(|state| state.refreshable = false);
    home.login(&["acme"]).ok();
    home.later("acme/julien", 3600);
    let needed = one(
        &look(&home, &[]),
        "warn",
        "accounts",
        "acme/julien: its access token has ended",
    );
    assert!(
        needed.hint.contains("`keyfob login acme/julien`"),
        "{needed:?}"
    );

    let (home, provider) = crate::vault::expired();
    provider.state(|state| state.alive.clear());
    home.run(&["refresh", "acme"]).fails(4, &[]);
    let refused = one(
        &look(&home, &[]),
        "warn",
        "accounts",
        "refused its refresh token",
    );
    assert!(
        refused.hint.contains("`keyfob login acme/julien`"),
        "{refused:?}"
    );

    let (home, _provider) =
        keyfob_testkit::scene::signed_in_to("[lifetime]\nrefresh_token_idle = \"10d\"\n");
    home.later("acme/julien", 9 * 24 * 3600);
    let due = one(
        &look(&home, &[]),
        "warn",
        "accounts",
        "acme/julien: refresh by",
    );
    assert_eq!(due.hint, "`keyfob refresh acme/julien`");
    home.run(&["refresh", "acme"]).ok();
    well(&look(&home, &[]));
}

#[test]
fn a_definition_that_is_gone_or_leads_elsewhere_is_told_before_it_is_met() {
    let (home, provider) = signed_in();
    std::fs::remove_file(home.path("config/providers/acme.toml")).expect("a definition");
    let gone = one(
        &look(&home, &[]),
        "warn",
        "accounts",
        "the definition of acme is gone",
    );
    assert!(gone.hint.contains("`keyfob provider add acme`"), "{gone:?}");

    let other = Provider::start();
    home.provider("acme", &other.definition(""));
    let moved = one(
        &look(&home, &[]),
        "fail",
        "accounts",
        "its tokens were issued under",
    );
    assert!(moved.message.contains(&other.origin()), "{moved:?}");
    assert!(
        moved.hint.contains("keyfob provider show acme"),
        "{moved:?}"
    );
    home.provider("acme", &provider.definition(""));
    well(&look(&home, &[]));
}

/// Whatever a login writes is led to, or its own lock says that it is at work.
#[test]
fn logins_beside_it_lose_nothing() {
    let home = Home::new();
    home.run(&["login", "sandbox", "--as", "first"]).ok();
    std::thread::scope(|scope| {
        for number in 0..6 {
            let home = &home;
            scope.spawn(move || {
                let name = format!("n{number}");
                home.run(&["login", "sandbox", "--as", &name]).ok();
            });
        }
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let run = home.run(&["doctor", "--mend", "--offline", "--json"]);
                    let found = findings(&run);
                    assert!(!found.iter().any(|one| one.mended), "{found:#?}");
                    assert_eq!(run.status, 0, "{found:#?}");
                }
            });
        }
    });
    assert_eq!(home.accounts().len(), 7);
    for account in home.accounts() {
        home.run(&["token", &account]).ok();
    }
}
