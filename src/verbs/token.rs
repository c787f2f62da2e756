//! `token`: prints a valid access token. Where the stored one is good, no runtime starts.

use std::time::Duration;

use clap::{ArgGroup, Args};
use clap_complete::engine::ArgValueCompleter;
use serde::{Serialize, Serializer};

use super::app::App;
use super::arguments::duration;
use super::tokens::{self, OneTimeToken, Owner, supply};
use super::{mask, print, print_json};
use crate::complete;
use crate::error::Result;
use crate::token_set::TokenSet;
use crate::words::Text;
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("without_account").args(["exchange"]), after_help = "\
Examples:
  keyfob token github --header | curl -H @- https://api.github.com/user
  HF_TOKEN=$(keyfob token huggingface) python3 train.py
  keyfob token huggingface --min-ttl 30m
  keyfob token huggingface --exchange --resource acme/model   in a CI job

Exit codes: 0 a valid token was printed, 3 trying again may help, 4 sign in first, 5 the store \
cannot be used.")]
pub struct Token {
    /// PROVIDER/NAME, or PROVIDER for the one used here
    #[arg(value_name = "ACCOUNT", add = ArgValueCompleter::new(complete::accounts))]
    pub account: Option<String>,
    /// Demand a token that lives at least this long
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub min_ttl: Option<Duration>,
    /// Print a whole `Authorization:` header
    #[arg(long)]
    pub header: bool,
    /// In a step of GitHub Actions: have the runner mask the token in its log, by a line on stderr
    #[arg(long)]
    pub mask: bool,
    #[command(flatten)]
    pub without_account: OneTimeToken,
}

pub(crate) fn run(app: &App, args: &Token) -> Result<()> {
    if args.mask {
        mask::demand_runner()?;
    }
    let typed: Vec<String> = args.account.iter().cloned().collect();
    let place = |_: &[Owner]| Ok(());
    let (supplies, ()) = supply(app, &typed, args.min_ttl, &args.without_account, place)?;
    let [supply] = &supplies[..] else {
        unreachable!("an argument, or none, means one token or a failure");
    };
    let tokens = &supply.tokens;
    let value = tokens::value(&tokens.access_token, &supply.whose())?;
    if args.mask {
        mask::mask_on_stderr([&value]).map_err(|error| mask::explain_failure(&error))?;
    }
    if app.manner.json {
        print_json(&ValidToken::new(&supply.whose(), tokens))
    } else if args.header {
        print(&Text::new(&format!(
            "Authorization: {} {}",
            tokens.token_type,
            value.expose()
        )))
    } else {
        print(&Text::new(value.expose()))
    }
}

/// A valid access token and what is known about it: the one answer with a secret in it.
#[derive(Debug, Serialize)]
pub(crate) struct ValidToken<'a> {
    account: String,
    #[serde(serialize_with = "expose")]
    access_token: &'a Secret,
    token_type: &'a str,
    expires_at: Option<Timestamp>,
}

impl<'a> ValidToken<'a> {
    /// Shapes a token set; `account` is `PROVIDER/NAME`, or `PROVIDER` where no account holds it.
    pub(crate) fn new(account: &str, tokens: &'a TokenSet) -> Self {
        Self {
            account: account.to_owned(),
            access_token: &tokens.access_token,
            token_type: &tokens.token_type,
            expires_at: tokens.expires_at,
        }
    }
}

fn expose<S: Serializer>(secret: &Secret, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::fixture::{account, assert_shape};

    fn tokens() -> TokenSet {
        let account = account();
        TokenSet {
            access_token: Secret::new("hf_oauth_…".to_owned()),
            refresh_token: Some(Secret::new("refresh-mark".to_owned())),
            id_token: Some(Secret::new("id-mark".to_owned())),
            token_type: account.token_type,
            scopes: account.scopes,
            received_at: account.received_at,
            expires_at: account.expires_at,
        }
    }

    #[test]
    fn the_shape_is_the_documented_one() {
        let tokens = tokens();
        assert_shape(
            &ValidToken::new(&account().to_string(), &tokens),
            include_str!("shapes/token.json"),
        );
    }

    #[test]
    fn its_debug_form_shows_no_secret() {
        let tokens = tokens();
        let debug = format!("{:?}", ValidToken::new(&account().to_string(), &tokens));
        assert!(!debug.contains("hf_oauth"), "{debug}");
    }
}
