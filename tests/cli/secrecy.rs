//! Secrets stay put: whatever is run and however it fails, a token is seen on the stdout of `token` and
//! `export`, and nowhere else.

mod environment;
mod flows;
mod given;
#[cfg(target_os = "linux")]
mod hand_out;
mod identity;
#[cfg(target_os = "linux")]
mod memory;
mod providers;
mod rules;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::json;

use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::{MARK, Provider};
use keyfob_testkit::server::{Reply, Request};
use keyfob_testkit::visitor::begin_visit;

/// With what every command is run once.
const MANNERS: [&[&str]; 3] = [&[], &["-v"], &["-v", "--json"]];

const POST: &str = "client_auth = \"client_secret_post\"\nclient_secret_required = true\n";

/// One store, one provider that wants a client secret, and all that was said.
struct Round {
    home: Home,
    provider: Provider,
    said: Vec<(Vec<String>, Run)>,
}

impl Round {
    fn new(mut home: Home) -> Self {
        let provider = Provider::start();
        home.provider("acme", &provider.definition(POST));
        home.set("KEYFOB_ACME_CLIENT_SECRET", format!("{MARK}a/b+c&d <e>"));
        home.set("KEYFOB_BROWSER", home.recording_browser());
        Self {
            home,
            provider,
            said: Vec::new(),
        }
    }

    /// Runs a command in every manner.
    #[track_caller]
    fn run(&mut self, ends: fn(i32) -> bool, args: &[&str]) {
        for manner in MANNERS {
            let args = in_manner(args, manner);
            let run = match args.split_first() {
                Some((&"login", rest)) if !rest.contains(&"--flow") => self.home.login(rest),
                _ => self.home.run(&args),
            };
            assert!(ends(run.status), "{args:?}: {run:?}");
            self.hear(&args, run);
        }
    }

    /// Lets the browser bring an answer of the test's own.
    #[track_caller]
    fn answer_login(&mut self, answer: &[(&str, &str)]) {
        for manner in MANNERS {
            let args = [&["login", "acme"], manner].concat();
            let waiting = self.home.begin_login(&args[1..]);
            let redirect = waiting.redirect(answer);
            let page = begin_visit(&redirect);
            let run = waiting.end();
            assert_eq!(run.status, 1, "{run:?}");
            self.hear(&args, run);
            let page = page.join().expect("the browser");
            assert!(!page.body.contains(MARK), "{page:?}");
        }
    }

    /// Makes the provider send back what it is sent, or be itself again.
    fn echo(&self, echo: Option<fn(&Request) -> Reply>) {
        self.provider.state(|state| state.echo = echo);
    }

    /// What TAB offers.
    fn complete(&mut self, shell: &str) {
        for words in [&["keyfob", "token", ""][..], &["keyfob", "login", "ac"]] {
            let mut command = self.home.keyfob(&[&["--"], words].concat());
            command
                .env("KEYFOB_COMPLETE", shell)
                .env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string())
                .env("_CLAP_COMPLETE_COMP_TYPE", "9")
                .env("_CLAP_COMPLETE_SPACE", "true")
                .env("_CLAP_IFS", "\n");
            let run = Run::of(command.output().expect("keyfob starts")).ok();
            assert!(run.stdout.contains("acme"), "{shell}: {run:?}");
            self.hear(&["complete", shell], run);
        }
    }

    fn hear(&mut self, args: &[&str], run: Run) {
        self.said
            .push((args.iter().map(|arg| (*arg).to_owned()).collect(), run));
    }

    /// Looks for the secrets in all that was said, and in every file of the home.
    fn judge(&self) {
        let secrets = self.secrets();
        for (args, run) in &self.said {
            assert_none(
                &secrets,
                run.stderr.as_bytes(),
                &format!("stderr of {args:?}"),
            );
            if !["token", "export"].contains(&args[0].as_str()) {
                assert_none(
                    &secrets,
                    run.stdout.as_bytes(),
                    &format!("stdout of {args:?}"),
                );
            }
        }
        let files = self.home.files();
        for seen in [
            "browser/environment",
            "browser/arguments",
            "data/accounts/acme",
            "state/events.jsonl",
        ] {
            assert!(self.home.path(seen).exists(), "no {seen} to look into");
        }
        for (path, bytes) in files {
            assert_none(&secrets, &bytes, &path.display().to_string());
        }
    }

    /// The mark, and each verifier that was used, in all spellings.
    fn secrets(&self) -> Vec<Vec<u8>> {
        let asked = self.provider.asked("/token");
        let verifiers: Vec<&String> = asked
            .iter()
            .filter_map(|r| r.form.get("code_verifier"))
            .collect();
        assert!(!verifiers.is_empty());
        std::iter::once(MARK)
            .chain(verifiers.into_iter().map(String::as_str))
            .flat_map(spellings)
            .collect()
    }
}

