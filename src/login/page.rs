//! What the browser shows at the end of its way: one plain page for each outcome.
//!
//! The address in the browser's bar holds a code, so a page loads nothing, runs nothing, is not kept and
//! sends no referrer; and it shows nothing that came with the request.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use hyper::{Response, StatusCode};
use sha2::{Digest, Sha256};

use crate::escape::escape_html;

/// The longest name that is shown whole, in characters.
const NAME_LIMIT: usize = 80;

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// The tokens are stored. Written last, so that it is true.
    SignedIn {
        /// The provider's title.
        provider: String,
        /// The account's name or username.
        account: String,
    },
    /// The person or the server said no; nothing was stored.
    Refused,
    /// The sign-in broke off; nothing was stored.
    Failed,
    /// A redirect that is not the one waited for.
    BadRequest,
    /// Anything else that a browser asks for.
    NotFound,
}

impl Page {
    /// The page of a sign-in that is complete: the provider's title and the account's name.
    pub fn signed_in(provider: impl Into<String>, account: impl Into<String>) -> Self {
        Self::SignedIn {
            provider: provider.into(),
            account: account.into(),
        }
    }

    /// The HTTP status that goes with it.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::SignedIn { .. } => StatusCode::OK,
            Self::Refused => StatusCode::FORBIDDEN,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
        }
    }

    /// The whole HTTP answer.
    pub fn response(&self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::from(self.html()));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        );
        headers.insert(CONTENT_SECURITY_POLICY, POLICY.clone());
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        response
    }

    fn html(&self) -> String {
        match self {
            Self::SignedIn { provider, account } => render(
                "done",
                TICK,
                &format!("Signed in to {}", text(provider)),
                &format!("Signed in to {} as {}", name(provider), name(account)),
                "You can close this window and go back to the terminal.",
            ),
            Self::Refused => render(
                "",
                CROSS,
                "Not signed in",
                "Not signed in",
                "The sign-in was refused, and nothing was stored. The terminal says more.",
            ),
            Self::Failed => render(
                "",
                CROSS,
                "Not signed in",
                "Not signed in",
                "The sign-in could not be completed, and nothing was stored. The terminal says why.",
            ),
            Self::BadRequest => render(
                "",
                CROSS,
                "Not expected",
                "This answer was not expected",
                "It may belong to an earlier sign-in. Nothing was stored, and the terminal still waits: \
                 use the page it opened last.",
            ),
            Self::NotFound => "<!doctype html><title>Not found</title>Not found\n".into(),
        }
    }
}

/// The style is the one thing a page may use, named by its hash.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    HeaderValue::try_from(format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    ))
    .expect("base64 and ASCII words are a header value")
});

/// Puts a page together. `title`, `heading` and `paragraph` are HTML.
fn render(class: &str, sign: &str, title: &str, heading: &str, paragraph: &str) -> String {
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title} · keyfob</title>
<style>{STYLE}</style>
</head>
<body>
<main class="{class}">
<svg viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="23"/><path d="{sign}"/></svg>
<h1>{heading}</h1>
<p>{paragraph}</p>
</main>
<footer>keyfob</footer>
</body>
</html>
"#
    )
}

const TICK: &str = "m15 24.5 6.5 6.5L33.5 18";
const CROSS: &str = "m17.5 17.5 13 13m0-13-13 13";

