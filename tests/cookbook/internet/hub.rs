//! Hugging Face: its authorization server with trusted publishers, the Hub's API, and the router.

use serde_json::{Value, json};

use super::{Kind, State, header, jobs, oauth, plain, unauthorized};
use keyfob_testkit::server::{Reply, Request};

/// Its name.
pub const HOST: &str = "huggingface.co";

/// A file of the model.
const CONFIG: &str = "{\"layers\": 12}\n";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// The model that the job of a trusted publisher may write to.
const MODEL: &str = "acme/model";

pub fn answer(state: &mut State, request: &Request) -> Option<Reply> {
    if state.unavailable {
        return Some(plain(503, ""));
    }
    match request.path.as_str() {
        "/oauth/authorize" => return Some(oauth::authorize(state, request)),
        "/oauth/token" => return Some(token(state, request)),
        _ => {}
    }
    let Some(subject) = state.admit(request, HOST, Kind::Access) else {
        return Some(unauthorized("Bearer realm=\"Hugging Face\""));
    };
    api(request, &subject)
}

fn token(state: &mut State, request: &Request) -> Reply {
    if header(request, "content-type") == "application/json" {
        return exchange(state, &request.json());
    }
    let sent = |name: &str| request.form.get(name).map_or("", String::as_str);
    let mut id_token = None;
    let granted = match sent("grant_type") {
        "authorization_code" => oauth::redeem(state, request).map(|code| {
            id_token = Some(code.id_token("https://huggingface.co", "1001"));
            ("ada".to_owned(), code.scope)
        }),
        "refresh_token" => oauth::spend(state, HOST, sent("refresh_token"))
            .map(|subject| (subject, "openid profile".to_owned())),
        _ => None,
    };
    match granted {
        Some((subject, scope)) => {
            let mut tokens = oauth::tokens(state, HOST, "hf_oauth_", &subject, &scope);
            if let Some(id_token) = id_token {
                tokens["id_token"] = id_token.into();
            }
            Reply::Json(200, tokens)
        }
        None => oauth::refused("invalid_grant"),
    }
}

/// Trusted publishers: a job's identity token for a token of one repository.
fn exchange(state: &mut State, sent: &Value) -> Reply {
    let right = sent["grant_type"] == "urn:ietf:params:oauth:grant-type:token-exchange"
        && sent["subject_token_type"] == "urn:ietf:params:oauth:token-type:id_token"
        && sent["resource"] == MODEL;
    let subject = sent["subject_token"].as_str().unwrap_or_default();
    if !right || !jobs::is_for(state, subject, "https://huggingface.co") {
        return oauth::refused("invalid_grant");
    }
    let token = state.issue("hf_jwt_", HOST, MODEL, Kind::Access);
    Reply::Json(
        200,
        json!({
            "access_token": token,
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "token_type": "bearer",
            "expires_in": 3600,
        }),
    )
}

fn api(request: &Request, subject: &str) -> Option<Reply> {
    let page = request
        .path
        .replace("/api/models/acme/model", "/api/models/M");
    let answer = match (request.method.as_str(), page.as_str()) {
        ("GET", "/oauth/userinfo") => json!({"sub": "1001", "preferred_username": subject}),
        ("GET", "/api/whoami-v2") => whoami(subject),
        ("GET", "/api/models/M" | "/api/models/M/revision/main") => model(),
        ("POST", "/api/repos/create") => json!({"url": "https://huggingface.co/acme/model"}),
        ("POST", "/api/models/M/preupload/main") => preupload(&request.json()),
        ("POST", "/api/models/M/commit/main") => commit(),
        ("HEAD" | "GET", "/acme/model/resolve/main/config.json") => {
            return Some(config(request.method == "HEAD"));
        }
        _ => return None,
    };
    Some(Reply::Json(200, answer))
}

fn whoami(subject: &str) -> Value {
    json!({
        "type": "user", "id": "1001", "name": subject, "fullname": subject, "orgs": [],
        "auth": {"type": "access_token"},
    })
}

fn model() -> Value {
    json!({
        "_id": "1", "id": MODEL, "modelId": MODEL, "sha": COMMIT, "private": false, "tags": [],
        "downloads": 42, "likes": 7, "siblings": [{"rfilename": "config.json"}],
    })
}

/// Every file is small.
fn preupload(sent: &Value) -> Value {
    let files = sent["files"].as_array().expect("files").iter();
    let files = files
        .map(|file| json!({"path": file["path"], "uploadMode": "regular", "shouldIgnore": false}));
    json!({"files": files.collect::<Vec<_>>()})
}

fn commit() -> Value {
    json!({
        "success": true, "commitOid": COMMIT,
        "commitUrl": format!("https://huggingface.co/acme/model/commit/{COMMIT}"),
    })
}

/// The file; its head alone where that is asked for.
fn config(head_alone: bool) -> Reply {
    let body = if head_alone { "" } else { CONFIG };
    Reply::Raw(
        format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\nETag: \"c0ffee\"\r\n\
             X-Repo-Commit: {COMMIT}\r\nContent-Type: text/plain\r\n\r\n{body}",
            CONFIG.len()
        )
        .into_bytes(),
    )
}

/// The router, which speaks as OpenAI does.
pub fn router(state: &mut State, request: &Request) -> Option<Reply> {
    if state.admit(request, HOST, Kind::Access).is_none() {
        return Some(unauthorized("Bearer"));
    }
    if request.path != "/v1/chat/completions" {
        return None;
    }
    let model = request.json()["model"].clone();
    Some(Reply::Json(
        200,
        json!({
            "id": "1", "object": "chat.completion", "created": 1, "model": model,
            "choices": [{
                "index": 0, "finish_reason": "stop",
                "message": {"role": "assistant", "content": "Hello from the router."},
            }],
        }),
    ))
}
