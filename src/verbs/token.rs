//! `token`: prints a valid access token. Where the stored one is good, no runtime starts.

use super::app::App;
use super::{print, print_json, supply};
use crate::answer;
use crate::cli;
use crate::error::Result;

/// Prints the token, a header, or the JSON shape.
pub fn run(app: &App, args: &cli::Token) -> Result<()> {
    let supply = supply::one(app, args.account.as_deref(), args.min_ttl, &args.anew)?;
    let tokens = &supply.tokens;
    if app.manner.json {
        print_json(&answer::token::ValidToken::new(&supply.whose(), tokens))
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
