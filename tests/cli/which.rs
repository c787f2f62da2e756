//! `which`: the choice and its reason, with nothing read and nothing sent.

use serde_json::json;

use crate::vault::HomeVault as _;
use keyfob_testkit::home::Home;
use keyfob_testkit::provider::MARK;
use keyfob_testkit::scene::signed_in;

#[test]
fn every_reason_is_said_and_shaped() {
    let (mut home, provider) = signed_in();
    home.copy_account("acme/julien", "acme/work");
    let asked = provider.asked("/token").len();
    std::fs::remove_dir_all(home.path("data/secrets")).unwrap();
    let line = |home: &Home, args: &[&str]| home.run(&[&["which"], args].concat()).ok().stdout;

    assert_eq!(line(&home, &["acme/work"]), "acme/work: it was named\n");
    assert_eq!(
        line(&home, &["acme"]),
        "acme/julien: it is the default of acme\n"
    );
    home.set("KEYFOB_ACCOUNT", "acme/work");
    let run = home.run(&["which"]).ok();
    assert_eq!(run.stdout, "acme/work: KEYFOB_ACCOUNT names it\n");
    assert_eq!(
        run.stderr,
        "KEYFOB_ACCOUNT names acme/work; the default is acme/julien\n"
    );
    assert_eq!(
        home.run(&["which", "acme", "--json"]).ok().json(),
        json!({"account": "acme/work", "provider": "acme", "source": "account",
            "variable": null, "reason": "environment", "rule": null})
    );
    assert_eq!(home.run(&["which", "-q"]).ok().stderr, "");
    home.unset("KEYFOB_ACCOUNT");

    home.set("ACME_TOKEN", format!("{MARK}of-the-environment"));
    let run = home.run(&["which", "acme"]).ok();
    assert!(
        run.stderr.contains("ACME_TOKEN is set and ignored"),
        "{run:?}"
    );
    for path in home.stored() {
        std::fs::remove_file(path).unwrap();
    }
    let run = home.run(&["which", "acme"]).ok();
    assert_eq!(
        run.stdout,
        "acme: nobody is signed in, and ACME_TOKEN holds a token\n"
    );
    assert_eq!(
        home.run(&["which", "--json"]).ok().json(),
        json!({"account": "acme", "provider": "acme", "source": "env",
            "variable": "ACME_TOKEN", "reason": "variable", "rule": null})
    );
    assert_eq!(provider.asked("/token").len(), asked);
}

#[test]
fn the_only_account_there_is() {
    let (home, _provider) = signed_in();
    std::fs::remove_file(home.path("data/defaults.json")).unwrap();
    for args in [&["which"][..], &["which", "acme"]] {
        let run = home.run(args).ok();
        assert_eq!(run.stdout, "acme/julien: there is no other\n");
        assert_eq!(run.stderr, "");
    }
}

#[test]
fn its_failures_are_those_of_token() {
    let (mut home, _provider) = signed_in();
    home.copy_account("acme/julien", "acme/work");
    std::fs::remove_file(home.path("data/defaults.json")).unwrap();
    let agrees = |home: &Home, argument: &str, code: &str, status: i32| {
        for verb in ["which", "token"] {
            let run = home.run(&[verb, argument, "--json"]);
            assert_eq!((run.status, run.stdout.as_str()), (status, ""), "{run:?}");
            assert_eq!(run.failure()["error"], code);
            home.run(&[verb, argument]).fails(status, &[]);
        }
    };
    agrees(&home, "acme", "ambiguous_account", 2);
    agrees(&home, "acme/gone", "unknown_account", 2);
    agrees(&home, "github", "login_required", 4);
    agrees(&home, "githib", "unknown_provider", 2);
    agrees(&home, "acme/", "usage", 2);
    home.set("KEYFOB_ACCOUNT", "acme");
    agrees(&home, "acme", "config_invalid", 1);
    home.unset("KEYFOB_ACCOUNT");
    home.write("data/accounts/acme/torn.json", "{");
    agrees(&home, "acme", "internal_error", 1);
}
