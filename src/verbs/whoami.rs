//! `whoami`: asks the provider whose token this is.

use std::fmt::Write;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use serde::Serialize;
use serde_json::Value;

use super::app::App;
use super::{embedded, network, print_answer};
use crate::account::{Account, SignIn};
use crate::choose::{Source, Variable};
use crate::claims;
use crate::complete;
use crate::error::Result;
use crate::provider::IdentityRule;
use crate::session::Whose;
use keyfob_base::escape::escape;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob whoami huggingface
  keyfob whoami github/ada --json       the provider's own claims too")]
pub struct Whoami {
    /// PROVIDER/NAME, or PROVIDER for the one used here
    #[arg(value_name = "ACCOUNT", add = ArgValueCompleter::new(complete::accounts))]
    pub account: Option<String>,
}

pub(crate) fn run(app: &App, args: &Whoami) -> Result<()> {
    let answer = match app.chooser().source(args.account.as_deref())?.source {
        Source::Account(account) => ask(app, *account)?,
        Source::Variable(variable) => ask_stranger(app, &variable)?,
    };
    print_answer(app, &answer, || answer.text())
}

fn ask(app: &App, account: Account) -> Result<WhoamiAnswer> {
    let (registry, _sandbox) = embedded::start(app, [account.provider.as_str()], None)?;
    let (account, whose) = network::context(app, registry, async |context| {
        Box::pin(context.whoami(account)).await
    })?;
    Ok(match whose {
        Whose::Person { claims, rule } => {
            WhoamiAnswer::from_claims(&account.to_string(), &account.provider, claims, &rule)
        }
        Whose::Machine => WhoamiAnswer::machine(&account),
    })
}

fn ask_stranger(app: &App, variable: &Variable) -> Result<WhoamiAnswer> {
    let Variable {
        provider,
        name,
        token,
    } = variable;
    let (registry, _sandbox) = embedded::start(app, [provider.as_str()], None)?;
    let (claims, rule) = network::context(app, registry, async |context| {
        context.whose(provider, name, token).await
    })?;
    Ok(WhoamiAnswer::from_claims(provider, provider, claims, &rule))
}

#[derive(Debug, Serialize)]
pub(crate) struct WhoamiAnswer {
    pub account: String,
    pub provider: String,
    pub id: Option<String>,
    pub username: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub organizations: Vec<String>,
    /// The provider's whole answer; null for a machine, of which nobody is asked.
    pub claims: Value,
}

impl WhoamiAnswer {
    /// Reads an answer by the provider's rule. `whose` is `PROVIDER/NAME`, or `PROVIDER` where no account holds
    /// the token.
    fn from_claims(whose: &str, provider: &str, claims: Value, rule: &IdentityRule) -> Self {
        let text = |pointer: &str| claims::text(&claims, pointer);
        let mut organizations = Vec::new();
        for pointer in &rule.organizations {
            for name in claims::texts(&claims, pointer) {
                if !organizations.contains(&name) {
                    organizations.push(name);
                }
            }
        }
        Self {
            account: whose.to_owned(),
            provider: provider.to_owned(),
            id: text(&rule.subject),
            username: text(&rule.username),
            name: text(&rule.display_name),
            email: text(&rule.email),
            organizations,
            claims,
        }
    }

    /// The client that signed in for itself, or the job whose identity token was exchanged.
    pub(crate) fn machine(account: &Account) -> Self {
        let client = || Some(account.client.id.clone());
        let (id, username) = match account.identity.kind {
            SignIn::Exchange => {
                let job = Some(account.identity.subject.clone());
                (job.filter(|job| !job.is_empty()), account.username.clone())
            }
            SignIn::Person | SignIn::Client | SignIn::Given => (client(), client()),
        };
        Self {
            account: account.to_string(),
            provider: account.provider.clone(),
            id,
            username,
            name: None,
            email: None,
            organizations: Vec::new(),
            claims: Value::Null,
        }
    }

    pub(crate) fn text(&self) -> String {
        let organizations = Some(self.organizations.join(", ")).filter(|joined| !joined.is_empty());
        let facts = [
            ("account", Some(&self.account)),
            ("id", self.id.as_ref()),
            ("username", self.username.as_ref()),
            ("name", self.name.as_ref()),
            ("email", self.email.as_ref()),
            ("organizations", organizations.as_ref()),
        ];
        let known = || {
            facts
                .iter()
                .filter_map(|(key, value)| Some((key, (*value)?)))
        };
        let width = known().map(|(key, _)| key.len()).max().unwrap_or(0);
        let mut text = String::new();
        for (key, value) in known() {
            // writing to a String cannot fail
            let _ = writeln!(text, "{key:width$}  {}", escape(value));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::account::fixture::{account, assert_shape};

    fn rule() -> IdentityRule {
        IdentityRule {
            organizations: vec!["/orgs/*/name".into()],
            ..IdentityRule::default()
        }
    }

    #[test]
    fn the_shape_is_the_documented_one() {
        let documented = include_str!("shapes/whoami.json");
        let claims = serde_json::from_str::<Value>(documented).unwrap()["claims"].take();
        assert_shape(
            &WhoamiAnswer::from_claims(
                &account().to_string(),
                &account().provider,
                claims,
                &rule(),
            ),
            documented,
        );
    }

    #[test]
    fn the_text_is_aligned_and_has_only_what_is_known() {
        let claims = json!({"sub": 42, "preferred_username": "ada", "name": null});
        assert_eq!(
            WhoamiAnswer::from_claims(&account().to_string(), &account().provider, claims, &rule())
                .text(),
            "account   huggingface/julien\nid        42\nusername  ada\n"
        );
        let claims = json!({"orgs": [{"name": "a"}, {"name": "b"}, {"name": "a"}]});
        assert_eq!(
            WhoamiAnswer::from_claims(&account().to_string(), &account().provider, claims, &rule())
                .text(),
            "account        huggingface/julien\norganizations  a, b\n"
        );
    }

    #[test]
    fn a_machine_is_its_client() {
        let machine = WhoamiAnswer::machine(&account());
        assert_eq!(
            machine.text(),
            "account   huggingface/julien\nid        client\nusername  client\n"
        );
        assert!(machine.claims.is_null());
        let mut job = account();
        job.identity.kind = SignIn::Exchange;
        job.identity.subject = "repo:acme/app acme/model".into();
        job.username = Some("acme/model".into());
        assert_eq!(
            WhoamiAnswer::machine(&job).text(),
            "account   huggingface/julien\nid        repo:acme/app acme/model\nusername  acme/model\n"
        );
    }

    #[test]
    fn hostile_claims_stay_on_their_line() {
        let claims = json!({"sub": "1\nusername  root", "name": "\u{1b}[2J\u{202e}x"});
        let text =
            WhoamiAnswer::from_claims(&account().to_string(), &account().provider, claims, &rule())
                .text();
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    }
}