const STYLE: &str = "
:root { color-scheme: light dark; --page: #f6f6f4; --card: #fff; --edge: #e3e3df; --text: #1c1c1a; --soft: #5c5c57; --sign: #a3402a; --wash: #f9ece8 }
.done { --sign: #1f7a4d; --wash: #e6f3ec }
@media (prefers-color-scheme: dark) {
  :root { --page: #161615; --card: #201f1e; --edge: #343331; --text: #f1f0ed; --soft: #b0aea8; --sign: #f0937c; --wash: #3a2621 }
  .done { --sign: #6fd3a0; --wash: #1d3428 }
}
* { box-sizing: border-box }
html { font: 100%/1.5 system-ui, sans-serif; background: var(--page); color: var(--text) }
body { min-height: 100vh; min-height: 100dvh; margin: 0; padding: 1.5rem; display: grid; grid-template-rows: 1fr auto 1.3fr; justify-items: center; gap: 1.25rem }
main { grid-row: 2; width: 100%; max-width: 27rem; padding: 2.5rem 2rem; background: var(--card); border: 1px solid var(--edge); border-radius: 1rem; text-align: center }
svg { display: block; width: 3rem; height: 3rem; margin: 0 auto 1.5rem; fill: none; stroke: var(--sign); stroke-width: 3; stroke-linecap: round; stroke-linejoin: round }
circle { fill: var(--wash); stroke: none }
bdi { display: inline-block; max-width: 100% }
h1 { margin: 0 0 .75rem; font-size: 1.375rem; line-height: 1.3; font-weight: 600; text-wrap: balance; overflow-wrap: anywhere }
p { margin: 0; color: var(--soft); text-wrap: balance }
footer { grid-row: 3; font-size: .875rem; letter-spacing: .04em; color: var(--soft) }
";

/// A string from elsewhere as HTML text: cut, harmless, and nothing in it markup.
fn text(from_elsewhere: &str) -> String {
    escape_html(from_elsewhere, NAME_LIMIT)
}

/// A name inside a sentence, kept from reordering it.
fn name(from_elsewhere: &str) -> String {
    format!("<bdi>{}</bdi>", text(from_elsewhere))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> [Page; 5] {
        [
            Page::signed_in("Hugging Face", "julien"),
            Page::Refused,
            Page::Failed,
            Page::BadRequest,
            Page::NotFound,
        ]
    }

    #[test]
    fn success_names_provider_and_account() {
        let html = Page::signed_in("Hugging Face", "julien").html();
        assert!(
            html.contains("Signed in to <bdi>Hugging Face</bdi> as <bdi>julien</bdi>"),
            "{html}"
        );
        assert!(html.contains("You can close this window and go back to the terminal."));
    }

    #[test]
    fn only_success_claims_success_and_failures_say_that_nothing_was_stored() {
        for page in [Page::Refused, Page::Failed, Page::BadRequest] {
            let html = page.html();
            assert!(!html.contains("Signed in"), "{page:?}");
            assert!(
                html.to_lowercase().contains("nothing was stored"),
                "{page:?}"
            );
            assert!(html.contains("terminal"), "{page:?}");
            assert!(page.status().is_client_error() || page.status().is_server_error());
        }
        assert_eq!(Page::signed_in("a", "b").status(), StatusCode::OK);
    }

    #[test]
    fn every_page_keeps_its_address_to_itself() {
        for page in all() {
            let response = page.response();
            let header = |name: &str| response.headers()[name].to_str().unwrap();
            assert!(
                header("content-security-policy")
                    .starts_with("default-src 'none'; style-src 'sha256-")
            );
            assert_eq!(header("cache-control"), "no-store");
            assert_eq!(header("referrer-policy"), "no-referrer");
            assert_eq!(header("x-content-type-options"), "nosniff");
            assert_eq!(header("x-frame-options"), "DENY");
            let html = page.html();
            for foreign in ["<script", "http://", "https://", "src=", "href=", "style="] {
                assert!(!html.contains(foreign), "{page:?}: {foreign}");
            }
        }
    }

    #[test]
    fn a_hostile_name_is_text_and_short() {
        let hostile = format!("<script>&\"'\u{202e}\u{1b}{}", "x".repeat(1 << 20));
        let html = Page::signed_in(hostile.clone(), hostile).html();
        assert!(!html.contains("<script"));
        assert!(!html.contains(['\u{202e}', '\u{1b}']));
        assert!(html.contains("&lt;script&gt;&amp;&quot;&#39;\\u{202e}\\u{1b}"));
        assert!(html.len() < 8 * 1024, "{} bytes", html.len());
    }

    #[test]
    fn a_name_from_right_to_left_is_kept_apart() {
        assert_eq!(name("שלום"), "<bdi>שלום</bdi>");
    }
}
