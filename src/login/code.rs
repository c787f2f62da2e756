//! The authorization code flow's part of a login. The address that the browser opens is the whole request, or a
//! reference to one that was pushed (RFC 9126), which is good for a while only.

use tokio::time::{Instant, sleep_until};
use url::Url;

use super::flow::{Flow, Ways};
use super::listener::{self, Listener};
use super::paste::{self, Pasted};
use super::{Plan, Wish, client, metadata};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::oauth::authorize::{self, AuthorizationRequest};
use crate::oauth::redirect::{self, Expected, Verdict};
use crate::oauth::{Client, OauthError, par};
use keyfob_base::secret::Secret;

pub(crate) struct CodeFlow {
    pub client: Client,
    pub request: AuthorizationRequest,
    /// Where the browser ends; byte for byte the same for the authorization and the token request.
    pub redirect_uri: String,
    expected: Expected,
    /// The authorization endpoint, which is no answer.
    began: Url,
}

impl CodeFlow {
    /// Binds the listener where the redirect comes to this machine, and makes the request.
    pub(crate) fn begin(
        plan: &Plan,
        ways: Ways,
        client: &Client,
    ) -> Result<(Self, Option<Listener>)> {
        let Plan { wish, keeping } = plan;
        let (redirect_uri, listener) = choose_landing(wish, ways)?;
        let expected = keeping.expected.as_ref();
        let request = authorize::request(&authorize::AuthorizationWish {
            provider: &wish.provider,
            client_id: &client.id,
            redirect_uri: &redirect_uri,
            scopes: &wish.scopes,
            login_hint: expected.and_then(|account| account.username.as_deref()),
            switch: wish.switch,
            resource: &wish.resource,
            audience: wish.audience.as_deref(),
        });
        let began = wish.provider.authorization_endpoint.clone();
        let code = Self {
            client: client.clone(),
            expected: Expected {
                state: request.state.clone(),
                issuer: wish.provider.issuer.clone(),
                endpoint: began.clone(),
                iss_required: wish.provider.iss_parameter,
            },
            began: began.ok_or_else(metadata::incomplete)?,
            request,
            redirect_uri,
        };
        Ok((code, listener))
    }

    pub(crate) fn judge(&self, query: &str) -> Verdict {
        redirect::judge(query, &self.expected)
    }

    /// What was typed, judged as strictly as a redirect: nothing where that is Enter alone, and an error that says
    /// what to do where it is no answer to this sign-in.
    pub(crate) fn judge_paste(
        &self,
        wish: &Wish,
        text: &Secret,
    ) -> std::result::Result<Option<Verdict>, String> {
        let rule = &wish.provider.redirect;
        let shows_code = rule.shows_code && rule.manual.as_ref() == Some(&self.redirect_uri);
        let verdict = match paste::read(text, &self.redirect_uri, &self.began, shows_code) {
            Pasted::Nothing => return Ok(None),
            Pasted::Wrong(what) => return Err(what),
            Pasted::Code(code) => Verdict::Code(code),
            Pasted::Redirect(query) => self.judge(query.expose()),
            Pasted::Shown(query) => redirect::judge(query.expose(), &self.expected.shown()),
        };
        match verdict {
            Verdict::NotOurs(why) => Err(format!(
                "that answers another sign-in ({why}); open the address above and paste where it ends"
            )),
            Verdict::Malformed(what) => Err(format!(
                "that is not the whole address ({what}); copy all of it"
            )),
            verdict => Ok(Some(verdict)),
        }
    }
}

/// The redirect URI and the listener there. Where none listens it is the provider's page for pasting, if it
/// has one, else the loopback URI that no page answers.
fn choose_landing(wish: &Wish, ways: Ways) -> Result<(String, Option<Listener>)> {
    let rule = &wish.provider.redirect;
    let path = wish.provider.redirect_path();
    if ways.loopback {
        let listener = Listener::bind(rule, &path, wish.port)?;
        return Ok((listener.redirect_uri().to_owned(), Some(listener)));
    }
    let manual = (wish.flow == Flow::Paste || rule.no_loopback).then_some(rule.manual.as_ref());
    let uri = match manual.flatten() {
        Some(uri) => uri.clone(),
        None => listener::unanswered_uri(rule, &path, wish.port)?,
    };
    Ok((uri, None))
}

#[derive(Debug)]
pub(crate) enum AddressEvent {
    /// Nobody can begin with it any more; a browser that has done so goes on.
    Over,
    New,
    Failed(OauthError),
}

#[derive(Debug, Clone, Copy)]
enum Stage {
    Good,
    Until(Instant),
    Over,
    Wanted,
}

pub(crate) struct Address<'a> {
    context: &'a Context,
    wish: &'a Wish,
    code: &'a CodeFlow,
    stage: Stage,
    pub url: Url,
}

impl<'a> Address<'a> {
    /// Pushes the request where the server wants or offers that, unless `unpushed` says why it cannot be.
    pub(crate) async fn of(
        context: &'a Context,
        wish: &'a Wish,
        code: &'a CodeFlow,
        unpushed: Option<&Error>,
    ) -> Result<Self> {
        let mut address = Self {
            context,
            wish,
            code,
            stage: Stage::Good,
            url: code.request.url.clone(),
        };
        let pushed = match unpushed {
            Some(why) => Err(why.clone()),
            None => address
                .push()
                .await
                .map_err(|error| client::request_error(wish, &code.client, "the request", &error)),
        };
        match pushed {
            Err(error) if wish.provider.require_pushed_authorization_requests => Err(error),
            // Some servers take pushes from a few clients only, and the plain request from all.
            Err(error) => {
                (context.term).step(&format!("the request was not pushed: {error}"));
                Ok(address)
            }
            Ok(()) => Ok(address),
        }
    }

    pub(crate) fn hurry(&mut self) {
        if matches!(self.stage, Stage::Over) {
            self.stage = Stage::Wanted;
        }
    }

    /// Goes on until there is something to say. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> AddressEvent {
        match self.stage {
            Stage::Good | Stage::Over => std::future::pending().await,
            Stage::Until(end) => {
                sleep_until(end).await;
                self.stage = Stage::Over;
                AddressEvent::Over
            }
            Stage::Wanted => match self.push().await {
                Ok(()) => AddressEvent::New,
                Err(error) => {
                    self.stage = Stage::Over;
                    AddressEvent::Failed(error)
                }
            },
        }
    }

    async fn push(&mut self) -> std::result::Result<(), OauthError> {
        let Some(endpoint) = &self.wish.provider.pushed_authorization_request_endpoint else {
            return Ok(());
        };
        let pushed = par::push(
            &self.context.http,
            endpoint,
            &self.code.client,
            &self.code.request,
        )
        .await?;
        let lifetime = pushed.expires_in;
        self.stage = lifetime.map_or(Stage::Good, |lives| Stage::Until(Instant::now() + lives));
        self.url = pushed.url;
        Ok(())
    }
}
