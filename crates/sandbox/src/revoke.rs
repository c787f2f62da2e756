//! The revocation endpoint (RFC 7009).

use super::authenticate::authenticate;
use super::http::{Answer, Refusal, Request};
use super::service::Service;
use keyfob_base::timestamp::Timestamp;

/// Answers POST /revoke. The hint is not needed: a token is looked for among both kinds.
pub fn revoke(service: &Service, request: &Request, now: Timestamp) -> Result<Answer, Refusal> {
    let form = request.form()?;
    service.keeper.with(now, |state| {
        let client = authenticate(service, state, request, &form, now)?;
        state.revoke(form.require("token")?, &client)
    })??;
    Ok(Answer::empty(200))
}
