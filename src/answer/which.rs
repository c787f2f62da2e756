//! What `which` says: the account that a command would use, and why.

use serde::Serialize;

use super::account::Origin;
use crate::choose::{Choice, Source, Why};

/// A choice.
#[derive(Debug, Serialize)]
pub struct Which {
    account: String,
    provider: String,
    source: Origin,
    variable: Option<String>,
    reason: Why,
}

impl Which {
    /// Shapes a choice; nothing of a token is in it.
    pub fn new(choice: &Choice) -> Self {
        let (provider, source, variable) = match &choice.source {
            Source::Account(account) => (&account.provider, Origin::Account, None),
            Source::Variable(variable) => {
                (&variable.provider, Origin::Env, Some(variable.name.clone()))
            }
        };
        Self {
            account: choice.source.whose(),
            provider: provider.clone(),
            source,
            variable,
            reason: choice.why,
        }
    }

    /// One line, for people.
    pub fn text(&self) -> String {
        let provider = &self.provider;
        let reason = match (self.reason, &self.variable) {
            (Why::Argument, _) => "it was named".into(),
            (Why::Environment, _) => "KEYFOB_ACCOUNT names it".into(),
            (Why::Default, _) => format!("it is the default of {provider}"),
            (Why::Only, _) | (Why::Variable, None) => "there is no other".into(),
            (Why::Variable, Some(name)) => {
                format!("nobody is signed in, and {name} holds a token")
            }
        };
        format!("{}: {reason}\n", self.account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::fixture::{account, assert_shape};
    use crate::choose::Variable;
    use crate::secret::Secret;

    fn chosen(why: Why) -> Which {
        let source = match why {
            Why::Variable => Source::Variable(Variable {
                provider: "huggingface".into(),
                name: "HF_TOKEN".into(),
                token: Secret::new("hf_mark"),
            }),
            _ => Source::Account(Box::new(account())),
        };
        Which::new(&Choice { source, why })
    }

    #[test]
    fn the_shape_is_the_documented_one() {
        assert_shape(&chosen(Why::Environment), include_str!("shapes/which.json"));
        let variable = serde_json::to_value(chosen(Why::Variable)).unwrap();
        let expected = serde_json::json!({"account": "huggingface", "provider": "huggingface",
            "source": "env", "variable": "HF_TOKEN", "reason": "variable"});
        assert_eq!(variable, expected);
    }

    #[test]
    fn every_reason_has_its_words() {
        for (why, line) in [
            (Why::Argument, "huggingface/julien: it was named\n"),
            (
                Why::Environment,
                "huggingface/julien: KEYFOB_ACCOUNT names it\n",
            ),
            (
                Why::Default,
                "huggingface/julien: it is the default of huggingface\n",
            ),
            (Why::Only, "huggingface/julien: there is no other\n"),
            (
                Why::Variable,
                "huggingface: nobody is signed in, and HF_TOKEN holds a token\n",
            ),
        ] {
            assert_eq!(chosen(why).text(), line);
        }
    }
}
