//! Each exit code by each verb for scripts that can have it, in scenes where nothing that is run changes what the next
//! will find.

use super::*;
use crate::vault::HomeVault as _;
use keyfob_testkit::server::Request;

const TOKEN: &str = "token acme";
const EXPORT: &str = "export acme";
const EXEC: &str = "exec acme -- true";
const CHECK: &str = "check acme";
const LIVE: &str = "check acme --live";
const WHOAMI: &str = "whoami acme";
const WHICH: &str = "which acme";
const EPHEMERAL: &str = "exec acme --ephemeral --flow device -- true";

/// Those that may need a new token.
const NEEDY: [&str; 5] = [TOKEN, EXPORT, EXEC, LIVE, WHOAMI];

/// Those that get one for this once.
const ANEW: [&str; 3] = [
    "token acme --exchange",
    "export acme --exchange",
    "exec acme --exchange -- true",
];

/// The words of a line; the manner stands before what is another program's.
fn words<'a>(line: &'a str, manner: &[&'a str]) -> Vec<&'a str> {
    let (own, command) = match line.find(" -- ") {
        Some(at) => line.split_at(at),
        None => (line, ""),
    };
    let own = own.split(' ').chain(manner.iter().copied());
    own.chain(command.split_whitespace()).collect()
}

/// Runs each line for people and for scripts, and demands that failure and nothing of an answer.
#[track_caller]
fn each(stage: &Stage, lines: &[&str], code: Code, exit: i32) {
    for line in lines {
        for manner in [&[][..], &["--json"]] {
            let run = stage.home.run(&words(line, manner));
            fails(line, manner, run, code, exit);
        }
    }
}

#[track_caller]
fn fails(line: &str, manner: &[&str], run: Run, code: Code, exit: i32) {
    let json = !manner.is_empty();
    let run = without_a_verdict(line, json, run);
    assert_eq!(run.stdout, "", "{line}");
    if json {
        assert_json(code, code.as_str(), exit, &run);
    } else {
        assert_said(code, exit, &run);
    }
}

/// `check` answers however it went, once it has looked.
#[track_caller]
fn without_a_verdict(line: &str, json: bool, run: Run) -> Run {
    if !line.starts_with("check") || run.stdout.is_empty() {
        return run;
    }
    if json {
        assert_eq!(run.stdout.matches('\n').count(), 1, "{run:?}");
        let verdicts = run.json()["accounts"].clone();
        let judged = |one: &serde_json::Value| one["error"]["error"] == one["result"];
        let verdicts = verdicts.as_array().expect("accounts").iter();
        assert!(verdicts.clone().any(judged), "{run:?}");
    } else {
        assert!(run.stdout.starts_with("acme"), "{run:?}");
    }
    Run {
        stdout: String::new(),
        ..run
    }
}

/// What a scene is made of: `julien` is signed in, and the token has ended.
fn ended() -> Stage {
    Stage::new(&[]).expired()
}

fn refuse_all(stage: &Stage, refusal: Fate) {
    stage.provider.state(|state| state.echo = Some(refusal));
}

fn invalid_client(_: &Request) -> Reply {
    Reply::Json(400, json!({"error": "invalid_client"}))
}

fn invalid_grant(_: &Request) -> Reply {
    Reply::Json(400, json!({"error": "invalid_grant"}))
}

fn unavailable(_: &Request) -> Reply {
    Reply::Text(503, String::new(), String::new())
}

fn unauthorized(_: &Request) -> Reply {
    Reply::Text(401, String::new(), String::new())
}

#[test]
fn a_valid_token_is_0_and_nothing_is_said() {
    let stage = Stage::new(&[]).signed_in();
    for line in NEEDY.iter().chain(&[CHECK, WHICH, "check", "which"]) {
        for manner in [&[][..], &["--json"]] {
            let run = stage.home.run(&words(line, manner)).ok();
            assert_eq!(run.stderr, "", "{line}");
            assert_eq!(run.stdout.is_empty(), line.starts_with("exec"), "{run:?}");
            if !manner.is_empty() && !line.starts_with("exec") {
                assert!(run.json().is_object(), "{run:?}");
            }
        }
    }
}

#[test]
fn a_token_that_is_renewed_is_0() {
    for line in NEEDY {
        let stage = ended();
        let run = stage.home.run(&words(line, &[])).ok();
        assert_eq!(run.stderr, "", "{line}");
        stage.provider.assert_refreshes(1);
    }
}

#[test]
fn a_broken_file_is_1() {
    let stage = Stage::new(&[]).signed_in();
    stage.home.write("data/accounts/acme/julien.json", "{");
    let all = [&NEEDY[..], &[CHECK, WHICH]].concat();
    each(&stage, &all, Code::InternalError, 1);
    let run = stage.home.run(&["check", "--all"]);
    assert_said(Code::InternalError, 1, &run);
    let named: Vec<String> = all
        .iter()
        .map(|line| line.replace(" acme", " acme/julien"))
        .collect();
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    each(&stage, &named, Code::InternalError, 1);

    stage.home.write("config/config.toml", "stor = 1\n");
    let all = [&NEEDY[..], &ANEW, &[CHECK, WHICH, EPHEMERAL]].concat();
    each(&stage, &all, Code::ConfigInvalid, 1);
}

#[test]
fn a_definition_that_moved_elsewhere_is_1() {
    let stage = ended();
    let definition = stage.provider.definition("");
    let here = format!("token_endpoint = \"{}", stage.provider.origin());
    let moved = "token_endpoint = \"https://elsewhere.example";
    stage
        .home
        .provider("acme", &definition.replace(&here, moved));
    each(&stage, &NEEDY, Code::EndpointChanged, 1);
}

#[test]
fn a_demand_that_no_token_meets_is_1_and_nothing_is_sent() {
    let stage = Stage::new(&[]).signed_in();
    let lines = [
        "token acme --min-ttl 9d",
        "export acme --min-ttl 9d",
        "exec acme --min-ttl 9d -- true",
        "check acme --min-ttl 9d",
    ];
    each(&stage, &lines, Code::RefreshFailed, 1);
    assert_eq!(stage.provider.asked("/token").len(), 1, "the login's");
}

#[test]
fn a_refusal_that_a_login_may_not_mend_is_1() {
    let stage = ended();
    refuse_all(&stage, invalid_client);
    each(&stage, &NEEDY, Code::RefreshFailed, 1);
}

#[test]
fn a_refused_exchange_or_sign_in_is_1() {
    let mut stage = Stage::new(&[]);
    stage.home.set("KEYFOB_ACME_ID_TOKEN", "a.b.c");
    refuse_all(&stage, invalid_client);
    each(&stage, &ANEW, Code::TokenExchangeFailed, 1);
    let device = stage.provider.device();
    let definition = stage.provider.definition(&device);
    stage.home.provider("acme", &definition);
    stage.provider.state(|state| {
        state.echo = None;
        state.decision = keyfob_testkit::provider::Decision::Denied;
    });
    each(&stage, &[EPHEMERAL], Code::AccessDenied, 1);
    let lines = ["exec github --ephemeral -- true"];
    each(&stage, &lines, Code::RegistrationRequired, 1);
}

#[test]
fn what_was_mistyped_is_2() {
    let stage = Stage::new(&[]).signed_in();
    let verbs = [&NEEDY[..], &[CHECK, WHICH]].concat();
    let all = |account: &str, code| {
        let lines: Vec<String> = verbs
            .iter()
            .map(|line| line.replace(" acme", &format!(" {account}")))
            .collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        each(&stage, &lines, code, 2);
    };
    all("acne", Code::UnknownProvider);
    all("acne/julien", Code::UnknownProvider);
    all("acme/julian", Code::UnknownAccount);
    all("acme/", Code::Usage);
    all("acme --nope", Code::Usage);
    let anew = [
        "token acne --exchange",
        "export acne --exchange",
        "exec acne --exchange -- true",
        "exec acne --ephemeral -- true",
    ];
    each(&stage, &anew, Code::UnknownProvider, 2);
    let wrong = [
        "export acme --name 1",
        "export acme --output",
        "export acme --report x",
        "exec acme --env 1 -- true",
        "exec acme/julien --ephemeral -- true",
        "exec --ephemeral -- true",
        "token --exchange",
        "token acme/julien --exchange",
        "exec acme",
        "check acme --all",
        "check acme --min-ttl soon",
    ];
    each(&stage, &wrong, Code::Usage, 2);
    each(&stage, &["export acme --format github"], Code::Usage, 2);
}

#[test]
fn an_account_that_nobody_chose_is_2() {
    let stage = Stage::new(&[]).signed_in();
    stage.home.copy_account("acme/julien", "acme/work");
    std::fs::remove_file(stage.home.path("data/defaults.json")).expect("a login made it");
    let all = [&NEEDY[..], &[CHECK, WHICH]].concat();
    each(&stage, &all, Code::AmbiguousAccount, 2);
    let none: Vec<String> = all.iter().map(|line| line.replace(" acme", "")).collect();
    let none: Vec<&str> = none.iter().map(String::as_str).collect();
    each(&stage, &none, Code::AmbiguousAccount, 2);
}

#[test]
fn an_account_that_a_rule_names_and_is_not_there_is_2() {
    let stage = Stage::new(&[]).signed_in();
    let rule = "[[rules]]\npath = '/'\naccounts = ['acme/gone']\n";
    stage.home.write("config/config.toml", rule);
    let all = [&NEEDY[..], &[CHECK, WHICH]].concat();
    each(&stage, &all, Code::UnknownAccount, 2);
}

#[test]
fn a_network_that_is_down_is_3() {
    let stage = ended();
    let Stage { home, provider, .. } = stage;
    let mut stage = Stage {
        home,
        provider: Provider::start(), // nobody asks this one
        manner: &[],
    };
    drop(provider);
    each(&stage, &NEEDY, Code::NetworkError, 3);
    stage.home.set("KEYFOB_ACME_ID_TOKEN", "a.b.c");
    each(&stage, &ANEW, Code::NetworkError, 3);
    each(&stage, &[CHECK], Code::RefreshRequired, 3);
    assert_eq!(stage.run(&["which", "acme"]).status, 0);
}

#[test]
fn a_server_that_is_unwell_is_3() {
    let mut stage = ended();
    stage.home.set("KEYFOB_ACME_ID_TOKEN", "a.b.c");
    refuse_all(&stage, unavailable);
    each(&stage, &NEEDY, Code::ProviderUnavailable, 3);
    each(&stage, &ANEW, Code::ProviderUnavailable, 3);
    let definition = stage.provider.definition(&stage.provider.device());
    stage.home.provider("acme", &definition);
    each(&stage, &[EPHEMERAL], Code::ProviderUnavailable, 3);
}

#[test]
fn nobody_signed_in_is_4() {
    let mut stage = Stage::new(&[]);
    let all = [&NEEDY[..], &[CHECK, WHICH], &ANEW].concat();
    each(&stage, &all, Code::LoginRequired, 4);
    let none = [
        "token",
        "export",
        "exec -- true",
        "check",
        "which",
        "whoami",
    ];
    each(&stage, &none, Code::LoginRequired, 4);
    stage.home.set("CI", "true");
    let lines = ["exec acme --ephemeral -- true"];
    each(&stage, &lines, Code::LoginRequired, 4);
}

#[test]
fn a_refresh_token_that_is_refused_is_4_from_then_on() {
    for first in NEEDY {
        let stage = ended();
        refuse_all(&stage, invalid_grant);
        let run = stage.home.run(&words(first, &["--json"]));
        fails(first, &["--json"], run, Code::LoginRequired, 4);
        let asked = stage.provider.asked("/token").len();
        each(&stage, &NEEDY, Code::LoginRequired, 4);
        each(&stage, &[CHECK], Code::LoginRequired, 4);
        assert_eq!(stage.provider.asked("/token").len(), asked, "{first}");
    }
}

#[test]
fn an_ended_token_without_another_is_4() {
    let stage = Stage::new(&[]);
    stage.provider.state(|state| state.refreshable = false);
    let stage = stage.expired();
    let all = [&NEEDY[..], &[CHECK]].concat();
    each(&stage, &all, Code::LoginRequired, 4);
}

#[test]
fn a_secret_that_was_taken_away_is_4() {
    let stage = Stage::new(&[]).signed_in();
    for path in stage.home.stored() {
        if path.starts_with(stage.home.path("data/secrets")) {
            std::fs::remove_file(path).expect("a secret");
        }
    }
    each(&stage, &NEEDY, Code::LoginRequired, 4);
}

#[test]
fn a_token_that_is_refused_although_it_is_new_is_4() {
    let stage = Stage::new(&[]).signed_in();
    stage.provider.state(|state| {
        state.spared.push("/token");
        state.echo = Some(unauthorized);
    });
    each(&stage, &[LIVE, WHOAMI], Code::Unauthorized, 4);
}

#[test]
fn a_store_that_cannot_be_opened_is_5() {
    let mut stage = Stage::new(&[]);
    stage.home.set("KEYFOB_PASSPHRASE", "correct horse");
    let mut stage = stage.signed_in();
    stage.home.unset("KEYFOB_PASSPHRASE");
    each(&stage, &NEEDY, Code::StoreUnavailable, 5);
    stage.home.set("KEYFOB_PASSPHRASE", "wrong");
    each(&stage, &NEEDY, Code::StoreUnavailable, 5);
    for free in [CHECK, WHICH] {
        stage.home.run(&words(free, &[])).ok();
    }
}

#[test]
fn a_store_that_cannot_be_written_is_5_and_no_refresh_token_is_spent() {
    let stage = ended();
    let _broken = stage.home.break_writing();
    each(&stage, &NEEDY, Code::StoreUnavailable, 5);
    stage.provider.assert_refreshes(0);
}

#[test]
fn a_command_that_is_not_there_is_127_and_one_that_cannot_be_run_126() {
    let stage = Stage::new(&[]).signed_in();
    let definition = stage.provider.definition(&stage.provider.device());
    stage.home.provider("acme", &definition);
    let granted = keyfob_testkit::provider::Decision::Granted;
    stage.provider.state(|state| state.decision = granted);
    for exec in ["exec acme", "exec acme --ephemeral --flow device"] {
        let missing = format!("{exec} -- no-such-command");
        each(&stage, &[&missing], Code::CommandNotFound, 127);
        let folder = format!("{exec} -- /");
        each(&stage, &[&folder], Code::CommandNotExecutable, 126);
    }
}

#[cfg(unix)]
#[test]
fn a_signal_while_a_server_is_waited_for_is_130() {
    let lines = NEEDY.iter().chain(&ANEW).chain(&[EPHEMERAL]);
    for line in lines {
        for manner in [&[][..], &["--json"]] {
            let mut stage = ended();
            stage.home.set("KEYFOB_ACME_ID_TOKEN", "a.b.c");
            let definition = stage.provider.definition(&stage.provider.device());
            stage.home.provider("acme", &definition);
            let path = if *line == EPHEMERAL {
                "/device"
            } else {
                "/token"
            };
            let before = stage.provider.asked(path).len();
            let door = stage.provider.hold(path);
            let running = stage.home.begin(&words(line, manner));
            stage.provider.wait_for(path, before + 1);
            running.signal("INT");
            if NEEDY.contains(line) {
                drop(door); // a refresh token that was sent is not left behind
            }
            let run = running.end_within(keyfob_testkit::process::GENEROUS);
            fails(line, manner, run, Code::Interrupted, 130);
        }
    }
}

/// How a server answers whatever it is asked.
type Fate = fn(&Request) -> Reply;

/// Providers by what becomes of their accounts, whose tokens have all ended.
fn four() -> (Home, Vec<Provider>) {
    let home = Home::new();
    let fates: [(&str, Fate); 3] = [
        ("one", invalid_client),
        ("four", invalid_grant),
        ("three", unavailable),
    ];
    let mut providers = Vec::new();
    for (name, fate) in fates {
        let provider = Provider::start();
        home.provider(name, &provider.definition(""));
        home.login(&[name]).ok();
        home.later(&format!("{name}/julien"), 3600);
        provider.state(|state| state.echo = Some(fate));
        providers.push(provider);
    }
    (home, providers)
}

/// The first of 5, 1, 4 and 3 that occurred, in whatever order they were named.
#[test]
fn of_several_accounts_the_first_of_5_1_4_and_3_counts() {
    for (accounts, code, exit) in [
        ("three four one", Code::RefreshFailed, 1),
        ("one four three", Code::RefreshFailed, 1),
        ("three one", Code::RefreshFailed, 1),
        ("four one", Code::RefreshFailed, 1),
        ("three four", Code::LoginRequired, 4),
        ("four three", Code::LoginRequired, 4),
        ("three", Code::ProviderUnavailable, 3),
    ] {
        for verb in [
            "export ACCOUNTS",
            "exec ACCOUNTS -- true",
            "check ACCOUNTS --live",
        ] {
            for manner in [&[][..], &["--json"]] {
                let (home, _providers) = four();
                let line = verb.replace("ACCOUNTS", accounts);
                let run = home.run(&words(&line, manner));
                let stdout = if verb.starts_with("check") {
                    String::new()
                } else {
                    run.stdout
                };
                fails(&line, manner, Run { stdout, ..run }, code, exit);
            }
        }
    }
}

/// A store that cannot be used comes before everything else.
#[test]
fn of_several_accounts_a_store_counts_most() {
    let (mut home, _providers) = four();
    home.set("KEYFOB_STORE", "file");
    let entry = "data/accounts/sandbox/ada.json";
    home.run(&["login", "sandbox"]).ok();
    let text = std::fs::read_to_string(home.path(entry)).expect("an entry");
    home.write(entry, &text.replace("\"file\"", "\"keyring\""));
    let stage = Stage {
        home,
        provider: Provider::start(),
        manner: &[],
    };
    for accounts in [
        "sandbox one",
        "four sandbox",
        "three sandbox",
        "one four sandbox three",
    ] {
        for verb in ["export ACCOUNTS", "exec ACCOUNTS -- true"] {
            let line = verb.replace("ACCOUNTS", accounts);
            each(&stage, &[&line], Code::StoreUnavailable, 5);
        }
        for manner in [&[][..], &["--json"]] {
            let line = format!("check {accounts} --live");
            let run = stage.home.run(&words(&line, manner));
            let stdout = String::new();
            fails(
                &line,
                manner,
                Run { stdout, ..run },
                Code::StoreUnavailable,
                5,
            );
        }
    }
}

/// `check` offline: what is refused before what has ended, and 0 only where all are valid.
#[test]
fn of_several_accounts_offline_a_login_counts_before_a_refresh() {
    let (home, _providers) = four();
    home.run(&["login", "sandbox"]).ok();
    home.run(&["token", "four"]).fails(4, &[]);
    for (accounts, exit) in [
        ("sandbox", 0),
        ("sandbox three", 3),
        ("three sandbox four", 4),
        ("four three", 4),
        ("--all", 4),
    ] {
        for manner in [&[][..], &["--json"]] {
            let run = home.run(&words(&format!("check {accounts}"), manner));
            assert_eq!(run.status, exit, "{accounts}: {run:?}");
        }
    }
}

/// The verbs that take secrets elsewhere.
#[test]
fn what_goes_elsewhere_has_the_exit_codes_of_the_others() {
    let stage = Stage::new(&[]);
    let backup = format!("backup {}", stage.home.text_path("a.age"));
    let of = |rest: &str| format!("{backup} {rest}");
    let missing = format!("restore {}", stage.home.text_path("missing"));
    let other = format!("restore {}", stage.home.text_path("other"));
    stage.home.write("other", "no backup");
    each(
        &stage,
        &["move acme --store file", &of("acme")],
        Code::LoginRequired,
        4,
    );
    each(&stage, &[&backup], Code::LoginRequired, 4);
    each(
        &stage,
        &["move acne --store file"],
        Code::UnknownProvider,
        2,
    );
    each(&stage, &[&missing], Code::Usage, 2);
    each(&stage, &[&other], Code::BackupInvalid, 1);
    let stage = stage.signed_in();
    each(
        &stage,
        &["move acme/x --store file", &of("acme/x")],
        Code::UnknownAccount,
        2,
    );
    each(&stage, &[&backup, &of("--move --yes")], Code::Usage, 2);
    each(
        &stage,
        &["move acme --store keyring", "move --all --store keyring"],
        Code::StoreUnavailable,
        5,
    );
    stage.home.write("data/accounts/acme/julien.json", "{");
    each(
        &stage,
        &[&of("--move --yes"), &of("acme/julien")],
        Code::InternalError,
        1,
    );
}
