//! The token endpoint's answer (RFC 6749 §5.1), as strictly as keeping it safely asks for and no stricter.

use serde_json::{Map, Value};

use crate::escape::escape_short;
use crate::oauth::OauthError;
use crate::oauth::http::Answer;
use crate::provider::TokenRule;
use crate::secret::Secret;
use crate::timestamp::Timestamp;
use crate::token_set::TokenSet;

/// The longest token that is kept, in bytes; no header could carry it.
const TOKEN_LIMIT: usize = 64 * 1024;
/// The longest life that is believed, in seconds: ten years.
const LIFE_LIMIT: u32 = 10 * 365 * 24 * 60 * 60;

/// What becomes of a member beside the tokens that cannot be used.
pub(super) type Odd<'a> = &'a (dyn Fn(String) -> Result<(), String> + Sync);

/// Nothing is lost by refusing the whole answer: a sign-in can be made anew.
pub(super) fn refuse(wrong: String) -> Result<(), String> {
    Err(wrong)
}

/// Reads the answer; `asked` are the scopes where it names none, and the expiry counts from `now`.
/// `odd` decides on members that a token set can do without.
pub(super) fn read(
    answer: &Answer,
    rule: &TokenRule,
    asked: &[String],
    now: Timestamp,
    odd: Odd,
) -> Result<TokenSet, OauthError> {
    if !answer.is_success() {
        return Err(answer.failure());
    }
    let members = answer.object()?;
    match answer.error_response() {
        Some(response) if rule.errors_under_200 => return Err(OauthError::Refused(response)),
        Some(response) => {
            return Err(answer.invalid(&format!(
                "answered {} with an error: {response}",
                answer.status()
            )));
        }
        None => {}
    }
    set(&members, rule, asked, now, odd).map_err(|wrong| {
        answer.invalid(&format!("sent a token answer that cannot be used: {wrong}"))
    })
}

/// The error is a sentence that names the member.
fn set(
    members: &Map<String, Value>,
    rule: &TokenRule,
    asked: &[String],
    now: Timestamp,
    odd: Odd,
) -> Result<TokenSet, String> {
    let access_token = token(members, "access_token")?.ok_or("`access_token` is missing")?;
    let separator = rule.granted_scope_separator.as_deref();
    Ok(TokenSet {
        access_token,
        refresh_token: token(members, "refresh_token")?,
        id_token: spare(token(members, "id_token"), odd)?,
        token_type: token_type(members)?,
        scopes: spare(scopes(members, separator), odd)?.unwrap_or_else(|| asked.to_vec()),
        received_at: now,
        expires_at: spare(expires_in(members), odd)?.map(|life| now.plus(life)),
    })
}

/// A member that may be absent: where it cannot be used and `odd` lets that pass, it is.
fn spare<T>(member: Result<Option<T>, String>, odd: Odd) -> Result<Option<T>, String> {
    member.or_else(|wrong| odd(wrong).map(|()| None))
}

/// A member that is there; `null` and an empty string mean that it is not.
fn present<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members
        .get(name)
        .filter(|value| !value.is_null() && value.as_str() != Some(""))
}

fn token(members: &Map<String, Value>, name: &str) -> Result<Option<Secret>, String> {
    let Some(value) = present(members, name) else {
        return Ok(None);
    };
    let text = value
        .as_str()
        .ok_or_else(|| format!("`{name}` is not a string"))?;
    if text.len() > TOKEN_LIMIT {
        return Err(format!("`{name}` is longer than 64 KiB"));
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!("`{name}` is not printable ASCII"));
    }
    Ok(Some(Secret::new(text)))
}

fn token_type(members: &Map<String, Value>) -> Result<String, String> {
    let bearer = "Bearer";
    match present(members, "token_type").map(Value::as_str) {
        None => Ok(bearer.to_owned()),
        Some(Some(name)) if name.eq_ignore_ascii_case(bearer) => Ok(bearer.to_owned()),
        Some(Some(name)) => Err(format!(
            "`token_type` is `{}`, and only `Bearer` is understood",
            escape_short(name, 40)
        )),
        Some(None) => Err("`token_type` is not a string".into()),
    }
}

/// Seconds: a number or a string of one, cut to between zero and ten years.
fn expires_in(members: &Map<String, Value>) -> Result<Option<u64>, String> {
    let Some(value) = present(members, "expires_in") else {
        return Ok(None);
    };
    let numeric = |text: &&str| {
        text.bytes()
            .all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b))
    };
    let seconds = match value {
        Value::String(text) => Some(text.trim())
            .filter(numeric)
            .and_then(|text| text.parse().ok()),
        value => value.as_f64(),
    };
    let seconds: f64 = seconds.ok_or("`expires_in` is not a number")?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to what fits"
    )]
    Ok(Some(seconds.clamp(0.0, f64::from(LIFE_LIMIT)) as u64))
}

/// The granted scopes, from a string (RFC 6749 §3.3) or an array of them; an empty string grants none.
fn scopes(
    members: &Map<String, Value>,
    separator: Option<&str>,
) -> Result<Option<Vec<String>>, String> {
    let wrong = || "`scope` is neither a string nor a list of strings".to_owned();
    match members.get("scope") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(split(text, separator))),
        Some(Value::Array(scopes)) => {
            let scopes = scopes
                .iter()
                .map(|scope| scope.as_str().map(str::to_owned).ok_or_else(wrong));
            scopes.collect::<Result<_, _>>().map(Some)
        }
        Some(_) => Err(wrong()),
    }
}

fn split(text: &str, separator: Option<&str>) -> Vec<String> {
    let separator = separator
        .filter(|separator| !separator.is_empty())
        .unwrap_or(" ");
    let parts = text.split(separator).flat_map(str::split_whitespace);
    parts.map(str::to_owned).collect()
}
