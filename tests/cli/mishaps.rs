//! Logins and registrations that something cuts off: signals at every stage, stores and folders that
//! cannot be written, and other processes that change what they began with.

use serde_json::json;
use url::Url;

use crate::vault::HomeVault as _;
use keyfob_testkit::home::Home;
use keyfob_testkit::process::Running;
use keyfob_testkit::provider::{Decision, Provider, acme_with, acme_with_device};
use keyfob_testkit::scene::register_at_once;
use keyfob_testkit::screen::Screen;
use keyfob_testkit::visitor::get;

const DEVICE: [&str; 4] = ["login", "acme", "--flow", "device"];
const PASTE: [&str; 4] = ["login", "acme", "--flow", "paste"];

/// The stages of a device login, by what is asked in them.
const STAGES: [&str; 3] = ["/device", "/token", "/userinfo"];

fn granted() -> (Home, Provider) {
    let (home, provider) = acme_with_device();
    provider.state(|state| state.decision = Decision::Granted);
    (home, provider)
}

fn kill(signal: &str, pid: u32) {
    let mut kill = std::process::Command::new("kill");
    let status = kill.args([format!("-{signal}"), pid.to_string()]).status();
    assert!(status.expect("kill starts").success());
}

fn ends_on(url: &Url) -> Url {
    Url::parse(get(url).header("location")).expect("a redirect")
}

#[test]
fn a_device_login_that_is_killed_leaves_nothing_half_done() {
    for stage in STAGES {
        let (home, provider) = granted();
        let door = provider.hold(stage);
        let login: Running = home.begin(&DEVICE);
        provider.wait_for(stage, 1);
        login.signal("KILL");
        assert_eq!(login.end().status, -1);
        drop(door);
        assert!(home.stored().is_empty(), "{stage}: {:?}", home.stored());
        home.run(&DEVICE).ok();
        assert_eq!(home.accounts(), ["acme/julien"]);
    }
}

#[test]
fn a_second_sign_in_that_is_cut_off_leaves_the_first_as_it_was() {
    let (home, provider) = granted();
    home.run(&DEVICE).ok();
    let token = home.run(&["token"]).ok().stdout;
    for (stage, signal) in STAGES.iter().zip(["KILL", "TERM", "HUP"]) {
        let before = provider.asked(stage).len();
        let door = provider.hold(stage);
        let login: Running = home.begin(&DEVICE);
        provider.wait_for(stage, before + 1);
        login.signal(signal);
        assert_ne!(login.end().status, 0);
        drop(door);
        assert_eq!(home.run(&["token"]).ok().stdout, token, "{stage}");
        assert_eq!(home.accounts(), ["acme/julien"]);
    }
    home.run(&["refresh"]).ok();
}

#[test]
fn a_paste_login_that_is_cut_off_gives_the_terminal_back() {
    for signal in ["INT", "TERM", "HUP", "QUIT"] {
        for stage in ["", "/token", "/userinfo"] {
            let (home, provider) = acme_with("");
            let mut screen = Screen::start(&home.keyfob(&PASTE));
            screen.wait_for("ends on");
            screen.wait_for_echo(false);
            let url = screen.authorization_url();
            let door = (!stage.is_empty()).then(|| provider.hold(stage));
            if door.is_some() {
                screen.press(&format!("{}\r", ends_on(&url)));
                provider.wait_for(stage, 1);
            }
            kill(signal, screen.pid());
            let (status, shown) = screen.end();
            assert_eq!(status, 130, "{signal} {stage}: {shown}");
            assert_eq!(screen.settings(), screen.before, "{signal} {stage}");
            assert_eq!(shown.matches("interrupted").count(), 1, "{shown}");
            assert!(home.stored().is_empty());
        }
    }
}

/// What is under way to the store is not cut off, and then all of it is there.
#[test]
fn a_signal_while_the_account_is_written_is_obeyed_after_it() {
    let (home, provider) = granted();
    let names = home
        .vault()
        .wait_for_lock("names-acme", std::time::Duration::ZERO);
    let names = names.expect("a lock");
    let login: Running = home.begin(&DEVICE);
    provider.wait_for("/userinfo", 1);
    keyfob_testkit::process::until("the login is at the lock", || {
        login.has_open("names-acme.lock")
    });
    login.signal("TERM");
    drop(names);
    let run = login.end();
    assert_eq!(run.status, 130, "{run:?}");
    let stored = home.stored().len();
    assert!(
        [0, 2].contains(&stored),
        "all or nothing: {:?}",
        home.stored()
    );
    home.run(&DEVICE).ok();
}

fn registering() -> (Home, Provider) {
    let (home, provider) = (Home::new(), Provider::start());
    home.provider("acme", &provider.bare_definition());
    provider.state(|state| {
        state.registers = true;
        state.registration = json!({
            "client_secret": "a-secret",
            "token_endpoint_auth_method": "client_secret_post",
        });
    });
    (home, provider)
}

#[test]
fn a_registered_client_is_lost_to_no_signal() {
    for signal in ["INT", "TERM", "HUP", "QUIT"] {
        let (home, provider) = registering();
        let door = provider.hold("/register");
        let login = home.login_command(&["acme", "--register"]).spawn();
        let login = Running::new(login.expect("keyfob starts"));
        provider.wait_for("/register", 1);
        login.signal(signal);
        drop(door);
        let run = login.end();
        assert_eq!(run.status, 130, "{run:?}");
        assert!(run.stderr.contains("registered keyfob at Acme"), "{run:?}");
        home.login(&["acme"]).ok();
        assert_eq!(provider.asked("/register").len(), 1, "{signal}");
    }
}

