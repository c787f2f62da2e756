//! The CI systems that give a job an identity token, and how each is asked.

use std::io;
use std::process::Command;
use std::time::Duration;

use url::Url;

use super::variables::{JobVariables, TOKEN_LIMIT, Wanted, best_variable, none};
use crate::context::{self, Context, off_thread};
use crate::error::{Code, Error, Result};
use crate::oauth::OauthError;
use crate::oauth::endpoint::parse_url;
use crate::oauth::identity_token::IdentityTokenEndpoint;
use crate::process::{self, Failure};
use keyfob_base::secret::Secret;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    GithubActions,
    GitlabCi,
    CircleCi,
    Buildkite,
    BitbucketPipelines,
    AzurePipelines,
}

impl System {
    pub(crate) const ALL: [Self; 6] = [
        Self::GithubActions,
        Self::GitlabCi,
        Self::CircleCi,
        Self::Buildkite,
        Self::BitbucketPipelines,
        Self::AzurePipelines,
    ];

    pub(crate) fn here(variables: JobVariables) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|system| variables.is_set(system.mark()))
    }

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

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::GithubActions => "github-actions",
            Self::GitlabCi => "gitlab-ci",
            Self::CircleCi => "circleci",
            Self::Buildkite => "buildkite",
            Self::BitbucketPipelines => "bitbucket-pipelines",
            Self::AzurePipelines => "azure-pipelines",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::GithubActions => "GitHub Actions",
            Self::GitlabCi => "GitLab CI",
            Self::CircleCi => "CircleCI",
            Self::Buildkite => "Buildkite",
            Self::BitbucketPipelines => "Bitbucket Pipelines",
            Self::AzurePipelines => "Azure Pipelines",
        }
    }

    pub(crate) async fn ask(
        self,
        context: &Context,
        variables: JobVariables,
        wanted: Wanted<'_>,
    ) -> Result<Secret> {
        match self {
            Self::GithubActions => ask_github_actions(context, variables, wanted.audience).await,
            Self::GitlabCi => Err(none_in_gitlab_ci(wanted)),
            Self::CircleCi => find_circleci(variables),
            Self::Buildkite => ask_buildkite(wanted.audience).await,
            Self::BitbucketPipelines => find_bitbucket_pipelines(variables),
            Self::AzurePipelines => ask_azure_pipelines(context, variables).await,
        }
    }
}

// GitHub Actions: a job that may ask gets an endpoint and a token for it, and names the audience itself.
// Gitea and Forgejo have the same variables.

const GITHUB_ACTIONS: Endpoint<'_> = Endpoint {
    title: "GitHub Actions",
    url_from: "ACTIONS_ID_TOKEN_REQUEST_URL",
    bearer_from: "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    post: false,
    member: "value",
    hint: "let the job ask for it with `permissions: id-token: write`",
};

async fn ask_github_actions(
    context: &Context,
    variables: JobVariables,
    audience: &str,
) -> Result<Secret> {
    let url = variables.text(GITHUB_ACTIONS.url_from);
    let bearer = variables.secret(GITHUB_ACTIONS.bearer_from);
    let Some((url, bearer)) = url.zip(bearer) else {
        return Err(none(
            "this job of GitHub Actions may not ask for an identity token",
            "write into the workflow, for the job or for all:\n  permissions:\n    id-token: write\n    contents: read\na pull request from a fork gets none all the same",
        ));
    };
    let url = GITHUB_ACTIONS.url(&url, &[("audience", audience)])?;
    GITHUB_ACTIONS.ask(context, &url, &bearer).await
}

// GitLab CI: the job's author names the variable and the audience of each identity token, so a token is
// found in a variable that is known here, or not at all.

fn none_in_gitlab_ci(wanted: Wanted<'_>) -> Error {
    let name = best_variable(wanted.provider);
    let audience = wanted.audience;
    none(
        format!("this job of GitLab CI has no identity token in {name}"),
        format!("write into the job:\n  id_tokens:\n    {name}:\n      aud: {audience}"),
    )
}

// CircleCI: every job has its identity token in a variable. Its audience is the organization unless that has
// set another.

/// The newer form says more of the change that started the job.
const CIRCLECI_VARIABLES: [&str; 2] = ["CIRCLE_OIDC_TOKEN_V2", "CIRCLE_OIDC_TOKEN"];

fn find_circleci(variables: JobVariables) -> Result<Secret> {
    let mut found = CIRCLECI_VARIABLES.iter();
    found
        .find_map(|name| variables.secret(name))
        .ok_or_else(|| {
            none(
                "this job of CircleCI has no identity token in CIRCLE_OIDC_TOKEN_V2",
                "a build of a fork gets none unless the project passes its secrets to those: Project Settings, Advanced",
            )
        })
}

// Buildkite: its agent, which runs the job, is asked by a command.

const AGENT: &str = "buildkite-agent";

/// The agent asks its own server; that takes a second or two.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs the agent. What it says besides is not shown, for it may hold the agent's own token.
async fn ask_buildkite(audience: &str) -> Result<Secret> {
    let mut command = Command::new(AGENT);
    command.args(["oidc", "request-token", "--audience", audience]);
    let shown = format!("{AGENT} oidc request-token --audience {audience}");
    off_thread(move || agent_token(command, &shown)).await
}

