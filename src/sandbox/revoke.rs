//! The revocation endpoint (RFC 7009).

use super::authenticate::authenticate;
use super::http::{Answer, Refusal, Request};
use super::service::Service;
use crate::timestamp::Timestamp;

/// Answers POST /revoke. The hint is not needed: a token is looked for among both kinds.
pub fn revoke(service: &Service, request: &Request, now: Timestamp) -> Result<Answer, Refusal> {
    let form = request.form()?;
    service.keeper.with(now, |state| {
        let client = authenticate(state, request, &form)?;
        state.revoke(form.require("token")?, &client)
    })??;
    Ok(Answer {
        status: 200,
        headers: Vec::new(),
        body: String::new(),
    })
}
