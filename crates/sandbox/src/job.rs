//! What a CI system has for its jobs: identity tokens, in the protocol of GitHub Actions, for practising
//! exchanges. Every job is the same one.

use serde_json::json;

use super::http::{Answer, Form, Refusal, Request};
use super::service::Service;
use keyfob_base::timestamp::Timestamp;

/// The path of the endpoint.
pub const PATH: &str = "/identity_token";

/// Who the job is.
pub const SUBJECT: &str = "repo:sandbox/practice:ref:refs/heads/main";

/// How long an identity token lives, in seconds.
const LIFETIME: u64 = 300;

/// Answers GET /identity_token: a token for the `audience` of the query, else for this server. Any bearer
/// token will do, for anybody on the machine can be the job.
pub fn identity_token(
    service: &Service,
    request: &Request,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    if request.bearer().is_none_or(str::is_empty) {
        return Err(Refusal {
            status: 401,
            ..Refusal::new("invalid_token", "the job's bearer token is missing")
        });
    }
    let query = Form::parse(request.query.as_bytes());
    let claims = json!({
        "iss": service.issuer,
        "sub": SUBJECT,
        "aud": query.get("audience").unwrap_or(&service.issuer),
        "iat": now.unix(),
        "exp": now.plus(LIFETIME).unix(),
    });
    let token = service
        .keeper
        .with(now, |state| state.key.sign(&claims))??;
    Ok(Answer::json(200, &json!({"value": token})))
}
