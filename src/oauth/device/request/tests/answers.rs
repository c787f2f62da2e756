//! What is taken of the codes' answer, and what is not.

use super::*;

/// Codes with these members beside, or instead of, the usual ones.
async fn with(members: &[(&str, Value)]) -> Result<DeviceAuthorization, OauthError> {
    with_rule(DeviceRule::default(), members).await
}

async fn with_rule(
    rule: DeviceRule,
    members: &[(&str, Value)],
) -> Result<DeviceAuthorization, OauthError> {
    let mut scripted: serde_json::Map<String, Value> = serde_json::from_str(CODES).unwrap();
    for (name, value) in members {
        scripted.insert((*name).to_owned(), value.clone());
    }
    let scripted = json(200, &Value::Object(scripted).to_string());
    codes(|provider| provider.device = rule, &scripted).await
}

async fn one(name: &str, value: Value) -> Result<DeviceAuthorization, OauthError> {
    with(&[(name, value)]).await
}

async fn refused(name: &str, value: Value, why: &str) {
    let shown = value.to_string();
    let said = invalid(one(name, value).await);
    assert!(
        said.starts_with("127.0.0.1:") && said.contains(&format!("`{name}` {why}")),
        "{shown}: {said}"
    );
}

#[tokio::test]
async fn codes_must_be_there_and_fit_to_be_used() {
    for (name, missing) in [
        ("device_code", "is missing"),
        ("user_code", "is missing"),
        ("verification_uri", "is missing"),
    ] {
        refused(name, Value::Null, missing).await;
        refused(name, "".into(), missing).await;
        refused(name, 7.into(), "is not a string").await;
    }
    refused("device_code", "a b".into(), "is not printable ASCII").await;
    refused("device_code", "a".repeat(65 * 1024).into(), "is longer").await;
}

#[tokio::test]
async fn a_user_code_is_something_to_type() {
    for good in ["WDJB-MJHT", "a", "12 34 56", &"x".repeat(64)] {
        assert_eq!(
            one("user_code", good.into())
                .await
                .unwrap()
                .user_code
                .as_str(),
            good
        );
    }
    for bad in ["a\u{1b}[31mb", "a\nb", "a\u{202e}b", "ä", " ", "\u{7f}"] {
        refused("user_code", bad.into(), "is not printable ASCII").await;
    }
    refused("user_code", "x".repeat(65).into(), "is longer than 64").await;
}

#[tokio::test]
async fn a_page_that_nobody_should_be_sent_to_is_refused() {
    for (bad, why) in [
        ("http://id.example.com/device", "is neither https"),
        ("file:///etc/passwd", "is neither https"),
        ("javascript:alert(1)", "is neither https"),
        ("https://you@id.example.com/", "holds a user name"),
        ("https://id.example.com/#x", "has a fragment"),
        ("https://id.example.com/%1b[31m", "holds control characters"),
        (
            "https://id.example.com/\u{1b}[31m",
            "holds blanks or control",
        ),
        ("https://id.example.com/\na", "holds blanks or control"),
        (" https://id.example.com/", "holds blanks or control"),
        ("https://id.example.com/\u{202e}", "holds blanks or control"),
        ("id.example.com/device", "is not a URL"),
        ("-flag", "is not a URL"),
    ] {
        refused("verification_uri", bad.into(), why).await;
        let codes = one("verification_uri_complete", bad.into()).await.unwrap();
        assert_eq!(codes.verification_uri_complete, None, "{bad}");
    }
    let long = format!("https://id.example.com/{}", "x".repeat(2048));
    refused("verification_uri", long.into(), "is longer than 2 KiB").await;
    let codes = one("verification_uri_complete", 7.into()).await.unwrap();
    assert_eq!(codes.verification_uri_complete, None);
}

#[tokio::test]
async fn a_complete_page_is_kept() {
    let complete = "https://id.example.com/device?user_code=WDJB-MJHT&x=%26calc$(id)";
    let codes = one("verification_uri_complete", complete.into())
        .await
        .unwrap();
    assert_eq!(codes.verification_uri_complete.unwrap().as_str(), complete);
}

