//! GitHub: its authorization server, its API, and git over https.

use serde_json::json;

use super::{Kind, State, oauth, unauthorized};
use keyfob_testkit::server::{Reply, Request};

/// Its name.
pub const HOST: &str = "github.com";

pub fn answer(state: &mut State, request: &Request) -> Option<Reply> {
    match request.path.as_str() {
        "/login/oauth/authorize" => return Some(oauth::authorize(state, request)),
        "/login/oauth/access_token" => return Some(token(state, request)),
        _ => {}
    }
    if !request.path.starts_with("/acme/model.git/") {
        return None;
    }
    match state.admit(request, HOST, Kind::Access) {
        Some(subject) => Some(state.repositories.answer(request, &subject)),
        None => Some(unauthorized("Basic realm=\"GitHub\"")),
    }
}

/// Tokens of an OAuth App, which do not end; errors come with 200.
fn token(state: &mut State, request: &Request) -> Reply {
    let secret = request.form.get("client_secret");
    let Some(code) = oauth::redeem(state, request).filter(|_| secret.is_some()) else {
        return Reply::Json(200, json!({"error": "bad_verification_code"}));
    };
    let token = state.issue("gho_", HOST, "ada", Kind::Access);
    let scope = code.scope.replace(' ', ",");
    let answer = json!({"access_token": token, "token_type": "bearer", "scope": scope});
    Reply::Json(200, answer)
}

pub fn api(state: &mut State, request: &Request) -> Option<Reply> {
    let Some(subject) = state.admit(request, HOST, Kind::Access) else {
        return Some(unauthorized("Bearer"));
    };
    let user = json!({"id": 2002, "login": subject});
    (request.path == "/user").then_some(Reply::Json(200, user))
}
