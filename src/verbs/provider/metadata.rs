//! `provider metadata`: the document that makes an https URL a client id (OAuth Client ID Metadata
//! Documents). Prints it and sends nothing.

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use serde::Serialize;
use url::Url;

use crate::complete;
use crate::error::{Error, Result};
use crate::provider::Change;
use crate::verbs::app::App;
use crate::verbs::output::escape_json;
use crate::verbs::print_answer;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob provider metadata acme --url https://me.example/keyfob.json > k.json
  keyfob provider set acme client_id=https://me.example/keyfob.json")]
pub struct ProviderMetadata {
    /// The provider
    #[arg(value_name = "PROVIDER", add = ArgValueCompleter::new(complete::providers))]
    pub provider: String,
    /// Where the document will be: an https URL with a path
    #[arg(long, value_name = "URL")]
    pub url: String,
}

pub(crate) fn run(app: &App, args: &ProviderMetadata) -> Result<()> {
    let name = &args.provider;
    let provider = app.registry.get(name)?;
    let url = client_id(&args.url)?;
    app.registry
        .preview(name, &[Change::set("client_id", url.as_str())])?;
    let document = ClientDocument::new(&url, provider.described_redirect_uris());
    print_answer(app, &document, || {
        escape_json(&serde_json::to_string_pretty(&document).expect("strings serialise"))
    })?;
    app.term.say(&format!(
        "serve this as application/json at {url}, then `keyfob provider set {name} client_id={url}`"
    ));
    if !provider.client_id_metadata_document_supported {
        app.term.say(&format!(
            "the definition does not say that {} takes a URL as client id; its metadata would, as `client_id_metadata_document_supported`",
            provider.title
        ));
    }
    Ok(())
}

/// Servers compare it as a string, so it is refused where a parser would write it otherwise.
fn client_id(text: &str) -> Result<Url> {
    let wrong = |what: &str| {
        Error::usage(format!("the URL {what}")).hint(
            "give the https address of the document, such as `https://me.example/keyfob.json`",
        )
    };
    let url = Url::parse(text).map_err(|error| wrong(&format!("is none: {error}")))?;
    let dots = |segment: &str| matches!(segment, "." | "..");
    let what = if url.scheme() != "https" {
        "must begin with `https://`"
    } else if !url.username().is_empty() || url.password().is_some() {
        "must hold no user name or password"
    } else if url.fragment().is_some() {
        "must have no fragment"
    } else if url.query().is_some() {
        "must have no query"
    } else if url.path() == "/" || text.split('/').any(dots) {
        "must have a path, without `.` and `..` in it"
    } else if url.as_str() != text {
        "must be written as it is sent: lower-case host, no port 443, nothing to encode"
    } else {
        return Ok(url);
    };
    Err(wrong(what))
}

/// keyfob as a public native client: what a client id that is a URL leads to, with the members of
/// RFC 7591 §2.
#[derive(Debug, Serialize)]
struct ClientDocument<'a> {
    client_id: &'a Url,
    client_name: &'static str,
    redirect_uris: Vec<String>,
    grant_types: [&'static str; 2],
    response_types: [&'static str; 1],
    token_endpoint_auth_method: &'static str,
    application_type: &'static str,
}

impl<'a> ClientDocument<'a> {
    fn new(url: &'a Url, redirect_uris: Vec<String>) -> Self {
        Self {
            client_id: url,
            client_name: "keyfob",
            redirect_uris,
            grant_types: ["authorization_code", "refresh_token"],
            response_types: ["code"],
            token_endpoint_auth_method: "none",
            application_type: "native",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::fixture::assert_shape;
    use crate::provider::Provider;

    #[test]
    fn the_metadata_document_is_the_documented_one() {
        let url = "https://me.example/keyfob.json".parse().unwrap();
        let provider = Provider {
            name: "example".into(),
            ..Provider::default()
        };
        let document = ClientDocument::new(&url, provider.described_redirect_uris());
        assert_shape(&document, include_str!("../shapes/provider-metadata.json"));
    }
}
