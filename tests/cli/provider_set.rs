//! `provider set`: edits that keep what is around them, and client secrets that are in no file.

use keyfob_testkit::process::GENEROUS;

use serde_json::json;

use keyfob_testkit::home::Home;
use keyfob_testkit::provider::{Provider, acme, acme_with};
#[cfg(unix)]
use keyfob_testkit::screen::Screen;
use keyfob_testkit::server::Reply;

const POST: &str = "client_auth = \"client_secret_post\"\nclient_secret_required = true\n";

fn file(home: &Home, name: &str) -> String {
    std::fs::read_to_string(home.path(&format!("config/providers/{name}.toml"))).unwrap_or_default()
}

#[test]
fn an_edit_keeps_everything_around_it() {
    let home = Home::new();
    let before = "# mine\n\nauthorization_endpoint = 'https://x.example/a'   # the page\n\
                  token_endpoint = 'https://x.example/t'\nscopes = [ 'a', 'b' ] # two\n\n\
                  [redirect] # where\n# said so\nhost = 'localhost'\n# end\n";
    home.provider("acme", before);
    let run = home
        .run(&[
            "provider",
            "set",
            "acme",
            "scopes=c,d",
            "redirect.ports=4711",
            "authorization.parameters.prompt=consent",
            "redirect.host=",
            "title=",
        ])
        .ok();
    assert_eq!(run.stdout, "");
    let path = home
        .path("config/providers/acme.toml")
        .display()
        .to_string();
    for line in [
        format!("acme: `scopes` set in {path}"),
        format!("acme: `redirect.host` removed from {path}, and back to the default"),
        format!("acme: `title` not in {path}, and has its default"),
    ] {
        assert!(
            run.stderr.lines().any(|said| said == line),
            "no {line:?} in {run:?}"
        );
    }
    let after = file(&home, "acme");
    let expected = before
        .replace("[ 'a', 'b' ]", "[\"c\", \"d\"]")
        .replace("host = 'localhost'\n", "ports = [4711]\n");
    let (kept, added) = after.split_once("\n[authorization.parameters]\n").unwrap();
    assert_eq!(
        added.trim_end().lines().next(),
        Some("prompt = \"consent\""),
        "{after}"
    );
    let comments = |text: &str| text.matches('#').count();
    assert_eq!(comments(&after), comments(before), "{after}");
    let head = expected.split("[redirect]").next().unwrap();
    assert!(kept.starts_with(head), "{after}");

    let answer = home
        .run(&[
            "provider",
            "set",
            "acme",
            "title=Acme",
            "scopes=",
            "audience=",
            "--json",
        ])
        .ok()
        .json();
    assert_eq!(answer["set"], json!(["title"]));
    assert_eq!(answer["removed"], json!(["scopes"]));
    assert_eq!(answer["absent"], json!(["audience"]));
}

#[test]
fn a_built_in_row_gets_a_file_of_its_own_and_loses_nothing() {
    let home = Home::new();
    home.run(&["provider", "set", "github", "title="]).ok();
    assert_eq!(file(&home, "github"), "", "nothing to say makes no file");
    home.run(&["provider", "set", "github", "client_id=Iv1.abc"])
        .ok();
    let text = file(&home, "github");
    assert!(
        text.starts_with("# ") && text.ends_with("\nclient_id = \"Iv1.abc\"\n"),
        "{text}"
    );
    let shown = home.run(&["provider", "show", "github"]).ok().stdout;
    assert!(
        shown.contains("client_id = \"Iv1.abc\" # github.toml:3\n"),
        "{shown}"
    );
    assert!(shown.contains("title = \"GitHub\" # built in\n"), "{shown}");
    home.run(&["provider", "set", "github", "client_id="]).ok();
    let list = home.run(&["provider", "list"]).ok().stdout;
    assert!(
        list.contains("needs a client id and a client secret"),
        "{list}"
    );
}

