//! Who signed in, and which account that is: the same identity keeps its account, nobody takes another's.

use serde_json::json;

use keyfob_testkit::home::Home;
use keyfob_testkit::provider::{Provider, acme, acme_with};
use keyfob_testkit::visitor::get;

/// Another person signs in from now on.
fn somebody_else(provider: &Provider, subject: &str, username: &str) {
    provider.state(|state| {
        state.person = json!({"sub": subject, "preferred_username": username});
    });
}

/// The subject that an account belongs to.
fn subject(home: &Home, account: &str) -> String {
    let entry = home.entry(account);
    entry["identity"]["subject"].as_str().unwrap().to_owned()
}

#[test]
fn the_first_account_becomes_the_default_and_the_next_does_not() {
    let (home, provider) = acme();
    let first = home.login(&["acme"]).ok();
    assert!(first.stderr.contains("the default"), "{first:?}");
    somebody_else(&provider, "u-2", "grace");
    let second = home.login(&["acme"]).ok();
    assert!(!second.stderr.contains("the default"), "{second:?}");
    assert_eq!(home.accounts(), ["acme/grace", "acme/julien"]);
    assert!(second.last().contains("as grace: acme/grace"), "{second:?}");
}

#[test]
fn a_subject_that_is_unique_in_its_tenant_is_kept_with_it() {
    let (home, provider) = acme_with("[identity]\ntenant = \"/team_id\"\n");
    let in_team = |team: &str| {
        let person = json!({"sub": "u-1", "preferred_username": "julien", "team_id": team});
        provider.state(|state| state.person = person);
    };
    in_team("t-1");
    home.login(&["acme"]).ok();
    in_team("t-2");
    home.login(&["acme"]).ok();
    assert_eq!(home.accounts(), ["acme/julien", "acme/julien-2"]);
    assert_eq!(subject(&home, "acme/julien"), "t-1/u-1");
    assert_eq!(subject(&home, "acme/julien-2"), "t-2/u-1");

    somebody_else(&provider, "u-3", "grace");
    home.login(&["acme"])
        .fails(1, &["does not say who signed in", "`/team_id`"]);
    assert_eq!(home.accounts().len(), 2);
}

#[test]
fn the_same_person_signing_in_again_keeps_the_account_under_any_username() {
    let (home, provider) = acme();
    home.login(&["acme"]).ok();
    let mut entry = home.entry("acme/julien");
    for time in ["created_at", "updated_at", "received_at"] {
        entry[time] = "2020-01-01T00:00:00Z".into();
    }
    home.write("data/accounts/acme/julien.json", &entry.to_string());

    somebody_else(&provider, "u-1", "jules");
    let again = home.login(&["acme"]).ok();
    assert!(
        again
            .stderr
            .contains("signed in again to Acme as jules: acme/julien"),
        "{again:?}"
    );
    assert_eq!(home.accounts(), ["acme/julien"]);
    let renewed = home.entry("acme/julien");
    assert_eq!(renewed["id"], entry["id"]);
    assert_eq!(renewed["created_at"], entry["created_at"]);
    assert_ne!(renewed["updated_at"], entry["updated_at"]);
    assert_eq!(renewed["username"], "jules");
    let newest = provider.state(|state| state.alive.clone());
    let token = home.run(&["token", "acme/julien"]).ok();
    assert!(newest.contains(token.line()), "the newest token is kept");
    assert_eq!(home.stored().len(), 2, "an index entry and a secret");
}

#[test]
fn tokens_of_another_client_or_server_never_lie_under_the_old_entry() {
    let (home, provider) = acme();
    home.login(&["acme"]).ok();
    let mut entry = home.entry("acme/julien");
    entry["created_at"] = "2020-01-01T00:00:00Z".into();
    home.write("data/accounts/acme/julien.json", &entry.to_string());

    let mut ids = vec![entry["id"].clone()];
    let elsewhere = provider
        .definition("")
        .replace("/userinfo", "/userinfo?v=2");
    for (args, definition) in [
        (
            &["acme", "--client-id", "another"][..],
            provider.definition(""),
        ),
        (&["acme", "--client-id", "another"], elsewhere),
    ] {
        home.provider("acme", &definition);
        home.login(args).ok();
        let renewed = home.entry("acme/julien");
        assert!(!ids.contains(&renewed["id"]), "{args:?}");
        assert_eq!(renewed["created_at"], entry["created_at"]);
        assert_eq!(home.stored().len(), 2, "the old secret is gone");
        home.run(&["token", "acme/julien"]).ok();
        ids.push(renewed["id"].clone());
    }
}