#[test]
fn a_client_outlives_a_login_that_is_killed_after_its_registration() {
    let (home, provider) = registering();
    let waiting = home.begin_login(&["acme", "--register"]);
    kill("KILL", waiting.pid());
    waiting.end();
    home.login(&["acme"]).ok();
    assert_eq!(provider.asked("/register").len(), 1);
    assert_eq!(
        provider.asked("/token")[0].form["client_secret"],
        "a-secret"
    );
}

#[test]
fn a_registration_that_is_killed_holds_nobody_up() {
    let (home, provider) = registering();
    let door = provider.hold("/register");
    let login = home.login_command(&["acme", "--register"]).spawn();
    let login = Running::new(login.expect("keyfob starts"));
    provider.wait_for("/register", 1);
    login.signal("KILL");
    login.end();
    drop(door);
    let kept = std::fs::read_to_string(home.path("config/providers/acme.toml"));
    assert_eq!(kept.expect("a definition"), provider.bare_definition());
    home.login(&["acme", "--register"]).ok();
}

/// Every way to sign in, where the store takes nothing.
#[test]
fn a_store_that_fails_is_found_out_before_anybody_is_asked() {
    let (mut home, provider) = (Home::new(), Provider::start());
    home.run(&["login", "sandbox"]).ok(); // makes the store
    provider.state(|state| {
        state.registers = true;
        state.machines = true;
        state.decision = Decision::Granted;
    });
    let more = [
        "client_auth = \"client_secret_post\"\n",
        &provider.device(),
        &provider.push(),
    ];
    home.provider("acme", &provider.definition(&more.concat()));
    home.provider("beta", &provider.bare_definition());
    home.set("KEYFOB_ACME_CLIENT_SECRET", "a-secret");
    let broken = home.break_writing();
    let url = provider.origin();
    for args in [
        &["acme"][..],
        &["acme", "--flow", "device"],
        &["acme", "--flow", "client-credentials"],
        &["beta", "--register"],
    ] {
        home.refused_login(args).fails(5, &["file store"]);
        let mut screen = Screen::start(&home.keyfob(&[&["login"], args].concat()));
        let (status, shown) = screen.end();
        assert_eq!(status, 5, "{shown}");
    }
    let mut screen = Screen::start(&home.keyfob(&PASTE));
    assert_eq!(screen.end().0, 5);
    let set = ["provider", "set", "acme", "--client-secret"];
    let mut screen = Screen::start(&home.keyfob(&set));
    let (status, shown) = screen.end();
    let asked = shown.contains("client secret of");
    assert_eq!((status, asked), (5, false), "{shown}");
    for path in ["/device", "/token", "/register", "/par", "/authorize"] {
        assert!(provider.asked(path).is_empty(), "{path}");
    }
    std::fs::remove_file(home.path("config/providers/acme.toml")).expect("a definition");
    std::fs::remove_file(home.path("config/providers/beta.toml")).expect("a definition");
    home.refused_login(&[&url, "--register"])
        .fails(5, &["file store"]);
    assert!(provider.asked("/register").is_empty());
    let left = std::fs::read_dir(home.path("config/providers")).expect("a folder");
    assert_eq!(left.count(), 0, "a definition that nobody uses");
    drop(broken);
    home.login(&[&url, "--register"]).ok();
}

#[test]
fn a_provider_that_is_removed_meanwhile_costs_no_sign_in() {
    let (home, provider) = granted();
    let door = provider.hold("/token");
    let login: Running = home.begin(&DEVICE);
    provider.wait_for("/token", 1);
    home.run(&["provider", "remove", "acme", "--yes"]).ok();
    drop(door);
    login.end().ok();
    assert_eq!(home.accounts(), ["acme/julien"]);
    home.run(&["token", "acme"]).ok();
    home.run(&["refresh", "acme"]).ok();
    home.run(&["whoami", "acme"]).ok();
    home.run(&["logout", "acme"]).ok();
    assert!(home.stored().is_empty());
}

#[test]
fn two_logins_by_one_url_are_one_provider_and_one_client() {
    let (home, provider) = (Home::new(), Provider::start());
    provider.state(|state| state.registers = true);
    register_at_once(&home, &provider, &provider.origin(), 3);
    let files = std::fs::read_dir(home.path("config/providers")).expect("a folder");
    assert_eq!(files.count(), 1);
    assert_eq!(home.accounts().len(), 2, "{:?}", home.accounts());
}

#[test]
fn two_secrets_at_once_are_one_whole_secret() {
    let (home, provider) = acme_with("client_auth = \"client_secret_post\"\n");
    home.run(&["login", "sandbox"]).ok(); // makes the store
    let secrets = [
        "first-secret",
        "second-secret",
        "third-secret",
        "fourth-secret",
    ];
    std::thread::scope(|scope| {
        for secret in secrets {
            let home = &home;
            scope.spawn(move || {
                let line = format!("echo {secret} | keyfob provider set acme --client-secret");
                home.shell(&line).ok();
            });
        }
    });
    home.login(&["acme"]).ok();
    let sent = &provider.asked("/token")[0].form["client_secret"];
    assert!(secrets.contains(&sent.as_str()), "{sent}");
    let kept = std::fs::read_dir(home.path("data/secrets")).expect("a folder");
    assert_eq!(kept.count(), 3, "sandbox, account and one client");
}