#[test]
fn all_of_it_or_nothing_is_written() {
    let (home, _provider) = acme();
    let before = file(&home, "acme");
    for (changes, words) in [
        (&["title=x", "scope=hunter2"][..], "did you mean `scopes`?"),
        (&["title=x", "scopes=hunter2 y"], "`scopes`"),
        (&["title=x", "redirect.ports=0"], "`redirect.ports`"),
        (&["title=x", "token_endpoint="], "`token_endpoint`"),
        (&["title=x", "title=y"], "`title` is given twice"),
        (&["title=x", "discovery=hunter2"], "`true` or `false`"),
        (&["title=x", "embedded=true"], "`embedded`"),
        (&["title=x", "redirect=hunter2"], "`redirect` is a table"),
        (&["title=x", "nope="], "there is no key `nope`"),
        (&["title=x", "hunter2"], "not KEY=VALUE"),
        (
            &["client_secret=hunter2"],
            "keyfob provider set acme --client-secret",
        ),
        (&["token.client-secret=hunter2"], "never an argument"),
        (
            &["--client-secret=hunter2"],
            "`--client-secret` takes no value",
        ),
        (&["--client-secret", "hunter2"], "not KEY=VALUE"),
        (&[], "nothing was given to change"),
    ] {
        for json in [&[][..], &["--json"]] {
            let run = home.run(&[&["provider", "set", "acme"][..], changes, json].concat());
            let run = run.fails(2, &[words]);
            assert!(!run.stderr.contains("hunter2"), "{run:?}");
        }
        assert_eq!(file(&home, "acme"), before, "{changes:?}");
    }
    home.run(&["provider", "set", "acne", "title=x"])
        .fails(2, &["no provider is called `acne`", "acme"]);
    home.run(&["provider", "set", "sandbox", "title=x"])
        .fails(2, &["`sandbox` cannot be changed"]);
    home.run(&["provider", "set", "../acme", "title=x"])
        .fails(2, &["no provider is called"]);
}

#[test]
fn a_file_that_is_wrong_is_named_and_can_be_mended() {
    let home = Home::new();
    let wrong = "title = 'x'\nauthorization_endpoint = 'https://x.example/a'\ntoken_endpoint = 'http://hunter2.example/t'\n";
    home.provider("acme", wrong);
    let run = home.run(&["provider", "set", "acme", "title=y"]);
    run.fails(1, &["acme.toml:3: `token_endpoint`", "mend that line"]);
    assert_eq!(file(&home, "acme"), wrong);
    home.run(&[
        "provider",
        "set",
        "acme",
        "token_endpoint=https://x.example/t",
    ])
    .ok();
    home.run(&["provider", "show", "acme"]).ok();

    home.provider(
        "acme",
        &format!("{}client_secret = 'hunter2'\n", file(&home, "acme")),
    );
    let run = home.run(&["provider", "show", "acme"]);
    assert!(!run.stderr.contains("hunter2"), "{run:?}");
    home.run(&["provider", "set", "acme", "client_secret="])
        .ok();
    assert!(!file(&home, "acme").contains("hunter2"));

    home.provider("acme", "title = 'x\n");
    home.run(&["provider", "set", "acme", "title=y"])
        .fails(1, &["acme.toml:1:"]);
    home.provider("acme", &format!("# {}\n", "x".repeat(2_000_000)));
    home.run_within(GENEROUS, &["provider", "set", "acme", "title=y"])
        .fails(1, &["acme.toml"]);
}

#[test]
fn many_at_once_lose_nothing() {
    let (home, _provider) = acme();
    let keys: Vec<String> = (0..8)
        .map(|n| format!("authorization.parameters.p{n}=v"))
        .collect();
    let set = |key| vec!["provider", "set", "acme", key];
    for run in home.run_at_once(keys.iter().map(|key| set(key))) {
        run.ok();
    }
    let text = file(&home, "acme");
    for n in 0..8 {
        assert!(text.contains(&format!("p{n} = \"v\"")), "{text}");
    }
}

