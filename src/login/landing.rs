//! Where the browser ends: on the listener of this machine, or where the person copies the address from.

use super::Plan;
use super::flow::{Flow, Ways};
use super::listener::{self, Listener};
use crate::error::Result;

/// The redirect URI, and what waits there.
pub struct Landing {
    /// Byte for byte the same for the authorization and the token request.
    pub uri: String,
    /// The listener, where the redirect may come to this machine.
    pub listener: Option<Listener>,
}

impl Landing {
    /// Binds the listener where the redirect is awaited. Elsewhere it is the provider's page for pasting,
    /// if it has one, else the loopback URI that no page answers.
    pub fn prepare(plan: &Plan, ways: Ways) -> Result<Self> {
        let rule = &plan.provider.redirect;
        let path = plan.provider.redirect_path();
        if ways.loopback {
            let listener = Listener::bind(rule, &path, plan.port)?;
            return Ok(Self {
                uri: listener.redirect_uri().to_owned(),
                listener: Some(listener),
            });
        }
        let manual = (plan.flow == Flow::Paste || rule.no_loopback).then_some(rule.manual.as_ref());
        let uri = match manual.flatten() {
            Some(uri) => uri.clone(),
            None => listener::unanswered_uri(rule, &path, plan.port)?,
        };
        Ok(Self {
            uri,
            listener: None,
        })
    }
}
