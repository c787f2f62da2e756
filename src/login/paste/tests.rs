//! What people paste, as tables.

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
