//! `provider list` and `provider show`: definitions as they are in effect, nothing sent.

use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::Provider;
use keyfob_testkit::scene::signed_in;

#[test]
fn the_list_says_who_is_ready_and_what_the_others_need() {
    let (home, _provider) = signed_in();
    let answer = home.run(&["provider", "list", "--json"]).ok().json();
    let find = |name: &str| {
        let all = answer["providers"].as_array().unwrap();
        all.iter().find(|one| one["name"] == name).cloned().unwrap()
    };
    assert_eq!(find("acme")["ready"], true);
    assert_eq!(find("acme")["accounts"], 1);
    assert_eq!(find("sandbox")["ready"], true);
    assert_eq!(
        find("huggingface")["ready"],
        true,
        "it registers clients itself"
    );
    assert_eq!(
        find("google")["needs"],
        serde_json::json!(["client_id", "client_secret"])
    );
    assert_eq!(
        find("github")["needs"],
        serde_json::json!(["client_id"]),
        "its device flow goes without a secret"
    );
    let table = home.run(&["provider", "list"]).ok().stdout;
    assert!(
        table.lines().all(|line| line.chars().count() <= 80),
        "{table}"
    );
    assert!(
        table.contains("needs a client id and a client secret"),
        "{table}"
    );
}

#[test]
fn what_the_environment_gives_is_not_needed() {
    let home = Home::new();
    let mut list = home.keyfob(&["provider", "list", "--json"]);
    list.env("KEYFOB_GITHUB_CLIENT_ID", "Iv1")
        .env("KEYFOB_GITHUB_CLIENT_SECRET", "hunter2");
    let run = Run::of(list.output().unwrap()).ok();
    let answer = run.json();
    let all = answer["providers"].as_array().unwrap();
    let github = all.iter().find(|one| one["name"] == "github").unwrap();
    assert_eq!(github["ready"], true);
    assert!(!run.stdout.contains("hunter2"));
}

#[test]
fn show_prints_a_definition_that_can_be_kept_as_a_file() {
    let (home, provider) = (Home::new(), Provider::start());
    home.provider("acme", &provider.definition(""));
    let shown = home.run(&["provider", "show", "acme"]).ok().stdout;
    assert!(shown.contains("http://127.0.0.1/callback/acme"), "{shown}");
    home.provider("other", &shown);
    home.login(&["other"]).ok();
}

#[test]
fn show_says_what_to_register_where() {
    let home = Home::new();
    let shown = home.run(&["provider", "show", "github"]).ok().stdout;
    assert!(
        shown.contains("# register a client at https://github.com/"),
        "{shown}"
    );
    assert!(shown.contains("/callback/github"), "{shown}");
    let json = home
        .run(&["provider", "show", "github", "--json"])
        .ok()
        .json();
    assert_eq!(json["name"], "github");
    assert!(json["registration"]["page"].is_string(), "{json}");
    assert!(json["definition"]["token_endpoint"].is_string(), "{json}");
}

#[test]
fn show_says_where_each_key_comes_from() {
    let home = Home::new();
    home.provider(
        "google",
        "# ours\nclient_id = \"Iv1\"\nredirect.host = 'localhost'\n",
    );
    let json = home
        .run(&["provider", "show", "google", "--json"])
        .ok()
        .json();
    let file = home.path("config/providers/google.toml");
    let here = |line: usize| serde_json::json!({"from": "file", "file": file, "line": line});
    assert_eq!(json["sources"]["client_id"], here(2));
    assert_eq!(json["sources"]["redirect.host"], here(3));
    assert_eq!(json["sources"]["title"]["from"], "built_in");
    assert_eq!(
        json["sources"]["discovery"]["file"],
        serde_json::Value::Null
    );
    assert_eq!(json["needs"], serde_json::json!(["client_secret"]));
    let text = home.run(&["provider", "show", "google"]).ok().stdout;
    for line in [
        format!("# your file: {}", file.display()),
        "client_id = \"Iv1\" # google.toml:2".into(),
        "host = \"localhost\" # google.toml:3".into(),
        "# then `keyfob provider set google --client-secret`".into(),
    ] {
        assert!(
            text.lines().any(|shown| shown == line),
            "no {line:?} in {text}"
        );
    }
    home.provider("google", &text); // under another name its variables would be google's
    home.run(&["provider", "show", "google"]).ok();
}

#[test]
fn a_damaged_record_of_a_client_hides_nobody() {
    let home = Home::new();
    home.write("data/clients/github.json", "{");
    let list = home.run(&["provider", "list"]).ok();
    assert!(list.stderr.contains("github.json"), "{list:?}");
    assert!(list.stdout.contains("\ngithub"), "{list:?}");
}

#[test]
fn every_built_in_definition_can_be_shown() {
    let home = Home::new();
    let answer = home.run(&["provider", "list", "--json"]).ok().json();
    for provider in answer["providers"].as_array().unwrap() {
        let name = provider["name"].as_str().unwrap();
        home.run(&["provider", "show", name]).ok();
    }
    assert!(home.files().is_empty(), "looking makes nothing");
}

#[test]
fn a_mistyped_provider_is_answered_with_the_nearest() {
    let run = Home::new().run(&["provider", "show", "gihtub"]);
    run.fails(2, &["no provider is called `gihtub`", "github"]);
}

#[test]
fn a_wrong_definition_names_file_line_and_key_and_hides_nobody_else() {
    let home = Home::new();
    home.provider(
        "acme",
        "title = \"Acme\"\ntoken_endpoint = \"http://acme.example/token\"\n",
    );
    let words = ["acme.toml:2", "`token_endpoint`", "https"];
    home.run(&["provider", "show", "acme"]).fails(1, &words);
    home.run(&["login", "acme"]).fails(1, &words);
    let list = home.run(&["provider", "list"]).ok();
    assert!(list.stderr.contains("acme.toml:2"), "{list:?}");
    assert!(list.stdout.contains("huggingface"), "{list:?}");
}
