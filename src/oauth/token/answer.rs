//! The token endpoint's answer (RFC 6749 §5.1), as strictly as keeping it safely asks for and no stricter.

use serde_json::{Map, Value};

use crate::oauth::OauthError;
use crate::oauth::http::Answer;
use crate::oauth::members::{is_present, needed_secret, seconds, secret, text};
use crate::provider::TokenRule;
use crate::token_set::TokenSet;
use keyfob_base::escape::escape_short;
use keyfob_base::timestamp::Timestamp;

/// The longest life that is believed, in seconds: ten years.
const LIFE_LIMIT: u32 = 10 * 365 * 24 * 60 * 60;

/// The type of what is no access token (RFC 8693 §2.2.1).
const NOT_APPLICABLE: &str = "N_A";

/// What becomes of a member beside the tokens that cannot be used.
pub(super) type Odd<'a> = &'a (dyn Fn(String) -> Result<(), String> + Sync);

/// Nothing is lost by refusing the whole answer: a sign-in can be made anew.
pub(super) fn refuse(wrong: String) -> Result<(), String> {
    Err(wrong)
}

/// `asked` are the scopes where the answer names none; `odd` decides on members that can be done without.
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
    if let Some(response) = answer.error_response() {
        return Err(answer.refused(response, rule.errors_under_200));
    }
    set(&place_members(members, rule), rule, asked, now, odd)
        .map_err(|wrong| unusable(answer, &wrong))
}

/// Demands a text that only some grants answer with. For an answer that has given a token set.
pub(super) fn needs(answer: &Answer, rule: &TokenRule, name: &str) -> Result<(), OauthError> {
    let members = place_members(answer.object()?, rule);
    let wrong = match text(&members, name) {
        Ok(Some(_)) => return Ok(()),
        Ok(None) => format!("`{name}` is missing"),
        Err(wrong) => wrong,
    };
    Err(unusable(answer, &wrong))
}

fn unusable(answer: &Answer, wrong: &str) -> OauthError {
    answer.invalid(&format!("sent a token answer that cannot be used: {wrong}"))
}

/// The members from where the rule says that they are, each before its namesake in the answer itself.
fn place_members(mut members: Map<String, Value>, rule: &TokenRule) -> Map<String, Value> {
    let Some(pointer) = &rule.members else {
        return members;
    };
    let mut answer = Value::Object(members.clone());
    if let Some(Value::Object(inner)) = answer.pointer_mut(pointer) {
        inner.retain(|_, value| is_present(value));
        members.append(inner);
    }
    members
}

/// The error is a sentence that names the member.
fn set(
    members: &Map<String, Value>,
    rule: &TokenRule,
    asked: &[String],
    now: Timestamp,
    odd: Odd,
) -> Result<TokenSet, String> {
    let access_token = needed_secret(members, "access_token")?;
    let life = spare(seconds(members, "expires_in", LIFE_LIMIT), odd)?;
    let listed = spare(listed_scopes(members, rule), odd)?;
    Ok(TokenSet {
        access_token,
        refresh_token: secret(members, "refresh_token")?,
        id_token: spare(secret(members, "id_token"), odd)?,
        token_type: token_type(members, rule)?,
        scopes: listed.map_or_else(
            || asked.to_vec(),
            |listed| translate_granted(listed, rule, asked),
        ),
        received_at: now,
        expires_at: life.map(|life| now.plus(life.into())),
    })
}

fn spare<T>(member: Result<Option<T>, String>, odd: Odd) -> Result<Option<T>, String> {
    member.or_else(|wrong| odd(wrong).map(|()| None))
}

fn token_type(members: &Map<String, Value>, rule: &TokenRule) -> Result<String, String> {
    let bearer = "Bearer";
    let means_bearer = |name: &str| {
        let mut known = rule.bearer_types.iter().map(String::as_str).chain([bearer]);
        known.any(|known| name.eq_ignore_ascii_case(known))
    };
    match text(members, "token_type")? {
        Some(name) if !means_bearer(name) && name.eq_ignore_ascii_case(NOT_APPLICABLE) => {
            Err(format!(
                "`token_type` is `{NOT_APPLICABLE}`: what was issued is no access token, and nothing can be asked with it"
            ))
        }
        Some(name) if !means_bearer(name) => Err(format!(
            "`token_type` is `{}`, and only `Bearer` is understood",
            escape_short(name, 40)
        )),
        _ => Ok(bearer.to_owned()),
    }
}

/// A string (RFC 6749 §3.3) or an array of them; an empty string lists none.
fn listed_scopes(
    members: &Map<String, Value>,
    rule: &TokenRule,
) -> Result<Option<Vec<String>>, String> {
    let name = rule.granted_scope_member.as_deref().unwrap_or("scope");
    let wrong = || format!("`{name}` is neither a string nor a list of strings");
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(split(text, rule.granted_scope_separator.as_deref()))),
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

/// What was granted, in the words of the request, where the answer lists scopes at all.
fn translate_granted(listed: Vec<String>, rule: &TokenRule, asked: &[String]) -> Vec<String> {
    let ours = |scope: String| {
        let alias = rule.granted_scope_aliases.get(&scope);
        alias.cloned().unwrap_or(scope)
    };
    let unlisted = rule.unlisted_scopes.iter();
    let unlisted = unlisted.filter(|scope| asked.contains(scope)).cloned();
    let mut granted = Vec::new();
    for scope in listed.into_iter().map(ours).chain(unlisted) {
        if !granted.contains(&scope) {
            granted.push(scope);
        }
    }
    granted
}
