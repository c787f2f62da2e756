//! What was pasted: the address that the browser ended on, or what a provider's page showed instead.
//! Only where an answer belongs is judged here; whether it is one to this sign-in, and what it says, is
//! judged as if the listener had received it.

use secrecy::zeroize::Zeroizing;
use url::{Url, form_urlencoded};

use crate::term::entry::LONGEST;
use keyfob_base::escape::is_unsafe;
use keyfob_base::secret::Secret;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pasted {
    /// The query string of a redirect, to be judged as one that the listener received.
    Redirect(Secret),
    /// The same from `CODE#STATE` of a provider's page, which has no room for the issuer (RFC 9207).
    Shown(Secret),
    /// A bare code, from a provider whose page shows one.
    Code(Secret),
    Nothing,
    /// None of these; what is wrong with it and what to paste, in one sentence that holds nothing of it.
    Wrong(String),
}

/// Reads a pasted text: the whole address, its query, `CODE#STATE`, or where `shows_code` the code alone.
/// `redirect_uri` is what the browser was sent to end on, `authorization_endpoint` where it began.
/// Blanks, quotes and `<>` round it and line breaks within come from copying and are no part of it, and the
/// address may lack its beginning, which browsers hide. Its host is compared as it is: `localhost` is not
/// `127.0.0.1` here, for a server sends the browser to the redirect URI and nowhere else.
pub(crate) fn read(
    text: &Secret,
    redirect_uri: &str,
    authorization_endpoint: &Url,
    shows_code: bool,
) -> Pasted {
    let text = join_lines(text.expose());
    if text.is_empty() {
        return Pasted::Nothing;
    }
    if text.len() > LONGEST {
        return Pasted::Wrong(too_long());
    }
    let place = Landing {
        end: before_query(redirect_uri),
        authorization_endpoint,
        shows_code,
    };
    let read = place.read(&text);
    read.unwrap_or_else(|wrong| Pasted::Wrong(format!("{}; {}", wrong.words(), place.advise())))
}

pub(crate) fn too_long() -> String {
    format!("that is longer than {LONGEST} bytes, as no answer is; paste the address alone")
}

/// The text without what came by copying; where a line was broken, the next may be indented.
fn join_lines(text: &str) -> Zeroizing<String> {
    let mut joined = Zeroizing::new(String::with_capacity(text.len()));
    for line in text.lines() {
        joined.push_str(line.trim());
    }
    let round = |c: char| c.is_whitespace() || is_unsafe(c) || "\"'`<>“”‘’«»".contains(c);
    Zeroizing::new(joined.trim_matches(round).to_owned())
}

#[derive(Debug, Clone, Copy)]
enum Wrong {
    Began,
    Underway,
    OtherSite,
    NoCode,
    CutOff,
    Blanks,
    Token,
    Fragment,
    BareCode,
    Unknown,
}

impl Wrong {
    fn words(self) -> &'static str {
        match self {
            Self::Began => "that is the address where the sign-in began, not where it ended",
            Self::Underway => "that is a page on the way, and the sign-in is not at its end there",
            Self::OtherSite => "that is the address of something else than this sign-in's end",
            Self::NoCode => "there is no code in that",
            Self::CutOff => "that looks cut off",
            Self::Blanks => "there are blanks in that, as if more than one thing was copied",
            Self::Token => "that is a token and not a code, and nothing of it was used",
            Self::Fragment => {
                "the answer in that stands behind a `#`, which is a way to answer that keyfob never asks for"
            }
            Self::BareCode => "a code alone does not show that it belongs to this sign-in",
            Self::Unknown => "that is neither an address nor a code",
        }
    }
}

struct Landing<'a> {
    /// The redirect URI without a query.
    end: &'a str,
    authorization_endpoint: &'a Url,
    shows_code: bool,
}