#[test]
fn another_person_of_the_same_name_gets_a_number_and_the_last_line_says_so() {
    let (home, provider) = acme();
    home.login(&["acme"]).ok();
    for (person, name) in [("u-2", "julien-2"), ("u-3", "julien-3")] {
        somebody_else(&provider, person, "julien");
        let login = home.login(&["acme"]).ok();
        assert!(
            login
                .last()
                .contains(&format!("acme/{name} (`julien` is another person's)")),
            "{login:?}"
        );
        assert_eq!(subject(&home, &format!("acme/{name}")), person);
    }
    assert_eq!(subject(&home, "acme/julien"), "u-1");
}

#[test]
fn an_entry_that_cannot_be_read_keeps_its_name() {
    for damaged in ["{", "{\"version\": 99}"] {
        let (home, provider) = acme();
        home.login(&["acme"]).ok();
        home.write("data/accounts/acme/julien.json", damaged);
        home.refused_login(&["acme", "--as", "julien"])
            .fails(1, &["acme/julien.json", "hint"]);
        assert_eq!(provider.asked("/authorize").len(), 1);

        let login = home.login(&["acme"]).ok();
        let words = "acme/julien-2 (`julien` cannot be read, see `keyfob list`)";
        assert!(login.last().contains(words), "{login:?}");
        let entry = std::fs::read_to_string(home.path("data/accounts/acme/julien.json"));
        assert_eq!(entry.unwrap(), damaged);
        assert_eq!(subject(&home, "acme/julien-2"), "u-1");
    }
}

#[test]
fn a_new_name_makes_a_further_account_of_the_same_person() {
    let (home, provider) = acme();
    home.login(&["acme"]).ok();
    let before = home.run(&["token", "acme/julien"]).ok();
    home.login(&["acme", "--as", "julien-read", "--scope", "read"])
        .ok();
    assert_eq!(home.accounts(), ["acme/julien", "acme/julien-read"]);
    assert_eq!(subject(&home, "acme/julien-read"), "u-1");
    assert_eq!(
        home.run(&["token", "acme/julien"]).ok().line(),
        before.line()
    );
    assert_eq!(provider.asked("/authorize")[1].query["scope"], "read");

    let again = home
        .login(&["acme", "--as", "julien-read", "--scope", "read"])
        .ok();
    assert!(again.stderr.contains("signed in again"), "{again:?}");
    assert_eq!(home.accounts().len(), 2);
}

#[test]
fn a_name_of_somebody_else_is_taken_only_by_replace() {
    let (home, provider) = acme();
    home.login(&["acme", "--as", "work"]).ok();
    let id = home.entry("acme/work")["id"].clone();
    somebody_else(&provider, "u-2", "grace");

    let refused = home.login(&["acme", "--as", "work", "--json"]);
    assert_eq!(refused.status, 1, "{refused:?}");
    assert_eq!(refused.failure()["error"], "account_conflict");
    assert_eq!(refused.failure()["account"], "acme/work");
    home.login(&["acme", "--as", "work"]).fails(
        1,
        &[
            "`grace` signed in",
            "acme/work",
            "nothing was stored",
            "--replace",
            "--switch",
        ],
    );
    assert_eq!(home.entry("acme/work")["id"], id);
    assert_eq!(home.stored().len(), 2, "nothing of the stranger is kept");

    home.login(&["acme", "--as", "work", "--replace"]).ok();
    assert_eq!(subject(&home, "acme/work"), "u-2");
    assert_ne!(home.entry("acme/work")["id"], id);
    assert_eq!(home.stored().len(), 2, "the old secret is gone");
}

#[test]
fn a_secret_that_its_old_store_does_not_let_go_is_said_and_the_login_stands() {
    let (home, _provider) = acme();
    home.login(&["acme"]).ok();
    let mut entry = home.entry("acme/julien");
    entry["store"] = "keyring".into(); // and there is none
    home.write("data/accounts/acme/julien.json", &entry.to_string());

    let login = home.login(&["acme"]).ok();
    let id = entry["id"].as_str().unwrap();
    for words in [
        "the keyring cannot be used",
        "the old secret of acme/julien is left there",
        id,
        "remove it by hand",
    ] {
        assert!(login.stderr.contains(words), "{words}: {login:?}");
    }
    home.run(&["token", "acme/julien"]).ok();
}

#[test]
fn a_default_that_cannot_be_written_down_is_said_and_the_login_stands() {
    let (home, _provider) = acme();
    home.write("data/defaults.json/in-the-way", "");
    let waiting = home.begin_login(&["acme"]);
    let url = waiting.url.clone();
    let (page, run) = waiting.bring(&url);
    let run = run.ok();
    assert_eq!(page.status, 200, "{page:?}");
    let words = "acme/julien is not the default: cannot write";
    assert!(run.stderr.contains(words), "{run:?}");
    home.run(&["token"]).ok();
}