/// The arguments with a manner, which stands before what is another program's.
fn in_manner<'a>(args: &[&'a str], manner: &[&'a str]) -> Vec<&'a str> {
    let command = args.iter().position(|arg| *arg == "--");
    let (own, command) = args.split_at(command.unwrap_or(args.len()));
    [own, manner, command].concat()
}

/// A secret as itself, percent-encoded, and in base64 at each of the three places it can begin.
fn spellings(secret: &str) -> Vec<Vec<u8>> {
    let mut all = vec![
        secret.to_owned(),
        percent(secret),
        percent(secret).to_lowercase(),
    ];
    for before in 0..3 {
        let padded = format!("{}{secret}", "-".repeat(before));
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let encoded = engine.encode(&padded);
            // the ends depend on what stands beside
            all.push(encoded[4.min(before * 4)..encoded.len() - 4].to_owned());
        }
    }
    all.into_iter().map(String::into_bytes).collect()
}

fn percent(text: &str) -> String {
    let octets: Vec<String> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    octets.concat()
}

#[track_caller]
fn assert_none(secrets: &[Vec<u8>], bytes: &[u8], place: &str) {
    for secret in secrets {
        assert!(
            !bytes.windows(secret.len()).any(|window| window == secret),
            "`{}` in {place}: {}",
            String::from_utf8_lossy(secret),
            String::from_utf8_lossy(bytes)
        );
    }
}

/// Every secret of a request, in one line.
fn sent(request: &Request) -> String {
    let fields = [
        "code",
        "code_verifier",
        "device_code",
        "refresh_token",
        "client_secret",
        "subject_token",
        "token",
    ];
    let mut sent: Vec<&str> = fields
        .iter()
        .filter_map(|field| request.form.get(*field).map(String::as_str))
        .collect();
    sent.extend(request.headers.get("authorization").map(String::as_str));
    sent.join(", ")
}

fn in_json(request: &Request) -> Reply {
    let description = format!("refused: {}", sent(request));
    Reply::Json(
        400,
        json!({"error": "invalid_request", "error_description": description}),
    )
}

fn percent_encoded(request: &Request) -> Reply {
    let sent = sent(request);
    let description = format!(
        "refused: {} {}",
        percent(&sent),
        percent(&sent).to_lowercase()
    );
    Reply::Json(
        401,
        json!({"error": "invalid_client", "error_description": description}),
    )
}

fn entities(request: &Request) -> Reply {
    let named = sent(request)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('/', "&#x2F;")
        .replace('+', "&#43;");
    Reply::Json(
        400,
        json!({"error": "server_error", "error_description": format!("<b>{named}</b>")}),
    )
}

fn in_html(request: &Request) -> Reply {
    let body = format!("<h1>{}</h1>", sent(request));
    Reply::Text(403, "Content-Type: text/html\r\n".into(), body)
}

fn in_a_form(request: &Request) -> Reply {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("error", &sent(request));
    Reply::Text(
        400,
        "Content-Type: application/x-www-form-urlencoded\r\n".into(),
        form.finish(),
    )
}

fn unavailable(request: &Request) -> Reply {
    Reply::Text(
        503,
        format!("X-Echo: {}\r\n", percent(&sent(request))),
        sent(request),
    )
}

fn no_longer(_: &Request) -> Reply {
    Reply::Text(401, String::new(), String::new())
}

/// In how many ways a server may give away what it was sent.
const ECHOES: [fn(&Request) -> Reply; 7] = [
    in_json,
    percent_encoded,
    entities,
    in_html,
    in_a_form,
    unavailable,
    no_longer,
];

fn well(status: i32) -> bool {
    status == 0
}

fn badly(status: i32) -> bool {
    (1..=5).contains(&status)
}

/// Every verb, done and failed; then the judgement.
fn everything_is_kept_in(home: Home) {
    let r = &mut Round::new(home);
    let code = format!("{MARK}code-0000");
    let refused = [("error", "access_denied"), ("error_description", &*code)];
    r.answer_login(&[&refused[..], &[("code", &code), ("state", "STATE")]].concat());
    r.answer_login(&[
        ("iss", "https://evil.example"),
        ("code", &code),
        ("state", "STATE"),
    ]);
    for echo in ECHOES {
        r.echo(Some(echo));
        r.run(badly, &["login", "acme"]);
    }
    r.echo(None);

    r.run(well, &["login", "acme"]);
    r.run(well, &["token"]);
    r.run(well, &["token", "acme", "--header"]);
    r.run(badly, &["token", "acme", "--min-ttl", "9d"]);
    r.run(badly, &["token", "acme/nobody"]);
    r.run(well, &["export"]);
    r.run(badly, &["export", "acme", "--format", "github"]);
    r.run(badly, &["export", "acme", "acme/nobody"]);
    let file = r.home.text_path("keyfob.age");
    let passphrase = |variable: &str| format!("{MARK}{variable}");
    r.home.set("KEYFOB_BACKUP_PASSPHRASE", passphrase("right"));
    for args in [
        &["whoami"][..],
        &["list"],
        &["use", "acme/julien"],
        &["rename", "acme/julien", "julien"],
        &["check", "*"],
        &["refresh"],
        &["refresh", "--all"],
        &["move", "acme", "--store", "file"],
        &["backup", &file, "--replace"],
        &["restore", &file, "--replace"],
        &["provider", "list"],
        &["provider", "show", "acme"],
        &["log"],
        &["completions", "bash"],
        &["completions", "fish", "--install"],
        &["man", "token"],
        &["help", "stores"],
        &["help", "token"],
        &["--help"],
    ] {
        r.run(well, args);
    }
    r.home.set("KEYFOB_BACKUP_PASSPHRASE", passphrase("wrong"));
    r.run(badly, &["restore", &file]);
    r.run(badly, &["restore", "Cargo.toml"]);
    r.run(badly, &["backup", &file]);
    r.run(badly, &["move", "acme/nobody", "--store", "file"]);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        r.complete(shell);
    }
    for echo in ECHOES {
        r.echo(Some(echo));
        r.run(badly, &["refresh", "acme"]);
        r.run(badly, &["whoami"]);
    }
    for echo in ECHOES {
        r.echo(None);
        r.run(well, &["login", "acme"]);
        r.echo(Some(echo));
        let run = r.home.run(&["logout", "acme", "-v"]);
        assert_eq!(run.status, 1, "{run:?}");
        r.hear(&["logout"], run);
    }
    r.echo(None);
    for manner in MANNERS {
        let login = r.home.login(&["acme"]).ok();
        r.hear(&["login"], login);
        let logout = r.home.run(&[&["logout", "acme"], manner].concat()).ok();
        r.hear(&["logout"], logout);
    }
    exchanges(r);
    r.run(well, &["login", "acme"]); // so that the judge finds a store in use
    r.judge();
}