impl Landing<'_> {
    /// What to paste instead. The redirect URI is no secret.
    fn advise(&self) -> String {
        if self.shows_code {
            "paste what the page at the end shows, or its whole address".into()
        } else {
            let end = self.end;
            format!("paste the whole address that begins with `{end}`")
        }
    }

    fn read(&self, text: &str) -> Result<Pasted, Wrong> {
        if is_token_answer(text) {
            return Err(Wrong::Token);
        }
        if text.contains(char::is_whitespace) {
            return Err(Wrong::Blanks);
        }
        if text.contains('…') || text.ends_with("...") {
            return Err(Wrong::CutOff);
        }
        if self.is_address(text) {
            let url = Url::parse(text).map_err(|_| Wrong::Unknown)?;
            return self.read_address(&url);
        }
        let (rest, fragment) = split(text, '#');
        let (head, query) = split(rest, '?');
        if self.end.ends_with(head) && (query.is_some() || !head.is_empty()) {
            return read_answer(query.unwrap_or_default(), fragment.unwrap_or_default());
        }
        if query.is_some() {
            return Err(Wrong::OtherSite);
        }
        if head.is_empty() || holds_answer(head) {
            return read_answer(head, fragment.unwrap_or_default());
        }
        self.read_shown(head, fragment)
    }

    /// Whether a text begins like an address. A host with a port alone would be taken for a scheme.
    fn is_address(&self, text: &str) -> bool {
        let (head, _) = split(before_query(text), '#');
        let scheme = self.end.split_inclusive(':').next().unwrap_or_default();
        head.contains("://") || head.starts_with(scheme)
    }

    fn read_address(&self, url: &Url) -> Result<Pasted, Wrong> {
        let began = self.authorization_endpoint;
        if Url::parse(self.end).is_ok_and(|end| is_same_place(url, &end)) {
            let fragment = url.fragment().unwrap_or_default();
            read_answer(url.query().unwrap_or_default(), fragment)
        } else if is_same_place(url, began) || is_request(url) {
            Err(Wrong::Began)
        } else if url.origin() == began.origin() {
            Err(Wrong::Underway)
        } else {
            Err(Wrong::OtherSite)
        }
    }

    /// `CODE#STATE`, or the code alone.
    fn read_shown(&self, code: &str, state: Option<&str>) -> Result<Pasted, Wrong> {
        if !is_printable(code) || !state.is_none_or(is_printable) {
            return Err(Wrong::Unknown);
        }
        match state {
            Some("") => Err(Wrong::CutOff),
            Some(state) => {
                let mut query = form_urlencoded::Serializer::new(String::new());
                query.append_pair("code", code).append_pair("state", state);
                let query = Secret::new(query.finish());
                Ok(if self.shows_code {
                    Pasted::Shown(query)
                } else {
                    Pasted::Redirect(query)
                })
            }
            None if self.shows_code => Ok(Pasted::Code(Secret::new(code))),
            None if is_jwt(code) => Err(Wrong::Token),
            None => Err(Wrong::BareCode),
        }
    }
}

fn read_answer(query: &str, fragment: &str) -> Result<Pasted, Wrong> {
    let has = |name| has(query, name);
    if has("access_token") || self::has(fragment, "access_token") {
        Err(Wrong::Token)
    } else if is_cut_off(query) || has("code") && !has("state") && !has("error") {
        Err(Wrong::CutOff)
    } else if has("code") || has("error") {
        Ok(Pasted::Redirect(Secret::new(query)))
    } else if holds_answer(fragment) {
        Err(Wrong::Fragment)
    } else {
        Err(Wrong::NoCode)
    }
}

/// Whether a query has a parameter, and that a value (RFC 6749 §3.1).
fn has(query: &str, name: &str) -> bool {
    form_urlencoded::parse(query.as_bytes()).any(|(key, value)| key == name && !value.is_empty())
}

fn holds_answer(query: &str) -> bool {
    ["code", "error", "access_token"]
        .iter()
        .any(|name| has(query, name))
}

/// Whether the last character is one that was encoded and lost its end.
fn is_cut_off(query: &str) -> bool {
    let bytes = query.as_bytes();
    bytes.iter().rev().take(2).any(|byte| *byte == b'%')
}

