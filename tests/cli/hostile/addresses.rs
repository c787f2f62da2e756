//! Addresses that are none, wherever a server or a file may name one.

use serde_json::Value;

use super::*;
use keyfob_testkit::provider::acme;

const OPENID: &str = "/.well-known/openid-configuration";

/// A good answer of the metadata, with one member that is another.
fn metadata(provider: &Provider, member: &str, value: &Value) -> Reply {
    let origin = provider.origin();
    let mut metadata = json!({
        "issuer": origin,
        "authorization_endpoint": format!("{origin}/authorize"),
        "token_endpoint": format!("{origin}/token"),
        "userinfo_endpoint": format!("{origin}/userinfo"),
        "registration_endpoint": format!("{origin}/register"),
        "device_authorization_endpoint": format!("{origin}/device"),
        "pushed_authorization_request_endpoint": format!("{origin}/par"),
    });
    metadata[member] = value.clone();
    Reply::Json(200, metadata)
}

/// What a shell would act on, where an address may hold it.
const ACTIVE: &str = "x;$(touch%20y)|'z'!*";

#[test]
fn the_address_that_is_shown_is_the_one_that_is_opened() {
    let (mut home, provider) = (Home::new(), Provider::start());
    let place = |name: &str| format!("{}/{name}", provider.origin());
    let active = |name: &str| format!("{}/{ACTIVE}", place(name));
    let definition = provider.definition(&provider.device());
    let definition = definition.replace(&place("authorize"), &active("authorize"));
    home.provider("acme", &definition);
    let addresses = |run: &Run| -> Vec<String> {
        let lines = run.stderr.lines().map(str::trim);
        lines
            .filter(|line| line.starts_with("http"))
            .map(str::to_owned)
            .collect()
    };
    let device = json!({
        "device_code": "a-device-code", "user_code": "WDJB-MJHT", "expires_in": 60, "interval": 1,
        "verification_uri": active("activate"),
    });
    for args in [
        &["--no-browser"][..],
        &["--flow", "paste"],
        &["--flow", "browser"],
        &["--flow", "device"],
    ] {
        home.set("KEYFOB_BROWSER", home.recording_browser());
        provider.next("/device", Reply::Json(200, device.clone()));
        let run = home.run(&[&["login", "acme", "--timeout", "2s"], args].concat());
        let shown = addresses(&run);
        assert!(!shown.is_empty() || args.contains(&"paste"), "{run:?}");
        for address in &shown {
            assert!(
                !address.contains([';', '$', '(', ')', '|', '\'', '!', '*']),
                "{address}"
            );
        }
        if args.contains(&"browser") {
            let opened = std::fs::read_to_string(home.path("browser/arguments")).expect("it ran");
            assert_eq!(shown, [opened.trim()], "{run:?}");
        }
        provider.state(|state| state.instead.clear());
    }
}

#[test]
fn metadata_never_acts_whatever_it_names() {
    let (mut home, provider) = (Home::new(), Provider::start());
    home.set("KEYFOB_BROWSER", home.recording_browser());
    home.provider("acme", &provider.bare_definition());
    let origin = provider.origin();
    let long = json!("x".repeat(100_000));
    let values = HOSTILE_URLS.iter().map(|url| json!(url));
    let values: Vec<Value> = values
        .chain([json!(7), json!({"a": [1]}), json!([HOSTILE]), long])
        .collect();
    for member in [
        "issuer",
        "authorization_endpoint",
        "token_endpoint",
        "registration_endpoint",
        "device_authorization_endpoint",
        "scopes_supported",
    ] {
        for value in &values {
            for args in [
                &["login", "acme", "--timeout", "200ms"][..],
                &["login", &origin, "--timeout", "200ms"],
                &["provider", "add", "beta", "--issuer", &origin],
                &["provider", "test", "acme"],
            ] {
                provider.next(OPENID, metadata(&provider, member, value));
                let run = home.run(&[args, &["-v"]].concat());
                assert_tame(&run);
                assert!(run.stderr.len() < 4000, "{} bytes", run.stderr.len());
                if run.status != 0 && args[0] == "login" {
                    assert!(run.stderr.contains("hint:"), "{member} {value}: {run:?}");
                }
                provider.state(|state| state.instead.clear());
                let _ = std::fs::remove_file(home.path("config/providers/beta.toml"));
            }
        }
    }
    assert!(!home.path("browser/arguments").exists());
    assert!(!home.path("pwned").exists() && !std::path::Path::new("pwned").exists());
}

#[test]
fn an_issuer_that_is_no_address_is_refused_before_anything_is_sent() {
    let home = Home::new();
    for hostile in HOSTILE_URLS {
        for args in [
            &["login", "--", hostile][..],
            &["provider", "add", "beta", "--issuer", hostile],
        ] {
            let run = home.run(args);
            // A host may be given without its scheme, and `ms-msdt` could be one.
            assert!((1..=3).contains(&run.status), "{args:?}: {run:?}");
            assert_tame(&run);
        }
    }
    assert!(home.files().is_empty(), "{:?}", home.files());
}

