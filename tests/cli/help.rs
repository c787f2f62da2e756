//! `help`, and the pages that it shows: each of their commands is run.

use std::os::unix::fs::PermissionsExt;

use clap::{CommandFactory, Parser};
use keyfob::help::{Block, TOPICS};
use keyfob::verbs::Cli;

use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::Provider;

/// A machine on which the commands of the pages can be typed: two of the providers are the test's, whose consent
/// is given as soon as it is asked for, and what else they start does nothing.
fn machine() -> (Home, Provider) {
    let (mut home, provider) = (Home::new(), Provider::start());
    provider.state(|state| {
        state.machines = true;
        state.registers = true;
        state.person["id"] = 7.into(); // as github has it
        state.person["login"] = "julien".into();
    });
    home.provider(
        "huggingface",
        &provider.definition("[exchange]\nbody = \"form\"\n"),
    );
    let public = "client_secret_required = false\nclient_auth = \"none\"\n";
    let github = provider.definition(&format!("{public}{}", provider.device()));
    home.provider("github", &github);
    for moved in ["huggingface", "github"] {
        let accept = ["provider", "set", moved, "--accept-origin"];
        home.run(&[&accept[..], &[&provider.origin()]].concat())
            .ok();
    }
    for program in ["curl", "hf", "make"] {
        home.write(
            &format!("bin/{program}"),
            "#!/bin/sh\ncat >>\"$HOME/seen\"\n",
        );
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(home.path(&format!("bin/{program}")), mode).unwrap();
    }
    let path = std::env::var("PATH").unwrap();
    let curl = std::env::split_paths(&path)
        .map(|folder| folder.join("curl"))
        .find(|file| file.exists())
        .expect("curl, which is the browser here");
    home.set(
        "KEYFOB_BROWSER",
        format!("{} -sLo /dev/null", curl.display()),
    );
    home.set("PATH", format!("{}:{path}", home.path("bin").display()));
    // an identity token of a job, for anybody
    let identity = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJqb2IiLCJleHAiOjQwMDAwMDAwMDB9.x";
    home.set("KEYFOB_ID_TOKEN", identity);
    home.set("KEYFOB_BACKUP_PASSPHRASE", "a passphrase");
    (home, provider)
}

