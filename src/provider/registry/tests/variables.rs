use tempfile::TempDir;

use super::super::registry::{Registry, may_name};
use crate::error::Code;
use crate::names::token_variable;
use crate::paths::Paths;
use crate::provider::{Change, builtin};
use keyfob_base::files;

fn home(files: &[(&str, &str)]) -> (TempDir, Registry) {
    let home = tempfile::tempdir().unwrap();
    let paths = Paths::under(home.path());
    for (name, text) in files {
        files::replace(&paths.providers().join(name), text.as_bytes()).unwrap();
    }
    (home, Registry::new(paths))
}

/// What is found where these variables are set.
fn found(registry: &Registry, provider: &str, set: &[&str]) -> Option<String> {
    let found = registry.token_variable_set(provider, &|name| set.contains(&name));
    found.unwrap().map(|variable| variable.name)
}

fn all(registry: &Registry, set: &[&str]) -> Vec<String> {
    let found = registry.token_variables_set(&|name| set.contains(&name));
    let shown = found.into_iter().map(|one| match one {
        Ok(variable) => format!("{}={}", variable.provider, variable.name),
        Err(error) => error.code.as_str().to_owned(),
    });
    shown.collect()
}

const MINE: &str = "issuer = 'https://id.example.com'\n";

#[test]
fn every_variable_of_every_row_is_found() {
    let (_home, registry) = home(&[]);
    for name in builtin::names() {
        for variable in registry.describe(name).unwrap().token_variables() {
            let set = [variable.as_str()];
            assert_eq!(
                found(&registry, name, &set).as_ref(),
                Some(&variable),
                "{name}"
            );
            assert_eq!(all(&registry, &set), [format!("{name}={variable}")]);
        }
    }
    assert!(all(&registry, &[]).is_empty());
}

/// Else each look parses a row.
#[test]
fn no_row_is_parsed_in_vain() {
    for name in builtin::names() {
        let text = builtin::text(name).unwrap();
        let everybody = ["CI", "HOME", "LANG", "PATH", "SHELL", "TOKEN", "USER", "_"];
        assert!(!may_name(text, &|name| everybody.contains(&name)), "{name}");
    }
}

#[test]
fn the_first_that_is_set_counts_and_the_usual_name_only_without_a_convention() {
    let (_home, registry) = home(&[("mine.toml", MINE)]);
    let both = ["HUGGING_FACE_HUB_TOKEN", "HF_TOKEN"];
    assert_eq!(found(&registry, "huggingface", &both).unwrap(), "HF_TOKEN");
    let second = ["GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN"];
    assert_eq!(found(&registry, "github", &second).unwrap(), "GITHUB_TOKEN");
    assert_eq!(
        found(&registry, "huggingface", &["HUGGINGFACE_TOKEN"]),
        None
    );
    assert_eq!(found(&registry, "discord", &["DISCORD_TOKEN"]), None);
    assert_eq!(
        found(&registry, "mine", &["MINE_TOKEN"]).unwrap(),
        "MINE_TOKEN"
    );
    for stranger in ["zzz", "../github", "", "ZZZ"] {
        assert_eq!(found(&registry, stranger, &["ZZZ_TOKEN"]), None);
    }
}

#[test]
fn a_definition_of_ones_own_is_read_from_its_own_variables_alone() {
    let like = "like = 'github'\nhost = 'git.example.com'\n";
    let named = format!("{like}[environment]\nvariables = ['NAMED_GIT_TOKEN']\n");
    let inline = format!("{MINE}environment = {{ variables = [\"INLINE_PAT\"] }}\n");
    let dotted = format!("{MINE}environment.variables = ['DOTTED_KEY']\n");
    let hidden = format!("{MINE}\"environ\\u006dent\".variables = [\"\\u0048IDDEN_API_KEY\"]\n");
    let (_home, registry) = home(&[
        ("work.toml", like),
        ("named.toml", &named),
        ("inline.toml", &inline),
        ("dotted.toml", &dotted),
        ("hidden.toml", &hidden),
        ("gitlab.toml", "host = 'git.example.com'\n"),
        ("github.toml", "host = 'git.example.com'\n"),
    ]);
    let inherited = ["GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN"];
    assert_eq!(found(&registry, "work", &inherited), None);
    assert_eq!(
        found(&registry, "work", &["WORK_TOKEN"]).unwrap(),
        "WORK_TOKEN"
    );
    assert_eq!(found(&registry, "named", &["NAMED_TOKEN"]), None);
    for (provider, variable) in [
        ("named", "NAMED_GIT_TOKEN"),
        ("inline", "INLINE_PAT"),
        ("dotted", "DOTTED_KEY"),
        ("hidden", "HIDDEN_API_KEY"),
        ("gitlab", "GITLAB_TOKEN"),
        ("github", "GH_ENTERPRISE_TOKEN"),
    ] {
        assert_eq!(found(&registry, provider, &[variable]).unwrap(), variable);
    }
    assert_eq!(
        found(&registry, "github", &["GH_TOKEN"]),
        None,
        "github.com's"
    );
}

#[test]
fn a_wrong_file_is_in_the_way_of_what_could_be_its_own_alone() {
    let (home, registry) = home(&[
        ("torn.toml", "[environment\nvariables = ['TORN']"),
        ("huggingface.toml", "colour = 'red'"),
    ]);
    let folder = home.path().join("config/providers");
    std::fs::create_dir_all(folder.join("folder.toml")).unwrap();
    assert!(all(&registry, &[]).is_empty());
    assert!(all(&registry, &["OTHER"]).is_empty());
    for set in ["TORN", "TORN_TOKEN", "HF_TOKEN", "FOLDER_TOKEN"] {
        assert_eq!(all(&registry, &[set]), ["config_invalid"], "{set}");
    }
    let error = registry.token_variable_set("torn", &|name| name == "TORN");
    assert_eq!(error.unwrap_err().code, Code::ConfigInvalid);
}