fn agent_token(command: Command, shown: &str) -> Result<Secret> {
    let limit = TOKEN_LIMIT + 1024; // room for a line break
    let written = process::output(command, limit, PATIENCE);
    let written = written.map_err(|failure| agent_failed(&failure, shown))?;
    String::from_utf8(written)
        .map(Secret::new)
        .map_err(|_| agent_failed(&Failure::Length, shown))
}

fn agent_failed(failure: &Failure, command: &str) -> Error {
    let hint = format!("run `{command}` in the job to see what is wrong");
    match failure {
        Failure::Io(error) if error.kind() == io::ErrorKind::NotFound => none(
            format!("`{AGENT}` was not found, which gives a job of Buildkite its identity token"),
            format!("put {AGENT} on the PATH of the job, or the token into KEYFOB_ID_TOKEN"),
        ),
        Failure::Io(error) => none(format!("`{AGENT}` cannot be run: {error}"), hint),
        Failure::Status(status) => {
            none(format!("`{AGENT}` gave no identity token: {status}"), hint)
        }
        Failure::Time => Error::new(
            Code::Timeout,
            format!(
                "`{AGENT}` gave no identity token in {} s",
                PATIENCE.as_secs()
            ),
        )
        .hint(hint),
        Failure::Length => none(
            format!("`{AGENT}` wrote something else than an identity token"),
            hint,
        ),
    }
}

// Bitbucket Pipelines: a step that says so has its identity token in a variable.

const BITBUCKET_VARIABLE: &str = "BITBUCKET_STEP_OIDC_TOKEN";

fn find_bitbucket_pipelines(variables: JobVariables) -> Result<Secret> {
    variables.secret(BITBUCKET_VARIABLE).ok_or_else(|| {
        none(
            format!(
                "this step of Bitbucket Pipelines has no identity token in {BITBUCKET_VARIABLE}"
            ),
            "write `oidc: true` into the step",
        )
    })
}

// Azure Pipelines: each job has an endpoint, and its token only where the step maps it in. The audience is
// always `api://AzureADTokenExchange`.

const AZURE_PIPELINES: Endpoint<'_> = Endpoint {
    title: "Azure Pipelines",
    url_from: "SYSTEM_OIDCREQUESTURI",
    bearer_from: "SYSTEM_ACCESSTOKEN",
    post: true,
    member: "oidcToken",
    hint: "map the job's token into the step with `env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)`",
};

/// Set by tasks that run for a service connection; the token then speaks for that.
const SERVICE_CONNECTION: &str = "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID";

async fn ask_azure_pipelines(context: &Context, variables: JobVariables) -> Result<Secret> {
    let Some(url) = variables.text(AZURE_PIPELINES.url_from) else {
        return Err(none(
            "this job of Azure Pipelines has no SYSTEM_OIDCREQUESTURI to ask for an identity token",
            "run it in a step of a pipeline on Azure DevOps Services",
        ));
    };
    let Some(bearer) = variables.secret(AZURE_PIPELINES.bearer_from) else {
        return Err(none(
            "this step of Azure Pipelines has no SYSTEM_ACCESSTOKEN to ask for an identity token with",
            "write into the step:\n  env:\n    SYSTEM_ACCESSTOKEN: $(System.AccessToken)",
        ));
    };
    let connection = variables.text(SERVICE_CONNECTION);
    let mut parameters = vec![("api-version", "7.1")];
    if let Some(connection) = &connection {
        parameters.push(("serviceConnectionId", connection));
    }
    let url = AZURE_PIPELINES.url(&url, &parameters)?;
    AZURE_PIPELINES.ask(context, &url, &bearer).await
}

// The endpoint of a CI system that gives a job its identity token.

struct Endpoint<'a> {
    title: &'a str,
    url_from: &'a str,
    bearer_from: &'a str,
    post: bool,
    member: &'a str,
    hint: &'a str,
}

impl Endpoint<'_> {
    fn url(&self, text: &str, parameters: &[(&str, &str)]) -> Result<Url> {
        let mut url = parse_url(text)
            .map_err(|wrong| none(format!("the URL in {} {wrong}", self.url_from), self.hint))?;
        url.query_pairs_mut().extend_pairs(parameters);
        Ok(url)
    }

    async fn ask(&self, context: &Context, url: &Url, bearer: &Secret) -> Result<Secret> {
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Result<Secret> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        agent_token(command, "x")
    }

    #[test]
    fn what_is_written_is_the_token() {
        assert_eq!(shell("echo a.b.c").unwrap().expose(), "a.b.c\n");
    }

    #[test]
    fn what_is_no_token_is_said_and_not_shown() {
        for (script, words) in [
            ("echo a.b.c; exit 3", "exit status: 3"),
            ("cat /dev/zero", "something else"),
            ("printf '\\377'", "something else"),
        ] {
            let error = shell(script).unwrap_err();
            assert!(error.message.contains(words), "{script}: {error}");
        }
        let missing = agent_token(Command::new("/nowhere/agent"), "x").unwrap_err();
        assert!(missing.message.contains("was not found"), "{missing}");
    }
}
