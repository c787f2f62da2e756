use super::*;

fn value(assignment: &str) -> String {
    let change = Change::parse(assignment).unwrap_or_else(|error| panic!("{assignment}: {error}"));
    change.value().expect("a value").to_string()
}

fn refusal(assignment: &str) -> Error {
    let error = Change::parse(assignment).expect_err(assignment);
    assert_eq!(error.code, Code::Usage);
    assert!(error.hint.is_some(), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    error
}

#[test]
fn a_value_is_of_the_keys_own_type() {
    for (assignment, written) in [
        ("title=true", "\"true\""),
        ("title=a = b", "\"a = b\""),
        ("discovery=false", "false"),
        (
            "scopes=openid,profile , email",
            "[\"openid\", \"profile\", \"email\"]",
        ),
        ("scopes=openid", "[\"openid\"]"),
        ("scopes=[\"a,b\"]", "[\"a,b\"]"),
        ("redirect.ports=53682,53683", "[53682, 53683]"),
        ("redirect.ports=[ 1 ]", "[ 1 ]"),
        ("redirect.host=localhost", "\"localhost\""),
        ("client_auth=client_secret_post", "\"client_secret_post\""),
        ("authorization.parameters.prompt=consent", "\"consent\""),
        ("authorization.parameters.\"a.b\"=c", "\"c\""),
        ("identity.headers.X-One=two", "\"two\""),
        ("presets.read=a,b", "[\"a\", \"b\"]"),
        ("device.pending_statuses=403,404", "[403, 404]"),
        (
            "token_endpoint=https://id.example.com/t",
            "\"https://id.example.com/t\"",
        ),
        (" title =x", "\"x\""),
    ] {
        assert_eq!(value(assignment), written, "{assignment}");
    }
}

#[test]
fn a_value_of_another_type_is_refused_with_what_the_key_wants() {
    for (assignment, wants) in [
        ("discovery=hunter2", "`discovery` wants `true` or `false`"),
        (
            "redirect.ports=hunter2",
            "`redirect.ports` wants a list of whole numbers",
        ),
        ("redirect.ports=70000", "`redirect.ports`: expected u16"),
        ("redirect.host=hunter2", "`127.0.0.1`, `::1`, `localhost`"),
        ("client_auth=hunter2", "`client_secret_basic`"),
        ("token_endpoint=hunter2", "`token_endpoint`: expected a URL"),
        ("scopes=[hunter2", "`scopes` wants a list"),
        ("scopes=[1]", "`scopes`"),
        ("redirect=hunter2", "`redirect` is a table"),
        ("presets=hunter2", "`presets` is a table"),
        ("title=hunter2\u{7}", "control characters"),
    ] {
        let error = refusal(assignment);
        assert!(error.message.contains(wants), "{assignment}: {error}");
    }
    let long = format!("title={}", "x".repeat(5_000));
    assert!(refusal(&long).message.len() < 200);
}

#[test]
fn an_unknown_key_is_answered_with_the_nearest() {
    for (assignment, nearest) in [
        ("scope=hunter2", "did you mean `scopes`?"),
        ("tittle=hunter2", "did you mean `title`?"),
        ("redirect.hosts=hunter2", "did you mean `redirect.host`?"),
        ("redirect_host=hunter2", "did you mean `redirect.host`?"),
        ("client-id=hunter2", "did you mean `client_id`?"),
    ] {
        let error = refusal(assignment);
        assert!(error.message.starts_with("there is no key"), "{error}");
        assert_eq!(error.hint.as_deref(), Some(nearest), "{assignment}");
    }
    refusal("embedded=true");
    refusal("name=hunter2");
    refusal("title.x=hunter2");
    refusal("=hunter2");
    refusal("a b=hunter2");
}

#[test]
fn a_secret_is_never_an_argument() {
    for assignment in [
        "client_secret=hunter2",
        "ClientSecret=hunter2",
        "token.client-secret=hunter2",
    ] {
        let error = refusal(assignment);
        assert!(error.hint.unwrap().contains("--client-secret"));
    }
    refusal("hunter2");
    assert!(refusal("title").hint.unwrap().contains("`title=VALUE`"));
}

#[test]
fn a_key_alone_is_removed() {
    let change = Change::parse("redirect.host=").unwrap();
    assert_eq!(
        (change.key().as_str(), change.value().is_none()),
        ("redirect.host", true)
    );
}
