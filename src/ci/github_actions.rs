//! GitHub Actions: a job that may ask gets an endpoint and a token for it, and names the audience itself.
//! Gitea and Forgejo have the same variables.

use super::endpoint::Endpoint;
use super::environment::Environment;
use super::none;
use crate::context::Context;
use crate::error::Result;
use keyfob_base::secret::Secret;

const ENDPOINT: Endpoint<'_> = Endpoint {
    title: "GitHub Actions",
    url_from: "ACTIONS_ID_TOKEN_REQUEST_URL",
    bearer_from: "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    post: false,
    member: "value",
    hint: "let the job ask for it with `permissions: id-token: write`",
};

/// Asks for a token for the audience.
pub async fn ask(context: &Context, environment: Environment, audience: &str) -> Result<Secret> {
    let url = environment.text(ENDPOINT.url_from);
    let bearer = environment.secret(ENDPOINT.bearer_from);
    let Some((url, bearer)) = url.zip(bearer) else {
        return Err(none(
            "this job of GitHub Actions may not ask for an identity token",
            "write into the workflow, for the job or for all:\n  permissions:\n    id-token: write\n    contents: read\na pull request from a fork gets none all the same",
        ));
    };
    let url = ENDPOINT.url(&url, &[("audience", audience)])?;
    ENDPOINT.ask(context, &url, &bearer).await
}
