//! The table of exit codes: each code provoked for people and for scripts, and its exit code is the same.

mod verbs;

use std::fs::File;
use std::process::Command;

use keyfob::error::Code;
use serde_json::json;

use crate::vault::HomeVault as _;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::{Provider, acme};
use keyfob_testkit::server::{Reply, free_port};
use keyfob_testkit::visitor::begin_visit;

/// A home that knows `acme`, its server, and how the program is run.
struct Stage {
    home: Home,
    provider: Provider,
    manner: &'static [&'static str],
}

impl Stage {
    fn new(manner: &'static [&'static str]) -> Self {
        let (home, provider) = acme();
        Self {
            home,
            provider,
            manner,
        }
    }

    /// The same, and `julien` is signed in.
    fn signed_in(self) -> Self {
        self.home.login(&["acme"]).ok();
        self
    }

    /// The same, and the token has ended.
    fn expired(self) -> Self {
        let stage = self.signed_in();
        stage.home.later("acme/julien", 3600);
        stage
    }

    fn run(&self, args: &[&str]) -> Run {
        self.home.run(&[self.manner, args].concat()) // before what may be another program's
    }

    fn login(&self, args: &[&str]) -> Run {
        self.home.login(&[args, self.manner].concat())
    }

    /// A login to which the browser brings an answer of the test's own.
    fn answered(&self, answer: &[(&str, &str)]) -> Run {
        let waiting = self.home.begin_login(&[&["acme"], self.manner].concat());
        let redirect = waiting.redirect(&[&[("state", "STATE")], answer].concat());
        let browser = begin_visit(&redirect);
        let run = waiting.end();
        browser.join().expect("the browser");
        run
    }

    /// Refuses the next request at a path.
    fn refuse(&self, path: &str, error: &str) {
        let refusal = Reply::Json(400, json!({"error": error}));
        self.provider.next(path, refusal);
    }

    /// Answers the next request at a path with nothing but a status.
    fn status(&self, path: &str, status: u16) {
        let reply = Reply::Text(status, String::new(), String::new());
        self.provider.next(path, reply);
    }

    /// Runs the program when the server has gone.
    fn deserted(self, args: &[&str]) -> Run {
        let Self {
            home,
            provider,
            manner,
        } = self;
        drop(provider);
        home.run(&[manner, args].concat())
    }
}

/// A test for each code, by its word: its exit code, and what provokes it.
macro_rules! cells {
    ($($word:ident: $code:ident, $exit:literal, $provoke:expr;)*) => {
        $(
            #[test]
            fn $word() {
                provoke(Code::$code, stringify!($word), $exit, $provoke);
            }
        )*

        #[test]
        fn every_code_has_its_cell() {
            for &code in Code::all() {
                assert!([$(Code::$code),*].contains(&code), "{code:?}");
            }
        }
    };
}

/// For people and for scripts: the same exit code.
fn provoke(code: Code, word: &str, exit: i32, failing: fn(Stage) -> Run) {
    std::thread::scope(|scope| {
        scope.spawn(|| assert_said(code, exit, &failing(Stage::new(&[]))));
        scope.spawn(|| assert_json(code, word, exit, &failing(Stage::new(&["--json"]))));
    });
}

/// Verbs that answer however it went.
fn answers(code: Code) -> bool {
    matches!(
        code,
        Code::Locked | Code::RefreshRequired | Code::RevocationFailed | Code::TestFailed
    )
}

#[track_caller]
fn assert_said(code: Code, exit: i32, run: &Run) {
    assert_eq!(run.status, exit, "{run:?}");
    assert!(run.stdout.is_empty() || answers(code), "{run:?}");
    let mut lines = run
        .stderr
        .lines()
        .skip_while(|line| !line.starts_with("error: "));
    let error = lines.next().unwrap_or_default();
    assert!(
        error.len() > "error: ".len() && !error.ends_with('.'),
        "{run:?}"
    );
    let said = |label: &str| {
        run.stderr
            .lines()
            .filter(|line| line.starts_with(label))
            .count()
    };
    assert_eq!(said("error: "), 1, "{run:?}");
    assert!(said("hint: ") == 1 || code == Code::Usage, "{run:?}"); // clap's own words
}