#[test]
fn a_named_account_is_asked_for_and_nobody_else_is_let_in() {
    let (home, provider) = acme();
    home.login(&["acme"]).ok();
    home.login(&["acme/julien"]).ok();
    assert_eq!(
        provider.asked("/authorize")[1].query["login_hint"],
        "julien"
    );

    somebody_else(&provider, "u-2", "grace");
    let before = home.holdings();
    home.login(&["acme/julien"])
        .fails(1, &["`grace` signed in, and acme/julien is somebody else"]);
    assert_eq!(home.holdings(), before);
}

#[test]
fn an_account_and_another_name_do_not_go_together() {
    let (home, provider) = acme();
    home.login(&["acme"]).ok();
    home.refused_login(&["acme/julien", "--as", "work"])
        .fails(2, &["acme/julien", "keyfob login acme --as work"]);
    assert_eq!(provider.asked("/authorize").len(), 1);
}

#[test]
fn switch_asks_the_provider_for_somebody_else() {
    let (home, provider) = acme();
    home.login(&["acme", "--switch"]).ok();
    assert_eq!(
        provider.asked("/authorize")[0].query["prompt"],
        "select_account"
    );

    let own = "[authorization]\nswitch = { prompt = \"login\", force = \"1\" }\n";
    let (home, provider) = acme_with(own);
    home.login(&["acme", "--switch"]).ok();
    let query = &provider.asked("/authorize")[0].query;
    assert_eq!((&*query["prompt"], &*query["force"]), ("login", "1"));
}

#[test]
fn fewer_scopes_take_the_place_of_more_only_by_replace() {
    let (home, _provider) = acme();
    home.login(&["acme"]).ok();
    let before = home.holdings();
    home.login(&["acme", "--scope", "read"]).fails(
        1,
        &[
            "lacks write that acme/julien has",
            "`keyfob login acme/julien`",
            "--replace",
            "--as NAME",
        ],
    );
    assert_eq!(home.holdings(), before);

    home.login(&["acme", "--scope", "read", "--replace"]).ok();
    assert_eq!(home.entry("acme/julien")["scopes"], json!(["read"]));
    home.login(&["acme"]).ok(); // more is no question
    assert_eq!(
        home.entry("acme/julien")["scopes"],
        json!(["read", "write"])
    );
}

#[test]
fn scopes_that_differ_from_the_asked_ones_are_said() {
    let (home, provider) = acme();
    provider.state(|state| state.scope = Some("read admin".into()));
    let login = home.login(&["acme"]).ok();
    assert!(
        login.stderr.contains("asked for and not granted: write"),
        "{login:?}"
    );
    assert!(
        login
            .stderr
            .contains("granted without being asked for: admin"),
        "{login:?}"
    );
    assert_eq!(
        home.entry("acme/julien")["scopes"],
        json!(["read", "admin"])
    );
}

#[test]
fn where_nobody_says_who_signed_in_a_name_is_needed_before_consent() {
    let (home, provider) = (Home::new(), Provider::start());
    let definition = provider.definition("");
    let anonymous: Vec<_> = definition
        .lines()
        .filter(|line| !line.contains("userinfo"))
        .collect();
    home.provider("acme", &anonymous.join("\n"));
    home.refused_login(&["acme"])
        .fails(2, &["Acme does not say who signed in", "--as NAME"]);
    assert!(provider.asked("/authorize").is_empty());

    home.login(&["acme", "--as", "robot"]).ok();
    assert_eq!(home.accounts(), ["acme/robot"]);
    home.login(&["acme", "--as", "robot"]).ok();
    home.login(&["acme/robot"]).ok();
    assert_eq!(home.accounts(), ["acme/robot"]);
}

#[test]
fn a_promised_id_token_that_does_not_come_is_nobody() {
    let (home, provider) = (Home::new(), Provider::start());
    let definition = provider.definition("");
    let by_token: Vec<_> = definition
        .lines()
        .filter(|line| !line.contains("userinfo"))
        .collect();
    home.provider("acme", &by_token.join("\n"));
    let args = ["acme", "--scope", "openid"];
    home.login(&args).ok();
    assert_eq!(subject(&home, &home.accounts()[0]), "u-1");

    let answer = json!({"access_token": "MARKED-SECRET-x", "token_type": "Bearer"});
    provider.next("/token", keyfob_testkit::server::Reply::Json(200, answer));
    let before = home.holdings();
    home.login(&args)
        .fails(1, &["gave no id token", "id_token_optional"]);
    assert_eq!(home.holdings(), before);
}

