use serde_json::json;

use super::*;

const NOW: u64 = 1_700_000_000;

fn token(claims: &Value) -> Secret {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    Secret::new(format!(
        "{}.{}.c2ln",
        part(r#"{"alg":"RS256"}"#),
        part(&claims.to_string())
    ))
}

fn good() -> Value {
    json!({
        "iss": "https://id.example.com", "aud": "fob", "exp": NOW + 300, "nonce": "n0nce", "sub": "7", "tid": "t-1",
    })
}

fn changed(name: &str, value: Value) -> Value {
    let mut claims = good();
    claims[name] = value;
    claims
}

fn judged_at(claims_: &Value, issuer: Option<&str>, nonce: Option<&str>) -> Result<Value, String> {
    let nonce = nonce.map(Secret::new);
    let now = Timestamp::from_unix(NOW);
    let result = claims(
        &token(claims_),
        &Expected {
            issuer,
            client_id: "fob",
            nonce: nonce.as_ref(),
            now,
        },
    );
    if let Err(said) = &result {
        assert!(
            !said.contains("n0nce") && !said.contains("example"),
            "{said}"
        );
    }
    result
}

fn judged(claims: &Value) -> Result<Value, String> {
    judged_at(claims, Some("https://id.example.com"), Some("n0nce"))
}

fn blamed(claims: &Value, claim: &str) {
    let said = judged(claims).unwrap_err();
    assert!(said.contains(&format!("`{claim}`")), "{claims}: {said}");
}

#[test]
fn the_claims_of_a_good_token_are_given_whole() {
    assert_eq!(judged(&good()), Ok(good()));
    assert_eq!(judged_at(&good(), None, None), Ok(good()));
}

#[test]
fn the_issuer_is_compared_as_it_stands() {
    for issuer in [
        json!("https://id.example.com/"),
        json!("https://evil.example"),
        json!(null),
        json!(["https://id.example.com"]),
    ] {
        blamed(&changed("iss", issuer), "iss");
    }
}

#[test]
fn a_claim_in_the_issuer_is_the_tokens_own() {
    let template = Some("https://id.example.com/{tid}/{sub}/v2");
    let claims = changed("iss", json!("https://id.example.com/t-1/7/v2"));
    assert!(judged_at(&claims, template, None).is_ok());
    assert!(
        judged_at(&good(), template, None)
            .unwrap_err()
            .contains("`iss`")
    );
    for tenant in [json!(7), json!(null)] {
        let mut claims = claims.clone();
        claims["tid"] = tenant;
        assert!(
            judged_at(&claims, template, None)
                .unwrap_err()
                .contains("`tid`")
        );
    }
    let claims = changed("iss", json!("https://id.example.com/{tid"));
    assert!(judged_at(&claims, Some("https://id.example.com/{tid"), None).is_ok());
}

#[test]
fn the_audience_holds_our_client_and_azp_says_so_among_several() {
    for audience in [
        json!("other"),
        json!(null),
        json!([]),
        json!(["other"]),
        json!(7),
        json!("fob "),
    ] {
        blamed(&changed("aud", audience), "aud");
    }
    assert!(judged(&changed("aud", json!(["fob"]))).is_ok());
    let mut several = changed("aud", json!(["other", "fob"]));
    blamed(&several, "azp");
    several["azp"] = json!("other");
    blamed(&several, "azp");
    several["azp"] = json!("fob");
    assert!(judged(&several).is_ok());
}

#[test]
fn the_end_is_kept_with_a_minute_of_tolerance() {
    for (end, ok) in [
        (json!(NOW - 59), true),
        (json!(NOW - 60), false),
        (json!(0), false),
        (json!(-1), false),
    ] {
        assert_eq!(judged(&changed("exp", end.clone())).is_ok(), ok, "{end}");
    }
    assert!(judged(&changed("exp", json!(1e300))).is_ok());
    for end in [json!(null), json!("1800000000"), json!([])] {
        blamed(&changed("exp", end), "exp");
    }
}

#[test]
fn the_nonce_is_the_one_that_was_sent() {
    for nonce in [json!("n0nc"), json!(""), json!(null), json!(7)] {
        blamed(&changed("nonce", nonce), "nonce");
    }
    assert!(judged_at(&changed("nonce", json!(null)), None, None).is_ok());
}

#[test]
fn what_is_no_signed_token_is_not_shown() {
    let whole = token(&good());
    let (head, rest) = whole.expose().split_once('.').unwrap();
    let list = URL_SAFE_NO_PAD.encode("[]");
    for text in [
        String::new(),
        head.to_owned(),
        rest.to_owned(),
        format!("{}.x", whole.expose()),
        format!("{}.x.y", whole.expose()),
        format!("{head}.!!!.c2ln"),
        format!("{head}..c2ln"),
        format!("{head}.{list}.c2ln"),
        format!("{}=.{rest}", head.replace('.', "")).replace(".c2ln", "=.c2ln"),
    ] {
        let now = Timestamp::from_unix(NOW);
        let expected = Expected {
            issuer: None,
            client_id: "fob",
            nonce: None,
            now,
        };
        let said = claims(&Secret::new(text.clone()), &expected).unwrap_err();
        assert_eq!(
            said, "the id token is not a signed JSON Web Token",
            "{text}"
        );
    }
}
