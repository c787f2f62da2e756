//! GitHub's container registry, as far as `docker login` goes: a challenge, and a token of the registry's own
//! in exchange for user and password.

use serde_json::json;

use super::{Kind, State, github, header, unauthorized};
use keyfob_testkit::server::{Reply, Request};

const CHALLENGE: &str = "Bearer realm=\"https://ghcr.io/token\",service=\"ghcr.io\"";

pub fn answer(state: &mut State, request: &Request) -> Option<Reply> {
    match request.path.as_str() {
        "/v2/" if !header(request, "authorization").starts_with("Bearer ") => {
            Some(unauthorized(CHALLENGE))
        }
        "/v2/" => Some(match state.admit(request, "ghcr.io", Kind::Registry) {
            Some(_) => Reply::Json(200, json!({})),
            None => unauthorized(CHALLENGE),
        }),
        "/token" => Some(match state.admit(request, github::HOST, Kind::Access) {
            Some(subject) => {
                let token = state.issue("registry_", "ghcr.io", &subject, Kind::Registry);
                Reply::Json(200, json!({"token": token}))
            }
            None => unauthorized(CHALLENGE),
        }),
        _ => None,
    }
}
