//! Bitbucket Pipelines: a step that says so has its identity token in a variable.

use super::environment::Environment;
use super::none;
use crate::error::Result;
use keyfob_base::secret::Secret;

const VARIABLE: &str = "BITBUCKET_STEP_OIDC_TOKEN";

/// Finds it.
pub fn find(environment: Environment) -> Result<Secret> {
    environment.secret(VARIABLE).ok_or_else(|| {
        none(
            format!("this step of Bitbucket Pipelines has no identity token in {VARIABLE}"),
            "write `oidc: true` into the step",
        )
    })
}
