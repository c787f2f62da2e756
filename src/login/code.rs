//! The authorization code flow's part of a login: what the browser is sent with, where it ends, and what an
//! answer from there is.

use super::flow::{Flow, Ways};
use super::listener::{self, Listener};
use super::paste::{self, Pasted};
use super::{Plan, metadata};
use crate::error::Result;
use crate::oauth::Client;
use crate::oauth::authorize::{self, AuthorizationRequest};
use crate::oauth::redirect::{self, Expected, Verdict};
use keyfob_base::secret::Secret;

/// The authorization request of one login, and what its answer needs.
pub struct CodeFlow {
    /// For whom it was made.
    pub client: Client,
    /// What was asked.
    pub request: AuthorizationRequest,
    /// Where the browser ends; byte for byte the same for the authorization and the token request.
    pub redirect_uri: String,
    /// What its answer is judged by.
    expected: Expected,
}

/// What was typed, as this flow takes it.
pub enum Said {
    /// An answer to this sign-in.
    Answer(Verdict),
    /// Enter alone.
    Nothing,
    /// No answer, and what to do about that.
    Wrong(String),
}

impl CodeFlow {
    /// Binds the listener where the redirect comes to this machine, and makes the request.
    pub fn begin(plan: &Plan, ways: Ways, client: &Client) -> Result<(Self, Option<Listener>)> {
        let (redirect_uri, listener) = landing(plan, ways)?;
        let request = authorization(plan, client, &redirect_uri);
        let code = Self {
            client: client.clone(),
            expected: Expected {
                state: request.state.clone(),
                issuer: plan.provider.issuer.clone(),
                iss_required: plan.provider.iss_parameter,
            },
            request,
            redirect_uri,
        };
        Ok((code, listener))
    }

    /// What a redirect's query says.
    pub fn judge(&self, query: &str) -> Verdict {
        redirect::judge(query, &self.expected)
    }

    /// What was typed, judged as strictly as a redirect.
    pub fn typed(&self, plan: &Plan, text: &Secret) -> Result<Said> {
        let rule = &plan.provider.redirect;
        let shows_code = rule.shows_code && rule.manual.as_ref() == Some(&self.redirect_uri);
        let began = plan.provider.authorization_endpoint.as_ref();
        let began = began.ok_or_else(metadata::incomplete)?;
        let verdict = match paste::read(text, &self.redirect_uri, began, shows_code) {
            Pasted::Nothing => return Ok(Said::Nothing),
            Pasted::Wrong(what) => return Ok(Said::Wrong(what)),
            Pasted::Code(code) => Verdict::Code(code),
            Pasted::Redirect(query) => self.judge(query.expose()),
            Pasted::Shown(query) => redirect::judge(query.expose(), &self.expected.shown()),
        };
        Ok(match verdict {
            Verdict::NotOurs(why) => Said::Wrong(format!(
                "that answers another sign-in ({why}); open the address above and paste where it ends"
            )),
            Verdict::Malformed(what) => Said::Wrong(format!(
                "that is not the whole address ({what}); copy all of it"
            )),
            verdict => Said::Answer(verdict),
        })
    }
}

/// The redirect URI and the listener there. Where none listens it is the provider's page for pasting, if it
/// has one, else the loopback URI that no page answers.
fn landing(plan: &Plan, ways: Ways) -> Result<(String, Option<Listener>)> {
    let rule = &plan.provider.redirect;
    let path = plan.provider.redirect_path();
    if ways.loopback {
        let listener = Listener::bind(rule, &path, plan.port)?;
        return Ok((listener.redirect_uri().to_owned(), Some(listener)));
    }
    let manual = (plan.flow == Flow::Paste || rule.no_loopback).then_some(rule.manual.as_ref());
    let uri = match manual.flatten() {
        Some(uri) => uri.clone(),
        None => listener::unanswered_uri(rule, &path, plan.port)?,
    };
    Ok((uri, None))
}

/// What is asked, wherever the browser carries it.
fn authorization(plan: &Plan, client: &Client, redirect_uri: &str) -> AuthorizationRequest {
    authorize::request(&authorize::Wish {
        provider: &plan.provider,
        client_id: &client.id,
        redirect_uri,
        scopes: &plan.scopes,
        login_hint: plan.expected.as_ref().and_then(|a| a.username.as_deref()),
        switch: plan.switch,
        resource: &plan.resource,
        audience: plan.audience.as_deref(),
    })
}
