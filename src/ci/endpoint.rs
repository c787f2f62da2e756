//! The endpoint of a CI system that gives a job its identity token.

use url::Url;

use super::none;
use crate::context::{self, Context};
use crate::error::{Code, Error, Result};
use crate::oauth::OauthError;
use crate::oauth::endpoint::parse_url;
use crate::oauth::identity_token::IdentityTokenEndpoint;
use keyfob_base::secret::Secret;

/// A system's endpoint, and how its errors are said.
pub struct Endpoint<'a> {
    /// The system.
    pub title: &'a str,
    /// The variable that holds the URL.
    pub url_from: &'a str,
    /// The variable that holds the bearer token.
    pub bearer_from: &'a str,
    /// `POST`, else `GET`.
    pub post: bool,
    /// The member of the answer that holds the token.
    pub member: &'a str,
    /// What the job's author has to do for it to work.
    pub hint: &'a str,
}

impl Endpoint<'_> {
    /// Reads the URL that the system gave; parameters are added to its query.
    pub fn url(&self, text: &str, parameters: &[(&str, &str)]) -> Result<Url> {
        let mut url = parse_url(text)
            .map_err(|wrong| none(format!("the URL in {} {wrong}", self.url_from), self.hint))?;
        url.query_pairs_mut().extend_pairs(parameters);
        Ok(url)
    }

    /// Asks.
    pub async fn ask(&self, context: &Context, url: &Url, bearer: &Secret) -> Result<Secret> {
        if !bearer.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
            let what = format!("{} holds no token", self.bearer_from);
            return Err(none(what, self.hint));
        }
        let endpoint = IdentityTokenEndpoint {
            url,
            post: self.post,
            bearer,
            member: self.member,
        };
        let answer = endpoint.ask(&context.http).await;
        answer.map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &OauthError) -> Error {
        let code = match error {
            OauthError::Network(_) | OauthError::Unavailable { .. } => {
                let failure = context::failed(error, Code::LoginRequired, "nothing was exchanged");
                return Error {
                    message: self.message(error),
                    ..failure
                };
            }
            OauthError::Invalid(_) => Code::InvalidResponse,
            OauthError::Refused(_) | OauthError::Unauthorized => Code::LoginRequired,
        };
        Error::new(code, self.message(error)).hint(format!(
            "{}; run it again with `-v` to see the requests",
            self.hint
        ))
    }

    fn message(&self, error: &OauthError) -> String {
        format!("{} gave no identity token: {error}", self.title)
    }
}
