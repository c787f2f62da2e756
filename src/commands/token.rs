//! `token`: prints a valid access token. Where the stored one is good, no runtime starts.

use super::app::App;
use super::{embedded, network, print, print_json};
use crate::answer;
use crate::choose;
use crate::cli;
use crate::error::Result;
use crate::session::{Look, Need, look};
use crate::timestamp::Timestamp;

/// Prints the token, a header, or the JSON shape.
pub fn run(app: &App, args: &cli::Token) -> Result<()> {
    let mut account = choose::one(&app.vault, &app.registry, args.account.as_deref())?;
    let need = args
        .min_ttl
        .map_or(Need::Margin, |least| Need::MinTtl(least.as_secs()));
    let (account, secrets) = match look(&app.vault, &mut account, need, Timestamp::now())? {
        Look::Fresh(secrets) => (account, secrets),
        Look::Renew(_) => {
            let (registry, _sandbox) = embedded::start(app, [account.provider.as_str()], None)?;
            network::online(app, registry, async |online| {
                online.fresh(account, need).await
            })?
        }
    };
    let tokens = &secrets.tokens;
    if args.min_ttl.is_some() && tokens.expires_at.is_none() {
        let unknown = format!(
            "the provider of {account} gives no expiry, so `--min-ttl` promises nothing; `keyfob whoami {account}` tries the token"
        );
        app.term.warn(&unknown);
    }
    if app.manner.json {
        print_json(&answer::token::ValidToken::new(&account, tokens))
    } else if args.header {
        print(&format!(
            "Authorization: {} {}",
            tokens.token_type,
            tokens.access_token.expose()
        ))
    } else {
        print(tokens.access_token.expose())
    }
}
