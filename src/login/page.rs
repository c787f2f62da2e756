//! What the browser shows at the end of its way: one plain page for each outcome.
//! The address in the browser's bar holds a code, so a page loads nothing, runs nothing, is not kept and
//! sends no referrer; and it shows nothing that came with the request.

use std::sync::LazyLock;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use hyper::{Response, StatusCode};

use keyfob_base::csp;
use keyfob_base::escape::escape_html;

const NAME_LIMIT: usize = 80;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EndPage {
    /// The tokens are stored. Written last, so that it is true.
    SignedIn {
        provider: String,
        who: String,
        /// What the account is called here, such as `acme/julien`; `None` where none is kept.
        account: Option<String>,
        overtaken: bool,
    },
    /// Nothing is stored before the terminal was told that this is the person there.
    Asked {
        provider: String,
        who: String,
    },
    Refused {
        provider: String,
    },
    Failed {
        provider: String,
    },
    /// The sign-in went away before it was decided.
    Ended,
    BadRequest,
    NotFound,
}

impl EndPage {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::SignedIn { .. } | Self::Asked { .. } => StatusCode::OK,
            Self::Refused { .. } => StatusCode::FORBIDDEN,
            Self::Failed { .. } | Self::Ended => StatusCode::INTERNAL_SERVER_ERROR,
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
        }
    }

    pub(crate) fn response(&self) -> Response<Full<Bytes>> {
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
            Self::SignedIn {
                provider,
                who,
                account,
                overtaken,
            } => signed_in(provider, who, account.as_deref(), *overtaken),
            Self::Asked { provider, who } => render(
                NEUTRAL,
                &format!("Back to the terminal · {}", text(provider)),
                &format!("Are you {} at {}?", name(who), name(provider)),
                &[
                    "The terminal asks whether that is you, for nobody of that name has signed in there before. Nothing is stored until you answer.",
                    "You can close this tab and go back to the terminal.",
                ],
            ),
            Self::Refused { provider } => not_signed_in(
                NEUTRAL,
                provider,
                "The sign-in was refused, and nothing was stored.",
            ),
            Self::Failed { provider } => not_signed_in(
                FAILED,
                provider,
                "The sign-in broke off, and nothing was stored.",
            ),
            Self::Ended => render(
                FAILED,
                "Not signed in",
                "Not signed in",
                &[
                    "The sign-in ended before this page was needed.",
                    "You can close this tab. The terminal says more.",
                ],
            ),
            Self::BadRequest => render(
                NEUTRAL,
                "Not expected",
                "This answer was not expected",
                &[
                    "It may belong to an earlier sign-in. Nothing was stored.",
                    "The terminal still waits: use the page that it opened last, and close this tab.",
                ],
            ),
            Self::NotFound => "<!doctype html><title>Not found</title>Not found\n".into(),
        }
    }
}

fn signed_in(provider: &str, who: &str, account: Option<&str>, overtaken: bool) -> String {
    let kept = match account {
        Some(account) => format!("keyfob keeps it as <code>{}</code>", name(account)),
        None => "It is for one command in the terminal, and keyfob keeps nothing of it.".into(),
    };
    let mut said = vec![&*kept];
    if overtaken {
        said.push(
            "The code on another device was faster; what was allowed in this browser was not used.",
        );
    }
    said.push("You can close this tab and go back to the terminal.");
    render(
        DONE,
        &format!("Signed in to {}", text(provider)),
        &format!("Signed in to {} as {}", name(provider), name(who)),
        &said,
    )
}

fn not_signed_in(sign: Sign, provider: &str, why: &str) -> String {
    render(
        sign,
        &format!("Not signed in to {}", text(provider)),
        &format!("<span>Not signed in</span> to {}", name(provider)),
        &[why, "You can close this tab. The terminal says more."],
    )
}

static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    HeaderValue::try_from(csp::only_style(STYLE) + "; form-action 'none'")
        .expect("base64 and ASCII words are a header value")
});

const STYLE: &str = include_str!("page.css");

/// What is seen before anything is read: the class that colours it, and its path.
type Sign = (&'static str, &'static str);

const DONE: Sign = ("done", "m15 24.5 6.5 6.5L33.5 18");
const FAILED: Sign = ("failed", CROSS);
const NEUTRAL: Sign = ("neutral", CROSS);
const CROSS: &str = "m17.5 17.5 13 13m0-13-13 13";

/// Puts a page together. `title`, `heading` and what is `said` are HTML.
fn render((class, path): Sign, title: &str, heading: &str, said: &[&str]) -> String {
    let said = said.join("</p>\n<p>");
    format!(
        include_str!("page.html"),
        title = title,
        style = STYLE,
        class = class,
        path = path,
        heading = heading,
        said = said,
    )
}

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

    fn signed_in_by(provider: &str, who: &str, overtaken: bool) -> EndPage {
        EndPage::SignedIn {
            provider: provider.into(),
            who: who.into(),
            account: Some("huggingface/work".into()),
            overtaken,
        }
    }

    fn unhappy() -> [EndPage; 4] {
        let provider = || "Hugging Face".to_owned();
        let (refused, failed) = (provider(), provider());
        [
            EndPage::Refused { provider: refused },
            EndPage::Failed { provider: failed },
            EndPage::Ended,
            EndPage::BadRequest,
        ]
    }

    #[test]
    fn success_names_provider_person_and_account() {
        let html = signed_in_by("Hugging Face", "julien", false).html();
        assert!(
            html.contains("Signed in to <bdi>Hugging Face</bdi> as <bdi>julien</bdi>"),
            "{html}"
        );
        assert!(
            html.contains("<code><bdi>huggingface/work</bdi></code>"),
            "{html}"
        );
        assert!(html.contains("You can close this tab and go back to the terminal."));
        assert!(!html.contains("not used"), "{html}");
    }

    #[test]
    fn a_browser_that_was_overtaken_is_told() {
        let html = signed_in_by("Hugging Face", "julien", true).html();
        assert!(
            html.contains("what was allowed in this browser was not used"),
            "{html}"
        );
    }

    #[test]
    fn only_success_claims_success_and_the_others_say_where_to_read_on() {
        for page in unhappy() {
            let html = page.html();
            assert!(!html.contains("Signed in"), "{page:?}");
            assert!(html.contains("terminal"), "{page:?}");
            assert!(page.status().is_client_error() || page.status().is_server_error());
            let stored_nothing = html.to_lowercase().contains("nothing was stored");
            assert_eq!(stored_nothing, page != EndPage::Ended, "{page:?}");
        }
        assert_eq!(signed_in_by("a", "b", false).status(), StatusCode::OK);
    }

    #[test]
    fn every_page_keeps_its_address_to_itself() {
        let others = [signed_in_by("a", "b", true), EndPage::NotFound];
        for page in unhappy().into_iter().chain(others) {
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
        let html = signed_in_by(&hostile, &hostile, false).html();
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
