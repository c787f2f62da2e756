//! What it prints can go into a bug report: with a secret in every place there is, none is shown.

use super::*;
use keyfob_testkit::provider::acme_with;

const PLACES: [&str; 22] = [
    "KEYFOB_ACCOUNT",
    "KEYFOB_STORE",
    "KEYFOB_STOER",
    "KEYFOB_BROWSER",
    "BROWSER",
    "KEYFOB_PASSPHRASE",
    "KEYFOB_PASSPHRASE_FILE",
    "KEYFOB_ID_TOKEN",
    "KEYFOB_ACME_CLIENT_ID",
    "KEYFOB_ACME_CLIENT_SECRET",
    "KEYFOB_NOBODY_CLIENT_SECRET",
    "ACME_TOKEN",
    "GH_TOKEN",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "CI",
    "container",
    "SSL_CERT_DIR",
    "KEYFOB_HOME",
];

#[test]
fn no_secret_is_shown_wherever_it_stands() {
    let (mut home, _provider) = acme_with("client_auth = \"client_secret_post\"\n");
    home.set("KEYFOB_ACME_CLIENT_SECRET", format!("{MARK}client"));
    home.login(&["acme"]).ok();
    home.write(
        "config/providers/beta.toml",
        "client_secret = \"MARKED-SECRET-x\"\n",
    );
    home.write(
        "config/providers/gamma.toml",
        "title = [\"MARKED-SECRET-x\"\n",
    );
    home.write("config/config.toml", "store = \"MARKED-SECRET-x\"\n");
    home.write(
        "data/accounts/acme/odd.json",
        "{\"version\": 1, \"id\": \"MARKED-SECRET-x\"}",
    );
    home.write(
        "data/accounts/acme/type.json",
        "{\"version\": 1, \"id\": {\"MARKED-SECRET-x\": 1}}",
    );
    home.write(
        "data/clients/beta.json",
        "{\"version\": 1, \"id\": \"MARKED-SECRET-x\"}",
    );
    home.write(
        "data/defaults.json",
        "{\"version\": 1, \"defaults\": [\"MARKED-SECRET-x\"]}",
    );
    let values = [
        format!("{MARK}x"),
        format!("https://ada:{MARK}x@proxy.example/{MARK}y?{MARK}z"),
        format!("acme/{MARK}x"),
        format!("'{MARK}x"),
    ];
    for name in PLACES {
        for value in &values {
            let before = matches!(name, "KEYFOB_HOME").then(|| home.path("").display().to_string());
            home.set(name, value.clone());
            for args in [
                &["doctor", "--offline"][..],
                &["doctor", "--json", "-v", "--mend"],
            ] {
                let run = home.run(args);
                assert!(
                    run.status <= 1 && !run.stdout.is_empty(),
                    "{name}: {run:#?}"
                );
                let said = format!("{}{}", run.stdout, run.stderr);
                let shown = said.to_lowercase().contains(&MARK.to_lowercase()); // as in a host
                assert!(!shown, "{name}={value}: {said}");
            }
            match before {
                Some(before) => home.set(name, before),
                None => home.unset(name),
            }
        }
    }
    assert_eq!(accounts_on_disk(&home), 3, "and no account is removed");
}

fn accounts_on_disk(home: &Home) -> usize {
    let folder = std::fs::read_dir(home.path("data/accounts/acme"));
    folder.expect("a folder").count()
}

/// Names and paths are shown from the home folder on, and what could act on a terminal is not.
#[test]
fn paths_begin_at_the_home_folder_and_names_do_nothing() {
    let (home, _provider) = signed_in();
    home.write("data/accounts/acme/\u{1b}[31mx.json", "{}");
    home.write("data/accounts/acme/torn.json", "{");
    let run = home.run(&["doctor"]);
    assert!(!run.stdout.contains('\u{1b}'), "{run:?}");
    assert!(
        run.stdout.contains("~/data/accounts/acme/torn.json"),
        "{run:?}"
    );
    let whole = home.path("").display().to_string();
    assert!(!run.stdout.contains(whole.trim_end_matches('/')), "{run:?}");
}
