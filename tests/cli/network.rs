//! The way to a provider: whom it trusts, and which proxy it takes.

use keyfob_testkit::home::Home;
use keyfob_testkit::provider::{MARK, Provider};
use keyfob_testkit::tls::{Proxy, Tls};

/// A provider behind TLS, and a home that knows it under one of its names.
fn behind_tls(host: &str) -> (Home, Provider, Tls) {
    let (home, provider) = (Home::new(), Provider::start());
    let plain = provider.origin();
    let address = plain.trim_start_matches("http://").parse();
    let tls = Tls::before(address.expect("an address"));
    define(&home, &provider, &tls.origin(host));
    (home, provider, tls)
}

/// The browser, which is the test, goes to the plain server; everything else is under `origin`.
fn define(home: &Home, provider: &Provider, origin: &str) {
    let plain = provider.origin();
    let definition = provider.definition("").replace(&plain, origin).replace(
        &format!("{origin}/authorize"),
        &format!("{plain}/authorize"),
    );
    home.provider("acme", &definition);
    home.run(&["provider", "set", "acme", "--accept-origin", &plain]) // where the test's browser goes
        .ok();
}

/// Signs in, uses every endpoint, and signs out.
fn everything_works(home: &Home) {
    home.login(&["acme"]).ok();
    assert!(home.run(&["token"]).ok().line().starts_with(MARK));
    home.run(&["refresh"]).ok();
    home.run(&["whoami"]).ok();
    home.run(&["logout"]).ok();
}

#[test]
fn an_unknown_authority_is_a_failure_that_names_host_and_cause() {
    for host in ["localhost", "127.0.0.1"] {
        let (home, provider, tls) = behind_tls(host);
        let place = tls.origin(host).replace("https://", "");
        let words = [
            &format!("cannot reach {place}: TLS: "),
            "UnknownIssuer",
            "`ca_file`",
        ];
        let login = home.login(&["acme"]).fails(3, &words);
        let said = login
            .stderr
            .lines()
            .filter(|line| line.starts_with("error:"));
        assert_eq!(said.count(), 1, "{login:?}");
        assert!(provider.asked("/token").is_empty(), "nothing was sent");
    }
}

#[test]
fn an_authority_in_ca_file_is_trusted() {
    let (home, _provider, tls) = behind_tls("localhost");
    home.write("config/authority.pem", &tls.authority);
    home.write("config/config.toml", "ca_file = \"authority.pem\"");
    everything_works(&home);
}

#[test]
fn an_authority_in_ssl_cert_file_is_trusted() {
    let (mut home, _provider, tls) = behind_tls("127.0.0.1");
    home.write("authority.pem", &tls.authority);
    home.set(
        "SSL_CERT_FILE",
        home.path("authority.pem").display().to_string(),
    );
    everything_works(&home);
}

#[test]
fn another_authority_than_the_servers_helps_nothing() {
    let (home, _provider, _tls) = behind_tls("localhost");
    let (_, _, other) = behind_tls("localhost");
    home.write("config/authority.pem", &other.authority);
    home.write("config/config.toml", "ca_file = \"authority.pem\"");
    home.login(&["acme"]).fails(3, &["TLS: "]);
}

/// A home that knows a provider at `https://id.example.test`, to be reached through the proxy alone.
fn far_away() -> (Home, Provider, Proxy) {
    let (mut home, provider, tls) = behind_tls("id.example.test");
    define(&home, &provider, "https://id.example.test");
    home.write("config/authority.pem", &tls.authority);
    home.write("config/config.toml", "ca_file = \"authority.pem\"");
    let proxy = Proxy::to(tls.address);
    home.set("HTTPS_PROXY", format!("http://{}", proxy.address));
    (home, provider, proxy)
}

#[test]
fn a_provider_far_away_is_reached_through_the_proxy() {
    let (mut home, _provider, proxy) = far_away();
    everything_works(&home);
    let asked = proxy.asked();
    assert!(asked.len() >= 5, "{asked:?}");
    for line in asked {
        assert_eq!(line, "CONNECT id.example.test:443 HTTP/1.1");
    }

    home.login(&["acme"]).ok();
    home.unset("HTTPS_PROXY");
    for name in ["https_proxy", "ALL_PROXY", "all_proxy"] {
        home.set(name, format!("http://{}", proxy.address));
        home.run(&["refresh"]).ok();
        home.unset(name);
    }
    home.set("HTTPS_PROXY", "http://127.0.0.1:9"); // discard: nobody listens
    home.run(&["refresh"]).fails(
        3,
        &["cannot reach id.example.test through the proxy: connection refused"],
    );
}

#[test]
fn no_proxy_names_what_is_reached_directly() {
    let (mut home, provider, proxy) = far_away();
    for names in ["id.example.test", "other.test, .example.test", "*"] {
        home.set("NO_PROXY", names);
        home.login(&["acme"])
            .fails(3, &["cannot reach id.example.test: "]);
        assert_eq!(proxy.asked(), [""; 0], "{names}");
    }
    home.set("NO_PROXY", "example.org");
    home.login(&["acme"]).ok();
    assert_eq!(provider.asked("/token").len(), 1);
}

#[test]
fn loopback_is_never_asked_of_a_proxy() {
    for host in ["localhost", "127.0.0.1"] {
        let (mut home, provider, tls) = behind_tls(host);
        home.write("config/authority.pem", &tls.authority);
        home.write("config/config.toml", "ca_file = \"authority.pem\"");
        let proxy = Proxy::to(tls.address);
        for name in [
            "HTTPS_PROXY",
            "HTTP_PROXY",
            "ALL_PROXY",
            "https_proxy",
            "http_proxy",
        ] {
            home.set(name, format!("http://{}", proxy.address));
        }
        everything_works(&home);
        define(&home, &provider, &provider.origin()); // the same over plain http
        everything_works(&home);
        home.run(&["login", "sandbox"]).ok();
        assert_eq!(proxy.asked(), [""; 0]);
    }
}
