//! A full disk and a read-only configuration folder under logins, registrations and the verbs of providers.

use serde_json::json;

use crate::vault::HomeVault as _;
use keyfob_testkit::disk::SmallDisk;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::{Decision, Provider};

/// Runs a command with the client secret that it may need.
fn run(home: &Home, args: &[&str]) -> Run {
    let mut command = home.keyfob(args);
    command.env("KEYFOB_ACME_CLIENT_SECRET", "a-secret");
    Run::of(command.output().expect("keyfob starts"))
}

fn server() -> Provider {
    let provider = Provider::start();
    provider.state(|state| {
        state.registers = true;
        state.machines = true;
        state.decision = Decision::Granted;
        state.registration = json!({
            "client_secret": "another-secret",
            "token_endpoint_auth_method": "client_secret_post",
        });
    });
    provider
}

fn file(home: &Home, name: &str) -> String {
    std::fs::read_to_string(home.path(&format!("config/providers/{name}.toml"))).unwrap_or_default()
}

#[test]
fn a_full_disk_costs_no_login_and_no_definition() {
    let (home, provider) = (Home::new(), server());
    let Some(disk) = SmallDisk::for_test(&home.path("")) else {
        return;
    };
    let confidential = format!(
        "client_auth = \"client_secret_post\"\n{}",
        provider.device()
    );
    let definition = provider.definition(&confidential);
    home.provider("acme", &definition);
    home.provider("beta", &provider.bare_definition());
    run(&home, &["login", "acme", "--flow", "device"]).ok();
    let token = home.run(&["token"]).ok().stdout;
    let asked = provider.asked("/token").len();

    disk.fill();
    let url = provider.origin();
    for (args, status) in [
        (&["login", "acme", "--flow", "device"][..], 5),
        (&["login", "acme", "--flow", "client-credentials"], 5),
        (&["login", "beta", "--register"], 5),
        (&["provider", "set", "acme", "title=Another"], 1),
        (&["provider", "set", "acme", "--client-secret"], 5),
        (&["provider", "add", "gamma", "--issuer", &url], 1),
    ] {
        run(&home, args).fails(status, &["space"]);
    }
    assert_eq!(file(&home, "acme"), definition);
    assert_eq!(file(&home, "gamma"), "");
    assert_eq!(provider.asked("/token").len(), asked, "nothing was sent");
    assert!(provider.asked("/register").is_empty());
    assert_eq!(provider.asked("/device").len(), 1);
    assert_eq!(home.run(&["token"]).ok().stdout, token);

    disk.empty();
    run(&home, &["provider", "set", "acme", "title=Another"]).ok();
    run(&home, &["login", "acme", "--flow", "device"]).ok();
}

#[test]
fn a_read_only_configuration_loses_no_client() {
    let (home, provider) = (Home::new(), server());
    let Some(disk) = SmallDisk::for_test(&home.path("config")) else {
        return;
    };
    home.run(&["login", "sandbox"]).ok(); // makes the store
    home.provider("acme", &provider.bare_definition());
    let elsewhere = server();
    disk.freeze();

    let login = home.login(&["acme", "--register"]).ok();
    for words in [
        "registered keyfob at Acme",
        "could not be kept in the provider's file",
        "the next login knows it all the same",
    ] {
        assert!(login.stderr.contains(words), "{words}: {login:?}");
    }
    home.login(&["acme"]).ok();
    assert_eq!(provider.asked("/register").len(), 1);

    let url = elsewhere.origin();
    for args in [
        &["provider", "set", "acme", "title=x"][..],
        &["provider", "add", "gamma", "--issuer", &url],
        &["provider", "remove", "acme", "--force", "--yes"],
        &["login", &url, "--register"],
    ] {
        let run = home
            .run(args)
            .fails(1, &["config/providers", "Read-only file system"]);
        assert!(run.stderr.contains("permissions"), "{run:?}");
    }
    assert!(elsewhere.asked("/register").is_empty() && elsewhere.asked("/authorize").is_empty());
    assert_eq!(file(&home, "acme"), provider.bare_definition());
    assert_eq!(home.accounts(), ["acme/julien", "sandbox/ada"]);
    assert!(
        provider.asked("/revoke").is_empty(),
        "nobody is signed out in vain"
    );
    home.login(&["acme"]).ok();
    assert_eq!(
        provider.asked("/register").len(),
        1,
        "the client is still known"
    );
}

#[test]
fn an_index_that_cannot_be_written_is_said_before_anybody_is_asked() {
    let (home, provider) = (Home::new(), server());
    let Some(disk) = SmallDisk::for_test(&home.path("data/accounts")) else {
        return;
    };
    home.provider("acme", &provider.definition(&provider.device()));
    disk.fill();
    let device = ["login", "acme", "--flow", "device"];
    home.run(&device)
        .fails(1, &["data/accounts/acme", "No space left", "free space"]);
    disk.empty();
    disk.freeze();
    home.run(&device)
        .fails(1, &["data/accounts/acme", "Read-only file system"]);
    let given = "echo MARKED-SECRET-pat | keyfob login acme --with-token --as pat";
    home.shell(given).fails(1, &["Read-only file system"]);
    assert!(provider.asked("/device").is_empty() && provider.asked("/userinfo").is_empty());
    assert!(home.stored().is_empty(), "{:?}", home.stored());
}

#[test]
fn tokens_that_find_no_place_after_consent_are_said() {
    let (home, provider) = (Home::new(), server());
    home.provider("acme", &provider.definition(&provider.device()));
    home.run(&["login", "sandbox"]).ok(); // makes the store
    let door = provider.hold("/userinfo");
    let login = home.begin(&["login", "acme", "--flow", "device"]);
    provider.wait_for("/userinfo", 1);
    let broken = home.break_writing();
    drop(door);
    let run = login.end().fails(5, &["dropped, and not revoked"]);
    drop(broken);
    assert!(provider.asked("/revoke").is_empty(), "{run:?}");
    assert_eq!(home.accounts(), ["sandbox/ada"]);
}