#[track_caller]
fn assert_json(code: Code, word: &str, exit: i32, run: &Run) {
    assert_eq!(run.status, exit, "{run:?}");
    assert!(run.stdout.is_empty() || answers(code), "{run:?}");
    let failure = run.failure();
    assert_eq!(failure["error"], word, "{run:?}");
    let keys: Vec<&String> = failure.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["account", "error", "error_description", "hint"]);
    for text in ["error_description", "hint"] {
        let said = failure[text].as_str().unwrap_or_default();
        assert!(!said.is_empty() && !said.ends_with('.'), "{text}: {run:?}");
    }
    let objects = run.stderr.lines().filter(|line| line.starts_with('{'));
    assert_eq!(objects.count(), 1, "{run:?}");
}

cells! {
    access_denied: AccessDenied, 1, |stage| stage.answered(&[("error", "access_denied")]);
    account_conflict: AccountConflict, 1, |stage| {
        let stage = stage.signed_in();
        stage.provider.state(|state| state.person["sub"] = "u-2".into());
        stage.login(&["acme/julien"])
    };
    config_invalid: ConfigInvalid, 1, |stage| {
        stage.home.write("config/config.toml", "stor = \"file\"\n");
        stage.run(&["list"])
    };
    endpoint_changed: EndpointChanged, 1, |stage| {
        let stage = stage.expired();
        let here = format!("token_endpoint = \"{}", stage.provider.origin());
        let moved = "token_endpoint = \"https://elsewhere.example";
        let definition = stage.provider.definition("").replace(&here, moved);
        stage.home.provider("acme", &definition);
        stage.run(&["token", "acme"])
    };
    expired_token: ExpiredToken, 1, |stage| {
        stage.provider.state(|state| state.code_lives = 1);
        let definition = stage.provider.definition(&stage.provider.device());
        stage.home.provider("acme", &definition);
        stage.run(&["login", "acme", "--flow", "device"])
    };
    internal_error: InternalError, 1, |stage| {
        stage.home.write("data/accounts/acme/julien.json", "{");
        stage.run(&["token", "acme/julien"])
    };
    invalid_response: InvalidResponse, 1, |stage| {
        let stage = stage.expired();
        stage.provider.next("/token", Reply::Json(200, json!([])));
        stage.run(&["token", "acme"])
    };
    invalid_state: InvalidState, 1, |stage| {
        stage.answered(&[("iss", "https://evil.example"), ("code", "c")])
    };
    record_mismatch: RecordMismatch, 1, |stage| {
        let stage = stage.signed_in();
        let mut entry = stage.home.entry("acme/julien");
        entry["identity"]["subject"] = "u-2".into();
        stage.home.write("data/accounts/acme/julien.json", &entry.to_string());
        stage.run(&["token", "acme/julien"])
    };
    origin_refused: OriginRefused, 1, |stage| {
        let here = format!("token_endpoint = \"{}", stage.provider.origin());
        let definition = stage.provider.definition("").replace(&here, "token_endpoint = \"https://elsewhere.example");
        stage.home.provider("acme", &definition);
        stage.home.refused_login(&[&["acme"], stage.manner].concat())
    };
    refresh_failed: RefreshFailed, 1, |stage| {
        let stage = stage.expired();
        stage.refuse("/token", "invalid_client");
        stage.run(&["token", "acme"])
    };
    backup_invalid: BackupInvalid, 1, |stage| {
        stage.home.write("other", "no backup");
        stage.run(&["restore", &stage.home.text_path("other")])
    };
    registration_required: RegistrationRequired, 1, |stage| {
        stage.home.refused_login(&[&["github"], stage.manner].concat())
    };
    revocation_failed: RevocationFailed, 1, |stage| {
        let stage = stage.signed_in();
        stage.refuse("/revoke", "invalid_client");
        stage.run(&["logout", "acme"])
    };
    test_failed: TestFailed, 1, |stage| {
        // Not at a port that was just given back, which another test's server may have by now.
        let nobody = format!("http://127.0.0.1:{}", free_port());
        let definition = stage.provider.definition("").replace(&stage.provider.origin(), &nobody);
        stage.home.provider("acme", &definition);
        stage.run(&["provider", "test", "acme"])
    };
    timeout: Timeout, 1, |stage| {
        stage.home.begin_login(&[&["acme", "--timeout", "0"], stage.manner].concat()).end()
    };
    token_exchange_failed: TokenExchangeFailed, 1, |stage| {
        stage.refuse("/token", "invalid_grant");
        stage.login(&["acme"])
    };

    ambiguous_account: AmbiguousAccount, 2, |stage| {
        let stage = stage.signed_in();
        stage.home.run(&["login", "sandbox"]).ok();
        stage.run(&["token"])
    };
    unknown_account: UnknownAccount, 2, |stage| stage.signed_in().run(&["token", "acme/julian"]);
    unknown_provider: UnknownProvider, 2, |stage| stage.run(&["token", "acne"]);
    usage: Usage, 2, |stage| stage.run(&["token", "--nope"]);

    locked: Locked, 3, |stage| {
        let mut stage = stage.signed_in();
        stage.home.set("KEYFOB_TEST_LOCK", "1");
        let lock = File::options().write(true).open(stage.home.path("state/locks/defaults.lock"));
        let lock = lock.expect("a login made it");
        lock.lock().expect("a file system with locks");
        stage.run(&["logout", "acme", "--local"])
    };
    network_error: NetworkError, 3, |stage| stage.expired().deserted(&["token", "acme"]);
    provider_unavailable: ProviderUnavailable, 3, |stage| {
        let stage = stage.expired();
        stage.status("/token", 503);
        stage.run(&["token", "acme"])
    };
    refresh_required: RefreshRequired, 3, |stage| stage.expired().run(&["check", "acme"]);

    login_required: LoginRequired, 4, |stage| stage.run(&["token", "acme"]);
    unauthorized: Unauthorized, 4, |stage| {
        let stage = stage.signed_in();
        stage.status("/userinfo", 401);
        stage.status("/userinfo", 401);
        stage.run(&["whoami", "acme"])
    };

    store_unavailable: StoreUnavailable, 5, |stage| {
        stage.run(&["login", "acme", "--store", "keyring"])
    };

    command_not_executable: CommandNotExecutable, 126, |stage| {
        let stage = stage.signed_in();
        stage.home.write("bin/note", "a note\n");
        let note = stage.home.path("bin/note").display().to_string();
        stage.run(&["exec", "acme", "--", &note])
    };
    command_not_found: CommandNotFound, 127, |stage| {
        stage.signed_in().run(&["exec", "acme", "--", "no-such-command"])
    };
    interrupted: Interrupted, 130, |stage| {
        let waiting = stage.home.begin_login(&[&["acme"], stage.manner].concat());
        let kill = Command::new("kill").args(["-INT", &waiting.pid().to_string()]).status();
        assert!(kill.expect("kill starts").success());
        waiting.end()
    };
}

/// Usage that keyfob judges, not clap, has a hint for people too.
#[test]
fn usage_of_an_account() {
    provoke_alone(Stage::new(&[]).run(&["token", "Not An Account"]), 2);
    provoke_alone(Stage::new(&[]).run(&["token", "acme/"]), 2);
}

#[track_caller]
fn provoke_alone(run: Run, exit: i32) {
    assert_eq!(run.fails(exit, &["error: ", "hint: "]).stdout, "");
}

#[test]
fn of_several_accounts_the_worst_failure_counts() {
    for manner in [&[][..], &["--json"]] {
        let stage = Stage::new(manner).expired();
        stage.home.copy_account("acme/julien", "acme/work");
        stage.status("/token", 503);
        stage.refuse("/token", "invalid_client");
        let run = stage.run(&["refresh", "--all"]);
        assert_eq!(run.status, 1, "{run:?}"); // before 3
    }
}
