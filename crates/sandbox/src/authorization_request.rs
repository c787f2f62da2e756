//! The authorization request as it was read: who asks, for what, and where the answer goes
//! (RFC 6749 §4.1.1, RFC 7636 §4.3).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;

use crate::client::KnownClient;
use crate::http::{Parameters, Refusal, Response};
use crate::people::{self, Person};
use crate::random::Hash;
use crate::scope;
use crate::service::Call;
use crate::store::{Authorization, TokenGrant};
use keyfob_base::timestamp::Timestamp;

#[derive(Debug, Clone)]
pub(crate) struct RedirectTarget {
    pub(crate) client: KnownClient,
    pub(crate) redirect_uri: Url,
    /// The same as it was sent, byte for byte.
    pub(crate) sent: String,
    state: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct AuthorizationRequest {
    pub(crate) target: RedirectTarget,
    pub(crate) scope: Vec<String>,
    pub(crate) audience: Vec<String>,
    pub(crate) hint: Option<&'static Person>,
    pub(crate) challenge: String,
    pub(crate) nonce: Option<String>,
    /// `prompt=none`: no page may be shown.
    pub(crate) silent: bool,
    /// `prompt=select_account`: nobody is chosen beforehand.
    pub(crate) selects: bool,
}

impl RedirectTarget {
    pub(crate) fn find(call: &Call, form: &Parameters) -> Result<Self, Refusal> {
        if form.repeats("client_id") || form.repeats("redirect_uri") {
            return Err(Refusal::invalid_request("a parameter is repeated"));
        }
        let id = form.require("client_id")?;
        let unknown = Refusal::invalid_client("no such client is registered here");
        let client = call.client(id)?.ok_or(unknown)?;
        let sent = form.require("redirect_uri")?;
        let redirect_uri = Url::parse(sent)
            .ok()
            .filter(|uri| client.accepts(uri))
            .ok_or(Refusal::invalid_request(
                "`redirect_uri` is not registered for this client",
            ))?;
        Ok(Self {
            client,
            redirect_uri,
            sent: sent.into(),
            state: form
                .get("state")
                .filter(|_| !form.repeats("state"))
                .map(String::from),
        })
    }

    pub(crate) fn answer(&self, issuer: &str, parameters: &[(&str, &str)]) -> Response {
        let mut to = self.redirect_uri.clone();
        let mut query = to.query_pairs_mut();
        query.extend_pairs(parameters);
        if let Some(state) = &self.state {
            query.append_pair("state", state);
        }
        query.append_pair("iss", issuer);
        drop(query);
        Response::redirect(&to)
    }

    pub(crate) fn refuse(&self, issuer: &str, refusal: &Refusal) -> Response {
        let description = refusal.description.as_ref();
        let error = [("error", refusal.error), ("error_description", description)];
        self.answer(issuer, &error)
    }
}

impl AuthorizationRequest {
    pub(crate) fn read(target: RedirectTarget, form: &Parameters) -> Result<Self, Refusal> {
        if form.has_repeated() {
            return Err(Refusal::invalid_request("a parameter is repeated"));
        }
        // OIDC Core §6: these are named when they are not understood.
        for (name, error) in [
            ("request", "request_not_supported"),
            ("request_uri", "request_uri_not_supported"),
        ] {
            if form.get(name).is_some() {
                return Err(Refusal::new(error, format!("`{name}` is not supported")));
            }
        }
        if form.require("response_type")? != "code" {
            return Err(Refusal::new(
                "unsupported_response_type",
                "only `code` is answered",
            ));
        }
        if form.get("response_mode").unwrap_or("query") != "query" {
            return Err(Refusal::invalid_request(
                "only the response mode `query` is answered",
            ));
        }
        let prompts: Vec<&str> = form.get("prompt").unwrap_or_default().split(' ').collect();
        let silent = prompts.contains(&"none");
        if silent && prompts.len() > 1 {
            return Err(Refusal::invalid_request("`prompt=none` stands alone"));
        }
        Ok(Self {
            challenge: challenge(form)?,
            scope: scope::read_scope(form.get("scope"))?,
            audience: scope::read_audience(form)?,
            nonce: form.get("nonce").map(String::from),
            hint: form.get("login_hint").and_then(people::find),
            silent,
            selects: prompts.contains(&"select_account"),
            target,
        })
    }

    pub(crate) fn authorize(&self, person: &Person, now: Timestamp) -> Authorization {
        let target = &self.target;
        Authorization {
            grant: TokenGrant {
                client: target.client.id.clone(),
                subject: person.sub.into(),
                scope: self.scope.clone(),
                auth_time: now,
                audience: self.audience.clone(),
                redirect_uri: Some(target.sent.clone()),
            },
            redirect_uri: target.sent.clone(),
            challenge: self.challenge.clone(),
            nonce: self.nonce.clone(),
            state: target.state.as_deref().map(Hash::of),
        }
    }
}

/// Reads the PKCE challenge. An absent method would mean `plain` (RFC 7636 §4.3), which nobody may use.
fn challenge(form: &Parameters) -> Result<String, Refusal> {
    let challenge = form.get("code_challenge").ok_or(Refusal::invalid_request(
        "PKCE is required: `code_challenge` is missing",
    ))?;
    if form.get("code_challenge_method") != Some("S256") {
        return Err(Refusal::invalid_request(
            "`code_challenge_method` must be S256",
        ));
    }
    let digest = URL_SAFE_NO_PAD.decode(challenge).unwrap_or_default();
    if digest.len() != 32 {
        return Err(Refusal::invalid_request(
            "`code_challenge` is no SHA-256 in base64url",
        ));
    }
    Ok(challenge.into())
}
