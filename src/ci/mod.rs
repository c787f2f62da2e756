//! Identity tokens of the place where this runs: a CI system says in one who its job is, and a provider that
//! trusts the system exchanges it (RFC 8693). An identity token is a secret: it is shown nowhere and kept
//! nowhere, and no error repeats it.
//!
//! ```text
//! variables   what somebody put into the environment; looked at first, on every system
//! file        `--subject-token-file`
//! endpoint    the request that GitHub Actions and Azure Pipelines take
//! claims      what a token says of itself, for people to read
//! ```
//!
//! Every other file is a system.

mod azure_pipelines;
mod bitbucket_pipelines;
mod buildkite;
mod circleci;
mod claims;
mod endpoint;
mod environment;
mod file;
mod github_actions;
mod gitlab_ci;
mod variables;

use crate::account::SubjectFrom;
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::provider::Provider;
use keyfob_base::escape::escape_short;
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

pub use claims::Claims;
use environment::Environment;

/// The longest identity token, in bytes; those of today's systems have less than three thousand.
const TOKEN_LIMIT: usize = 16 * 1024;

/// The longest claim that is shown whole, in characters.
const CLAIM_LIMIT: usize = 120;

/// An identity token, and what it says of itself.
#[derive(Debug)]
pub struct IdentityToken {
    /// The token.
    pub token: Secret,
    /// Where it is from, in a few words.
    pub place: String,
    /// Its claims, which nobody has checked.
    pub claims: Claims,
}

/// What an identity token is wanted for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Who exchanges it.
    pub provider: &'a Provider,
    /// Whom it has to be for.
    pub audience: &'a str,
    /// Where it comes from.
    pub from: &'a SubjectFrom,
    /// What names another file for it: an option, or a command where none takes effect.
    pub by_file: &'a str,
}

/// The option that names a file.
pub const BY_FILE: &str = "--subject-token-file";

/// Gets an identity token. One that is over, or for another audience than the provider's, is an error.
pub async fn identity_token(context: &Context, wanted: Wanted<'_>) -> Result<IdentityToken> {
    let (place, token) = find(context, wanted).await?;
    let token = checked(&token, &place)?;
    let claims = Claims::of(&token);
    let found = IdentityToken {
        token,
        place,
        claims,
    };
    judge(context, wanted, &found)?;
    found.in_time(Timestamp::now())?;
    Ok(found)
}

/// What an account of this place is called unless somebody says.
pub fn account_name(from: &SubjectFrom) -> &'static str {
    let system = match from {
        SubjectFrom::Ci => System::here(Environment::OWN),
        SubjectFrom::File(_) => None,
    };
    system.map_or("exchange", System::name)
}

async fn find(context: &Context, wanted: Wanted<'_>) -> Result<(String, Secret)> {
    let environment = Environment::OWN;
    if let SubjectFrom::File(path) = wanted.from {
        return file::read(path.clone(), wanted.by_file.to_owned()).await;
    }
    if let Some(found) = variables::find(environment, wanted.provider) {
        return Ok(found);
    }
    let Some(system) = System::here(environment) else {
        return Err(nowhere(wanted));
    };
    let token = system.ask(context, environment, wanted).await?;
    Ok((system.title().to_owned(), token))
}

/// The systems that can say who a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    GithubActions,
    GitlabCi,
    CircleCi,
    Buildkite,
    BitbucketPipelines,
    AzurePipelines,
}

impl System {
    const ALL: [Self; 6] = [
        Self::GithubActions,
        Self::GitlabCi,
        Self::CircleCi,
        Self::Buildkite,
        Self::BitbucketPipelines,
        Self::AzurePipelines,
    ];

