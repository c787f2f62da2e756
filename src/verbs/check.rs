//! `check`: whether tokens are valid, from the index alone; with `--live` the provider is asked. The exit
//! code says it too.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::app::App;
use super::{embedded, fleet, network, print, print_json, report};
use crate::account::Account;
use crate::answer::check::{Check, Checked};
use crate::choose::{Source, Variable, nobody_anywhere};
use crate::cli;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::session::predict;
use keyfob_base::timestamp::Timestamp;

/// Judges, prints a line a token, and fails with the worst of what was found.
pub fn run(app: &App, args: &cli::Check) -> Result<()> {
    let (sources, mut failures) = sources(app, args)?;
    let least = args.min_ttl.map(|least| least.as_secs());
    let verdicts = if args.live && !sources.is_empty() {
        live(app, sources, least)?
    } else {
        let now = Timestamp::now();
        sources
            .into_iter()
            .map(|source| look(source, least, now))
            .collect()
    };
    let now = Timestamp::now();
    if least.is_some() {
        warn_of_unknown_ends(app, &verdicts);
    }
    let answer = Check {
        accounts: verdicts.iter().map(|verdict| verdict.shape(now)).collect(),
    };
    if app.manner.json {
        print_json(&answer)?;
    } else {
        print(&answer.text(now))?;
    }
    failures.extend(verdicts.into_iter().filter_map(|verdict| verdict.failure));
    report(app, &failures)
}

/// A token that was judged, and what is wrong with it.
struct Verdict {
    source: Source,
    failure: Option<Error>,
}

impl Verdict {
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

/// What is to be judged, and what cannot even be read.
fn sources(app: &App, args: &cli::Check) -> Result<(Vec<Source>, Vec<Error>)> {
    let chooser = app.chooser();
    if !args.all {
        let several = chooser.sources_matching(&args.accounts)?;
        several.told().for_each(|line| app.term.say(line));
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
fn look(source: Source, least: Option<u64>, now: Timestamp) -> Verdict {
    let failure = match &source {
        Source::Account(account) => predict(account, least, now).err(),
        Source::Variable(_) => None,
    };
    Verdict { source, failure }
}

/// The verdict of the providers, on tokens that are renewed first where they have to be. What is demanded
/// beyond that is judged by what the index then says.
fn live(app: &App, sources: Vec<Source>, least: Option<u64>) -> Result<Vec<Verdict>> {
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
        let asked = fleet::each(&context, accounts.collect(), "asking about", ask).await;
        let mut asked = asked.into_iter();
        let mut verdicts = Vec::new();
        for source in sources {
            let verdict = match source {
                Source::Account(_) => {
                    let answered = asked.next().expect("every account was asked about");
                    accepted(answered, least)
                }
                Source::Variable(variable) => {
                    let Variable {
                        provider,
                        name,
                        token,
                    } = &variable;
                    let failure = context.whose(provider, name, token).await.err();
                    let source = Source::Variable(variable);
                    Verdict { source, failure }
                }
            };
            verdicts.push(verdict);
        }
        Ok(verdicts)
    })
}

/// The account as it stands after it was asked about.
fn accepted((before, answer): (Account, Result<Account>), least: Option<u64>) -> Verdict {
    match answer {
        Ok(account) => {
            let demanded = least.map(|_| predict(&account, least, Timestamp::now()));
            Verdict {
                failure: demanded.and_then(Result::err),
                source: Source::Account(Box::new(account)),
            }
        }
        Err(error) => Verdict {
            failure: Some(error.account(&before)),
            source: Source::Account(Box::new(before)),
        },
    }
}

/// A demand for life that nobody can promise.
fn warn_of_unknown_ends(app: &App, verdicts: &[Verdict]) {
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
