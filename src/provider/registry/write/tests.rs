use tempfile::TempDir;

use super::*;
use crate::paths::Paths;

const ISSUER: &str = "https://id.example.com";

fn home() -> (TempDir, Registry) {
    let home = tempfile::tempdir().unwrap();
    let registry = Registry::new(Paths::under(home.path()));
    (home, registry)
}

fn definition(client_id: Option<&str>) -> Definition {
    Definition::of_issuer(ISSUER, "Example", &["openid".to_owned()], client_id)
}

#[test]
fn a_definition_is_added_once_and_is_in_effect() {
    let (_home, registry) = home();
    let added = registry.add("example", &definition(Some("ours"))).unwrap();
    assert_eq!(added.provider, registry.get("example").unwrap());
    assert_eq!(added.provider.client_id.as_deref(), Some("ours"));
    assert_eq!(registry.with_issuer(ISSUER).as_deref(), Some("example"));
    assert_eq!(registry.suggest(ISSUER, []), "example-id");
    for name in ["example", "github", SANDBOX, "Example", ""] {
        let error = registry.add(name, &definition(None)).unwrap_err();
        assert_eq!(error.code, Code::Usage, "{name}");
    }
    let wrong = Definition::of_issuer("http://hunter2.example", "x", &[], None);
    let error = registry.add("other", &wrong).unwrap_err();
    assert!(error.message.starts_with("`issuer`: "), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    assert!(registry.own_file("other").is_none());
}

#[test]
fn a_renamed_definition_keeps_its_keys_and_its_registered_redirect() {
    let (_home, registry) = home();
    registry.add("one", &definition(Some("ours"))).unwrap();
    let uris = registry.get("one").unwrap().redirect_uris();
    let file = registry.rename("one", "two").unwrap();
    assert!(file.ends_with("two.toml"));
    let two = registry.get("two").unwrap();
    assert_eq!(two.redirect_uris(), uris);
    assert_eq!(
        (two.title.as_str(), two.issuer.as_deref()),
        ("Example", Some(ISSUER))
    );
    assert_eq!(registry.get("one").unwrap_err().code, Code::UnknownProvider);

    registry.add("free", &definition(None)).unwrap();
    registry.rename("free", "three").unwrap();
    let three = registry.get("three").unwrap();
    assert_eq!(
        three.redirect_path(),
        "/callback/three",
        "nothing was registered"
    );

    for (from, to) in [
        ("two", "three"),
        ("two", "github"),
        ("two", "T"),
        ("github", "mine"),
        ("nobody", "mine"),
    ] {
        assert!(registry.rename(from, to).is_err(), "{from} to {to}");
    }
    assert!(registry.get("two").is_ok() && registry.get("three").is_ok());
}

#[test]
fn what_fails_before_a_removal_prevents_it() {
    let (_home, registry) = home();
    registry.add("example", &definition(None)).unwrap();
    let busy = || Err(Error::new(Code::Locked, "busy"));
    assert_eq!(
        registry.remove("example", busy).unwrap_err().code,
        Code::Locked
    );
    assert!(registry.get("example").is_ok());
    let removed = registry.remove("example", || Ok(())).unwrap();
    assert!(removed.file.is_some() && !removed.built_in);
    let again = registry.remove("example", || panic!("nothing is there"));
    assert_eq!(again.unwrap_err().code, Code::UnknownProvider);
    let row = registry.remove("github", || Ok(())).unwrap();
    assert!(row.file.is_none() && row.built_in);
}

#[test]
fn a_preview_and_a_draft_write_nothing() {
    let (home, registry) = home();
    let changes = [Change::parse("client_id=ours").unwrap()];
    let github = registry.preview("github", &changes).unwrap();
    assert_eq!(github.client_id.as_deref(), Some("ours"));
    registry.draft("example", &definition(None)).unwrap();
    assert!(!home.path().join("config").exists());
}

#[test]
fn a_client_and_how_it_authenticates_are_one_write() {
    let (_home, registry) = home();
    registry
        .set_client("huggingface", "ours", Some(ClientAuth::ClientSecretBasic))
        .unwrap();
    let provider = registry.get("huggingface").unwrap();
    assert_eq!(provider.client_id.as_deref(), Some("ours"));
    assert_eq!(provider.client_auth, ClientAuth::ClientSecretBasic);
}

#[test]
fn a_definition_from_elsewhere_takes_the_place_of_none() {
    let (_home, registry) = home();
    let text = "title = \"Example\"\nissuer = \"https://id.example.com\"\n";
    assert_eq!(registry.adopt("example", text).unwrap(), Adopted::Written);
    assert_eq!(registry.own_text("example").unwrap().as_deref(), Some(text));
    assert_eq!(registry.adopt("example", text).unwrap(), Adopted::Unchanged);
    let other = text.replace("Example", "Another");
    assert_eq!(registry.adopt("example", &other).unwrap(), Adopted::Kept);
    assert_eq!(registry.own_text("example").unwrap().as_deref(), Some(text));
    let over = "client_id = \"theirs\"\n";
    assert_eq!(registry.adopt("github", over).unwrap(), Adopted::Written);
    for (name, text) in [
        ("gitlab", "token_endpoint = \"http://id.example.com/\"\n"),
        ("new", "client_secret = \"x\"\n"),
        (SANDBOX, over),
        ("../x", over),
    ] {
        assert!(registry.adopt(name, text).is_err(), "{name}");
        assert!(registry.own_file(name).is_none(), "{name}");
    }
}