/// Else a token of the row's server goes to the server of a definition that is only called so.
#[test]
fn a_name_alone_does_not_get_a_provider_the_variable_of_a_row() {
    let names = ["gh", "hf", "hugging-face-hub", "gitlab-access"];
    let files: Vec<_> = names.map(|name| format!("{name}.toml")).into();
    let files: Vec<_> = files.iter().map(|file| (file.as_str(), MINE)).collect();
    let (_home, registry) = home(&files);
    for name in names {
        let usual = token_variable(name);
        assert_eq!(found(&registry, name, &[&usual]), None, "{usual}");
        assert_eq!(all(&registry, &[&usual]).len(), 1, "{usual}");
    }
    let said = format!("{MINE}[environment]\nvariables = ['GH_TOKEN']\n");
    let (_home, registry) = home(&[("gh.toml", &said)]);
    assert_eq!(
        all(&registry, &["GH_TOKEN"]).last().unwrap(),
        "github=GH_TOKEN"
    );
    assert_eq!(registry.get("gh").unwrap_err().code, Code::ConfigInvalid);
}

/// Else a token of the row's server goes where a file leads that is only called so.
#[test]
fn a_row_that_is_moved_loses_its_variables_and_client_until_they_are_named_again() {
    let away = "userinfo_endpoint = 'https://api.evil.example/user'\n";
    for (name, text, variable) in [
        ("github", away.to_owned(), "GH_TOKEN"),
        ("github", away.to_owned(), "GITHUB_TOKEN"),
        ("gitlab", away.to_owned(), "GITLAB_TOKEN"),
        (
            "gitlab",
            "issuer = 'https://evil.example'\n".to_owned(),
            "GITLAB_TOKEN",
        ),
        (
            "huggingface",
            "[given]\nuserinfo_endpoint = 'https://evil.example/w'\n".to_owned(),
            "HF_TOKEN",
        ),
        ("codeberg", "like = 'github'\n".to_owned(), "CODEBERG_TOKEN"),
    ] {
        let file = format!("{name}.toml");
        let (_home, registry) = home(&[(&file, &text)]);
        assert_eq!(found(&registry, name, &[variable]), None, "{name}: {text}");
        let moved = registry.get(name).unwrap();
        assert!(moved.moved && moved.exchange.variables.is_empty());
        let again = if text.contains('[') {
            format!("environment.variables = ['{variable}']\n{text}")
        } else {
            format!("{text}[environment]\nvariables = ['{variable}']\n")
        };
        let (_home, registry) = home(&[(&file, &again)]);
        if name != "codeberg" {
            assert_eq!(
                found(&registry, name, &[variable]).as_deref(),
                Some(variable),
                "{again}"
            );
        }
    }
    for stays in [
        "client_id = 'x'\n",
        "scopes = ['read']\n",
        "userinfo_endpoint = 'https://api.github.com/x'\n",
    ] {
        let (_home, registry) = home(&[("github.toml", stays)]);
        assert_eq!(
            found(&registry, "github", &["GH_TOKEN"]).unwrap(),
            "GH_TOKEN"
        );
    }
}

#[test]
fn a_file_names_its_own_variables_and_those_that_were_accepted() {
    for (table, variable, fine) in [
        ("environment", "MINE_TOKEN", true),
        ("exchange", "MINE_ID_TOKEN", true),
        ("environment", "AWS_SECRET_ACCESS_KEY", false),
        ("exchange", "AWS_SESSION_TOKEN", false),
        ("exchange", "GH_TOKEN", false),
        ("environment", "PROMPT_COMMAND", false),
        ("exchange", "NODE_OPTIONS", false),
    ] {
        let text = format!("{MINE}[{table}]\nvariables = ['{variable}']\n");
        let (_home, registry) = home(&[("mine.toml", &text)]);
        let read = registry.get("mine");
        assert_eq!(read.is_ok(), fine, "{variable}: {read:?}");
        if let Err(error) = read {
            assert_eq!(error.code, Code::ConfigInvalid);
            assert!(error.message.contains("mine.toml:3"), "{error}");
            let typed = Change::parse(&format!("{table}.variables={variable}")).unwrap();
            assert!(registry.edit("mine", &[typed]).is_err(), "{variable}");
        }
    }
    let unlike = format!("{MINE}[environment]\nvariables = ['CORPORATE']\n");
    let (home, registry) = home(&[("mine.toml", &unlike)]);
    let error = registry.get("mine").unwrap_err();
    assert!(error.message.contains("mine.toml:3"), "{error}");
    let hint = error.hint.unwrap();
    assert!(
        hint.contains("keyfob provider set mine environment.variables="),
        "{hint}"
    );
    let typed = Change::parse("environment.variables=CORPORATE").unwrap();
    registry.edit("mine", &[typed]).unwrap();
    registry.get("mine").unwrap();
    assert_eq!(
        found(&registry, "mine", &["CORPORATE"]).unwrap(),
        "CORPORATE"
    );
    registry.rename("mine", "ours").unwrap();
    registry.get("ours").unwrap();
    registry.remove("ours", || Ok(())).unwrap();
    let accepted = std::fs::read_dir(home.path().join("config/accepted")).unwrap();
    assert_eq!(accepted.count(), 0);
}
