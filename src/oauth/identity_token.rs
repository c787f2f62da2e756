//! Asking a CI system for an identity token of its job: one request with the job's own bearer token, and one
//! member of the JSON answer. No standard has it; GitHub's and Azure's systems both do it so.

use url::Url;

use super::http::Request;
use super::members::needed_secret;
use super::{Http, OauthError};
use keyfob_base::secret::Secret;

#[derive(Debug)]
pub(crate) struct IdentityTokenEndpoint<'a> {
    pub url: &'a Url,
    /// `POST` with no body, else `GET`.
    pub post: bool,
    pub bearer: &'a Secret,
    pub member: &'a str,
}

impl IdentityTokenEndpoint<'_> {
    pub(crate) async fn ask(&self, http: &Http) -> Result<Secret, OauthError> {
        let request = if self.post {
            // Azure takes no request without a type, and answers one it refuses with a redirect unless told.
            Request::post(self.url)
                .header("Content-Type", "application/json")?
                .header("X-TFS-FedAuthRedirect", "Suppress")?
        } else {
            Request::get(self.url)
        };
        let answer = http.send(request.bearer(self.bearer)?).await?;
        if !answer.is_success() {
            return Err(answer.failure());
        }
        needed_secret(&answer.object()?, self.member).map_err(|wrong| {
            answer.invalid(&format!("sent no identity token that can be used: {wrong}"))
        })
    }
}
