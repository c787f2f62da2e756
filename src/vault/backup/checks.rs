//! What an account and a client of a backup must be before anything is done with them.

use url::Url;

use super::super::index;
use super::{Bound, Saved, SavedClient};
use crate::account::{Address, is_id};
use crate::token_set::{TOKEN_LIMIT, is_token};
use crate::web::flaws;

/// The longest client secret that is taken, in bytes.
const TEXT_LIMIT: usize = 8 * 1024;

/// The highest number of a token set that is taken; each later one is counted on from it.
const LAST_GENERATION: u64 = u64::MAX / 2;

pub(crate) fn fault(saved: &Saved) -> Option<&'static str> {
    let endpoints = &saved.account.endpoints;
    let all = [Some(&endpoints.token), endpoints.userinfo.as_ref()];
    let mut all = all.into_iter().chain([endpoints.revocation.as_ref()]);
    if !all.all(|address| address.is_none_or(is_callable)) {
        return Some("an endpoint of it is no URL that may be called");
    }
    if endpoints.pinned_as.is_some() {
        return Some("it is pinned to another machine");
    }
    if Bound::of(&saved.account).is_some() {
        return Some("it signs in by exchange, which no backup has");
    }
    if !is_id(&saved.account.id) {
        return Some("its id is none");
    }
    if !index::fits(&saved.account) {
        return Some("it has more to remember than any account");
    }
    if saved.account.generation.max(saved.secrets.generation) > LAST_GENERATION {
        return Some("nothing has had that many tokens");
    }
    let tokens = &saved.secrets.tokens;
    let all = [Some(&tokens.access_token), tokens.refresh_token.as_ref()];
    let mut all = all.into_iter().chain([tokens.id_token.as_ref()]).flatten();
    let fits = |text: &str| text.len() <= TOKEN_LIMIT && is_token(text);
    if !all.all(|token| fits(token.expose())) || !fits(&tokens.token_type) {
        return Some("a token of it is none");
    }
    let secret = saved.secrets.client_secret.as_ref();
    let plain = secret.is_none_or(|secret| is_plain(secret.expose()));
    (!plain).then_some("its client secret is none")
}

pub(crate) fn is_sound(saved: &SavedClient) -> bool {
    let secrets = [
        &saved.secrets.client_secret,
        &saved.secrets.registration_access_token,
    ];
    let mut secrets = secrets.into_iter().flatten();
    let endpoint = saved.client.configuration_endpoint.as_ref();
    is_id(&saved.client.id)
        && is_plain(&saved.client.client_id)
        && secrets.all(|secret| is_plain(secret.expose()))
        && endpoint.is_none_or(|url| flaws(url).next().is_none())
}

fn is_callable(address: &Address) -> bool {
    let url: Option<Url> = address.url().ok();
    url.is_some_and(|url| flaws(&url).next().is_none())
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.len() <= TEXT_LIMIT && !text.contains(char::is_control)
}