#[test]
fn id_token_and_userinfo_must_speak_of_one_person() {
    let (home, provider) = acme();
    let args = ["acme", "--scope", "openid read"];
    provider.state(|state| state.claims = json!({"sub": "u-2"}));
    home.login(&args).fails(1, &["name different people"]);
    assert!(home.stored().is_empty());
    provider.state(|state| state.claims = json!({}));
    home.login(&args).ok();
    home.login(&["acme", "--scope", "read", "--replace"]).ok();
    assert_eq!(
        home.accounts(),
        ["acme/julien"],
        "with an id token or without, one identity"
    );
}

#[test]
fn a_new_token_that_userinfo_refuses_is_looked_into_rather_than_renewed() {
    let (home, provider) = acme();
    let refusal = keyfob_testkit::server::Reply::Text(401, String::new(), String::new());
    provider.next("/userinfo", refusal);
    let run = home
        .login(&["acme"])
        .fails(4, &["nothing was stored", "run it again with `-v`"]);
    assert!(!run.stderr.contains("sign in again"), "{run:?}");
}

#[test]
fn an_id_token_for_another_login_stores_nothing() {
    let (home, provider) = acme();
    for (claim, value) in [
        ("nonce", json!("of-another-login")),
        ("nonce", json!(null)),
        ("iss", json!("https://evil.example")),
        ("aud", json!("another-client")),
        ("exp", json!(1_000_000_000)),
    ] {
        provider.state(|state| state.claims = json!({ claim: value }));
        let waiting = home.begin_login(&["acme", "--scope", "openid", "--json"]);
        let url = waiting.url.clone();
        let (page, run) = waiting.bring(&url);
        assert_eq!((page.status, run.status), (500, 1), "{claim}: {run:?}");
        let failure = run.failure();
        assert_eq!(failure["error"], "invalid_response", "{claim}");
        let words = failure["error_description"].as_str().unwrap();
        assert!(words.contains(&format!("`{claim}`")), "{words}");
        assert!(home.stored().is_empty(), "{claim}");
    }
}

#[test]
fn hostile_usernames_become_harmless_names() {
    for (username, name) in [
        (
            "\u{1b}[31mred\u{202e}\nsigned in as root",
            "31mred-signed-in-as-root",
        ),
        ("../..", "account"),
        ("../../etc/passwd", "etc-passwd"),
        ("Ada Lovelace", "ada-lovelace"),
        ("日本", "account"),
    ] {
        let (home, provider) = acme();
        somebody_else(&provider, "u-9", username);
        let login = home.login(&["acme"]).ok();
        assert_eq!(home.accounts(), [format!("acme/{name}")]);
        assert!(
            !login.stderr.contains(['\u{1b}', '\u{202e}']),
            "{username:?}: {login:?}"
        );
        assert!(
            !login
                .stderr
                .lines()
                .any(|line| line.starts_with("signed in as root")),
            "{login:?}"
        );
    }
}

#[test]
fn a_username_of_ten_kilobytes_is_none() {
    let (home, provider) = acme();
    somebody_else(&provider, "u-9", &"x".repeat(10_000));
    let login = home.login(&["acme"]).ok();
    assert_eq!(home.accounts(), ["acme/account"]);
    assert!(login.stderr.len() < 2_000, "{login:?}");
}

#[test]
fn a_long_username_is_cut_where_it_is_shown() {
    let (home, provider) = acme();
    somebody_else(&provider, "u-9", &"x".repeat(1000));
    let login = home.login(&["acme"]).ok();
    assert_eq!(home.accounts(), [format!("acme/{}", "x".repeat(64))]);
    assert!(login.last().chars().count() < 300, "{login:?}");
}

#[test]
fn the_page_names_the_account_and_shows_no_token() {
    let (home, provider) = acme();
    somebody_else(&provider, "u-9", "<b>julien");
    let waiting = home.begin_login(&["acme"]);
    let redirect = get(&waiting.url);
    let to = redirect.header("location").parse().unwrap();
    let (page, run) = waiting.bring(&to);
    run.ok();
    assert_eq!(page.status, 200, "{page:?}");
    assert!(
        page.body.contains("Acme") && page.body.contains("acme/b-julien"),
        "{page:?}"
    );
    assert!(
        !page.body.contains(keyfob_testkit::provider::MARK) && !page.body.contains("<b>"),
        "{page:?}"
    );
}
