use super::*;
use crate::answer::fixture::assert_shape;
use crate::provider::RegistrationRule;

fn providers() -> Providers {
    Providers {
        providers: vec![
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
    assert_shape(&providers(), include_str!("../shapes/provider-list.json"));
}

#[test]
fn the_table_says_what_is_missing() {
    assert_eq!(
        providers().table(80, false),
        "\
PROVIDER     TITLE         ACCOUNTS  LOGIN
github       GitHub                  needs a client id and a client secret
huggingface  Hugging Face  2         ready
"
    );
}

#[test]
fn the_shape_of_show_is_the_documented_one_with_the_whole_definition() {
    let provider = example();
    let shown = Shown::new(&provider);
    let mut shape = serde_json::to_value(&shown).unwrap();
    let documented: serde_json::Value =
        serde_json::from_str(include_str!("../shapes/provider-show.json")).unwrap();
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
    let provider = example();
    let text = Shown::new(&provider).text();
    assert!(
        text.starts_with(
            "\
# Example (example)
#
# register a client at https://id.example.com/apps/new
#   redirect URI: http://127.0.0.1/callback/example
#   scopes: openid profile
#
# redirect URI
#   http://127.0.0.1/callback/example

"
        ),
        "{text}"
    );
    let mut read: Provider = toml::from_str(&text).unwrap();
    read.name.clone_from(&provider.name);
    assert_eq!(read, provider);
}

#[test]
fn hostile_words_of_a_file_stay_comments() {
    let mut provider = example();
    provider.title = "x\nclient_id = \"mine\"\n\u{1b}[2J".into();
    provider.registration.values = vec!["a\nclient_id = \"mine\"".into()];
    let text = Shown::new(&provider).text();
    assert!(!text.contains('\u{1b}'));
    let read: Provider = toml::from_str(&text).unwrap();
    assert_eq!(read.client_id, None, "{text}");
}
