//! GitLab CI: the job's author names the variable and the audience of each identity token, so a token is
//! found in a variable that is known here, or not at all.

use super::{Wanted, none, variables};
use crate::error::Error;

/// No variable that is known here holds one.
pub fn none_is_set(wanted: Wanted<'_>) -> Error {
    let name = variables::best(wanted.provider);
    let audience = wanted.audience;
    none(
        format!("this job of GitLab CI has no identity token in {name}"),
        format!("write into the job:\n  id_tokens:\n    {name}:\n      aud: {audience}"),
    )
}