#[test]
fn an_endpoint_in_a_file_reaches_no_launcher() {
    let (mut home, provider) = acme();
    home.set("KEYFOB_BROWSER", home.recording_browser());
    for key in [
        "authorization_endpoint",
        "device.verification_uri",
        "registration.page",
        "revocation.page",
    ] {
        for hostile in HOSTILE_URLS {
            if key.contains('.') && hostile.ends_with("#fragment") {
                continue; // a page may have one
            }

            let definition = match key.split_once('.') {
                None => provider.definition("").replace(
                    &format!("{key} = \"{}/authorize\"", provider.origin()),
                    &format!("{key} = {}", quoted(hostile)),
                ),
                Some((table, key)) => {
                    provider.definition(&format!("[{table}]\n{key} = {}\n", quoted(hostile)))
                }
            };
            home.provider("acme", &definition);
            for args in [
                &["login", "acme", "--timeout", "200ms"][..],
                &["provider", "show", "acme"],
            ] {
                let run = home.run(args).fails(1, &["acme.toml:"]);
                assert_tame(&run);
            }
        }
    }
    assert!(!home.path("browser/arguments").exists());
}

/// A TOML string, whatever it holds.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[test]
fn a_pushed_reference_stays_one_parameter_of_one_address() {
    let (mut home, provider) = acme();
    home.set("KEYFOB_BROWSER", home.recording_browser());
    home.provider("acme", &provider.definition(&provider.push()));
    for hostile in [
        "urn:a&redirect_uri=https://evil.example",
        "urn:a#fragment",
        "urn:$(touch${IFS}pwned)`touch${IFS}pwned`",
        "urn:\"'<>|;touch",
        "javascript:alert(1)",
    ] {
        let reply = Reply::Json(201, json!({"request_uri": hostile}));
        provider.next("/par", reply);
        let waiting = home.begin_login(&["acme", "--timeout", "200ms"]);
        let url = waiting.url.clone();
        let sent: Vec<_> = url.query_pairs().into_owned().collect();
        assert_eq!(sent.len(), 2, "{url}");
        assert_eq!(sent[1], ("request_uri".into(), hostile.into()));
        assert!(
            !url.as_str().contains([' ', '"', '\'', '<', '>', '`', '#']),
            "{url}"
        );
        assert_tame(&waiting.end());
    }
    for hostile in [
        json!(HOSTILE),
        json!("a b"),
        json!(7),
        json!("x".repeat(100_000)),
    ] {
        provider.next("/par", Reply::Json(201, json!({"request_uri": hostile})));
        let waiting = home.begin_login(&["acme", "-v", "--timeout", "200ms"]);
        let plain = waiting
            .url
            .query_pairs()
            .any(|(name, _)| name == "code_challenge");
        assert!(plain, "the request goes as it is: {}", waiting.url);
        assert_tame(&waiting.end());
    }
    assert!(!home.path("pwned").exists() && !std::path::Path::new("pwned").exists());
}

#[test]
fn what_a_registration_answers_never_acts() {
    let (home, provider) = (Home::new(), Provider::start());
    home.provider("acme", &provider.bare_definition());
    provider.state(|state| state.registers = true);
    let long = "x".repeat(100_000);
    for (member, value) in [
        ("client_id", json!(HOSTILE)),
        ("client_id", json!("a b")),
        ("client_id", json!(long)),
        ("client_id", json!(7)),
        ("client_id", json!(null)),
        ("token_endpoint_auth_method", json!(HOSTILE)),
        ("token_endpoint_auth_method", json!(long)),
        ("token_endpoint_auth_method", json!(["none"])),
    ] {
        for manner in MANNERS {
            provider.state(|state| state.registration = json!({member: value}));
            let args = [&["acme", "--register"], manner].concat();
            let run = home.refused_login(&args).fails(1, &["registration"]);
            assert_tame(&run);
            assert!(run.stderr.len() < 4000, "{} bytes", run.stderr.len());
        }
    }
    for (member, value) in [
        ("client_id", json!("$(touch${IFS}pwned)&calc|`x`'\"")),
        ("registration_client_uri", json!("file:///etc/passwd")),
        ("registration_client_uri", json!(HOSTILE)),
        ("registration_access_token", json!(HOSTILE)),
        ("client_secret_expires_at", json!(HOSTILE)),
        ("client_name", json!(HOSTILE)),
        ("redirect_uris", json!(HOSTILE)),
    ] {
        home.provider("acme", &provider.bare_definition());
        provider.state(|state| state.registration = json!({member: value}));
        let run = home.login(&["acme", "--register", "-v"]).ok();
        assert_tame(&run);
        for verb in [
            &["list"][..],
            &["provider", "list"],
            &["provider", "show", "acme"],
        ] {
            assert_tame(&home.run(verb).ok());
        }
        home.run(&["logout", "acme"]).ok();
        assert_tame(&home.run(&["provider", "remove", "acme", "--yes"]).ok());
    }
    assert!(!home.path("pwned").exists() && !std::path::Path::new("pwned").exists());
}
