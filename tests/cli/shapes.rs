//! `--json`: every verb that answers gives one line, of the shape that its man page documents.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use clap::CommandFactory;
use keyfob::verbs::Cli;
use serde_json::Value;

use crate::restore::elsewhere;
use crate::vault::HomeVault as _;
use keyfob_testkit::backup::Keys;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::{MARK, Provider, acme};
use keyfob_testkit::server::Reply;

/// A shape: its file's name, the places whose members are not fixed, and how it is got from the real binary.
struct Shape {
    name: &'static str,
    open: &'static [&'static str],
    get: fn(&mut Home, &Provider) -> Run,
}

const fn shape(name: &'static str, get: fn(&mut Home, &Provider) -> Run) -> Shape {
    Shape {
        name,
        open: &[],
        get,
    }
}

const SHAPES: &[Shape] = &[
    shape("backup", |home, _| {
        let keys = Keys::generate();
        let file = home.text_path("backup.age");
        home.run(&["backup", &file, "--recipient", &keys.recipient, "--json"])
    }),
    shape("check", |home, _| {
        home.later("acme/julien", 3600);
        home.run(&["check", "acme", "sandbox", "--json"])
    }),
    shape("completions", |home, _| {
        home.run(&["completions", "fish", "--install", "--json"])
    }),
    shape("doctor", |home, _| {
        home.set("ACME_TOKEN", format!("{MARK}x"));
        home.run(&["doctor", "--json"])
    }),
    shape("error", |home, _| home.run(&["token", "nobody", "--json"])),
    Shape {
        open: &[""],
        ..shape("export", |home, _| {
            home.run(&["export", "acme", "sandbox", "--json"])
        })
    },
    shape("list", |home, _| {
        home.set("GH_TOKEN", format!("{MARK}x"));
        home.run(&["list", "--json"])
    }),
    shape("log", |home, _| {
        home.run(&["token", "github"]).fails(4, &[]);
        home.run(&["log", "--json"])
    }),
    shape("login", |home, _| home.login(&["acme", "--json"])),
    shape("logout", |home, provider| {
        provider.next("/revoke", Reply::Text(503, String::new(), String::new()));
        home.run(&["logout", "acme", "sandbox", "--json"])
    }),
    shape("move", |home, _| {
        let account = home.account("acme/julien");
        home.vault().discard(&account).expect("a working store");
        home.run(&["move", "--all", "--store", "file", "--json"])
    }),
    shape("provider-add", |home, _| {
        let issuer = Provider::start();
        let url = issuer.origin();
        home.run(&["provider", "add", "beta", "--issuer", &url, "--json"])
    }),
    shape("provider-list", |home, _| {
        home.run(&["provider", "list", "--json"])
    }),
    shape("provider-metadata", |home, _| {
        let at = "https://me.example/keyfob.json";
        home.run(&["provider", "metadata", "acme", "--url", at, "--json"])
    }),
    Shape {
        open: &["/accounts/*/tokens"], // those of `logout`, and none in the example
        ..shape("provider-remove", |home, _| {
            home.run(&["provider", "remove", "acme", "--force", "--yes", "--json"])
        })
    },
    shape("provider-set", |home, _| {
        let set = ["provider", "set", "acme", "title=Acme Inc", "--json"];
        home.run(&set)
    }),
    Shape {
        open: &["/definition", "/sources"],
        ..shape("provider-show", |home, _| {
            home.run(&["provider", "show", "github", "--json"])
        })
    },
    shape("provider-test", |home, _| {
        home.run(&["provider", "test", "acme", "--json"])
    }),
    shape("refresh", |home, provider| {
        provider.next("/token", Reply::Text(503, String::new(), String::new()));
        home.run(&["refresh", "--all", "--json"])
    }),
    shape("rename", |home, _| {
        home.run(&["rename", "acme/julien", "work", "--json"])
    }),
    shape("restore", |home, _| {
        let keys = Keys::generate();
        let file = home.backed_up(&keys, &[]);
        let there = elsewhere(&keys);
        there.restore(&file, &["--json"])
    }),
    shape("token", |home, _| home.run(&["token", "acme", "--json"])),
    shape("use", |home, _| home.run(&["use", "acme/julien", "--json"])),
    shape("use-trust", |home, _| {
        std::fs::write(home.path(".keyfob.toml"), "accounts = ['acme/work']").expect("a file");
        let mut command = home.keyfob(&["use", "--trust", "--json"]);
        let command = command.current_dir(home.path(""));
        Run::of(command.output().expect("keyfob starts"))
    }),
    shape("which", |home, _| home.run(&["which", "acme", "--json"])),
    Shape {
        open: &["/claims"],
        ..shape("whoami", |home, _| home.run(&["whoami", "acme", "--json"]))
    },
];