/// The commands of a page, in order.
fn commands(blocks: Vec<Block<'static>>) -> Vec<&'static str> {
    let lines = blocks.into_iter().filter_map(|block| match block {
        Block::Lines(lines) => Some(lines),
        _ => None,
    });
    let lines = lines.flatten();
    lines.filter(|line| line.contains("keyfob ")).collect()
}

#[test]
fn every_command_of_the_pages_does_what_it_says() {
    for topic in &TOPICS {
        let (home, provider) = machine();
        if topic.name == "scripting" {
            for known in ["huggingface", "github"] {
                home.login(&[known]).ok();
            }
        }
        let commands = commands(topic.blocks());
        assert!(commands.len() > 3, "{}: {commands:?}", topic.name);
        for command in commands {
            let command = command.replace("https://id.example.com", &provider.origin());
            let command = command.replace("remove acme", "remove acme --yes"); // nobody is there to ask
            let mut line = home.shell_command(&command);
            line.current_dir(home.path("")); // where a rule file may be written
            if command.contains("sandbox") {
                line.env_remove("KEYFOB_BROWSER"); // without one it approves by itself
            }
            let run = Run::of(line.output().expect("sh starts"));
            assert_eq!(run.status, 0, "{}: {command}: {run:#?}", topic.name);
        }
    }
}

#[test]
fn what_the_pages_name_in_their_text_is_there() {
    for topic in &TOPICS {
        for block in topic.blocks() {
            let Block::Paragraph(text) = block else {
                continue;
            };
            for code in text.split('`').skip(1).step_by(2) {
                if code.starts_with("keyfob ") {
                    let words = shlex::split(code).unwrap();
                    Cli::try_parse_from(&words).unwrap_or_else(|wrong| panic!("{code}: {wrong}"));
                } else if let Some(option) = code.strip_prefix("--") {
                    let name = option.split(' ').next().unwrap();
                    let root = Cli::command();
                    let mut verbs = root.get_subcommands();
                    let global = root.get_arguments().any(|one| one.get_long() == Some(name));
                    let takes = |verb: &clap::Command| {
                        verb.get_arguments().any(|one| one.get_long() == Some(name))
                    };
                    assert!(global || verbs.any(takes), "{}: --{name}", topic.name);
                }
            }
        }
    }
}

#[test]
fn help_lists_verbs_and_pages() {
    let home = Home::new();
    let help = home.run(&["help"]).ok();
    assert_eq!(help.stderr, "");
    for words in ["\n  login ", "\n  exec ", "\n  accounts ", "\n  providers "] {
        assert!(help.stdout.contains(words), "no {words:?} in {help:?}");
    }
    let whole = home.run(&["--help"]).ok().stdout;
    assert!(whole.contains("keyfob help accounts"), "{whole}");
}

#[test]
fn help_on_a_verb_is_the_verbs_own() {
    let home = Home::new();
    for verb in [
        &["token"][..],
        &["provider"],
        &["provider", "show"],
        &["help"],
    ] {
        let own = home.run(&[verb, &["--help"]].concat()).ok().stdout;
        assert_eq!(home.run(&[&["help"], verb].concat()).ok().stdout, own);
    }
}

#[test]
fn a_page_is_wrapped_and_says_what_it_is_about() {
    let home = Home::new();
    let page = home.run(&["help", "scripting"]).ok();
    assert_eq!(page.stderr, "");
    assert!(
        page.stdout
            .starts_with("scripting: tokens in scripts and CI")
    );
    assert!(
        page.stdout
            .contains("\n  keyfob token huggingface --json\n")
    );
    assert!(page.stdout.lines().all(|line| line.len() <= 80), "{page:?}");
    let manual = home.run(&["man", "scripting"]).ok().stdout;
    assert!(manual.starts_with(".TH KEYFOB-SCRIPTING 7"), "{manual}");
}

#[test]
fn help_on_nothing_known_names_the_nearest() {
    let home = Home::new();
    for (typed, meant) in [
        (&["acounts"][..], "keyfob help accounts"),
        (&["tokn"], "keyfob help token"),
        (&["provider", "shwo"], "keyfob help provider show"),
        (&["provider", "accounts"], "keyfob help"),
        (&["quantum"], "keyfob help"),
    ] {
        let run = home.run(&[&["help"], typed].concat()).fails(2, &[meant]);
        assert_eq!(run.stdout, "");
        let run = home.run(&[&["help"], typed, &["--json"]].concat());
        assert_eq!(run.failure()["error"], "usage", "{run:?}");
        assert!(run.failure()["hint"].to_string().contains(meant), "{run:?}");
    }
}

#[test]
fn keyfob_alone_says_what_a_newcomer_needs() {
    let home = Home::new();
    home.write("config/config.toml", "="); // which is not read for this
    let run = home.run(&[]);
    assert_eq!((run.status, &*run.stdout), (2, ""));
    assert!(run.stderr.contains("Nobody is signed in yet"), "{run:?}");
    assert!(run.stderr.contains("keyfob login sandbox"), "{run:?}");
    assert!(run.stderr.lines().count() < 20, "{run:?}");

    let (home, _provider) = machine();
    home.login(&["github"]).ok();
    let run = home.run(&[]);
    assert_eq!((run.status, &*run.stdout), (2, ""));
    assert!(run.stderr.contains("1 account is signed in"), "{run:?}");
    assert!(run.stderr.contains("keyfob token github "), "{run:?}");
    for line in run
        .stderr
        .lines()
        .filter_map(|line| line.strip_prefix("  keyfob "))
    {
        let command = line.split("  ").next().unwrap();
        let words = format!("keyfob {command}");
        let words = shlex::split(&words).unwrap();
        Cli::try_parse_from(&words).unwrap_or_else(|wrong| panic!("{words:?}: {wrong}"));
    }
}

/// The words below a verb's options fit a screen of 80 columns: examples stand as they are, prose is wrapped by
/// the terminal alone.
#[test]
fn the_words_below_the_options_fit_eighty_columns() {
    let mut commands = vec![Cli::command()];
    while let Some(command) = commands.pop() {
        let help = command.get_after_help().map(ToString::to_string);
        let mut prose = false;
        for line in help.as_deref().unwrap_or_default().lines() {
            let is_prose = !line.is_empty() && !line.starts_with(' ') && line != "Examples:";
            let fits = is_prose || line.chars().count() <= 80;
            let name = command.get_name();
            assert!(fits, "{name}: wider than 80 columns: {line}");
            assert!(!(prose && is_prose), "{name}: broken by hand: {line}");
            prose = is_prose;
        }
        commands.extend(command.get_subcommands().cloned());
    }
}
