//! `use`: makes an account its provider's default, or what this folder chooses; `use --trust` accepts what
//! chooses here. Reads no secret, sends nothing.

use super::app::App;
use super::{caution, print_json};
use crate::account::Account;
use crate::answer::naming;
use crate::choose::{ACCOUNT, Source, Why};
use crate::cli;
use crate::error::Result;
use crate::rules::Accepted;

/// Makes it so, and says what was before.
pub fn run(app: &App, args: &cli::Use) -> Result<()> {
    let Some(account) = &args.account else {
        return trust(app);
    };
    let account = app.chooser().exact(account)?;
    let answer = if args.here {
        here(app, &account)?
    } else {
        default(app, &account)?
    };
    if app.manner.json {
        return print_json(&answer);
    }
    Ok(())
}

fn default(app: &App, account: &Account) -> Result<naming::Used> {
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
    Ok(naming::Used::new(account, previous, None))
}

fn here(app: &App, account: &Account) -> Result<naming::Used> {
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
    Ok(naming::Used::new(account, written.previous, Some(rule)))
}

/// Says what goes before that which was just chosen.
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

/// Accepts, and says what it now chooses.
fn trust(app: &App) -> Result<()> {
    let outcome = app.rules.trust()?;
    for refused in &outcome.refused {
        caution(app, refused);
    }
    for rule in &outcome.accepted {
        app.term.say(&format!("accepted {}", named(rule)));
    }
    if outcome.accepted.is_empty() {
        for rule in &outcome.before {
            app.term
                .say(&format!("{} is accepted already", rule.path.display()));
        }
    }
    if app.manner.json {
        return print_json(&naming::Trust::new(&outcome.accepted));
    }
    Ok(())
}

fn named(rule: &Accepted) -> String {
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
