//! Client authentication at the token and revocation endpoints (RFC 6749 §2.3).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

use super::client::{AuthMethod, Client};
use super::http::{Form, Refusal, Request};
use super::random::Hash;
use super::state::State;

/// Finds who sends a request to the token or revocation endpoint, and proves it by the one method
/// that client is registered for.
pub fn authenticate(state: &State, request: &Request, form: &Form) -> Result<Client, Refusal> {
    let sent = Credentials::read(request, form)?;
    let client = state
        .client(&sent.id)
        .ok_or(Refusal::invalid_client("no such client"))?;
    let proven = match &sent.secret {
        None => client.secret.is_none(),
        Some(secret) => client.secret.as_ref() == Some(&Hash::of(secret)),
    };
    if sent.method != client.auth_method || !proven {
        return Err(Refusal::invalid_client("client authentication failed"));
    }
    Ok(client)
}

/// What a request says about its sender.
struct Credentials {
    id: String,
    secret: Option<String>,
    method: AuthMethod,
}

impl Credentials {
    /// Reads one authentication method; more than one is refused (RFC 6749 §2.3).
    fn read(request: &Request, form: &Form) -> Result<Self, Refusal> {
        let (id, secret) = (form.get("client_id"), form.get("client_secret"));
        let Some(header) = request.authorization.as_deref() else {
            let id = id.ok_or(Refusal::invalid_client("`client_id` is missing"))?;
            return Ok(Self {
                id: id.into(),
                secret: secret.map(String::from),
                method: match secret {
                    None => AuthMethod::None,
                    Some(_) => AuthMethod::ClientSecretPost,
                },
            });
        };
        let basic = Self::basic(header).ok_or(Refusal::invalid_client(
            "the Authorization header is no HTTP Basic",
        ))?;
        if secret.is_some() || id.is_some_and(|id| id != basic.id) {
            return Err(Refusal::invalid_request(
                "two ways of client authentication",
            ));
        }
        Ok(basic)
    }

    /// Takes HTTP Basic apart; both parts are form-encoded inside it (RFC 6749 §2.3.1).
    fn basic(header: &str) -> Option<Self> {
        let (scheme, encoded) = header.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let pair = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (id, secret) = pair.split_once(':')?;
        Some(Self {
            id: decode(id),
            secret: Some(decode(secret)),
            method: AuthMethod::ClientSecretBasic,
        })
    }
}

/// Decodes one form-encoded value. A bare `=` or `&` in it stays what it is.
fn decode(value: &str) -> String {
    let pair = format!("={}", value.replace('&', "%26"));
    form_urlencoded::parse(pair.as_bytes())
        .map(|(_, value)| value.into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_parts_of_basic_are_decoded() {
        let header = format!("Basic {}", STANDARD.encode("a%3Ab:c%2Bd+e=f"));
        let read = Credentials::basic(&header).unwrap();
        assert_eq!(
            (read.id.as_str(), read.secret.as_deref()),
            ("a:b", Some("c+d e=f"))
        );
        assert!(Credentials::basic("Bearer abc").is_none());
        assert!(Credentials::basic("Basic ***").is_none());
    }
}
