//! `check`: whether tokens are valid, from the index alone; with `--live` the provider is asked. The exit
//! code says it too.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use serde::Serialize;

use super::app::App;
use super::arguments::duration;
use super::output::Origin;
use super::{concurrent, embedded, network, print_answer, report};
use crate::account::{Account, Status};
use crate::choose::{Source, Variable, nobody_anywhere};
use crate::complete;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::session::predict;
use keyfob_base::timestamp::{Timestamp, until};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob check huggingface || test $? -eq 3 || keyfob login huggingface
  keyfob check --all --min-ttl 1h
  keyfob check 'github/*'
  keyfob check github --live            ask the provider too

Exit codes: 0 valid or of unknown end, 3 expired and the next use refreshes it, 4 login needed. A \
token that lives is valid to its end if it can be refreshed; `--min-ttl` demands more. Without \
`--live` it reads no secret and sends nothing.")]
pub struct Check {
    /// PROVIDER/NAME, PROVIDER for the one used here, or a pattern of `*` and `?`
    #[arg(value_name = "ACCOUNT", add = ArgValueCompleter::new(complete::accounts))]
    pub accounts: Vec<String>,
    /// Every account
    #[arg(long, conflicts_with = "accounts")]
    pub all: bool,
    /// Demand tokens that live at least this long
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub min_ttl: Option<Duration>,
    /// Ask the provider whether it takes the token
    #[arg(long)]
    pub live: bool,
}

pub(crate) fn run(app: &App, args: &Check) -> Result<()> {
    let (sources, mut failures) = find_sources(app, args)?;
    let least = args.min_ttl.map(|least| least.as_secs());
    let verdicts = if args.live && !sources.is_empty() {
        judge_live(app, sources, least)?
    } else {
        let now = Timestamp::now();
        sources
            .into_iter()
            .map(|source| judge(source, least, now))
            .collect()
    };
    let now = Timestamp::now();
    if least.is_some() {
        warn_of_unknown_ends(app, &verdicts);
    }
    let answer = CheckAnswer {
        accounts: verdicts.iter().map(|verdict| verdict.shape(now)).collect(),
    };
    print_answer(app, &answer, || answer.text(now))?;
    failures.extend(verdicts.into_iter().filter_map(|verdict| verdict.failure));
    report(app, &failures)
}

struct JudgedToken {
    source: Source,
    failure: Option<Error>,
}

impl JudgedToken {
    fn shape(&self, now: Timestamp) -> Checked {
        let failure = self.failure.as_ref();
        match &self.source {
            Source::Account(account) => Checked::account(account, failure, now),
            Source::Variable(Variable { provider, name, .. }) => {
                Checked::variable(provider, name, failure)
            }
        }
    }
}

fn find_sources(app: &App, args: &Check) -> Result<(Vec<Source>, Vec<Error>)> {
    let chooser = app.chooser();
    if !args.all {
        let several = chooser.sources_matching(&args.accounts)?;
        several.summary().for_each(|line| app.term.say(line));
        return Ok((several.chosen, several.broken));
    }
    let listing = app.vault.accounts();
    let mut failures = listing.broken;
    let accounts = listing.accounts.into_iter();
    let mut sources: Vec<_> = accounts.map(|one| Source::Account(Box::new(one))).collect();
    let signed_in: BTreeSet<String> = sources.iter().map(|one| one.provider().into()).collect();
    for variable in chooser.variables(None) {
        match variable.map(|one| (signed_in.contains(&one.provider), one)) {
            Ok((true, _)) => {} // nothing uses it where there is an account
            Ok((false, variable)) => match chooser.read(variable) {
                Ok(variable) => sources.push(Source::Variable(variable)),
                Err(error) => failures.push(error),
            },
            Err(error) => failures.push(error),
        }
    }
    if sources.is_empty() && failures.is_empty() {
        return Err(nobody_anywhere());
    }
    Ok((sources, failures))
}

/// The verdict of the index. Of a variable's token it knows nothing.
fn judge(source: Source, least: Option<u64>, now: Timestamp) -> JudgedToken {
    let failure = match &source {
        Source::Account(account) => predict(account, least, now).err(),
        Source::Variable(_) => None,
    };
    JudgedToken { source, failure }
}

/// The verdict of the providers, on tokens that are renewed first where they have to be. What is demanded
/// beyond that is judged by what the index then says.
fn judge_live(app: &App, sources: Vec<Source>, least: Option<u64>) -> Result<Vec<JudgedToken>> {
    let providers: Vec<String> = sources.iter().map(|one| one.provider().into()).collect();
    let providers = providers.iter().map(String::as_str);
    let (registry, _sandbox) = embedded::start(app, providers, None)?;
    network::context(app, registry, async |context| {
        let accounts = sources.iter().filter_map(|source| match source {
            Source::Account(account) => Some(Account::clone(account)),
            Source::Variable(_) => None,
        });
        let ask = move |context: Arc<Context>, account| async move {
            Box::pin(context.whoami(account))
                .await
                .map(|(account, _)| account)
        };
        let asked = concurrent::for_each(&context, accounts.collect(), "asking about", ask).await;
        let mut asked = asked.into_iter();
        let mut verdicts = Vec::new();
        for source in sources {
            let verdict = match source {
                Source::Account(_) => {
                    let answered = asked.next().expect("every account was asked about");
                    judge_answer(answered, least)
                }
                Source::Variable(variable) => {
                    let Variable {
                        provider,
                        name,
                        token,
                    } = &variable;
                    let failure = context.whose(provider, name, token).await.err();
                    let source = Source::Variable(variable);
                    JudgedToken { source, failure }
                }
            };
            verdicts.push(verdict);
        }
        Ok(verdicts)
    })
}