/// An authorization request's parameters (RFC 6749 §4.1.1, RFC 9126 §4).
fn is_request(url: &Url) -> bool {
    let query = url.query().unwrap_or_default();
    has(query, "client_id") && (has(query, "response_type") || has(query, "request_uri"))
}

/// The same scheme, host, port and path, and nobody named.
fn is_same_place(url: &Url, other: &Url) -> bool {
    let named = !url.username().is_empty() || url.password().is_some();
    let port = Url::port_or_known_default;
    !named
        && url.scheme() == other.scheme()
        && url.host_str() == other.host_str()
        && port(url) == port(other)
        && url.path() == other.path()
}

/// A token endpoint's answer, or a header made of one.
fn is_token_answer(text: &str) -> bool {
    let scheme = text.get(..7).unwrap_or_default();
    scheme.eq_ignore_ascii_case("bearer ") || text.contains("\"access_token\"")
}

/// Three parts, the first of which begins as JSON does in base64url. Some servers' codes look so too.
fn is_jwt(text: &str) -> bool {
    text.starts_with("eyJ") && text.split('.').count() == 3
}

/// Characters of a code or a state (RFC 6749 appendix A), blanks apart.
fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn before_query(address: &str) -> &str {
    split(address, '?').0
}

fn split(text: &str, mark: char) -> (&str, Option<&str>) {
    let parts = text.split_once(mark);
    parts.map_or((text, None), |(before, behind)| (before, Some(behind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: &str = "http://127.0.0.1:4711/callback/acme";
    const CUSTOM: &str = "adobe+12ab://adobeid/the-client";
    const PAGE: &str = "https://id.example.com/oauth/code?from=cli";

    fn read_at(redirect_uri: &str, shows_code: bool, text: &str) -> Pasted {
        let endpoint = Url::parse("https://id.example.com/authorize").unwrap();
        read(&Secret::new(text), redirect_uri, &endpoint, shows_code)
    }

    fn redirect(query: &str) -> Pasted {
        Pasted::Redirect(Secret::new(query))
    }

    #[track_caller]
    fn assert_wrong(redirect_uri: &str, shows_code: bool, text: &str, what: &str) {
        let Pasted::Wrong(why) = read_at(redirect_uri, shows_code, text) else {
            panic!("taken: {text}");
        };
        assert!(why.contains(what), "{text}: {why}");
        assert!(why.contains("; paste "), "{why}");
        for secret in ["s3cret", "st4te", "evil"] {
            assert!(!why.contains(secret), "{why}");
        }
    }

    #[test]
    fn the_whole_address_gives_its_query() {
        let query = "code=s3cret%2Fx&state=st4te&iss=https%3A%2F%2Fid.example.com";
        let address = format!("{END}?{query}");
        for copied in [
            address.clone(),
            format!("  {address}\t"),
            format!("\"{address}\""),
            format!("'{address}'"),
            format!("`{address}`"),
            format!("<{address}>"),
            format!("“{address}”"),
            format!("\u{feff}{address}\u{200b}"),
            format!("{address}#"),
            format!("{address}#_=_"),
            address.replacen("&state", "\n&state", 1),
            address.replacen("s3cret", "s3c\r\n    ret", 1),
            address.replacen("http", "HTTP", 1),
            // What browsers hide, or a hand did not reach.
            address.replacen("http://", "", 1),
            address.replacen("http:", "", 1),
            address.replacen("http://127.0.0.1:4711", "", 1),
            address
                .replacen("http://127", "7", 1)
                .replacen("7.0", "27.0", 1),
            format!("?{query}"),
            query.to_owned(),
            format!("{query}#_=_"),
        ] {
            assert_eq!(read_at(END, false, &copied), redirect(query), "{copied}");
        }
        for (end, address) in [
            (
                CUSTOM,
                "adobe+12ab://adobeid/the-client?code=s3cret&state=st4te",
            ),
            (
                "com.example.app:/end",
                "com.example.app:/end?code=s3cret&state=st4te",
            ),
            (
                PAGE,
                "https://id.example.com/oauth/code?code=s3cret&state=st4te",
            ),
            (
                PAGE,
                "https://ID.example.com:443/oauth/code?code=s3cret&state=st4te",
            ),
        ] {
            let taken = redirect("code=s3cret&state=st4te");
            assert_eq!(read_at(end, false, address), taken, "{address}");
        }
    }

    #[test]
    fn a_refusal_is_an_answer_too() {
        for query in [
            "error=access_denied&state=st4te",
            "error=access_denied&error_description=no&state=st4te",
            "error=server_error",
            "state=st4te&error=access_denied&code=s3cret",
        ] {
            let address = format!("{END}?{query}");
            assert_eq!(read_at(END, false, &address), redirect(query));
            assert_eq!(read_at(END, false, query), redirect(query));
        }
    }

    #[test]
    fn a_code_with_its_state_becomes_a_query() {
        for (text, query) in [
            ("s3cret#st4te", "code=s3cret&state=st4te"),
            (" s3cret#\n st4te ", "code=s3cret&state=st4te"),
            ("4/0s3cret-_~#st4te", "code=4%2F0s3cret-_%7E&state=st4te"),
            ("s3cret==#st+4te", "code=s3cret%3D%3D&state=st%2B4te"),
        ] {
            let shown = Pasted::Shown(Secret::new(query));
            for (shows_code, pasted) in [(false, redirect(query)), (true, shown)] {
                assert_eq!(read_at(END, shows_code, text), pasted, "{text}");
            }
        }
    }

    #[test]
    fn a_bare_code_is_taken_where_a_page_shows_one() {
        for code in [
            "s3cret",
            "4/0AX4s3cret",
            "s3cret==",
            "eyJhbGciOiJub25lIn0.e30.x",
        ] {
            let taken = Pasted::Code(Secret::new(code));
            assert_eq!(read_at(PAGE, true, &format!(" {code}\n")), taken);
            assert!(matches!(read_at(PAGE, false, code), Pasted::Wrong(_)));
        }
        assert_wrong(END, false, "s3cret", "a code alone");
        assert_wrong(
            END,
            false,
            "eyJhbGciOiJub25lIn0.s3cret.x",
            "a token and not a code",
        );
        assert_wrong(PAGE, true, "the code is s3cret", "blanks");
        assert_wrong(PAGE, true, "s3crét", "neither an address nor a code");
    }

    #[test]
    fn enter_alone_is_nothing() {
        for text in ["", " ", "\n\n", "\"\"", "<>"] {
            assert_eq!(read_at(END, false, text), Pasted::Nothing);
            assert_eq!(read_at(END, true, text), Pasted::Nothing);
        }
    }

    #[test]
    fn an_address_of_another_place_is_named_as_that() {
        let began = "where the sign-in began";
        let other = "something else than this sign-in's end";
        for (text, what) in [
            ("https://id.example.com/authorize", began),
            (
                "https://id.example.com/authorize?client_id=c&state=st4te&response_type=code",
                began,
            ),
            (
                "https://login.example.com/start?client_id=c&request_uri=urn:x",
                began,
            ),
            ("https://id.example.com/consent?step=2", "a page on the way"),
            (
                "https://evil.example/callback/acme?code=s3cret&state=st4te",
                other,
            ),
            (
                "http://localhost:4711/callback/acme?code=s3cret&state=st4te",
                other,
            ),
            (
                "http://127.0.0.1:4712/callback/acme?code=s3cret&state=st4te",
                other,
            ),
            (
                "https://127.0.0.1:4711/callback/acme?code=s3cret&state=st4te",
                other,
            ),
            (
                "http://127.0.0.1:4711/callback/evil?code=s3cret&state=st4te",
                other,
            ),
            (
                "http://127.0.0.1:4711/callback/acme/?code=s3cret&state=st4te",
                other,
            ),
            (
                "http://evil@127.0.0.1:4711/callback/acme?code=s3cret&state=st4te",
                other,
            ),
            (
                "http://127.0.0.1:4711@evil.example/callback/acme?code=s3cret&state=st4te",
                other,
            ),
            ("evil.example/callback/acme?code=s3cret&state=st4te", other),
            ("file:///etc/evil", other),
            ("http://[evil?code=s3cret&state=st4te", "neither"),
        ] {
            assert_wrong(END, false, text, what);
        }
    }

    #[test]
    fn what_is_no_whole_answer_is_named_as_what_it_is() {
        for (text, what) in [
            (END, "there is no code"),
            ("127.0.0.1:4711/callback/acme", "there is no code"),
            ("http://127.0.0.1:4711/callback/acme?", "there is no code"),
            (
                "http://127.0.0.1:4711/callback/acme?state=st4te",
                "there is no code",
            ),
            (
                "http://127.0.0.1:4711/callback/acme?code=&state=st4te",
                "there is no code",
            ),
            ("http://127.0.0.1:4711/callback/acme?code=s3cret", "cut off"),
            (
                "http://127.0.0.1:4711/callback/acme?code=s3cret&sta",
                "cut off",
            ),
            (
                "http://127.0.0.1:4711/callback/acme?code=s3cret&state=",
                "cut off",
            ),
            (
                "http://127.0.0.1:4711/callback/acme?state=st4te&code=s3cret%",
                "cut off",
            ),
            (
                "http://127.0.0.1:4711/callback/acme?state=st4te&code=s3cret%2",
                "cut off",
            ),
            (
                "http://127.0.0.1:4711/callback/acme?code=s3cret&st…",
                "cut off",
            ),
            (
                "http://127.0.0.1:4711/callback/acme?code=s3cret&st...",
                "cut off",
            ),
            ("code=s3cret", "cut off"),
            ("s3cret#", "cut off"),
            (
                "http://127.0.0.1:4711/callback/acme#code=s3cret&state=st4te",
                "behind a `#`",
            ),
            (
                "http://127.0.0.1:4711/callback/acme#error=access_denied",
                "behind a `#`",
            ),
            ("#code=s3cret&state=st4te", "behind a `#`"),
            (
                "http://127.0.0.1:4711/callback/acme#access_token=s3cret",
                "a token",
            ),
            (
                "http://127.0.0.1:4711/callback/acme?access_token=s3cret&code=x&state=y",
                "a token",
            ),
            ("access_token=s3cret&token_type=bearer", "a token"),
            ("Bearer s3cret", "a token"),
            (
                "{\"token_type\": \"bearer\",\n \"access_token\": \"s3cret\"}",
                "a token",
            ),
            ("s3cret st4te", "blanks"),
            (
                "see http://127.0.0.1:4711/callback/acme?code=s3cret&state=st4te",
                "blanks",
            ),
            ("s3crét", "neither"),
            ("s3cret#st\u{202e}4te", "neither"),
        ] {
            assert_wrong(END, false, text, what);
        }
    }

    #[test]
    fn what_to_paste_instead_is_said() {
        let Pasted::Wrong(why) = read_at(END, false, "x") else {
            panic!("taken");
        };
        assert!(why.contains(&format!("that begins with `{END}`")), "{why}");
        let Pasted::Wrong(why) = read_at(PAGE, true, "x y") else {
            panic!("taken");
        };
        assert!(why.contains("what the page at the end shows"), "{why}");
    }

    #[test]
    fn the_bound_holds_for_all_that_is_pasted() {
        let start = format!("{END}?state=st4te&code=");
        let longest = format!("{start}{}", "x".repeat(LONGEST - start.len()));
        assert!(matches!(read_at(END, false, &longest), Pasted::Redirect(_)));
        let longer = format!("{longest}x");
        assert_eq!(read_at(END, false, &longer), Pasted::Wrong(too_long()));
    }
}
