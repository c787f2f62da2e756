//! The ways to sign in beside a browser, and the clients that are registered on the way.

use std::collections::BTreeMap;

use url::Url;

use super::*;
use keyfob_testkit::provider::Decision;
use keyfob_testkit::screen::Screen;
use keyfob_testkit::visitor::get;

const DEVICE: [&str; 4] = ["login", "acme", "--flow", "device"];
const MACHINE: [&str; 4] = ["login", "acme", "--flow", "client-credentials"];

/// Where the browser ends, without going there.
fn ends_on(url: &Url) -> Url {
    Url::parse(get(url).header("location")).expect("a redirect")
}

/// Device, client credentials and pushed requests, done and failed; then the judgement.
fn every_flow_is_kept_in(home: Home) {
    let r = &mut Round::new(home);
    let more = [POST, &r.provider.device(), &r.provider.push()].concat();
    r.home.provider("acme", &r.provider.definition(&more));
    r.provider.state(|state| {
        state.decision = Decision::Granted;
        state.machines = true;
    });
    for echo in ECHOES {
        r.echo(Some(echo));
        r.run(badly, &DEVICE);
        r.run(badly, &MACHINE);
    }
    // Only the polls fail; what may be another answer the next time is asked for again.
    r.provider.state(|state| state.spared.push("/device"));
    for echo in ECHOES {
        r.echo(Some(echo));
        let args = [&DEVICE[..], &["-v", "--timeout", "1500ms"]].concat();
        let run = r.home.run(&args);
        assert!(badly(run.status), "{run:?}");
        r.hear(&args, run);
    }
    r.echo(None);
    r.run(well, &DEVICE);
    r.run(well, &MACHINE);
    r.run(well, &["refresh", "--all"]);
    r.run(well, &["token", "acme/julien"]);
    r.run(well, &["login", "acme/julien"]);
    assert_eq!(r.provider.asked("/par").len(), 3);
    r.judge();
}

#[test]
fn every_flow_is_kept_in_the_file_store() {
    every_flow_is_kept_in(Home::new());
}

#[cfg(target_os = "linux")]
#[test]
fn every_flow_is_kept_in_the_keyring() {
    use keyfob_testkit::secret_service::{Keyring, SecretService};
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    every_flow_is_kept_in(session.home());
}

#[test]
fn a_request_that_is_pushed_in_vain_gives_nothing_away() {
    let r = &mut Round::new(Home::new());
    let must = "require_pushed_authorization_requests = true\n";
    let more = [POST, &r.provider.push(), must].concat();
    r.home.provider("acme", &r.provider.definition(&more));
    for echo in ECHOES {
        r.echo(Some(echo));
        for manner in MANNERS {
            let args = [&["acme"], manner].concat();
            let run = r.home.refused_login(&args);
            assert!(badly(run.status), "{run:?}");
            r.hear(&args, run);
        }
    }
    r.echo(None);
    r.run(well, &["login", "acme"]);
    r.judge();
}

/// What is pasted: never echoed, never said, whether it is right or wrong.
#[test]
fn what_is_pasted_is_nowhere_on_the_screen() {
    for manner in [&[][..], &["-v"]] {
        let r = &mut Round::new(Home::new());
        let more = ["[redirect]\nno_loopback = true\nmanual = \"https://id.example.com/end\"\n"];
        r.home
            .provider("acme", &r.provider.definition(&[POST, more[0]].concat()));
        let args = [&["login", "acme"], manner].concat();
        let mut screen = Screen::start(&r.home.keyfob(&args));
        screen.wait_for("ends on");
        screen.wait_for_echo(false);
        let url = screen.authorization_url();
        let to = ends_on(&url);
        let answer: BTreeMap<_, _> = to.query_pairs().into_owned().collect();
        let state = answer["state"].clone();
        for wrong in [
            answer["code"].clone(),
            format!("https://id.example.com/end?code={MARK}x&state={MARK}y"),
            format!("https://evil.example/?code={MARK}x&state={state}"),
            format!("{{\"access_token\": \"{MARK}x\"}}"),
            format!("{MARK}{}", "x".repeat(20_000)),
        ] {
            let warnings = screen.shown().matches("warning:").count();
            screen.press(&format!("{wrong}\r"));
            screen.wait_until("a warning", |screen| {
                screen.shown().matches("warning:").count() > warnings
            });
        }
        screen.press(&format!("{to}\r"));
        let (status, shown) = screen.end();
        assert_eq!(status, 0, "{shown}");
        assert!(screen.echoes());
        let raw = screen.raw();
        let address = url.to_string();
        assert!(raw.contains(&address), "{raw}");
        let rest = raw.replace(&address, "");
        let mut secrets = r.secrets();
        secrets.push(state.into_bytes());
        assert_none(&secrets, rest.as_bytes(), "the terminal");
        for (path, bytes) in r.home.files() {
            assert_none(&secrets, &bytes, &path.display().to_string());
        }
    }
}

#[test]
fn a_registered_client_gives_nothing_away() {
    let r = &mut Round::new(Home::new());
    r.home.unset("KEYFOB_ACME_CLIENT_SECRET");
    r.home.provider("acme", &r.provider.bare_definition());
    let given = json!({
        "client_secret": format!("{MARK}a/b+c&d <e>"),
        "registration_access_token": format!("{MARK}manages"),
        "registration_client_uri": format!("{}/register/1", r.provider.origin()),
        "token_endpoint_auth_method": "client_secret_post",
    });
    r.provider.state(|state| {
        state.registers = true;
        state.registration = given.clone();
    });
    let with = |member: &str, value: serde_json::Value| {
        let mut given = given.clone();
        given["client_id"] = "registered-client".into();
        given[member] = value;
        given
    };
    let said = format!("{} {MARK}manages", given["client_secret"]);
    for reply in [
        Reply::Json(201, with("token_endpoint_auth_method", said.clone().into())),
        Reply::Json(201, with("client_id", "".into())),
        Reply::Json(201, with("client_secret", format!("{MARK}\n").into())),
        Reply::Json(400, with("error", said.clone().into())),
        Reply::Json(400, json!({"error": "x", "client": given})),
        Reply::Text(201, "Content-Type: text/html\r\n".into(), said.clone()),
        Reply::Text(500, String::new(), said.clone()),
        Reply::Redirect(format!("/{MARK}")),
    ] {
        for manner in MANNERS {
            r.provider.next("/register", reply.clone());
            let args = [&["acme", "--register"], manner].concat();
            let run = r.home.refused_login(&args);
            assert!(badly(run.status), "{run:?}");
            r.hear(&args, run);
        }
    }
    r.run(well, &["login", "acme", "--register"]);
    for args in [
        &["provider", "list"][..],
        &["provider", "show", "acme"],
        &["refresh"],
        &["whoami"],
        &["provider", "remove", "acme", "--force", "--yes"],
    ] {
        let run = r.home.run(&[args, &["-v"]].concat());
        r.hear(args, run.ok());
    }
    r.home.provider("acme", &r.provider.bare_definition());
    r.run(well, &["login", "acme", "--register"]);
    r.judge();
}
