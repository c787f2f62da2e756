mod variables;

use std::fs;
use std::path::Path;
use std::sync::Barrier;

use tempfile::TempDir;

use super::*;
use crate::error::{Code, Error};
use crate::paths::Paths;
use crate::provider::{ClientAuth, RedirectHost, SANDBOX, builtin, edit};
use keyfob_base::files;

/// A home of its own, with `files` in its `providers` folder.
fn home(files: &[(&str, &str)]) -> (TempDir, Registry) {
    let home = tempfile::tempdir().unwrap();
    let paths = Paths::under(home.path());
    for (name, text) in files {
        files::replace(&paths.providers().join(name), text.as_bytes()).unwrap();
    }
    let registry = Registry::new(paths);
    (home, registry)
}

/// The error for `mine.toml` with `text`.
fn refusal(text: &str) -> Error {
    let (_home, registry) = home(&[("mine.toml", text)]);
    registry.get("mine").expect_err(text)
}

const MINE: &str = "issuer = 'https://id.example.com'\n";

#[test]
fn names_are_the_sorted_union_of_rows_and_well_named_files() {
    let (_home, registry) = home(&[
        ("mine.toml", "not even TOML"),
        ("github.toml", ""),
        ("Upper.toml", ""),
        ("under_score.toml", ""),
        ("notes.txt", ""),
        (".toml", ""),
    ]);
    let names = registry.names();
    assert!(names.is_sorted());
    assert_eq!(names.len(), builtin::names().count() + 1);
    assert!(names.contains(&"mine".to_string()));
}

#[test]
fn a_builtin_needs_no_file_and_a_file_needs_no_builtin() {
    let (_home, registry) = home(&[("mine.toml", MINE)]);
    let github = registry.get("github").unwrap();
    let revocation = github.revocation_endpoint.unwrap();
    assert_eq!(revocation.path(), "/applications/%7Bclient_id%7D/token");
    assert_eq!(
        (github.name.as_str(), github.title.as_str()),
        ("github", "GitHub")
    );
    let mine = registry.get("mine").unwrap();
    assert_eq!((mine.name.as_str(), mine.title.as_str()), ("mine", "mine"));
    assert_eq!(mine.redirect_path(), "/callback/mine");
}

#[test]
fn a_file_overlays_key_by_key() {
    let text = "client_id = 'ours'\nscopes = ['openid']\nredirect.host = 'localhost'\nredirect.path = '/a-b/c'\n\
        [authorization.parameters]\nhd = 'example.com'\nprompt = 'login'\n\
        [identity]\norganizations = ['/hd']\n";
    let (_home, registry) = home(&[("google.toml", text)]);
    let google = registry.get("google").unwrap();
    assert_eq!(google.title, "Google");
    assert_eq!(google.client_id.as_deref(), Some("ours"));
    assert_eq!(google.client_auth, ClientAuth::ClientSecretPost);
    assert_eq!(google.scopes, ["openid"]);
    assert_eq!(google.redirect.host, RedirectHost::Localhost);
    assert_eq!(google.redirect_path(), "/a-b/c");
    let parameters: Vec<_> = google
        .authorization
        .parameters
        .iter()
        .map(|(k, v)| format!("{k}={v}"))
        .collect();
    assert_eq!(
        parameters,
        ["access_type=offline", "hd=example.com", "prompt=login"]
    );
    assert_eq!(google.identity.username, "/email");
    assert_eq!(google.identity.organizations, ["/hd"]);
}

#[test]
fn sources_name_the_row_or_the_line() {
    let text = "# ours\nclient_id = 'ours'\n\n[authorization]\nparameters.prompt = 'login'\nparameters.'a.b' = 'c'\n";
    let (home, registry) = home(&[("google.toml", text)]);
    let file = |line| Source::File(home.path().join("config/providers/google.toml"), line);
    let sources = registry.sources("google").unwrap();
    assert_eq!(sources["client_id"], file(2));
    assert_eq!(sources["authorization.parameters.prompt"], file(5));
    assert_eq!(sources["authorization.parameters.\"a.b\""], file(6));
    assert_eq!(
        sources["authorization.parameters.access_type"],
        Source::BuiltIn
    );
    assert_eq!(sources["title"], Source::BuiltIn);
    assert!(!sources.contains_key("authorization"));
}

