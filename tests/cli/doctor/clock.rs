//! Providers are asked for their time, all at once and not for long; nothing goes along.

use std::time::{Duration, SystemTime};

use super::*;
use crate::vault::HomeVault as _;
use keyfob_testkit::provider::Provider;
use keyfob_testkit::server::{Reply, Server};

/// A server whose clock is so many seconds off, and its definition as `acme`.
fn off_by(home: &Home, name: &str, seconds: i64, status: u16) -> Server {
    let server = Server::start(move |_| {
        let now = SystemTime::now();
        let apart = Duration::from_secs(seconds.unsigned_abs());
        let there = if seconds < 0 {
            now - apart
        } else {
            now + apart
        };
        let date = httpdate::fmt_http_date(there);
        Reply::Text(
            status,
            format!("Date: {date}\r\nLocation: /x\r\n"),
            String::new(),
        )
    });
    let origin = server.origin();
    home.provider(
        name,
        &format!("client_id = \"c\"\nauthorization_endpoint = \"{origin}/a\"\ntoken_endpoint = \"{origin}/t\"\n"),
    );
    server
}

#[test]
fn a_clock_that_is_off_is_told_from_the_servers_answer() {
    let home = Home::new();
    for (seconds, http, status, words) in [
        (0, 404, "pass", "has the same time"),
        (30, 302, "pass", "has the same time"),
        (-30, 503, "pass", "has the same time"),
        (150, 405, "warn", " s behind 127.0.0.1"),
        (-150, 200, "warn", " s ahead of 127.0.0.1"),
        (7200, 404, "fail", " s behind 127.0.0.1"),
        (-7200, 404, "fail", "too early or too late"),
    ] {
        let server = off_by(&home, "acme", seconds, http);
        let clock = one(&look(&home, &["acme"]), status, "clock", words);
        assert!(clock.message.starts_with("acme: "), "{clock:?}");
        assert!(
            clock.hint.is_empty() || clock.hint.contains("set the clock"),
            "{clock:?}"
        );
        let asked = server.asked("/t");
        assert_eq!(asked.len(), 1);
        assert_eq!((&*asked[0].method, asked[0].body.len()), ("GET", 0));
        assert!(!asked[0].headers.contains_key("authorization"));
        assert!(asked[0].form.is_empty() && asked[0].query.is_empty());
    }
}

#[test]
fn offline_sends_nothing() {
    let (home, provider) = signed_in();
    let asked = provider.asked("/token").len();
    let found = look(&home, &["--offline"]);
    assert!(!found.iter().any(|one| one.check == "clock"), "{found:#?}");
    assert_eq!(provider.asked("/token").len(), asked);
    well(&found);
}

#[test]
fn who_cannot_be_reached_is_a_warning_with_the_cause() {
    let (home, provider) = signed_in();
    let origin = provider.origin();
    drop(provider);
    let gone = one(
        &look(&home, &[]),
        "warn",
        "clock",
        "acme: cannot reach 127.0.0.1",
    );
    assert!(gone.message.contains("refused"), "{gone:?}");
    assert!(gone.hint.contains("HTTPS_PROXY"), "{gone:?}");
    let named = home.path("config/providers/beta.toml");
    assert!(!named.exists());
    home.provider("beta", "client_id = \"c\"\nauthorization_endpoint = \"https://nowhere.invalid/a\"\ntoken_endpoint = \"https://nowhere.invalid/t\"\n");
    one(
        &look(&home, &["beta"]),
        "warn",
        "clock",
        "beta: cannot reach nowhere.invalid",
    );
    let mut home = home;
    home.set(
        "HTTPS_PROXY",
        origin.replace("http://", "http://ada:MARKED-SECRET-p@"),
    );
    let found = look(&home, &["beta"]);
    one(&found, "warn", "clock", "beta: ");
    one(
        &found,
        "pass",
        "proxy",
        "HTTPS_PROXY is http://[redacted]@127.0.0.1:",
    );
    assert!(!format!("{found:?}").contains(MARK), "{found:#?}");
}

#[test]
fn who_does_not_answer_is_not_waited_for() {
    let mut home = Home::new();
    let providers: Vec<Provider> = (0..3).map(|_| Provider::start()).collect();
    for (number, provider) in providers.iter().enumerate() {
        let name = format!("p{number}");
        home.provider(&name, &provider.definition(""));
        home.login(&[&name]).ok();
    }
    let _held: Vec<_> = providers
        .iter()
        .map(|provider| provider.hold("/token"))
        .collect();
    home.set("KEYFOB_TEST_CLOCK", "1");
    let run = home.run(&["doctor", "--json"]);
    let found = findings(&run);
    for number in 0..3 {
        let words = format!("p{number}: no answer from 127.0.0.1 within 1 s");
        one(&found, "warn", "clock", &words);
    }
}

#[test]
fn at_most_eight_are_asked() {
    let (home, _provider) = signed_in();
    for number in 0..9 {
        let provider = format!("p{number}");
        let entry = std::fs::read_to_string(home.path("data/accounts/acme/julien.json"));
        let definition = std::fs::read_to_string(home.path("config/providers/acme.toml"));
        home.provider(&provider, &definition.expect("a definition"));
        home.write(
            &format!("data/accounts/{provider}/julien.json"),
            &entry.expect("an entry"),
        );
    }
    let found = look(&home, &[]);
    let asked = found.iter().filter(|one| one.message.contains("answers"));
    assert_eq!(asked.count(), 8);
    one(&found, "pass", "clock", "2 more providers were not asked");
}

#[test]
fn a_clock_that_was_set_back_is_seen_without_any_server() {
    let (home, _provider) = signed_in();
    let mut account = home.account("acme/julien");
    account.updated_at = account.updated_at.plus(100_000);
    home.vault().record(&account).expect("an entry");
    let back = one(
        &look(&home, &[]),
        "warn",
        "clock",
        "behind the last change of an account",
    );
    assert!(back.hint.contains("set the clock"), "{back:?}");
}

#[test]
fn a_provider_that_says_only_who_it_is_is_asked_where_its_metadata_is() {
    let home = Home::new();
    let provider = Provider::start();
    home.provider("acme", &provider.bare_definition());
    one(
        &look(&home, &["acme"]),
        "pass",
        "clock",
        "acme: 127.0.0.1 answers",
    );
    assert_eq!(provider.asked("/.well-known/openid-configuration").len(), 1);
}

/// The same client as every command's: it trusts whom they trust, and says of TLS what they say.
#[test]
fn a_certificate_that_nobody_trusts_is_told_and_ca_file_mends_it() {
    let home = Home::new();
    let plain = off_by(&home, "plain", 0, 404);
    let address = plain
        .origin()
        .replace("http://", "")
        .parse()
        .expect("an address");
    let tls = keyfob_testkit::tls::Tls::before(address);
    let origin = tls.origin("localhost");
    home.provider(
        "acme",
        &format!("client_id = \"c\"\nauthorization_endpoint = \"{origin}/a\"\ntoken_endpoint = \"{origin}/t\"\n"),
    );
    let unknown = one(&look(&home, &["acme"]), "warn", "clock", "TLS: ");
    assert!(
        unknown.hint.contains("`ca_file` in config.toml"),
        "{unknown:?}"
    );
    home.write("config/authority.pem", &tls.authority);
    home.write("config/config.toml", "ca_file = \"authority.pem\"");
    one(
        &look(&home, &["acme"]),
        "pass",
        "clock",
        "acme: localhost answers, and has the same time",
    );
}
