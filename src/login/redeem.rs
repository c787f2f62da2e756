//! From the answer to an account: exchange, identity, persist.

use std::sync::Arc;

use super::code::CodeFlow;
use super::persist::{self, SignInGrant};
use super::wait::WaitOutcome;
use super::{Plan, SignedIn, client, consent, identity};
use crate::context::Context;
use crate::error::Result;
use crate::oauth::Client;
use crate::oauth::redirect::Verdict;
use crate::token_set::TokenSet;
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

/// What an answer needs to become an account.
pub(crate) struct Redemption<'a> {
    /// The login's means.
    pub context: &'a Context,
    /// What was asked of it.
    pub plan: &'a Arc<Plan>,
    /// What the browser was sent with.
    pub code: Option<&'a CodeFlow>,
    /// The client of the device flow.
    pub device: Option<&'a Client>,
}

impl Redemption<'_> {
    /// Makes an account of the answer, or says why there is none.
    pub(crate) async fn of(&self, finish: &WaitOutcome) -> Result<SignedIn> {
        match finish {
            WaitOutcome::Redirect(browser) => self.answered(&browser.verdict).await,
            WaitOutcome::Paste(verdict) => self.answered(verdict).await,
            WaitOutcome::Device { tokens, .. } => {
                let client = self.device;
                let client = client.expect("only its own client is granted anything");
                self.account(TokenSet::clone(tokens), client, None, None)
                    .await
            }
            WaitOutcome::Denied(response) => Err(consent::refused(&self.plan.wish, response)),
        }
    }

    async fn answered(&self, verdict: &Verdict) -> Result<SignedIn> {
        let flow = self.code;
        let flow = flow.expect("only an authorization request is answered");
        let code = consent::code(&self.plan.wish, verdict)?;
        let exchange = self.exchange(code, flow);
        let tokens = self
            .plan
            .noting(self.context, &flow.client, exchange)
            .await?;
        let (redirect_uri, nonce) = (&*flow.redirect_uri, flow.request.nonce.as_ref());
        self.account(tokens, &flow.client, Some(redirect_uri), nonce)
            .await
    }

    async fn exchange(&self, code: &Secret, flow: &CodeFlow) -> Result<TokenSet> {
        let (client, request) = (&flow.client, &flow.request);
        let endpoint = self.plan.wish.token_endpoint(client)?;
        let exchange = endpoint.exchange(
            &self.context.http,
            code,
            &request.verifier,
            &flow.redirect_uri,
            Some(&request.state),
            Timestamp::now(),
        );
        exchange
            .await
            .map_err(|error| client::failed(&self.plan.wish, client, "the code", &error))
    }

    /// Who signed in, and the place in the vault.
    ///
    /// Tokens that find no place are dropped and not revoked: many servers revoke the whole grant of that
    /// person to this client with them, and so the tokens of an account that stays.
    async fn account(
        &self,
        tokens: TokenSet,
        client: &Client,
        redirect_uri: Option<&str>,
        nonce: Option<&Secret>,
    ) -> Result<SignedIn> {
        let placed = async {
            let who = identity::who(self.context, self.plan, client, &tokens, nonce).await?;
            let grant = SignInGrant {
                client: client.clone(),
                redirect_uri: redirect_uri.map(str::to_owned),
                who,
                tokens,
            };
            persist::persist(self.context, self.plan, grant).await
        };
        let outcome = placed.await;
        if outcome.is_err() && !self.plan.keeping.ephemeral {
            let page = self.plan.wish.provider.revocation.page.as_ref();
            let by_hand = page.map_or_else(String::new, |page| format!("; {page} ends them"));
            self.context.term.warn(&format!(
                "the new tokens were dropped, and not revoked, which could end other sign-ins of the same person{by_hand}"
            ));
        }
        outcome
    }
}
