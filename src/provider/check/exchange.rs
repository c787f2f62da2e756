//! How identity tokens are exchanged: whom they are for, what they are, and where they stand.

use url::Url;

use super::{Checked, ensure};
use crate::names::is_variable;
use crate::provider::ExchangeRule;

pub(super) fn check(rule: &ExchangeRule) -> Checked {
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    let audience = rule.audience.as_deref();
    let what = "must be printable ASCII without blanks";
    ensure(audience.is_none_or(plain), "exchange.audience", what)?;
    for (key, named) in [
        ("exchange.subject_token_type", &rule.subject_token_type),
        ("exchange.requested_token_type", &rule.requested_token_type),
    ] {
        let uri = |text: &String| plain(text) && Url::parse(text).is_ok();
        let what = "must be a URI, such as `urn:ietf:params:oauth:token-type:jwt`";
        ensure(named.as_ref().is_none_or(uri), key, what)?;
    }
    for name in &rule.variables {
        let what = "must be names of variables: letters, digits and `_`";
        ensure(is_variable(name), "exchange.variables", what)?;
        // Whoever can set one of keyfob's own would else be sent something that is no identity token.
        let own = name.to_ascii_uppercase().starts_with("KEYFOB_");
        let what = "must not be names of keyfob's own variables";
        ensure(!own, "exchange.variables", what)?;
    }
    Ok(())
}
