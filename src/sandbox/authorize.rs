//! The authorization endpoint and the consent that follows (RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 9207).
//!
//! Nothing is redirected before client and redirect URI are known to belong together: until then an
//! error is a page (RFC 6749 §4.1.2.1). From then on it goes back to the client.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;

use super::client::Client;
use super::http::{Answer, Form, Refusal, Request};
use super::page;
use super::people::{self, Person};
use super::scope;
use super::server::Service;
use super::state::{Authorization, Grant};
use crate::timestamp::Timestamp;

/// Where the answer goes.
#[derive(Debug, Clone)]
pub struct Target {
    pub client: Client,
    /// What is redirected to.
    pub redirect_uri: Url,
    /// The same as it was sent, byte for byte.
    sent: String,
    state: Option<String>,
}

/// A request that can be granted.
#[derive(Debug, Clone)]
pub struct Asked {
    pub target: Target,
    pub scope: Vec<String>,
    /// Whom `login_hint` means.
    pub hint: Option<&'static Person>,
    challenge: String,
    nonce: Option<String>,
    /// `prompt=none`: no page may be shown.
    silent: bool,
}

/// Answers GET /authorize: with the consent page, or at once where somebody approves by themselves.
pub fn authorize(service: &Service, request: &Request, now: Timestamp) -> Answer {
    let form = Form::parse(request.query.as_bytes());
    let target = match Target::find(service, &form, now) {
        Ok(target) => target,
        Err(refusal) => return page::error(&refusal),
    };
    let asked = match Asked::read(target.clone(), &form) {
        Ok(asked) => asked,
        Err(refusal) => return target.refuse(service, &refusal),
    };
    if let Some(person) = service.approve {
        return grant(service, asked, person, now);
    }
    if asked.silent {
        let refusal = Refusal::new("login_required", "nobody is signed in");
        return target.refuse(service, &refusal);
    }
    match service.pending.put(asked.clone(), now) {
        Ok(id) => page::consent(&asked, &id),
        Err(error) => target.refuse(service, &error.into()),
    }
}

/// Answers POST /consent: what the person chose.
pub fn consent(service: &Service, request: &Request, now: Timestamp) -> Answer {
    match choice(service, request, now) {
        Ok((asked, Some(person))) => grant(service, asked, person, now),
        Ok((asked, None)) => {
            let refusal = Refusal::new("access_denied", "the person said no");
            asked.target.refuse(service, &refusal)
        }
        Err(refusal) => page::error(&refusal),
    }
}

/// Reads a choice: the request it is about, and who allows it, or nobody.
fn choice(
    service: &Service,
    request: &Request,
    now: Timestamp,
) -> Result<(Asked, Option<&'static Person>), Refusal> {
    let form = request.form()?;
    let person = match form.require("answer")? {
        "deny" => None,
        "allow" => Some(
            people::find(form.require("person")?)
                .ok_or(Refusal::invalid_request("nobody of that name lives here"))?,
        ),
        _ => return Err(Refusal::invalid_request("`answer` is allow or deny")),
    };
    let asked = service.pending.take(form.require("request")?, now).ok_or(
        Refusal::invalid_request(
            "this page was answered before or is too old; go back to the program and sign in again",
        ),
    )?;
    Ok((asked, person))
}

/// Makes a code and sends the browser back with it.
fn grant(service: &Service, asked: Asked, person: &Person, now: Timestamp) -> Answer {
    let target = asked.target;
    let authorization = Authorization {
        grant: Grant {
            client: target.client.id.clone(),
            subject: person.sub.into(),
            scope: asked.scope,
            auth_time: now,
        },
        redirect_uri: target.sent.clone(),
        challenge: asked.challenge,
        nonce: asked.nonce,
    };
    let code = service
        .keeper
        .with(now, |state| state.issue_code(authorization, now));
    match code.and_then(|code| code) {
        Ok(code) => target.answer(service, &[("code", code.expose())]),
        Err(error) => target.refuse(service, &error.into()),
    }
}

impl Target {
    /// Finds out whom the answer is for.
    fn find(service: &Service, form: &Form, now: Timestamp) -> Result<Self, Refusal> {
        if form.repeats("client_id") || form.repeats("redirect_uri") {
            return Err(Refusal::invalid_request("a parameter is repeated"));
        }
        let id = form.require("client_id")?;
        let client = service
            .keeper
            .with(now, |state| Client::find(state, id))?
            .ok_or(Refusal::invalid_client("no such client is registered here"))?;
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

    /// Sends the browser back with parameters, `state` and `iss`.
    fn answer(&self, service: &Service, parameters: &[(&str, &str)]) -> Answer {
        let mut to = self.redirect_uri.clone();
        let mut query = to.query_pairs_mut();
        query.extend_pairs(parameters);
        if let Some(state) = &self.state {
            query.append_pair("state", state);
        }
        query.append_pair("iss", &service.issuer);
        drop(query);
        Answer::redirect(&to)
    }

    fn refuse(&self, service: &Service, refusal: &Refusal) -> Answer {
        let description = refusal.description.as_ref();
        let error = [("error", refusal.error), ("error_description", description)];
        self.answer(service, &error)
    }
}

impl Asked {
    /// Reads what is asked, refusing what cannot be granted.
    fn read(target: Target, form: &Form) -> Result<Self, Refusal> {
        if form.repeated() {
            return Err(Refusal::invalid_request("a parameter is repeated"));
        }
        // OIDC Core §6: these are named when they are not understood.
        if form.get("request").is_some() {
            return Err(Refusal::new(
                "request_not_supported",
                "`request` is not supported",
            ));
        }
        if form.get("request_uri").is_some() {
            return Err(Refusal::new(
                "request_uri_not_supported",
                "`request_uri` is not supported",
            ));
        }
        if form.require("response_type")? != "code" {
            return Err(Refusal::new(
                "unsupported_response_type",
                "only `code` is answered",
            ));
        }
        if form
            .get("response_mode")
            .is_some_and(|mode| mode != "query")
        {
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
            scope: scope::requested(form.get("scope"))?,
            nonce: form.get("nonce").map(String::from),
            hint: form.get("login_hint").and_then(people::find),
            silent,
            target,
        })
    }
}

/// Reads the PKCE challenge. An absent method would mean `plain` (RFC 7636 §4.3), which nobody may use.
fn challenge(form: &Form) -> Result<String, Refusal> {
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

#[cfg(test)]
mod tests;
