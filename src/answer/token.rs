//! The shape of `token --json`: the one answer with a secret in it.

use serde::{Serialize, Serializer};

use crate::token_set::TokenSet;
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

/// A valid access token and what is known about it.
#[derive(Debug, Serialize)]
pub struct ValidToken<'a> {
    account: String,
    #[serde(serialize_with = "expose")]
    access_token: &'a Secret,
    token_type: &'a str,
    expires_at: Option<Timestamp>,
}

impl<'a> ValidToken<'a> {
    /// Shapes a token set; `account` is `PROVIDER/NAME`, or `PROVIDER` where no account holds it.
    pub fn new(account: &str, tokens: &'a TokenSet) -> Self {
        Self {
            account: account.to_owned(),
            access_token: &tokens.access_token,
            token_type: &tokens.token_type,
            expires_at: tokens.expires_at,
        }
    }
}

fn expose<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verbs::fixture::{account, assert_shape};

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
            include_str!("../verbs/shapes/token.json"),
        );
    }

    #[test]
    fn its_debug_form_shows_no_secret() {
        let tokens = tokens();
        let debug = format!("{:?}", ValidToken::new(&account().to_string(), &tokens));
        assert!(!debug.contains("hf_oauth"), "{debug}");
    }
}
