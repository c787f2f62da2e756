//! What the authorization servers have in common: codes with PKCE, tokens, refreshes that rotate.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyfob::account::random_id;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use super::{Kind, State};
use keyfob_base::timestamp::Timestamp;
use keyfob_testkit::server::{Reply, Request};

/// A code that waits to be redeemed.
pub struct Code {
    challenge: String,
    redirect_uri: String,
    pub scope: String,
    client_id: String,
    nonce: String,
}

/// Approves at once, as somebody in a browser would.
pub fn authorize(state: &mut State, request: &Request) -> Reply {
    let sent = |name: &str| request.query.get(name).cloned().unwrap_or_default();
    let code = random_id();
    let mut back = Url::parse(&sent("redirect_uri")).expect("a redirect URI");
    back.query_pairs_mut()
        .append_pair("code", &code)
        .append_pair("state", &sent("state"));
    let waiting = Code {
        challenge: sent("code_challenge"),
        redirect_uri: sent("redirect_uri"),
        scope: sent("scope"),
        client_id: sent("client_id"),
        nonce: sent("nonce"),
    };
    state.codes.insert(code, waiting);
    Reply::Redirect(back.into())
}

/// What was allowed with a code, which is spent by this; `None` where it proves nothing.
pub fn redeem(state: &mut State, request: &Request) -> Option<Code> {
    let sent = |name: &str| request.form.get(name).map_or("", String::as_str);
    let code = state.codes.remove(sent("code"))?;
    let proof = URL_SAFE_NO_PAD.encode(Sha256::digest(sent("code_verifier")));
    let good = proof == code.challenge && sent("redirect_uri") == code.redirect_uri;
    good.then_some(code)
}

impl Code {
    /// The id token for `openid`, of an hour.
    pub fn id_token(&self, issuer: &str, subject: &str) -> String {
        let now = Timestamp::now().unix();
        let claims = json!({
            "iss": issuer, "aud": self.client_id, "sub": subject, "nonce": self.nonce, "iat": now, "exp": now + 3600,
        });
        let encode = |part: Value| URL_SAFE_NO_PAD.encode(part.to_string());
        format!(
            "{}.{}.c2ln",
            encode(json!({"alg": "RS256"})),
            encode(claims)
        )
    }
}

/// An access token of an hour, and the refresh token for the next.
pub fn tokens(
    state: &mut State,
    issuer: &'static str,
    prefix: &str,
    subject: &str,
    scope: &str,
) -> Value {
    let refresh_prefix = format!("{prefix}_");
    json!({
        "access_token": state.issue(prefix, issuer, subject, Kind::Access),
        "refresh_token": state.issue(&refresh_prefix, issuer, subject, Kind::Refresh),
        "token_type": "bearer",
        "expires_in": 3600,
        "scope": scope,
    })
}

/// Whose refresh token this is, which is spent by this.
pub fn spend(state: &mut State, issuer: &str, token: &str) -> Option<String> {
    let grant = state.tokens.get(token)?;
    let good = grant.issuer == issuer && grant.kind == Kind::Refresh;
    let subject = good.then(|| grant.subject.clone())?;
    state.tokens.remove(token);
    Some(subject)
}

/// A refusal of the token endpoint.
pub fn refused(error: &str) -> Reply {
    Reply::Json(400, json!({"error": error}))
}
