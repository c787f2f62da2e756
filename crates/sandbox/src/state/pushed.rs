//! Pushed authorization requests (RFC 9126): each is opened once, soon.

use std::io;

use serde::{Deserialize, Serialize};

use super::State;
use crate::http::Form;
use crate::random::{self, Hash};
use keyfob_base::timestamp::Timestamp;

/// How long a pushed request may be opened, in seconds: the browser is about to (RFC 9126 §2.2).
pub const LIFETIME: u64 = 60;

/// What a `request_uri` made here begins with (RFC 9126 §2.2).
pub const URN: &str = "urn:ietf:params:oauth:request_uri:";

#[derive(Serialize, Deserialize)]
pub(super) struct Pushed {
    pub(super) client: String,
    /// The request's parameters, form-encoded. None of them is a secret.
    parameters: String,
    pub(super) expires_at: Timestamp,
}

impl State {
    /// Keeps a request and gives its `request_uri`.
    pub fn push(&mut self, client: &str, form: &Form, now: Timestamp) -> io::Result<String> {
        let uri = random::value(URN)?.expose().to_owned();
        let pushed = Pushed {
            client: client.into(),
            parameters: form.encode(),
            expires_at: now.plus(LIFETIME),
        };
        self.pushed.insert(Hash::of(&uri), pushed);
        Ok(uri)
    }

    /// Gives the request that this client pushed, once.
    pub fn take_pushed(&mut self, client: &str, request_uri: &str) -> Option<Form> {
        let hash = Hash::of(request_uri);
        self.pushed
            .get(&hash)
            .filter(|pushed| pushed.client == client)?;
        let pushed = self.pushed.remove(&hash)?;
        Some(Form::parse(pushed.parameters.as_bytes()))
    }
}