    /// The system that this runs in.
    fn here(environment: Environment) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|system| environment.is_set(system.mark()))
    }

    /// The variable by which it is known.
    fn mark(self) -> &'static str {
        match self {
            Self::GithubActions => "GITHUB_ACTIONS",
            Self::GitlabCi => "GITLAB_CI",
            Self::CircleCi => "CIRCLECI",
            Self::Buildkite => "BUILDKITE",
            Self::BitbucketPipelines => "BITBUCKET_BUILD_NUMBER",
            Self::AzurePipelines => "TF_BUILD",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::GithubActions => "github-actions",
            Self::GitlabCi => "gitlab-ci",
            Self::CircleCi => "circleci",
            Self::Buildkite => "buildkite",
            Self::BitbucketPipelines => "bitbucket-pipelines",
            Self::AzurePipelines => "azure-pipelines",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::GithubActions => "GitHub Actions",
            Self::GitlabCi => "GitLab CI",
            Self::CircleCi => "CircleCI",
            Self::Buildkite => "Buildkite",
            Self::BitbucketPipelines => "Bitbucket Pipelines",
            Self::AzurePipelines => "Azure Pipelines",
        }
    }

    async fn ask(
        self,
        context: &Context,
        environment: Environment,
        wanted: Wanted<'_>,
    ) -> Result<Secret> {
        match self {
            Self::GithubActions => github_actions::ask(context, environment, wanted.audience).await,
            Self::GitlabCi => Err(gitlab_ci::none_is_set(wanted)),
            Self::CircleCi => circleci::find(environment),
            Self::Buildkite => buildkite::ask(wanted.audience).await,
            Self::BitbucketPipelines => bitbucket_pipelines::find(environment),
            Self::AzurePipelines => azure_pipelines::ask(context, environment).await,
        }
    }
}

impl IdentityToken {
    /// What to look at where a provider does not take it. Which claim it did not like, it seldom says.
    pub fn advice(&self, provider: &str) -> String {
        let subject = match &self.claims.subject {
            Some(subject) => format!(
                ", whose subject is `{}`",
                escape_short(subject, CLAIM_LIMIT)
            ),
            None => String::new(),
        };
        format!("check that {provider} trusts this job{subject}, for what was asked")
    }

    fn in_time(&self, now: Timestamp) -> Result<()> {
        match self.claims.ends {
            Some(end) if self.claims.is_over(now) => Err(Error::new(
                Code::ExpiredToken,
                format!("the identity token from {} ended at {end}", self.place),
            )
            .hint("nothing was sent; get a new one from where it came from, and see that this machine's clock is right")),
            _ => Ok(()),
        }
    }
}

/// Tells what a token says of itself, and warns where it does not say whom it is for. One that is for
/// somebody else is refused: whoever it were sent to could use it there.
fn judge(context: &Context, wanted: Wanted<'_>, found: &IdentityToken) -> Result<()> {
    let IdentityToken { place, claims, .. } = found;
    let shown = |text: &str| format!("`{}`", escape_short(text, CLAIM_LIMIT));
    let subject = claims.subject.as_deref().map_or_else(
        || "of nobody that it names".to_owned(),
        |subject| format!("of {}", shown(subject)),
    );
    context
        .term
        .step(&format!("an identity token {subject} from {place}"));
    if !claims.is_token || claims.audiences.iter().any(|aud| aud == wanted.audience) {
        return Ok(());
    }
    let (provider, audience) = (wanted.provider, shown(wanted.audience));
    let title = &provider.title;
    if claims.audiences.is_empty() {
        context.term.warn(&format!(
            "the identity token from {place} names no audience, and {title} expects one for {audience}"
        ));
        return Ok(());
    }
    let theirs = shown(&claims.audiences.join(", "));
    let what = format!(
        "the identity token from {place} is for {theirs}, and {title} expects one for {audience}"
    );
    Err(Error::new(Code::ConfigInvalid, what).hint(format!(
        "nothing was sent; have one issued for {audience}, or where {title} takes that audience, `keyfob provider set {} exchange.audience=AUDIENCE`",
        provider.name
    )))
}

/// Printable ASCII without blanks, at most 16 KiB; the error shows nothing of it.
fn checked(found: &Secret, place: &str) -> Result<Secret> {
    let token = found.expose().trim();
    let wrong = if token.is_empty() {
        "is empty"
    } else if token.len() > TOKEN_LIMIT {
        "is longer than 16 KiB"
    } else if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        "holds blanks, line breaks or other characters that no token has"
    } else {
        return Ok(Secret::new(token));
    };
    Err(none(
        format!("the identity token from {place} {wrong}"),
        "have that place hold the token alone, as it was issued; nothing was sent",
    ))
}

/// There is no identity token to be had, for a reason that trying again does not mend.
fn none(message: impl Into<String>, hint: impl Into<String>) -> Error {
    Error::new(Code::LoginRequired, message).hint(hint)
}

fn nowhere(wanted: Wanted<'_>) -> Error {
    let provider = wanted.provider;
    let titles = System::ALL.map(System::title);
    let (last, others) = titles.split_last().expect("there are six");
    none(
        format!(
            "there is no identity token here to exchange at {}",
            provider.title
        ),
        format!(
            "run it in a job of {} or {last}, put a token into {}, or name a file with `{}`",
            others.join(", "),
            variables::own(provider),
            wanted.by_file
        ),
    )
}

#[cfg(test)]
mod tests;
