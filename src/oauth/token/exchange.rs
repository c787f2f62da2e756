//! Token exchange (RFC 8693): an identity token of somebody whom the server trusts becomes an access token.

use super::{TokenEndpoint, answer};
use crate::oauth::{Http, OauthError};
use crate::provider::ExchangeRule;
use crate::token_set::TokenSet;
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

/// The grant type (RFC 8693 §2.1).
const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// What an identity token is (RFC 8693 §3).
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";

impl TokenEndpoint<'_> {
    /// Exchanges an identity token (RFC 8693 §2.1), read as the answer of [`TokenEndpoint::exchange`];
    /// `issued_token_type` has to be in it too (§2.2.1). There is no refresh token, for a new identity token
    /// gets the next one.
    ///
    /// Where `rule` leaves the client out, nothing tells of one.
    pub(crate) async fn token_exchange(
        &self,
        http: &Http,
        rule: &ExchangeRule,
        subject_token: &Secret,
        audience: Option<&str>,
        now: Timestamp,
    ) -> Result<TokenSet, OauthError> {
        let scope = self.scope();
        let subject_token_type = rule.subject_token_type.as_deref().unwrap_or(ID_TOKEN);
        let mut request = self
            .grant_in(rule.body.unwrap_or(self.rule.body), TOKEN_EXCHANGE)
            .secret_field("subject_token", subject_token)
            .field("subject_token_type", subject_token_type);
        let optional = [
            ("requested_token_type", rule.requested_token_type.as_deref()),
            ("audience", audience),
            ("scope", Some(scope.as_str())),
        ];
        for (name, value) in optional {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                request = request.field(name, value);
            }
        }
        request = self.complete(request)?;
        if !rule.without_client {
            request = self.client.authenticate(request)?;
        }
        let answer = http.send(request).await?;
        let tokens = self.read(&answer, now)?;
        answer::needs(&answer, self.rule, "issued_token_type")?;
        Ok(TokenSet {
            refresh_token: None,
            ..tokens
        })
    }
}

#[cfg(test)]
mod tests;