/// The same with an identity token of a job, which is nobody's to keep.
fn exchanges(r: &mut Round) {
    let identity = |claims: &str| {
        let claims = URL_SAFE_NO_PAD.encode(claims);
        format!("eyJhbGciOiJub25lIn0.{claims}.{MARK}job")
    };
    let anybodys = identity(r#"{"sub": "job", "exp": 4000000000}"#);
    let anothers = identity(r#"{"sub": "job", "aud": "another", "exp": 4000000000}"#);
    r.home.set("KEYFOB_ACME_ID_TOKEN", anothers);
    r.provider.state(|state| state.machines = true);
    let login = ["login", "acme", "--flow", "token-exchange", "--as", "job"];
    let token = ["token", "acme", "--exchange"];
    r.run(badly, &login);
    r.run(badly, &token);
    r.home.set("KEYFOB_ACME_ID_TOKEN", anybodys);
    r.run(well, &login);
    r.run(well, &token);
    r.run(well, &["refresh", "acme/job"]);
    r.run(well, &["whoami", "acme/job"]);
    for echo in ECHOES {
        r.echo(Some(echo));
        for args in [&login[..], &token, &["refresh", "acme/job"]] {
            r.run(badly, args);
        }
    }
    r.echo(None);
    r.home
        .set("KEYFOB_ACME_ID_TOKEN", format!("{MARK}a {MARK}b"));
    r.run(badly, &token);
    r.home.write("job.jwt", &"x".repeat(20_000));
    let file = r.home.path("job.jwt").display().to_string();
    r.run(
        badly,
        &[&token[..], &["--subject-token-file", &file]].concat(),
    );
}

#[test]
fn the_file_store_with_a_key_file_keeps_everything() {
    everything_is_kept_in(Home::new());
}

#[test]
fn the_file_store_with_a_passphrase_keeps_everything() {
    let mut home = Home::new();
    home.set("KEYFOB_PASSPHRASE", format!("{MARK}passphrase"));
    everything_is_kept_in(home);
}

#[cfg(target_os = "linux")]
#[test]
fn the_keyring_keeps_everything() {
    use keyfob_testkit::secret_service::{Keyring, SecretService};
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    everything_is_kept_in(session.home());
}

#[test]
fn a_secret_in_the_wrong_place_is_not_shown() {
    let mut home = Home::new();
    let login = |home: &Home| home.run(&["login", "acme", "-v"]);
    home.set("KEYFOB_PASSPHRASE", format!("{MARK}right"));
    home.run(&["login", "sandbox"]).ok();
    home.set("KEYFOB_PASSPHRASE", format!("{MARK}wrong"));
    let wrong = home.run(&["token", "-v"]).fails(5, &["wrong passphrase"]);
    assert!(!wrong.stderr.contains(MARK), "{wrong:?}");

    for line in [
        "client_auth = \"MARK\"",
        "client_secret = \"MARK\"",
        "redirect.host = \"MARK\"",
        "revocation.style = \"MARK\"",
        "discovery = \"MARK\"",
        "token_endpoint = \"https://MARK@id.example.com/token\"",
        "token_endpoint = \"MARK\"",
        "scopes = \"MARK\"",
        "client_id = MARK",
    ] {
        home.provider("acme", &line.replace("MARK", MARK));
        let run = login(&home).fails(1, &["acme.toml:1"]);
        assert!(!run.stderr.contains(MARK), "{line}: {run:?}");
    }
    home.write("config/config.toml", &format!("store = \"{MARK}\""));
    let run = login(&home).fails(1, &["config.toml:1: `store`"]);
    assert!(!run.stderr.contains(MARK), "{run:?}");
}