#[test]
fn http_to_this_machine_is_for_endpoints_on_this_machine() {
    let page = |on_loopback| codes::page("http://127.0.0.1:8080/device", on_loopback);
    assert!(page(true).is_ok());
    assert_eq!(page(false), Err("is not https".into()));
    assert!(codes::page("http://id.example.com/device", true).is_err());
}

#[tokio::test]
async fn the_page_is_where_the_definition_says() {
    let google = DeviceRule {
        verification_uri_member: Some("verification_url".into()),
        ..DeviceRule::default()
    };
    let members = [("verification_url", "https://other.example/".into())];
    let codes = with_rule(google.clone(), &members).await.unwrap();
    assert_eq!(codes.verification_uri.as_str(), "https://other.example/");
    let said = invalid(with_rule(google, &[]).await);
    assert!(said.contains("`verification_url` is missing"), "{said}");

    let fixed = DeviceRule {
        verification_uri: Some(Url::parse("https://fixed.example/device").unwrap()),
        ..DeviceRule::default()
    };
    let none = [("verification_uri", Value::Null)];
    let codes = with_rule(fixed.clone(), &none).await.unwrap();
    assert_eq!(
        codes.verification_uri.as_str(),
        "https://fixed.example/device"
    );
    let codes = with_rule(fixed, &[]).await.unwrap();
    assert_eq!(
        codes.verification_uri.as_str(),
        "https://id.example.com/device"
    );
}

#[tokio::test]
async fn the_life_of_codes_is_bounded() {
    for (given, life) in [
        (Value::Null, 900),
        ("".into(), 900),
        (300.into(), 300),
        ("300".into(), 300),
        (1.5.into(), 1),
        (3600.into(), 3600),
        (3601.into(), 3600),
        (u64::MAX.into(), 3600),
        ("1e400".into(), 3600),
    ] {
        let codes = one("expires_in", given.clone()).await.unwrap();
        assert_eq!(codes.expires_in, Duration::from_secs(life), "{given}");
    }
    for over in [0.into(), (-1).into(), "-900".into(), Value::from(0.9)] {
        refused("expires_in", over, "says that the codes are over").await;
    }
    for garbage in ["soon".into(), true.into(), Value::Array(vec![])] {
        refused("expires_in", garbage, "is not a number").await;
    }
}

#[tokio::test]
async fn the_interval_is_bounded() {
    for (given, interval) in [
        (Value::Null, 5),
        (7.into(), 7),
        ("7".into(), 7),
        (0.into(), 1),
        ((-1).into(), 1),
        (60.into(), 60),
        (61.into(), 60),
        (u64::MAX.into(), 60),
        (Value::from(-1e300), 1),
    ] {
        let codes = one("interval", given.clone()).await.unwrap();
        assert_eq!(codes.interval, Duration::from_secs(interval), "{given}");
    }
    refused("interval", "often".into(), "is not a number").await;
}

#[tokio::test]
async fn an_answer_may_be_a_form() {
    let scripted = answer(
        "200 OK\nContent-Type: application/x-www-form-urlencoded",
        "device_code=d&user_code=U-1&verification_uri=https%3A%2F%2Fid.example.com%2Fdevice&expires_in=899&interval=6",
    );
    let codes = codes(|_| (), &scripted).await.unwrap();
    assert_eq!(
        (codes.expires_in.as_secs(), codes.interval.as_secs()),
        (899, 6)
    );
}

#[tokio::test]
async fn what_is_no_answer_is_named() {
    for (scripted, why) in [
        (json(200, "[]"), "JSON that is not an object"),
        (json(200, r#"{"device_code":"#), "JSON that is cut off"),
        (
            answer("200 OK\nContent-Type: text/html", "<html>"),
            "text/html instead of JSON",
        ),
    ] {
        let said = invalid(codes(|_| (), &scripted).await);
        assert!(said.contains(why), "{said}");
    }
}