#[test]
fn every_refusal_names_file_line_and_key_and_no_value() {
    for (key, value) in [
        ("authorization_endpoint", "'http://hunter2.example.com/a'"),
        ("authorization_endpoint", "'hunter2'"),
        ("authorization_endpoint", "'file:///hunter2'"),
        ("token_endpoint", "'https://me:hunter2@example.com/t'"),
        ("token_endpoint", "'https://example.com/t#hunter2'"),
        ("userinfo_endpoint", "\"https://example.com/\\nhunter2\""),
        ("revocation_endpoint", "'ftp://example.com/hunter2'"),
        ("registration_endpoint", "'http://10.0.0.1/hunter2'"),
        ("registration.page", "'javascript:hunter2'"),
        ("revocation.page", "'http://example.com/hunter2'"),
        ("client_id", "'hunter2 '"),
        ("client_id", "''"),
        ("client_id", "7"),
        ("client_auth", "'hunter2'"),
        ("client_secret_required", "true"),
        ("discovery", "'hunter2'"),
        ("title", "\"hunter2\\u001b[31m\""),
        ("scopes", "'hunter2'"),
        ("scopes", "['hunter2 b']"),
        ("scopes", "['a', 7]"),
        ("scope_separator", "''"),
        ("token.granted_scope_separator", "''"),
        ("redirect", "['localhost']"),
        ("redirect.host", "'hunter2.example.com'"),
        ("redirect.path", "'hunter2'"),
        ("redirect.path", "'/a/../hunter2'"),
        ("redirect.path", "'/a/%2e%2e/hunter2'"),
        ("redirect.path", "'/hunter2?x'"),
        ("redirect.path", "'/hunter2#x'"),
        ("redirect.path", "'/hunter 2'"),
        ("redirect.path", "'/hunter2\\b'"),
        ("redirect.ports", "[0]"),
        ("redirect.ports", "[65536]"),
        ("redirect.ports", "[-1]"),
        (
            "redirect.ports",
            "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]",
        ),
        ("authorization.parameters.state", "'hunter2'"),
        ("authorization.parameters.\"\"", "'hunter2'"),
        ("authorization.switch.redirect_uri", "'hunter2'"),
        ("authorization.login_hint", "'state'"),
        ("identity.subject", "'hunter2'"),
        ("identity.organizations", "['/ok', 'hunter2']"),
        ("identity.headers.Authorization", "'Bearer hunter2'"),
        ("identity.headers.HOST", "'hunter2'"),
        ("identity.headers.\"a b\"", "'hunter2'"),
        ("revocation.style", "'hunter2'"),
        ("embedded", "true"),
        ("embedded", "false"),
        ("colour", "'hunter2'"),
        ("identity.colour", "'hunter2'"),
    ] {
        let error = refusal(&format!("# first\n{MINE}{key} = {value}\n"));
        assert_eq!(error.code, Code::ConfigInvalid, "{key} = {value}");
        let named = format!("mine.toml:3: `{key}`: ");
        assert!(error.message.contains(&named), "{key} = {value}: {error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        assert!(error.hint.is_some(), "{error}");
    }
}

#[test]
fn issuers_are_exact_https_urls() {
    for issuer in [
        "http://id.example.com",
        "https://id.example.com/?a",
        "https://id.example.com/#a",
        "https://id.example.com/a b",
        " https://id.example.com",
        "https://id.example.com\\a",
        "https://me@id.example.com",
        "https://id.example.com/{tid}",
        "id.example.com",
        "",
    ] {
        let error = refusal(&format!("issuer = '{issuer}'\n"));
        assert!(
            error.message.contains("mine.toml:1: `issuer`: "),
            "{issuer}: {error}"
        );
    }
    let endpoints = "discovery = false\nauthorization_endpoint = 'http://127.0.0.1:1/a'\n\
        token_endpoint = 'http://[::1]:1/t'\n";
    for (issuer, fits) in [
        ("https://id.example.com/{tid}/v2", true),
        ("http://localhost:1", true),
        ("https://{tid}.example.com", false),
        ("https://id.example.com/{t id}", false),
        ("https://id.example.com/{}", false),
        ("https://id.example.com/{a", false),
        ("https://id.example.com/a}", false),
        ("https://id.example.com/{a}}", false),
        ("https://id.example.com/{{a}", false),
    ] {
        let (_home, registry) =
            home(&[("mine.toml", &format!("{endpoints}issuer = '{issuer}'\n"))]);
        assert_eq!(registry.get("mine").is_ok(), fits, "{issuer}");
    }
}

#[test]
fn a_definition_without_a_way_to_sign_in_says_which_key_is_missing() {
    let token = "token_endpoint = 'https://example.com/t'\n";
    let authorization = "authorization_endpoint = 'https://example.com/a'\n";
    for (text, missing) in [
        (String::new(), "authorization_endpoint"),
        (token.into(), "authorization_endpoint"),
        (authorization.into(), "token_endpoint"),
        (
            format!("{MINE}discovery = false\n{authorization}"),
            "token_endpoint",
        ),
    ] {
        let error = refusal(&text);
        assert!(
            error
                .message
                .contains(&format!("mine.toml: `{missing}`: is missing")),
            "{error}"
        );
    }
    let (_home, registry) = home(&[("mine.toml", &format!("{token}{authorization}"))]);
    assert!(registry.get("mine").is_ok());
}

#[test]
fn a_client_secret_in_a_file_is_refused_unshown() {
    for (line, text) in [
        (1, "client_secret = 'hunter2'\n"),
        (1, "client-secret = 'hunter2'\n"),
        (1, "clientSecret = ['hunter2']\n"),
        (2, "[authorization.parameters]\nclient_secret = 'hunter2'\n"),
        (1, "colour = [{ client_secret = 'hunter2' }]\n"),
    ] {
        let (_home, registry) = home(&[("my-host.toml", text)]);
        let error = registry.get("my-host").unwrap_err();
        assert!(
            error.message.contains(&format!("my-host.toml:{line}: ")),
            "{error}"
        );
        assert!(
            error.message.contains("never belongs in a plain file"),
            "{error}"
        );
        let hint = error.hint.as_ref().unwrap();
        assert!(hint.contains("KEYFOB_MY_HOST_CLIENT_SECRET"), "{hint}");
        assert!(
            hint.contains("`keyfob provider set my-host --client-secret`"),
            "{hint}"
        );
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
    let (_home, registry) = home(&[("github.toml", "client_secret_required = true\n")]);
    assert!(registry.get("github").is_ok());
}

#[test]
fn broken_toml_names_the_line_and_shows_nothing_of_it() {
    for (line, text) in [
        (2, "# first\nclient_secret \"hunter2==\"\n"),
        (2, "# first\nhunter2\n"),
        (3, "title = 'a'\n\ntitle = 'hunter2'\n"),
        (1, "title = \"hunter2\n"),
        (1, "title = \"hunter2\\q\"\n"),
        (1, "title = hunter2\n"),
        (1, "title = 1979-05-27T07:32:00Zhunter2\n"),
    ] {
        let error = refusal(text);
        assert_eq!(error.code, Code::ConfigInvalid);
        assert!(
            error.message.contains(&format!("mine.toml:{line}: ")),
            "{text}: {error}"
        );
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}

#[test]
fn hostile_files_give_clear_errors() {
    let nested = format!("{MINE}a = {}{}\n", "[".repeat(10_000), "]".repeat(10_000));
    let long = format!("{MINE}title = '{}'\n", "x".repeat(5_000));
    let key = format!("{MINE}{} = 1\n", "k".repeat(5_000));
    let many = format!("{MINE}scopes = [{}]\n", "'a',".repeat(5_000));
    for text in [&nested, &long, &key, &many] {
        let error = refusal(text);
        assert_eq!(error.code, Code::ConfigInvalid);
        assert!(error.message.len() < 400, "{error}");
    }
    let huge = refusal(&"#".repeat(1_000_000));
    assert!(huge.message.contains("larger than"), "{huge}");

    let (home, registry) = home(&[]);
    let folder = home.path().join("config/providers");
    fs::create_dir_all(folder.join("folder.toml")).unwrap();
    fs::write(folder.join("bytes.toml"), b"title = '\xff\xfe'").unwrap();
    for name in ["folder", "bytes"] {
        let error = registry.get(name).unwrap_err();
        assert_eq!(error.code, Code::ConfigInvalid, "{error}");
        assert!(error.message.contains(&format!("{name}.toml")), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_a_file_is_followed_and_stays_one() {
    let (home, registry) = home(&[("other.toml", MINE)]);
    let folder = home.path().join("config/providers");
    std::os::unix::fs::symlink(folder.join("other.toml"), folder.join("mine.toml")).unwrap();
    registry.set_client("mine", "ours", None).unwrap();
    let other = registry.get("other").unwrap();
    assert_eq!(other.client_id.as_deref(), Some("ours"));
    assert!(folder.join("mine.toml").is_symlink());

    std::os::unix::fs::symlink("/dev/zero", folder.join("github.toml")).unwrap();
    let error = registry.get("github").unwrap_err();
    assert!(error.message.contains("not a regular file"), "{error}");
}

#[test]
fn an_unknown_name_gets_the_nearest_or_the_way_to_add_it() {
    let (_home, registry) = home(&[("mine.toml", MINE)]);
    for (name, nearest) in [
        ("hugingface", "huggingface"),
        ("GitHub", "github"),
        ("githib", "github"),
        ("mime", "mine"),
    ] {
        let error = registry.get(name).unwrap_err();
        assert_eq!(error.code, Code::UnknownProvider);
        assert_eq!(error.message, format!("no provider is called `{name}`"));
        let hint = error.hint.unwrap();
        assert!(
            hint.starts_with(&format!("did you mean `keyfob … {nearest}`?")),
            "{name}: {hint}"
        );
    }
    let hint = registry.get("zzz").unwrap_err().hint.unwrap();
    let file = Path::new("config").join("providers").join("zzz.toml");
    assert!(hint.contains(&file.display().to_string()), "{hint}");
    for name in [
        "",
        "../config",
        "a/b",
        "https://x.example",
        &"q".repeat(1_000_000),
    ] {
        let error = registry.get(name).unwrap_err();
        assert_eq!(error.code, Code::UnknownProvider);
        assert!(error.message.len() < 200);
        assert!(error.hint.unwrap().contains("NAME.toml"));
        assert_eq!(
            registry.set_client(name, "x", None).unwrap_err().code,
            Code::UnknownProvider
        );
    }
}

#[cfg(feature = "sandbox")]
#[test]
fn the_sandbox_cannot_be_changed() {
    let (_home, registry) = home(&[]);
    assert!(registry.get(SANDBOX).unwrap().embedded);
    let error = registry.set_client(SANDBOX, "ours", None).unwrap_err();
    assert!(
        error.message.contains("`sandbox` cannot be changed"),
        "{error}"
    );
    assert!(registry.get(SANDBOX).is_ok());

    let (_home, registry) = self::home(&[("sandbox.toml", "title = 'Mine'\n")]);
    let error = registry.get(SANDBOX).unwrap_err();
    assert_eq!(error.code, Code::ConfigInvalid);
    assert!(error.message.contains("sandbox.toml"), "{error}");
}

#[test]
fn setting_a_client_id_keeps_comments_and_other_keys() {
    let before = "# head\n\ntitle = \"Mine\"   # ours\nclient_id = \"old\" # registered\n\
        \n# where\n[redirect]\nhost = 'localhost'\n# tail\n";
    let (_home, registry) = home(&[
        ("google.toml", before),
        ("github.toml", "# only words\n"),
        (
            "gitlab.toml",
            "# head\r\n[redirect]\r\nhost = 'localhost' # so\r\n",
        ),
    ]);
    let path = registry.set_client("google", "new\"'", None).unwrap();
    let expected = before.replace("\"old\"", "\"\"\"new\"'\"\"\"");
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
    assert_eq!(
        registry.get("google").unwrap().client_id.as_deref(),
        Some("new\"'")
    );

    let path = registry.set_client("github", "new", None).unwrap();
    let after = fs::read_to_string(&path).unwrap();
    assert_eq!(after, "# only words\nclient_id = \"new\"\n");
    let path = registry.set_client("gitlab", "new", None).unwrap();
    let after = fs::read_to_string(&path).unwrap();
    assert_eq!(
        after,
        "client_id = \"new\"\n# head\n[redirect]\nhost = 'localhost' # so\n"
    );
}

#[test]
fn a_client_is_set_with_how_it_authenticates() {
    let before = format!("{MINE}# who\n[identity]\nusername = '/name'\n");
    let (_home, registry) = home(&[("mine.toml", &before)]);
    let post = Some(ClientAuth::ClientSecretPost);
    let path = registry.set_client("mine", "fob", post).unwrap();
    let after = fs::read_to_string(&path).unwrap();
    let keys = "client_id = \"fob\"\nclient_auth = \"client_secret_post\"\n";
    assert_eq!(after, before.replace("# who", &format!("{keys}# who")));
    assert_eq!(
        registry.get("mine").unwrap().client_auth,
        ClientAuth::ClientSecretPost
    );

    let none = Some(ClientAuth::None);
    registry.set_client("mine", "fob-2", none).unwrap();
    registry.set_client("mine", "fob-3", None).unwrap();
    let mine = registry.get("mine").unwrap();
    assert_eq!(mine.client_id.as_deref(), Some("fob-3"));
    assert_eq!(mine.client_auth, ClientAuth::None);
}

#[test]
fn setting_a_client_id_makes_a_commented_file_and_refuses_what_would_be_wrong() {
    let (home, registry) = home(&[("mine.toml", "[redirect]\nhost = 'localhost'\n")]);
    let path = registry.set_client("huggingface", "ours", None).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        text.starts_with("# ") && text.ends_with("\nclient_id = \"ours\"\n"),
        "{text}"
    );
    assert_eq!(
        registry.get("huggingface").unwrap().client_id.as_deref(),
        Some("ours")
    );

    for id in ["", "a b", "a\nb", "é", &"x".repeat(2_000)] {
        assert_eq!(
            registry.set_client("gitlab", id, None).unwrap_err().code,
            Code::Usage
        );
    }
    assert_eq!(
        registry.set_client("zzz", "ours", None).unwrap_err().code,
        Code::UnknownProvider
    );
    let error = registry.set_client("mine", "ours", None).unwrap_err();
    assert!(error.message.contains("is missing"), "{error}");
    let files: Vec<_> = fs::read_dir(home.path().join("config/providers"))
        .unwrap()
        .collect();
    assert_eq!(files.len(), 2);
}

#[test]
fn concurrent_edits_lose_nothing() {
    let (_home, registry) = home(&[("mine.toml", &format!("# kept\n{MINE}"))]);
    let start = Barrier::new(8);
    std::thread::scope(|scope| {
        for number in 0..8 {
            let (registry, start) = (&registry, &start);
            scope.spawn(move || {
                start.wait();
                registry
                    .set_client("mine", &format!("id-{number}"), None)
                    .unwrap();
                registry
                    .set_client(["github", "gitlab"][number % 2], "ours", None)
                    .unwrap();
            });
        }
    });
    let mine = registry.get("mine").unwrap();
    assert!(mine.client_id.unwrap().starts_with("id-"));
    assert_eq!(mine.issuer.as_deref(), Some("https://id.example.com"));
    for name in ["github", "gitlab"] {
        assert_eq!(
            registry.get(name).unwrap().client_id.as_deref(),
            Some("ours")
        );
    }
}

#[test]
fn an_edit_waits_for_the_lock_and_keeps_what_was_written_meanwhile() {
    let (home, registry) = home(&[("mine.toml", MINE)]);
    let held = edit::lock(&Paths::under(home.path()).locks(), edit::PATIENCE).unwrap();
    let (done, ended) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let path = registry.set_client("mine", "ours", None).unwrap();
            done.send(path).unwrap();
        });
        let early = ended.recv_timeout(std::time::Duration::from_millis(200));
        assert!(early.is_err(), "written without the lock");
        let meanwhile = format!("{MINE}title = 'Mine'\n");
        files::replace(&registry.file("mine"), meanwhile.as_bytes()).unwrap();
        drop(held);
    });
    let mine = registry.get("mine").unwrap();
    assert_eq!(
        (mine.title.as_str(), mine.client_id.as_deref()),
        ("Mine", Some("ours"))
    );
}

#[test]
fn a_held_lock_is_waited_for_and_then_named() {
    let (home, _registry) = home(&[]);
    let folder = Paths::under(home.path()).locks();
    let held = edit::lock(&folder, edit::PATIENCE).unwrap();
    let error = edit::lock(&folder, std::time::Duration::ZERO).unwrap_err();
    assert_eq!(error.code, Code::Locked);
    assert!(error.message.contains("providers.lock"), "{error}");
    drop(held);
    edit::lock(&folder, std::time::Duration::ZERO).unwrap();
}
