//! Client authentication wherever clients speak for themselves (RFC 6749 §2.3).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

use super::client::{AuthMethod, Client};
use super::grant_type::DEVICE_CODE;
use super::http::{Form, Refusal, Request};
use super::random::Hash;
use super::service::Service;
use super::state::State;
use keyfob_base::timestamp::Timestamp;

/// Finds who sends a request, and proves it by the method that client is registered for.
pub fn authenticate(
    service: &Service,
    state: &State,
    request: &Request,
    form: &Form,
    now: Timestamp,
) -> Result<Client, Refusal> {
    let sent = Credentials::read(request, form)?;
    let client = service
        .client(state, &sent.id)
        .ok_or(Refusal::invalid_client("no such client"))?;
    if !is_accepted(sent.method, &client, request, form) || !sent.proves(&client) {
        return Err(Refusal::invalid_client("client authentication failed"));
    }
    if client.secret_expires_at.is_some_and(|end| end <= now) {
        return Err(Refusal::invalid_client("the client secret has expired"));
    }
    Ok(client)
}

/// Whether this client may use this method for this request.
fn is_accepted(method: AuthMethod, client: &Client, request: &Request, form: &Form) -> bool {
    let usual = method == client.auth_method;
    let Some(own) = client.device_auth_method else {
        return usual;
    };
    match (request.path.as_str(), form.get("grant_type")) {
        ("/device_authorization", _) | (_, Some(DEVICE_CODE)) => method == own,
        // The tokens of both flows come here.
        ("/revoke" | "/introspect", _) | (_, Some("refresh_token")) => usual || method == own,
        _ => usual,
    }
}

/// What a request says about its sender.
struct Credentials {
    id: String,
    secret: Option<String>,
    method: AuthMethod,
}

impl Credentials {
    /// Whether they hold the client's secret, where the method has one.
    fn proves(&self, client: &Client) -> bool {
        match &self.secret {
            None => true,
            Some(secret) => client.secret.as_ref() == Some(&Hash::of(secret)),
        }
    }

    /// Reads one authentication method; more than one is refused (RFC 6749 §2.3).
    fn read(request: &Request, form: &Form) -> Result<Self, Refusal> {
        let (id, secret) = (form.get("client_id"), form.get("client_secret"));
        let Some(header) = request.header("Authorization") else {
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
        let secret = Some(decode(secret)).filter(|secret| !secret.is_empty());
        Some(Self {
            id: decode(id),
            method: match secret {
                None => AuthMethod::BasicWithoutSecret,
                Some(_) => AuthMethod::ClientSecretBasic,
            },
            secret,
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
        let header = format!("Basic {}", STANDARD.encode("keyfob:"));
        let read = Credentials::basic(&header).unwrap();
        assert_eq!(read.method, AuthMethod::BasicWithoutSecret);
        assert!(Credentials::basic("Bearer abc").is_none());
        assert!(Credentials::basic("Basic ***").is_none());
    }
}
