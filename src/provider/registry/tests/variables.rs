use tempfile::TempDir;

use super::super::registry::{Registry, may_name};
use crate::error::Code;
use crate::names::token_variable;
use crate::paths::Paths;
use crate::provider::builtin;
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
    let named = format!("{like}[environment]\nvariables = ['WORK_GIT']\n");
    let inline = format!("{MINE}environment = {{ variables = [\"ONE\"] }}\n");
    let dotted = format!("{MINE}environment.variables = ['TWO']\n");
    let hidden = format!("{MINE}\"environ\\u006dent\".variables = [\"\\u0054HREE\"]\n");
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
        ("named", "WORK_GIT"),
        ("inline", "ONE"),
        ("dotted", "TWO"),
        ("hidden", "THREE"),
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
    assert_eq!(found(&registry, "gh", &["GH_TOKEN"]).unwrap(), "GH_TOKEN");
}
