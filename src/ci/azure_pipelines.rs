//! Azure Pipelines: each job has an endpoint, and its token only where the step maps it in. The audience is
//! always `api://AzureADTokenExchange`.

use super::endpoint::Endpoint;
use super::environment::Environment;
use super::none;
use crate::context::Context;
use crate::error::Result;
use keyfob_base::secret::Secret;

const ENDPOINT: Endpoint<'_> = Endpoint {
    title: "Azure Pipelines",
    url_from: "SYSTEM_OIDCREQUESTURI",
    bearer_from: "SYSTEM_ACCESSTOKEN",
    post: true,
    member: "oidcToken",
    hint: "map the job's token into the step with `env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)`",
};

/// Set by tasks that run for a service connection; the token then speaks for that.
const SERVICE_CONNECTION: &str = "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID";

/// Asks for a token of the pipeline, or of its service connection.
pub async fn ask(context: &Context, environment: Environment) -> Result<Secret> {
    let Some(url) = environment.text(ENDPOINT.url_from) else {
        return Err(none(
            "this job of Azure Pipelines has no SYSTEM_OIDCREQUESTURI to ask for an identity token",
            "run it in a step of a pipeline on Azure DevOps Services",
        ));
    };
    let Some(bearer) = environment.secret(ENDPOINT.bearer_from) else {
        return Err(none(
            "this step of Azure Pipelines has no SYSTEM_ACCESSTOKEN to ask for an identity token with",
            "write into the step:\n  env:\n    SYSTEM_ACCESSTOKEN: $(System.AccessToken)",
        ));
    };
    let connection = environment.text(SERVICE_CONNECTION);
    let mut parameters = vec![("api-version", "7.1")];
    if let Some(connection) = &connection {
        parameters.push(("serviceConnectionId", connection));
    }
    let url = ENDPOINT.url(&url, &parameters)?;
    ENDPOINT.ask(context, &url, &bearer).await
}
