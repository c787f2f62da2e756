use std::collections::BTreeMap;

use super::*;
use crate::account::fixture::assert_shape;
use crate::provider::{Endpoint, Provider, RegistrationRule, Source, Sources};
use crate::store::Kind;
use crate::verbs::logout::Forgotten;

fn providers() -> Providers {
    Providers {
        providers: vec![
            Known {
                name: "gitea".into(),
                title: "Gitea".into(),
                ready: false,
                needs: vec![Need::Key("host".into()), Need::ClientId],
                accounts: 0,
            },
            Known {
                name: "github".into(),
                title: "GitHub".into(),
                ready: false,
                needs: vec![Need::ClientId, Need::ClientSecret],
                accounts: 0,
            },
            Known {
                name: "huggingface".into(),
                title: "Hugging Face".into(),
                ready: true,
                needs: vec![],
                accounts: 2,
            },
        ],
    }
}

fn example() -> Provider {
    Provider {
        name: "example".into(),
        title: "Example".into(),
        issuer: Some("https://id.example.com".into()),
        scopes: vec!["openid".into(), "profile".into()],
        registration: RegistrationRule {
            dynamic: false,
            page: Some("https://id.example.com/apps/new".parse().unwrap()),
            values: vec![
                "redirect URI: {redirect_uri}".into(),
                "scopes: {scopes}".into(),
            ],
        },
        ..Provider::default()
    }
}

#[test]
fn the_shape_of_list_is_the_documented_one() {
    assert_shape(
        &providers(),
        include_str!("../../shapes/provider-list.json"),
    );
}

#[test]
fn the_table_says_what_is_missing() {
    assert_eq!(
        providers().table(80, false),
        "\
PROVIDER     TITLE         ACCOUNTS  LOGIN
gitea        Gitea                   needs a host and a client id
github       GitHub                  needs a client id and a client secret
huggingface  Hugging Face  2         ready
"
    );
}

fn sources() -> Sources {
    let file = |line| {
        Source::File(
            "/home/ada/.config/keyfob/providers/example.toml".into(),
            line,
        )
    };
    BTreeMap::from([
        ("issuer".to_owned(), Source::BuiltIn),
        ("scopes".to_owned(), file(4)),
    ])
}

fn shown<'a>(provider: &'a Provider, sources: &'a Sources) -> Shown<'a> {
    Shown::new(provider, sources, vec![Need::ClientId, Need::ClientSecret])
}

#[test]
fn the_shape_of_show_is_the_documented_one_with_the_whole_definition() {
    let (provider, sources) = (example(), sources());
    let mut shape = serde_json::to_value(shown(&provider, &sources)).unwrap();
    let documented: serde_json::Value =
        serde_json::from_str(include_str!("../../shapes/provider-show.json")).unwrap();
    let whole = shape["definition"].take();
    let mut expected = documented.clone();
    let some = expected["definition"].take();
    assert_eq!(shape, expected);
    for (key, value) in some.as_object().unwrap() {
        assert_eq!(&whole[key], value, "{key}");
    }
    assert_eq!(whole["redirect"]["host"], "127.0.0.1");
}

#[test]
fn the_text_of_show_is_a_file_with_the_same_meaning() {
    let (mut provider, sources) = (example(), sources());
    let presets = [(
        "read".to_owned(),
        vec!["openid".to_owned(), "read".to_owned()],
    )];
    provider.presets = presets.into();
    let text = shown(&provider, &sources).text();
    assert!(
        text.starts_with(
            "\
# Example (example)
# needs a client id and a client secret before a login
#
# register a client at https://id.example.com/apps/new
#   redirect URI: http://127.0.0.1/callback/example
#   scopes: openid profile
#
# then `keyfob provider set example client_id=ID --client-secret`
#
# scopes for a purpose: `keyfob login example --for NAME`
#   read: openid read
#
# your file: /home/ada/.config/keyfob/providers/example.toml
# a key without a note behind it has its default

title = \"Example\"
issuer = \"https://id.example.com\" # built in
"
        ),
        "{text}"
    );
    assert!(
        text.contains("\nscopes = [\"openid\", \"profile\"] # example.toml:4\n"),
        "{text}"
    );
    let mut read: Provider = toml::from_str(&text).unwrap();
    read.name.clone_from(&provider.name);
    assert_eq!(read, provider);
}

