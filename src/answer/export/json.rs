//! The shape of `export --json`: variable to token.

use serde::{Serialize, Serializer};

use super::Assignment;

/// One object, its members in the order of the assignments.
#[derive(Debug)]
pub struct Tokens<'a>(pub &'a [Assignment<'a>]);

impl Serialize for Tokens<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members = self.0.iter();
        serializer.collect_map(members.map(|one| (&one.variable, one.token.expose())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::export::fixture::all;
    use crate::verbs::fixture::assert_shape;
    use crate::verbs::output::json;
    use keyfob_base::secret::Secret;

    fn assignment<'a>(variable: &str, token: &'a Secret) -> Assignment<'a> {
        let variable = variable.to_owned();
        Assignment { variable, token }
    }

    #[test]
    fn the_shape_is_the_documented_one() {
        let tokens = [Secret::new("hf_oauth_…"), Secret::new("gho_…")];
        let both = [
            assignment("HF_TOKEN", &tokens[0]),
            assignment("GH_TOKEN", &tokens[1]),
        ];
        assert_shape(
            &Tokens(&both),
            include_str!("../../verbs/shapes/export.json"),
        );
    }

    #[test]
    fn every_character_comes_back() {
        let token = Secret::new(all());
        let written = json(&Tokens(&[assignment("V", &token)]));
        let read: serde_json::Value = serde_json::from_str(&written).unwrap();
        assert_eq!(read["V"], all());
    }
}