fn judge_answer((before, answer): (Account, Result<Account>), least: Option<u64>) -> JudgedToken {
    match answer {
        Ok(account) => {
            let demanded = least.map(|_| predict(&account, least, Timestamp::now()));
            JudgedToken {
                failure: demanded.and_then(Result::err),
                source: Source::Account(Box::new(account)),
            }
        }
        Err(error) => JudgedToken {
            failure: Some(error.account(&before)),
            source: Source::Account(Box::new(before)),
        },
    }
}

fn warn_of_unknown_ends(app: &App, verdicts: &[JudgedToken]) {
    for verdict in verdicts.iter().filter(|one| one.failure.is_none()) {
        match &verdict.source {
            Source::Account(account) if account.expires_at.is_some() => {}
            source => app.term.warn(&format!(
                "nobody says when the token of {} ends, so `--min-ttl` proves nothing",
                source.whose()
            )),
        }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct CheckAnswer {
    pub accounts: Vec<Checked>,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct Checked {
    account: String,
    provider: String,
    source: Origin,
    variable: Option<String>,
    status: Status,
    expires_at: Option<Timestamp>,
    seconds_left: Option<u64>,
    /// `valid`, or the word of the failure.
    result: &'static str,
    error: Option<Error>,
}

impl Checked {
    pub(crate) fn account(account: &Account, failure: Option<&Error>, now: Timestamp) -> Self {
        Self {
            account: account.to_string(),
            provider: account.provider.clone(),
            source: Origin::Account,
            variable: None,
            status: account.status(now),
            expires_at: account.expires_at,
            seconds_left: account.expires_at.map(|end| end.since(now)),
            result: result_word(failure),
            error: failure.cloned(),
        }
    }

    pub(crate) fn variable(provider: &str, name: &str, failure: Option<&Error>) -> Self {
        Self {
            account: provider.to_owned(),
            provider: provider.to_owned(),
            source: Origin::Env,
            variable: Some(name.to_owned()),
            result: result_word(failure),
            error: failure.cloned(),
            ..Self::default()
        }
    }

    fn describe(&self) -> String {
        match self.result {
            "refresh_failed" => "too short".into(), // no token is issued for as long as was demanded
            result => result.replace('_', " "),
        }
    }
}

fn result_word(failure: Option<&Error>) -> &'static str {
    failure.map_or("valid", |error| error.code.as_str())
}

impl CheckAnswer {
    pub(crate) fn text(&self, now: Timestamp) -> String {
        let widest = |of: fn(&Checked) -> usize| self.accounts.iter().map(of).max().unwrap_or(0);
        let (name, verdict) = (
            widest(|one| one.account.len()),
            widest(|one| one.describe().len()),
        );
        let line = |one: &Checked| {
            let end = match (one.expires_at, &one.variable) {
                (Some(end), _) if end <= now => format!("ended {}", until(end, now)),
                (Some(end), _) => format!("ends {}", until(end, now)),
                (None, None) => "no end known".into(),
                (None, Some(variable)) => format!("no end known  env {variable}"),
            };
            format!(
                "{:name$}  {:verdict$}  {end}\n",
                one.account,
                one.describe()
            )
        };
        self.accounts.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::fixture::{account, assert_shape, now};
    use crate::error::Code;

    fn failed() -> (Account, Error) {
        let mut other = account();
        other.provider = "github".into();
        other.name = "ada".into();
        other.expires_at = Some(Timestamp::from_unix(now().unix() - 60));
        let error = Error::new(Code::RefreshRequired, "its access token has ended")
            .hint("`keyfob refresh github/ada` gets a new one")
            .account(&other);
        (other, error)
    }

    fn check() -> CheckAnswer {
        let (other, error) = failed();
        CheckAnswer {
            accounts: vec![
                Checked::account(&account(), None, now()),
                Checked::account(&other, Some(&error), now()),
            ],
        }
    }

    #[test]
    fn the_shape_is_the_documented_one() {
        assert_shape(&check(), include_str!("shapes/check.json"));
    }

    #[test]
    fn the_lines_are_aligned() {
        let mut check = check();
        let variable = Checked::variable("gitlab", "GITLAB_TOKEN", None);
        check.accounts.push(variable);
        assert_eq!(
            check.text(now()),
            "\
huggingface/julien  valid             ends in 7 h
github/ada          refresh required  ended 1 min ago
gitlab              valid             no end known  env GITLAB_TOKEN
"
        );
    }
}
