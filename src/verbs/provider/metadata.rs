//! `provider metadata`: the document that makes an https URL a client id (OAuth Client ID Metadata
//! Documents). Prints it and sends nothing.

use url::Url;

use super::arguments;
use crate::error::{Code, Error, Result};
use crate::provider::Change;
use crate::verbs::app::App;
use crate::verbs::provider::answer::Document;
use crate::verbs::{print, print_json};

/// Prints the document, and says what to do with it.
pub(crate) fn run(app: &App, args: &arguments::ProviderMetadata) -> Result<()> {
    let name = &args.provider;
    let provider = app.registry.get(name)?;
    let url = client_id(&args.url)?;
    app.registry
        .preview(name, &[Change::set("client_id", url.as_str())])?;
    let document = Document::new(&url, provider.described_redirect_uris());
    if app.manner.json {
        print_json(&document)?;
    } else {
        print(&document.text())?;
    }
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

/// An https URL with a path, compared by servers as a string: so it is refused where a parser would
/// write it otherwise.
fn client_id(text: &str) -> Result<Url> {
    let wrong = |what: &str| {
        Error::new(Code::Usage, format!("the URL {what}")).hint(
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