#[test]
fn a_held_lock_is_waited_for() {
    let (home, _provider) = acme();
    home.run(&["provider", "set", "acme", "title=x"]).ok();
    let lock = std::fs::File::options()
        .write(true)
        .open(home.path("state/locks/providers.lock"))
        .expect("the first made it");
    lock.lock().expect("a file system with locks");
    let running = home.begin(&["provider", "set", "acme", "title=y"]);
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert!(file(&home, "acme").contains("title = \"x\""));
    drop(lock);
    running.end().ok();
    assert!(file(&home, "acme").contains("title = \"y\""));
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link() {
    let (home, _provider) = acme();
    let (link, real) = (
        home.path("config/providers/acme.toml"),
        home.path("dotfiles.toml"),
    );
    std::fs::rename(&link, &real).unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    home.run(&["provider", "set", "acme", "title=y"]).ok();
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(
        std::fs::read_to_string(&real)
            .unwrap()
            .contains("title = \"y\"")
    );
}

#[test]
fn a_client_secret_is_read_from_a_pipe_and_is_in_no_file() {
    let (home, _provider) = acme_with(POST);
    let set = ["provider", "set", "acme", "--client-secret", "--json"];
    let run = home.run_with_input(&set, b"MARKED-client-secret\n").ok();
    assert_eq!(run.json()["client_secret"], "file");
    assert_eq!(run.json()["file"], json!(null));
    let said = run.stdout + &run.stderr;
    assert!(!said.contains("MARKED"), "{said}");
    for (path, bytes) in home.files() {
        assert!(
            !String::from_utf8_lossy(&bytes).contains("MARKED"),
            "{}",
            path.display()
        );
    }
    let shown = home.run(&["provider", "list", "--json"]).ok().json();
    let all = shown["providers"].as_array().unwrap();
    let acme = all.iter().find(|one| one["name"] == "acme").unwrap();
    assert_eq!(acme["ready"], true, "a kept secret counts");

    home.run(&["provider", "set", "acme", "client_id=another"])
        .ok();
    let shown = home
        .run(&["provider", "show", "acme", "--json"])
        .ok()
        .json();
    assert_eq!(
        shown["needs"],
        json!(["client_secret"]),
        "it was the other client's"
    );
}

#[test]
fn what_is_no_secret_is_refused_and_nothing_changes() {
    let (home, _provider) = acme_with(POST);
    let before = file(&home, "acme");
    let set = ["provider", "set", "acme", "title=x", "--client-secret"];
    for (input, words) in [
        (&b""[..], "no client secret was given"),
        (b" \n", "no client secret was given"),
        (&[b'x'; 10_000], "longer than 8192 bytes"),
        (b"hunter2\x1b[2J\n", "control characters"),
        (b"hunter2\xff\n", "cannot read the client secret"),
    ] {
        let run = home.run_with_input(&set, input).fails(2, &[words]);
        assert!(!run.stderr.contains("hunter2"), "{run:?}");
        assert_eq!(file(&home, "acme"), before);
    }
    let public = acme();
    public.0.run_with_input(&set, b"hunter2\n").fails(
        2,
        &[
            "a client without a secret",
            "client_auth=client_secret_basic",
        ],
    );
    public
        .0
        .run_with_input(
            &["provider", "set", "github", "--client-secret"],
            b"hunter2\n",
        )
        .fails(
            1,
            &["no client id is known", "client_id=ID --client-secret"],
        );
    let run = home.run(&["provider", "set", "acme", "title=x", "--store", "file"]);
    assert!(
        run.status == 2 && run.stderr.contains("--client-secret"),
        "{run:?}"
    );
}

#[test]
fn a_secret_is_kept_for_the_token_endpoint_of_the_metadata() {
    let (home, provider) = (Home::new(), Provider::start());
    let definition = format!("{}client_id = \"ours\"\n{POST}", provider.bare_definition());
    home.provider("acme", &definition);
    home.run_with_input(
        &["provider", "set", "acme", "--client-secret"],
        b"s3cret-value\n",
    )
    .ok();
    let records: Vec<_> = home
        .files()
        .into_iter()
        .filter(|(path, _)| path.starts_with(home.path("data/clients")))
        .collect();
    let record = String::from_utf8_lossy(&records[0].1).into_owned();
    assert!(record.contains(&provider.origin()), "{record}");

    provider.next("/.well-known/openid-configuration", Reply::Close);
    provider.next("/.well-known/oauth-authorization-server", Reply::Close);
    home.run_with_input(
        &["provider", "set", "acme", "--client-secret"],
        b"s3cret-value\n",
    )
    .fails(3, &["nothing was kept"]);
}

#[cfg(unix)]
#[test]
fn a_secret_is_asked_for_without_showing_it() {
    let home = Home::new();
    let set = [
        "provider",
        "set",
        "github",
        "client_id=Iv1.abc",
        "--client-secret",
    ];
    let mut screen = Screen::start(&home.keyfob(&set));
    screen.wait_for("client secret of Iv1.abc at GitHub:");
    screen.wait_for_echo(false);
    screen.press("typed-secret\r");
    let (status, shown) = screen.end();
    assert_eq!(status, 0, "{shown}");
    assert!(!screen.raw().contains("typed"), "{shown}");
    assert!(screen.echoes());
    let list = home.run(&["provider", "list"]).ok().stdout;
    let github = list
        .lines()
        .find(|line| line.starts_with("github"))
        .unwrap();
    assert!(github.ends_with("ready"), "{github}");

    let mut screen =
        Screen::start(&home.keyfob(&["provider", "set", "github", "title=x", "--client-secret"]));
    screen.wait_for_echo(false);
    screen.press("\x03");
    let (status, shown) = screen.end();
    assert_eq!((status, screen.echoes()), (130, true), "{shown}");
    assert!(!file(&home, "github").contains("title"));
}
