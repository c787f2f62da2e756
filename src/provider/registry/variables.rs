//! The variables that a file of the user's names, to read a token from or have one put into: those of its own
//! provider, and what the person accepted.

use super::registry::{is_of_another_row, may_name};
use crate::error::Error;
use crate::provider::builtin;
use crate::provider::fault::{Fault, dotted};
use crate::provider::overlay::Overlay;
use crate::variables::{Objection, object_to};

const TABLES: [&str; 2] = ["environment", "exchange"];

/// The keys that name variables.
pub(super) const KEYS: [&str; 2] = ["environment.variables", "exchange.variables"];

fn objections<'a>(
    name: &'a str,
    overlay: &'a Overlay,
) -> impl Iterator<Item = (&'static str, &'a str, Objection)> {
    // A row's own may be named again where a file lies over that row.
    let own = |variable: &str| {
        builtin::text(name).is_some_and(|row| may_name(row, &|word| word == variable))
    };
    TABLES.into_iter().flat_map(move |table| {
        let named = overlay.list(table, "variables").into_iter();
        named
            .filter(move |variable| !own(variable))
            .filter_map(move |variable| {
                let objection = object_to(name, variable, |word| is_of_another_row(name, word))?;
                Some((table, variable, objection))
            })
    })
}

/// Those that a person may accept.
pub(super) fn unlike(name: &str, overlay: &Overlay) -> Vec<String> {
    let all = objections(name, overlay);
    all.filter(|(.., objection)| *objection == Objection::Unlike)
        .map(|(_, variable, _)| variable.to_owned())
        .collect()
}

/// Refuses a file that names others. Names are not shown: one may be a secret in the wrong place.
pub(super) fn check(
    name: &str,
    overlay: &Overlay,
    accepted: &dyn Fn(&str) -> bool,
) -> Result<(), Error> {
    for (table, variable, objection) in objections(name, overlay) {
        let key = dotted(table, "variables");
        match objection {
            Objection::Never(reason) => {
                let what = format!("must hold no variable that {reason}");
                return Err(overlay.refuse(&Fault { key, what }));
            }
            Objection::Unlike if !accepted(variable) => {
                let what = "holds a variable that is not called as one for its tokens, and that you did not accept";
                let what = what.to_owned();
                let next = format!(
                    "`keyfob provider set {name} {key}=NAME` accepts it; give all the names that are to be there"
                );
                return Err(overlay.refuse(&Fault { key, what }).hint(next));
            }
            Objection::Unlike => {}
        }
    }
    Ok(())
}
