//! The identity tokens of CI jobs: GitHub's service that makes them for its jobs on request, and GitLab, which
//! puts them into a job's variables.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyfob::account::random_id;
use serde_json::{Value, json};

use super::{Internet, Kind, State, lock, unauthorized};
use keyfob_testkit::server::{Reply, Request};

/// Where a job of GitHub Actions asks.
pub const ACTIONS: &str = "run-actions.actions.githubusercontent.com";

impl Internet {
    /// What a job of GitHub Actions with `id-token: write` has in its environment.
    pub fn actions_identity(&self) -> [(&'static str, String); 2] {
        let mut state = lock(&self.state);
        let token = state.issue("ey", ACTIONS, "repo:acme/model", Kind::Request);
        let url = format!("https://{ACTIONS}/idtoken?api-version=2.0");
        [
            ("ACTIONS_ID_TOKEN_REQUEST_URL", url),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", token),
        ]
    }

    /// The identity token of a GitLab job.
    pub fn gitlab_identity(&self, audience: &str) -> String {
        identity(
            &mut lock(&self.state),
            "https://gitlab.com",
            audience,
            "project_path:acme/model",
        )
    }
}

/// Makes an identity token for whatever audience is asked for.
pub fn actions(state: &mut State, request: &Request) -> Option<Reply> {
    let Some(subject) = state.admit(request, ACTIONS, Kind::Request) else {
        return Some(unauthorized("Bearer"));
    };
    let audience = request.query.get("audience")?.clone();
    let issuer = "https://token.actions.githubusercontent.com";
    let token = identity(state, issuer, &audience, &subject);
    (request.path == "/idtoken").then_some(Reply::Json(200, json!({"value": token})))
}

/// A JWT, whose signature is the memory of the hosts: they know which they made.
fn identity(state: &mut State, issuer: &str, audience: &str, subject: &str) -> String {
    let now = keyfob_base::timestamp::Timestamp::now().unix();
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = part(json!({"alg": "RS256", "typ": "JWT"}));
    let claims = part(json!({
        "iss": issuer, "aud": audience, "sub": subject, "iat": now, "exp": now + 300,
        "jti": random_id(),
    }));
    state.issue(
        &format!("{head}.{claims}."),
        ACTIONS,
        audience,
        Kind::Identity,
    )
}

/// Whether this is an identity token for an audience.
pub fn is_for(state: &State, token: &str, audience: &str) -> bool {
    let grant = state.tokens.get(token);
    grant.is_some_and(|grant| grant.kind == Kind::Identity && grant.subject == audience)
}
