//! Tokens of the environment, well-formed and not, in the variable that is meant for them and in another; and
//! tokens in the place of an argument.

use super::*;

/// What stands in a variable for a token, and is none.
const MALFORMED: [&str; 6] = [
    "MARKED-SECRET-a MARKED-SECRET-b",
    "Bearer MARKED-SECRET-a",
    "MARKED-SECRET-a\nMARKED-SECRET-b",
    "MARKED-SECRET-\u{fc}",
    "\"MARKED-SECRET-a b\"",
    "MARKED-SECRET-\u{202e}",
];

/// The verbs that may use a variable and print no token.
const VERBS: [&[&str]; 13] = [
    &["list"],
    &["list", "acme"],
    &["which"],
    &["which", "acme"],
    &["check"],
    &["check", "acme"],
    &["check", "--all"],
    &["check", "acme", "--live"],
    &["whoami", "acme"],
    &["doctor"],
    &["doctor", "acme", "--offline", "--mend"],
    &["exec", "acme", "--", "true"],
    &["provider", "show", "acme"],
];

fn any(status: i32) -> bool {
    (0..=5).contains(&status)
}

#[test]
fn a_variable_that_holds_no_token_is_not_repeated() {
    for signed_in in [false, true] {
        let r = &mut Round::new(Home::new());
        if signed_in {
            r.run(well, &["login", "acme"]);
        }
        // With an account they are ignored, whatever they hold.
        let values = if signed_in {
            &MALFORMED[..2]
        } else {
            &MALFORMED
        };
        for value in values {
            r.home.set("ACME_TOKEN", *value);
            for verb in VERBS {
                r.run(any, verb);
            }
            for verb in ["token", "export"] {
                let ends = if signed_in { well } else { badly };
                r.run(ends, &[verb, "acme"]);
                let run = r.home.run(&[verb, "acme"]);
                assert_eq!(run.stdout.is_empty(), !signed_in, "{run:?}");
                assert!(run.stderr.contains("ACME_TOKEN"), "{run:?}");
            }
        }
        r.home.unset("ACME_TOKEN");
        r.run(well, &["login", "acme"]); // so that the judge finds a store in use
        r.judge();
    }
}

/// Used where nobody is signed in, and shown by none but those that hand out.
#[test]
fn a_variable_that_holds_a_token_is_shown_to_whom_it_is_handed_alone() {
    let r = &mut Round::new(Home::new());
    r.home
        .set("ACME_TOKEN", format!("{MARK}of-the-environment"));
    for verb in VERBS {
        r.run(any, verb);
    }
    r.run(well, &["token", "acme"]);
    r.run(well, &["export", "acme"]);
    r.run(well, &["exec", "acme", "--", "true"]);
    r.run(badly, &["exec", "acme", "--env", "1", "--", "true"]);
    r.run(badly, &["refresh", "acme"]);
    r.run(badly, &["logout", "acme"]);
    for echo in ECHOES {
        r.echo(Some(echo));
        r.run(badly, &["whoami", "acme"]);
        r.run(badly, &["check", "acme", "--live"]);
    }
    r.echo(None);
    r.home.unset("ACME_TOKEN"); // a browser has the environment of its user
    r.run(well, &["login", "acme"]);
    r.home
        .set("ACME_TOKEN", format!("{MARK}of-the-environment"));
    for verb in VERBS {
        r.run(any, verb); // set and ignored
    }
    r.run(well, &["token", "acme"]);
    r.judge();
}

#[test]
fn a_token_in_the_variable_of_something_else_is_not_repeated() {
    let r = &mut Round::new(Home::new());
    r.run(well, &["login", "acme"]);
    for name in [
        "KEYFOB_ACCOUNT",
        "CI",
        "SHELL",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    ] {
        for value in [
            format!("{MARK}x"),
            format!("acme/{MARK}x"),
            format!("acme/x,{MARK}x"),
            format!("{MARK}x/acme"),
        ] {
            r.home.set(name, value);
            for verb in VERBS {
                let run = r.home.run(&in_manner(verb, &["-v"]));
                r.hear(verb, run);
            }
        }
        r.home.unset(name);
    }
    r.judge();
}

/// Where a token is typed or pasted in the place of a provider, a name, or a value of the flag.
#[test]
fn a_token_in_the_place_of_an_argument_of_a_login_with_it_is_not_repeated() {
    let r = &mut Round::new(Home::new());
    let upper = format!("{MARK}x");
    let lower = upper.to_lowercase();
    let valued = format!("--with-token={upper}");
    let slashed = format!("acme/{upper}");
    let both = format!("{upper}/acme");
    for args in [
        &["login", "--with-token", &upper][..],
        &["login", &upper, "--with-token"],
        &["login", "acme", "--with-token", &upper],
        &["login", "--with-token", "acme", &upper],
        &["login", "--with-token", &upper, "acme"],
        &["login", "acme", &upper, "--with-token"],
        &["login", "acme", &valued],
        &["login", &valued],
        &["login", &slashed, "--with-token"],
        &["login", &both, "--with-token"],
        &["login", &lower, "--with-token"],
        &["login", "acme", "--with-token", &lower, "--as", "ci"],
    ] {
        for manner in MANNERS {
            let args = [args, manner].concat();
            let run = r.home.run(&args);
            assert!(badly(run.status), "{args:?}: {run:?}");
            let said = run.stderr.to_lowercase();
            assert!(!said.contains(&lower), "{args:?}: {run:?}");
            assert_eq!(run.stdout, "", "{args:?}");
            r.hear(&args, run);
        }
    }
    r.run(well, &["login", "acme"]);
    r.run(well, &["log"]);
    for (path, bytes) in r.home.files() {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        assert!(!text.contains(&lower), "{}", path.display());
    }
    r.judge();
}
