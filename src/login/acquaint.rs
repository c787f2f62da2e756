//! Whether somebody who signs in here for the first time is the one at the terminal. The browser's command line has
//! the authorization address, and every local user can read it: one of them could open it first, and sign you in as
//! himself.

use std::sync::Arc;

use super::identity::Who;
use super::listener::Accepted;
use super::page::EndPage;
use super::{Plan, Visitor};
use crate::context::{Context, off_thread};
use crate::error::{Code, Error, Result};
use keyfob_base::escape::escape_short;

/// The longest username that is shown whole, in characters.
const LIMIT: usize = 80;

/// Asks on the terminal about an identity that this home does not know; `false` where nobody can be asked.
/// A `browser` that waits is sent back to the terminal first: nobody looks there for a question otherwise.
pub(super) async fn confirm(
    context: &Context,
    plan: &Plan,
    who: &Who,
    browser: &mut Option<Accepted>,
) -> Result<bool> {
    if is_known(context, plan, who) {
        return Ok(true);
    }
    let name = who.username.as_deref().unwrap_or(&who.identity.subject);
    let name = escape_short(name, LIMIT);
    if !context.term.is_attended() {
        let line = format!(
            "`{name}` has not signed in here before, and nobody was asked whether that is you"
        );
        context.term.say(&line);
        return Ok(false);
    }
    let (term, title) = (Arc::clone(&context.term), plan.wish.provider.title.clone());
    if let Some(browser) = browser.take() {
        let (provider, who) = (title.clone(), name.clone());
        browser.answer(EndPage::Asked { provider, who }).await;
    }
    let hint = format!("nothing was stored; run `{}` again", plan.wish.command());
    off_thread(move || {
        if term.affirm(&format!("signed in to {title} as {name}; is that you?"))? {
            return Ok(true);
        }
        let what = format!("`{name}` signed in, and you did not say that this is you");
        Err(Error::new(Code::AccessDenied, what).hint(hint))
    })
    .await
}

fn is_known(context: &Context, plan: &Plan, who: &Who) -> bool {
    let practice =
        plan.wish.provider.embedded || matches!(plan.wish.visitor, Visitor::AutoApprove(_));
    let identity = &who.identity;
    if practice || plan.keeping.memory.is_some() || identity.subject.is_empty() {
        return true; // nobody else's, nothing to keep, or nothing to ask about
    }
    let known = context.vault.accounts_of(&plan.wish.provider.name).accounts;
    let mut held = known.iter().chain(&plan.keeping.expected);
    held.any(|account| {
        (&account.identity.issuer, &account.identity.subject)
            == (&identity.issuer, &identity.subject)
    })
}
