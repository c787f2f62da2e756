//! The id token (OpenID Connect Core §2, §3.1.3.7). It came from the token endpoint over TLS, so its
//! signature is not checked; its claims are.

#[cfg(test)]
mod tests;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

/// How far our clock may be ahead of the server's, in seconds.
const TOLERANCE: u64 = 60;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<'a> {
    /// The issuer; `{claim}` in it stands for that claim of the token.
    pub issuer: Option<&'a str>,
    pub client_id: &'a str,
    /// The `nonce` that was sent, where one was.
    pub nonce: Option<&'a Secret>,
    pub now: Timestamp,
}

/// Decodes the claims and checks `iss`, `aud`, `azp`, `exp` and `nonce`. The error names the claim.
pub(crate) fn claims(id_token: &Secret, expected: &Expected<'_>) -> Result<Value, String> {
    let claims = decode(id_token.expose()).ok_or("the id token is not a signed JSON Web Token")?;
    check_issuer(&claims, expected.issuer)?;
    check_audience(&claims, expected.client_id)?;
    check_expiry(&claims, expected.now)?;
    check_nonce(&claims, expected.nonce)?;
    Ok(Value::Object(claims))
}

/// What the id token of a refresh has to agree with: the one before it, else what is known of the account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Earlier<'a> {
    pub id_token: Option<&'a Secret>,
    pub issuer: Option<&'a str>,
    pub subject: Option<&'a str>,
    pub client_id: &'a str,
}

/// Checks that the person, the issuer and the audience are the same after a refresh (OpenID Connect Core §12.2).
/// The error names the claim. What names nobody else, or cannot be read, is no reason to drop tokens that may have
/// cost the refresh token before them.
pub(crate) fn check_refreshed(id_token: &Secret, earlier: &Earlier<'_>) -> Result<(), String> {
    let Some(claims) = decode(id_token.expose()) else {
        return Ok(());
    };
    let before = earlier.id_token.and_then(|token| decode(token.expose()));
    for (claim, known) in [("iss", earlier.issuer), ("sub", earlier.subject)] {
        let held = before
            .as_ref()
            .and_then(|before| before.get(claim))
            .cloned();
        let Some(expected) = held.or_else(|| known.map(Value::from)) else {
            continue;
        };
        match claims.get(claim) {
            Some(found) if *found == expected => {}
            Some(_) => return Err(format!("the id token's `{claim}` is another than before")),
            None => {}
        }
    }
    if claims.contains_key("aud") {
        return check_audience(&claims, earlier.client_id);
    }
    Ok(())
}

/// Claims that nobody has checked: good for showing, and for nothing else.
pub(crate) fn unchecked(token: &Secret) -> Option<Value> {
    decode(token.expose()).map(Value::Object)
}

/// The payload of a JWS in compact form (RFC 7515 §3.1): three parts, the second one the claims.
fn decode(id_token: &str) -> Option<Map<String, Value>> {
    let parts: Vec<&str> = id_token.split('.').collect();
    let [_header, payload, _signature] = parts.as_slice() else {
        return None;
    };
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    serde_json::from_slice(&payload).ok()
}

fn check_issuer(claims: &Map<String, Value>, expected: Option<&str>) -> Result<(), String> {
    let Some(expected) = expected else {
        return Ok(());
    };
    let expected = fill(expected, claims)?;
    match claims.get("iss").and_then(Value::as_str) {
        Some(issuer) if issuer == expected => Ok(()),
        Some(_) => Err("the id token's `iss` names another issuer".into()),
        None => Err(missing_claim("iss")),
    }
}

/// Replaces each `{claim}` of an issuer by that claim of the token.
fn fill(issuer: &str, claims: &Map<String, Value>) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = issuer;
    while let Some((before, name, after)) = placeholder(rest) {
        filled.push_str(before);
        filled.push_str(
            claims
                .get(name)
                .and_then(Value::as_str)
                .ok_or_else(|| missing_claim(name))?,
        );
        rest = after;
    }
    Ok(filled + rest)
}

fn placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// `aud` is one audience or several; of several, `azp` says which one asked (§3.1.3.7 items 3 to 5).
fn check_audience(claims: &Map<String, Value>, client_id: &str) -> Result<(), String> {
    let audiences = match claims.get("aud") {
        Some(Value::Array(audiences)) => audiences.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => return Err(missing_claim("aud")),
    };
    if !audiences.iter().any(|audience| audience == client_id) {
        return Err("the id token's `aud` does not hold our client id".into());
    }
    if audiences.len() > 1 && claims.get("azp").is_none_or(|party| party != client_id) {
        return Err(
            "the id token's `azp` is not our client id, and it has several audiences".into(),
        );
    }
    Ok(())
}

fn check_expiry(claims: &Map<String, Value>, now: Timestamp) -> Result<(), String> {
    let end = claims
        .get("exp")
        .and_then(Value::as_f64)
        .ok_or_else(|| missing_claim("exp"))?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "a timestamp ends with the year 9999"
    )]
    let latest = now.unix().saturating_sub(TOLERANCE) as f64;
    if end > latest {
        Ok(())
    } else {
        Err("the id token's `exp` is over".into())
    }
}

fn check_nonce(claims: &Map<String, Value>, expected: Option<&Secret>) -> Result<(), String> {
    let Some(expected) = expected else {
        return Ok(());
    };
    match claims.get("nonce").and_then(Value::as_str) {
        // Secrets are compared in constant time.
        Some(nonce) if Secret::new(nonce) == *expected => Ok(()),
        Some(_) => Err("the id token's `nonce` is not the one that was sent".into()),
        None => Err(missing_claim("nonce")),
    }
}

fn missing_claim(claim: &str) -> String {
    format!("the id token has no usable `{claim}`")
}
