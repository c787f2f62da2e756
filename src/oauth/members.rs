//! Members of an answer, read within bounds. An error is a sentence that names the member and shows no value.

use serde_json::{Map, Value};

use crate::token_set::{TOKEN_LIMIT, is_token};
use keyfob_base::secret::Secret;

/// Whether a member's value is one; `null` and an empty string mean that it is not there.
pub(super) fn is_present(value: &Value) -> bool {
    !value.is_null() && value.as_str() != Some("")
}

fn present<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members.get(name).filter(|value| is_present(value))
}

pub(super) fn text<'a>(
    members: &'a Map<String, Value>,
    name: &str,
) -> Result<Option<&'a str>, String> {
    let not_a_string = || format!("`{name}` is not a string");
    present(members, name)
        .map(|value| value.as_str().ok_or_else(not_a_string))
        .transpose()
}

/// A token or code: printable ASCII without blanks, at most 64 KiB.
pub(super) fn secret(members: &Map<String, Value>, name: &str) -> Result<Option<Secret>, String> {
    let Some(text) = text(members, name)? else {
        return Ok(None);
    };
    if text.len() > TOKEN_LIMIT {
        return Err(format!("`{name}` is longer than 64 KiB"));
    }
    if !is_token(text) {
        return Err(format!("`{name}` is not printable ASCII"));
    }
    Ok(Some(Secret::new(text)))
}

pub(super) fn needed_secret(members: &Map<String, Value>, name: &str) -> Result<Secret, String> {
    secret(members, name)?.ok_or_else(|| format!("`{name}` is missing"))
}

/// Whole seconds: a number or a string of one, cut to between zero and `most`.
pub(super) fn seconds(
    members: &Map<String, Value>,
    name: &str,
    most: u32,
) -> Result<Option<u32>, String> {
    let Some(value) = present(members, name) else {
        return Ok(None);
    };
    // Else `inf` and `NaN` would be numbers.
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
    let seconds: f64 = seconds.ok_or_else(|| format!("`{name}` is not a number"))?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to what fits"
    )]
    Ok(Some(seconds.clamp(0.0, f64::from(most)) as u32))
}
