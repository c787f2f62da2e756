//! What tokens are asked for: what `--resource` may name at a provider, in a flow.

use super::Flow;
use crate::error::{Code, Error, Result};
use crate::provider::{Provider, ResourceForm};
use crate::web::check_resource;

/// The longest name, in bytes.
const NAME_LIMIT: usize = 2048;

/// Checks the resources that were named, before anything is sent. `held` are those that stand in where none
/// was: the expected account's.
pub fn check(provider: &Provider, flow: Flow, named: &[String], held: &[String]) -> Result<()> {
    if flow == Flow::TokenExchange && provider.exchange.resource == ResourceForm::Name {
        return check_names(provider, named, held);
    }
    for resource in named {
        check_resource(resource).map_err(|what| {
            Error::new(Code::Usage, format!("`--resource` {what}"))
                .hint("name the API as its documentation does, such as `https://api.example.com/`")
        })?;
    }
    Ok(())
}

/// A server that has words of its own for them demands one.
fn check_names(provider: &Provider, named: &[String], held: &[String]) -> Result<()> {
    let wanted = if named.is_empty() { held } else { named };
    let wrong = match wanted {
        [one] if one.len() > NAME_LIMIT => "must not be longer than 2048 bytes".to_owned(),
        [one] if !one.is_empty() && one.bytes().all(|byte| byte.is_ascii_graphic()) => {
            return Ok(());
        }
        [_] => "must be one word of printable ASCII".to_owned(),
        [] => format!(
            "is missing: {} exchanges for one thing at a time",
            provider.title
        ),
        _ => format!(
            "names several: {} exchanges for one thing at a time",
            provider.title
        ),
    };
    Err(
        Error::new(Code::Usage, format!("`--resource` {wrong}")).hint(format!(
            "name it as {} does, such as `--resource NAMESPACE/NAME`",
            provider.title
        )),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(form: ResourceForm) -> Provider {
        let mut provider = Provider {
            title: "Acme".into(),
            ..Provider::default()
        };
        provider.exchange.resource = form;
        provider
    }

    fn checked(form: ResourceForm, flow: Flow, named: &[&str], held: &[&str]) -> Result<()> {
        let own =
            |words: &[&str]| -> Vec<String> { words.iter().copied().map(Into::into).collect() };
        check(&provider(form), flow, &own(named), &own(held))
    }

    #[test]
    fn a_server_with_words_of_its_own_demands_exactly_one() {
        let name = |named: &[&str], held: &[&str]| {
            checked(ResourceForm::Name, Flow::TokenExchange, named, held)
        };
        for good in ["acme/model", "datasets/acme/set", "julien"] {
            name(&[good], &[]).unwrap();
        }
        name(&[], &["acme/model"]).unwrap();
        let long = "x".repeat(NAME_LIMIT + 1);
        for (named, why) in [
            (&[][..], "is missing: Acme"),
            (&["a", "b"], "names several"),
            (&[""], "one word"),
            (&["a b"], "one word"),
            (&["a\n"], "one word"),
            (&["ü"], "one word"),
            (&[&*long], "longer"),
        ] {
            let error = name(named, &[]).unwrap_err();
            assert_eq!(error.code, Code::Usage);
            assert!(error.message.contains(why), "{}", error.message);
            assert!(error.hint.unwrap().contains("--resource"));
        }
    }

    #[test]
    fn everywhere_else_they_are_uris_and_none_is_needed() {
        for (form, flow) in [
            (ResourceForm::Uri, Flow::TokenExchange),
            (ResourceForm::Name, Flow::Auto),
            (ResourceForm::Name, Flow::ClientCredentials),
        ] {
            checked(form, flow, &[], &[]).unwrap();
            checked(form, flow, &["https://a.example", "urn:b"], &[]).unwrap();
            let error = checked(form, flow, &["acme/model"], &[]).unwrap_err();
            assert!(error.message.contains("absolute URI"), "{}", error.message);
        }
    }
}
