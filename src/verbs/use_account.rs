//! `use`: makes an account its provider's default, or what this folder chooses; `use --trust` accepts what
//! chooses here. Reads no secret, sends nothing.

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use serde::Serialize;

use super::app::App;
use super::{caution, print_json};
use crate::account::Account;
use crate::choose::{ACCOUNT, Source, Why};
use crate::complete;
use crate::error::Result;
use crate::rules::{Accepted, Rule};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob use huggingface/work           what `huggingface` means from now on
  keyfob use huggingface/work --here    in this folder and below it
  keyfob use --trust                    let a .keyfob.toml choose that came

KEYFOB_ACCOUNT goes before both, and .keyfob.toml before a default. A .keyfob.toml holds \
`accounts = [\"PROVIDER/NAME\"]`, one account a provider, and holds below its folder to the end of \
the repository, or of your home. It chooses only as `--here` wrote it or `--trust` accepted it; \
once changed or moved it has to be accepted again. Reads no secret and sends nothing.")]
pub struct Use {
    /// PROVIDER/NAME
    #[arg(value_name = "ACCOUNT", required_unless_present = "trust", add = ArgValueCompleter::new(complete::names))]
    pub account: Option<String>,
    /// Write it into this folder's .keyfob.toml, and leave the default
    #[arg(long)]
    pub here: bool,
    /// Accept each .keyfob.toml that reaches this folder, and the repository where a rule of config.toml
    /// is for its remote
    #[arg(long, conflicts_with_all = ["account", "here"])]
    pub trust: bool,
}

pub(crate) fn run(app: &App, args: &Use) -> Result<()> {
    let Some(account) = &args.account else {
        return trust(app);
    };
    let account = app.chooser().exact(account)?;
    let answer = if args.here {
        choose_here(app, &account)?
    } else {
        make_default(app, &account)?
    };
    if app.manner.json {
        return print_json(&answer);
    }
    Ok(())
}

fn make_default(app: &App, account: &Account) -> Result<UseAnswer> {
    let previous = app.vault.choose_default(account)?;
    let provider = &account.provider;
    app.term.say(&match &previous {
        Some(name) if *name == account.name => {
            format!("{account} is the default of {provider} already")
        }
        Some(name) => format!("{account} is the default of {provider}; it was {provider}/{name}"),
        None => format!("{account} is the default of {provider}; there was none"),
    });
    warn_of_another(app, account, "the default");
    Ok(UseAnswer::new(account, previous, None))
}

fn choose_here(app: &App, account: &Account) -> Result<UseAnswer> {
    let provider = &account.provider;
    let written = app.rules.write(provider, &account.name)?;
    let rule = &written.rule;
    app.term.say(&match &written.previous {
        Some(name) if *name == account.name => format!("{rule} names {account} already"),
        Some(name) => format!("{rule} names {account}; it was {provider}/{name}"),
        None => format!("{rule} names {account}"),
    });
    if written.alone {
        app.term.say(
            "it holds in this folder alone, which is neither below your home nor in a repository",
        );
    }
    warn_of_another(app, account, "the folder's choice");
    Ok(UseAnswer::new(account, written.previous, Some(rule)))
}

fn warn_of_another(app: &App, account: &Account, chosen: &str) {
    let Ok(choice) = app.chooser().source(Some(&account.provider)) else {
        return;
    };
    let who = match (&choice.source, &choice.why) {
        (Source::Account(used), _) if used.id == account.id => return,
        (_, Why::Environment) => ACCOUNT.to_owned(),
        (_, Why::Directory(rule)) => rule.to_string(),
        _ => return,
    };
    let used = choice.source.whose();
    app.term.warn(&format!(
        "{who} names {used} here, which goes before {chosen}"
    ));
}

fn trust(app: &App) -> Result<()> {
    let outcome = app.rules.trust()?;
    for refused in &outcome.refused {
        caution(app, refused);
    }
    for rule in &outcome.accepted {
        app.term.say(&format!("accepted {}", describe(rule)));
    }
    if outcome.accepted.is_empty() {
        for rule in &outcome.before {
            app.term
                .say(&format!("{} is accepted already", rule.path.display()));
        }
    }
    if app.manner.json {
        return print_json(&TrustAnswer::new(&outcome.accepted));
    }
    Ok(())
}

fn describe(rule: &Accepted) -> String {
    let path = rule.path.display();
    let accounts = if rule.accounts.is_empty() {
        "no account".into()
    } else {
        rule.accounts.join(", ")
    };
    if rule.remotes.is_empty() {
        format!("{path}: {accounts}")
    } else {
        format!("{path} as {}: {accounts}", rule.remotes.join(", "))
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct UseAnswer {
    account: String,
    provider: String,
    previous: Option<String>,
    rule: Option<String>,
}

impl UseAnswer {
    /// Shapes what was chosen: `previous` is the name of the account that it was until now, itself where
    /// nothing changed, and `rule` the file that names it, where it is not the default.
    pub(crate) fn new(account: &Account, previous: Option<String>, rule: Option<&Rule>) -> Self {
        let provider = &account.provider;
        Self {
            account: account.to_string(),
            provider: provider.clone(),
            previous: previous.map(|name| format!("{provider}/{name}")),
            rule: rule.map(|rule| rule.file.to_string_lossy().into_owned()),
        }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct TrustAnswer {
    accepted: Vec<AcceptedRules>,
}

#[derive(Debug, Serialize)]
struct AcceptedRules {
    path: String,
    accounts: Vec<String>,
}

impl TrustAnswer {
    pub(crate) fn new(accepted: &[Accepted]) -> Self {
        let accepted = accepted.iter().map(|rule| AcceptedRules {
            path: rule.path.to_string_lossy().into_owned(),
            accounts: rule.accounts.clone(),
        });
        Self {
            accepted: accepted.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::fixture::{account, assert_shape};

    #[test]
    fn the_shapes_are_the_documented_ones() {
        let used = UseAnswer::new(&account(), Some("work".into()), None);
        assert_shape(&used, include_str!("shapes/use.json"));
        let trust = TrustAnswer::new(&[Accepted {
            path: "/home/julien/src/acme/.keyfob.toml".into(),
            accounts: vec!["huggingface/work".into()],
            remotes: Vec::new(),
        }]);
        assert_shape(&trust, include_str!("shapes/use-trust.json"));
    }
}
