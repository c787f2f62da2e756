//! `which`: which account would be used, and why. Reads no secret of a store, sends nothing.

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use serde::Serialize;

use super::app::App;
use super::output::Origin;
use super::print_answer;
use crate::choose::{Choice, Source, Why};
use crate::complete;
use crate::error::Result;
use keyfob_base::escape::escape;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob which huggingface
  KEYFOB_ACCOUNT=github/work keyfob which github --json

Reads no secret and sends nothing.")]
pub struct Which {
    /// The provider; without it, what a command without an account would use
    #[arg(value_name = "PROVIDER", add = ArgValueCompleter::new(complete::accounts))]
    pub account: Option<String>,
}

pub(crate) fn run(app: &App, args: &Which) -> Result<()> {
    let chooser = app.chooser();
    let choice = chooser.source(args.account.as_deref())?;
    if let Source::Account(account) = &choice.source
        && let Some(line) = chooser.surprise(account, &choice.why, None)
    {
        app.term.say(&line);
    }
    let answer = WhichAnswer::new(&choice);
    print_answer(app, &answer, || answer.text())
}

#[derive(Debug, Serialize)]
pub(crate) struct WhichAnswer {
    account: String,
    provider: String,
    source: Origin,
    variable: Option<String>,
    reason: &'static str,
    rule: Option<String>,
    #[serde(skip)]
    why: String,
}

impl WhichAnswer {
    /// Shapes a choice; nothing of a token is in it.
    pub(crate) fn new(choice: &Choice) -> Self {
        let (provider, source, variable) = match &choice.source {
            Source::Account(account) => (&account.provider, Origin::Account, None),
            Source::Variable(variable) => {
                (&variable.provider, Origin::Env, Some(variable.name.clone()))
            }
        };
        let rule = match &choice.why {
            Why::Directory(rule) => Some(rule.file.to_string_lossy().into_owned()),
            _ => None,
        };
        Self {
            account: choice.source.whose(),
            provider: provider.clone(),
            source,
            variable,
            reason: choice.why.as_str(),
            rule,
            why: reason(choice),
        }
    }

    pub(crate) fn text(&self) -> String {
        format!("{}: {}\n", self.account, escape(&self.why))
    }
}

fn reason(choice: &Choice) -> String {
    match (&choice.why, &choice.source) {
        (Why::Argument, _) => "it was named".into(),
        (Why::Environment, _) => "KEYFOB_ACCOUNT names it".into(),
        (Why::Directory(rule), _) => format!("{rule} names it"),
        (Why::Default, source) => format!("it is the default of {}", source.provider()),
        (Why::Only, _) | (Why::Variable, Source::Account(_)) => "there is no other".into(),
        (Why::Variable, Source::Variable(variable)) => {
            format!("nobody is signed in, and {} holds a token", variable.name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::fixture::{account, assert_shape};
    use crate::choose::Variable;
    use crate::rules::Rule;
    use keyfob_base::secret::Secret;

    fn chosen(why: Why) -> WhichAnswer {
        let source = match why {
            Why::Variable => Source::Variable(Variable {
                provider: "huggingface".into(),
                name: "HF_TOKEN".into(),
                token: Secret::new("hf_mark"),
            }),
            _ => Source::Account(Box::new(account())),
        };
        WhichAnswer::new(&Choice { source, why })
    }

    fn rule(file: &str) -> Why {
        Why::Directory(Rule::file(file.into()))
    }

    #[test]
    fn the_shape_is_the_documented_one() {
        let ruled = chosen(rule("/home/julien/src/acme/.keyfob.toml"));
        assert_shape(&ruled, include_str!("shapes/which.json"));
        let variable = serde_json::to_value(chosen(Why::Variable)).unwrap();
        let expected = serde_json::json!({"account": "huggingface", "provider": "huggingface",
            "source": "env", "variable": "HF_TOKEN", "reason": "variable", "rule": null});
        assert_eq!(variable, expected);
    }

    #[test]
    fn every_reason_has_its_words() {
        for (why, line) in [
            (Why::Argument, "huggingface/julien: it was named\n"),
            (
                Why::Environment,
                "huggingface/julien: KEYFOB_ACCOUNT names it\n",
            ),
            (
                rule("/src/\u{1b}[1m/.keyfob.toml"),
                "huggingface/julien: /src/\\u{1b}[1m/.keyfob.toml names it\n",
            ),
            (
                Why::Default,
                "huggingface/julien: it is the default of huggingface\n",
            ),
            (Why::Only, "huggingface/julien: there is no other\n"),
            (
                Why::Variable,
                "huggingface: nobody is signed in, and HF_TOKEN holds a token\n",
            ),
        ] {
            assert_eq!(chosen(why).text(), line);
        }
    }
}