#[test]
fn what_is_only_an_example_is_said_to_be_one() {
    let (mut provider, sources) = (example(), sources());
    provider.missing = vec!["audience".into()];
    provider.audience = Some("https://api.example".into());
    let needs = vec![Need::Key("audience".into())];
    let text = Shown::new(&provider, &sources, needs).text();
    for line in [
        "# needs `audience` before a login",
        "# then `keyfob provider set example audience=VALUE`",
        "# what is an example here must be yours before this is a file",
        "audience = \"https://api.example\" # an example; only you can say",
    ] {
        assert!(
            text.lines().any(|shown| shown == line),
            "no {line:?} in {text}"
        );
    }
}

#[test]
fn hostile_words_of_a_file_stay_comments_and_keep_their_meaning() {
    let (mut provider, sources) = (example(), sources());
    provider.title = "x\nclient_id = \"mine\"\n\u{1b}[2J\u{202e}".into();
    provider.scopes = vec!["a\u{202e}\"\\b".into()];
    provider.registration.values = vec!["a\nclient_id = \"mine\"".into()];
    let text = shown(&provider, &sources).text();
    assert!(!text.contains(['\u{1b}', '\u{202e}']));
    let read: Provider = toml::from_str(&text).unwrap();
    assert_eq!(read.client_id, None, "{text}");
    assert_eq!((read.title, read.scopes), (provider.title, provider.scopes));
}

#[test]
fn the_shape_of_add_is_the_documented_one() {
    let at = |path: &str| format!("https://id.example.com{path}").parse().unwrap();
    let added = Added {
        provider: "example".into(),
        title: "id.example.com".into(),
        file: "/home/ada/.config/keyfob/providers/example.toml".into(),
        needs: vec![Need::ClientId],
        found: Some(Found {
            issuer: "https://id.example.com".into(),
            endpoints: [
                (Endpoint::Authorization, at("/authorize")),
                (Endpoint::Token, at("/token")),
                (Endpoint::Userinfo, at("/userinfo")),
                (Endpoint::Revocation, at("/revoke")),
            ]
            .into(),
            pkce_s256: Some(true),
            scopes: Some(vec!["openid".into(), "profile".into()]),
        }),
    };
    assert_shape(&added, include_str!("../../shapes/provider-add.json"));
    let lines = added.found.unwrap().lines();
    assert_eq!(lines[0], "https://id.example.com publishes its metadata:");
    assert!(
        lines.contains(&"  device flow             not offered".into()),
        "{lines:?}"
    );
    assert!(
        lines.contains(&"  PKCE S256               announced".into()),
        "{lines:?}"
    );
}

#[test]
fn the_shape_of_set_is_the_documented_one() {
    let set = Set {
        provider: "github".into(),
        file: Some("/home/ada/.config/keyfob/providers/github.toml".into()),
        set: vec!["client_id".into(), "scopes".into()],
        removed: vec!["redirect.host".into()],
        absent: vec!["title".into()],
        client_secret: Some(Kind::Keyring),
    };
    assert_shape(&set, include_str!("../../shapes/provider-set.json"));
}

#[test]
fn the_shape_of_remove_is_the_documented_one() {
    let removed = Removed {
        provider: "github".into(),
        file: Some("/home/ada/.config/keyfob/providers/github.toml".into()),
        built_in: true,
        client: true,
        registration: Some(Unregistered::Deleted),
        accounts: vec![Forgotten {
            account: "github/ada".into(),
            removed: true,
            tokens: Vec::new(),
            secret_left_in: Vec::new(),
            error: None,
        }],
    };
    assert_shape(&removed, include_str!("../../shapes/provider-remove.json"));
}

#[test]
fn the_shape_and_the_lines_of_test_are_the_documented_ones() {
    let check = |check, result, reason: &str, hint: Option<&str>| Check {
        check,
        result,
        reason: reason.into(),
        hint: hint.map(Into::into),
    };
    let tested = Tested::new(
        "example",
        vec![
            check("metadata", Outcome::Pass, "it is\nthere", None),
            check("iss", Outcome::Unknown, "not announced", None),
            check("client", Outcome::Fail, "not known", Some("give another")),
        ],
    );
    assert_shape(&tested, include_str!("../../shapes/provider-test.json"));
    assert_eq!(
        tested.text(false),
        "\
pass     metadata  it is\\nthere
unknown  iss       not announced
fail     client    not known
                   give another
"
    );
    assert!(tested.text(true).contains('\u{1b}'));
}

#[test]
fn the_metadata_document_is_the_documented_one() {
    let url = "https://me.example/keyfob.json".parse().unwrap();
    let document = Document::new(&url, example().described_redirect_uris());
    assert_shape(
        &document,
        include_str!("../../shapes/provider-metadata.json"),
    );
}
