//! CircleCI: every job has its identity token in a variable. Its audience is the organization unless that has
//! set another.

use super::environment::Environment;
use super::none;
use crate::error::Result;
use keyfob_base::secret::Secret;

/// The newer form says more of the change that started the job.
const VARIABLES: [&str; 2] = ["CIRCLE_OIDC_TOKEN_V2", "CIRCLE_OIDC_TOKEN"];

/// Finds it.
pub fn find(environment: Environment) -> Result<Secret> {
    let mut found = VARIABLES.iter();
    found
        .find_map(|name| environment.secret(name))
        .ok_or_else(|| {
            none(
                "this job of CircleCI has no identity token in CIRCLE_OIDC_TOKEN_V2",
                "a build of a fork gets none unless the project passes its secrets to those: Project Settings, Advanced",
            )
        })
}