/// Verbs without a shape of their own, and why.
const WITHOUT: [&str; 3] = [
    "exec",          // the answer is the command's
    "man",           // a page
    "sandbox-serve", // runs until it is ended
];

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/verbs/shapes"))
}

fn documented(name: &str) -> Value {
    let text = std::fs::read_to_string(folder().join(format!("{name}.json")));
    serde_json::from_str(&text.expect("a shape")).expect("JSON")
}

/// The members of every object in a value, by where it is; the elements of a list are at one place.
fn members(value: &Value, at: &str, open: &[&str], found: &mut BTreeMap<String, BTreeSet<String>>) {
    match value {
        Value::Object(object) if !open.contains(&at) => {
            let names: BTreeSet<String> = object.keys().cloned().collect();
            let known = found.entry(at.into()).or_insert_with(|| names.clone());
            assert_eq!(*known, names, "at `{at}` not all have the same members");
            for (name, value) in object {
                members(value, &format!("{at}/{name}"), open, found);
            }
        }
        Value::Array(elements) if !open.contains(&at) => {
            for element in elements {
                members(element, &format!("{at}/*"), open, found);
            }
        }
        _ => {}
    }
}

fn shape_of(value: &Value, open: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    members(value, "", open, &mut found);
    found
}

/// `julien` and the sandbox's person are signed in.
fn scene() -> (Home, Provider) {
    let (home, provider) = acme();
    home.login(&["acme"]).ok();
    home.run(&["login", "sandbox"]).ok();
    (home, provider)
}

#[test]
fn every_answer_is_one_line_of_its_documented_shape() {
    std::thread::scope(|scope| {
        for shape in SHAPES {
            scope.spawn(move || {
                let (mut home, provider) = scene();
                let run = (shape.get)(&mut home, &provider);
                let failure = shape.name == "error";
                let (answer, other) = if failure {
                    (&run.stderr, &run.stdout)
                } else {
                    (&run.stdout, &run.stderr)
                };
                assert!(!failure || other.is_empty(), "{run:?}");
                assert!(answer.ends_with('\n'), "{}: {run:?}", shape.name);
                assert_eq!(answer.matches('\n').count(), 1, "{}: {run:?}", shape.name);
                let answer: Value = serde_json::from_str(answer).expect("JSON");
                let real = shape_of(&answer, shape.open);
                let documented = shape_of(&documented(shape.name), shape.open);
                for (at, names) in &real {
                    let known = documented.get(at).map(|known| known == names);
                    assert_ne!(known, Some(false), "{} at `{at}`: {answer}", shape.name);
                    assert!(known.is_some(), "{} has `{at}`: {answer}", shape.name);
                }
                assert!(real.contains_key("") || shape.open.contains(&""));
            });
        }
    });
}

#[test]
fn every_shape_is_got_from_the_real_binary() {
    let files = std::fs::read_dir(folder()).expect("the shapes");
    let names: BTreeSet<String> = files
        .map(|file| file.expect("an entry").path())
        .map(|path| path.file_stem().expect("a name").to_string_lossy().into())
        .collect();
    let got: BTreeSet<String> = SHAPES.iter().map(|shape| shape.name.to_owned()).collect();
    assert_eq!(names, got);
    assert_eq!(got.len(), SHAPES.len(), "each once");
}

#[test]
fn every_verb_has_a_shape_and_its_page_shows_it() {
    let home = Home::new();
    let mut command = Cli::command();
    command.build();
    let mut verbs = Vec::new();
    leaves(&command, "", &mut verbs);
    assert!(verbs.len() > SHAPES.len(), "{verbs:?}");
    for verb in verbs {
        if WITHOUT.contains(&&*verb) {
            continue;
        }
        let shape = SHAPES.iter().find(|shape| shape.name == verb);
        assert!(shape.is_some(), "`{verb}` has no shape");
        let words: Vec<&str> = verb.split('-').collect();
        let page = home.run(&[&["man"], &words[..]].concat()).ok().stdout;
        let page = page.replace("\\-", "-");
        for name in shape_of(&documented(&verb), &[]).into_values().flatten() {
            assert!(page.contains(&format!("\"{name}\"")), "{verb}: no {name}");
        }
    }
}

/// The verbs that can be run, such as `provider-list`.
fn leaves(command: &clap::Command, at: &str, found: &mut Vec<String>) {
    for verb in command.get_subcommands() {
        let name = format!("{at}{}", verb.get_name());
        if verb.get_name() == "help" || verb.is_hide_set() {
        } else if verb.has_subcommands() {
            leaves(verb, &format!("{name}-"), found);
        } else {
            found.push(name);
        }
    }
}
