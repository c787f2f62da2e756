//! `provider add`: a provider of the user's own, from flags, from questions where somebody can answer
//! them, and from the issuer's metadata. Nothing is written before all of it is known to be right.

mod ask;
mod draft;
mod metadata;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use serde::Serialize;

use super::needs::{Need, command_for, find_needs};
use crate::complete;
use crate::context::off_thread;
use crate::error::{Error, Result};
use crate::provider::{Change, Definition, Provider};
use crate::verbs::app::App;
use crate::verbs::arguments::host;
use crate::verbs::{network, print_if_json};
use draft::Draft;
use metadata::Announcement;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob provider add                   asks for everything
  keyfob provider add acme --issuer https://id.acme.example --client-id keyfob
  keyfob provider add work --like gitlab --host git.acme.example
  keyfob provider add acme \\
      --authorization-endpoint https://acme.example/authorize \\
      --token-endpoint https://acme.example/token redirect.host=localhost")]
pub struct ProviderAdd {
    /// The new provider's name: lower-case letters, digits and `-`
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Any other key of the definition
    #[arg(value_name = "KEY=VALUE", add = ArgValueCompleter::new(complete::keys))]
    pub changes: Vec<String>,
    /// The issuer, whose metadata is read now and at each login
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// Start from this built-in provider's definition
    #[arg(long, value_name = "PROVIDER", add = ArgValueCompleter::new(complete::providers))]
    pub like: Option<String>,
    /// The server's host, where the definition leaves it open
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
    /// The tenant, where the definition leaves it open
    #[arg(long, value_name = "TENANT")]
    pub tenant: Option<String>,
    /// The name that people know it by
    #[arg(long, value_name = "TITLE")]
    pub title: Option<String>,
    /// Where the browser goes
    #[arg(long, value_name = "URL")]
    pub authorization_endpoint: Option<String>,
    /// Where codes become tokens
    #[arg(long, value_name = "URL")]
    pub token_endpoint: Option<String>,
    /// Where a device asks for a code
    #[arg(long, value_name = "URL")]
    pub device_authorization_endpoint: Option<String>,
    /// Where a token says whose it is
    #[arg(long, value_name = "URL")]
    pub userinfo_endpoint: Option<String>,
    /// Where tokens are revoked
    #[arg(long, value_name = "URL")]
    pub revocation_endpoint: Option<String>,
    /// The client registered for keyfob there
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// How the client authenticates, such as `client_secret_basic`
    #[arg(long, value_name = "METHOD")]
    pub client_auth: Option<String>,
    /// Ask for these scopes at a login; may be repeated
    #[arg(long, value_name = "SCOPE")]
    pub scope: Vec<String>,
    /// Send what is secret to this server too, which is not the provider's by its issuer; may be repeated
    #[arg(long, value_name = "HOST", value_parser = host)]
    pub accept_origin: Vec<String>,
}

#[derive(Debug, Serialize)]
struct AddAnswer {
    provider: String,
    title: String,
    file: PathBuf,
    needs: Vec<Need>,
    /// `null` where no metadata was read.
    found: Option<Announcement>,
}

pub(crate) fn run(app: &App, args: &ProviderAdd) -> Result<()> {
    let mut draft = Draft {
        name: ask::name(app, args.name.as_deref())?,
        registry: app.registry.clone(),
        definition: read_flags(args)?,
        asked: args.name.is_none(),
    };
    if !draft.says_where() {
        ask::place(app.term.as_ref(), &mut draft)?;
    }
    app.registry.draft(&draft.name, &draft.definition)?; // before anything is sent
    if let Some(issuer) = draft.issuer()
        && let Some(other) = app.registry.with_issuer(issuer)
    {
        app.term.warn(&format!(
            "`{other}` has that issuer already: `keyfob login {other}`"
        ));
    }
    let (draft, found) = match metadata::issuer_to_read(&draft) {
        Some(issuer) => network::context(app, app.registry.clone(), async |context| {
            let read = metadata::read(&context, &issuer).await;
            let term = Arc::clone(&context.term);
            // A signal ends a question that is asked off the runtime's thread.
            off_thread(move || draft.finish(term.as_ref(), Some(read))).await
        })?,
        None => draft.finish(app.term.as_ref(), None)?,
    };
    let added = app.registry.add(&draft.name, &draft.definition)?;
    app.registry.accept(&draft.name, &args.accept_origin, &[])?;
    let accounts = app.vault.accounts_of(&draft.name).accounts;
    let answer = AddAnswer {
        provider: draft.name,
        title: added.provider.title.clone(),
        file: added.file,
        needs: find_needs(app, &added.provider, &accounts),
        found,
    };
    report_addition(app, &answer, &added.provider);
    print_if_json(app, &answer)
}

/// What the arguments say, each key once.
fn read_flags(args: &ProviderAdd) -> Result<Definition> {
    let issuer = args.issuer.as_deref().map(complete_scheme);
    let flags = [
        ("title", &args.title),
        ("like", &args.like),
        ("host", &args.host),
        ("tenant", &args.tenant),
        ("authorization_endpoint", &args.authorization_endpoint),
        ("token_endpoint", &args.token_endpoint),
        (
            "device_authorization_endpoint",
            &args.device_authorization_endpoint,
        ),
        ("userinfo_endpoint", &args.userinfo_endpoint),
        ("revocation_endpoint", &args.revocation_endpoint),
        ("client_id", &args.client_id),
        ("client_auth", &args.client_auth),
        ("issuer", &issuer),
    ];
    let mut changes = Vec::new();
    for (key, value) in flags {
        if let Some(value) = value {
            changes.push(Change::typed(key, value)?);
        }
    }
    let scopes = args.scope.iter().flat_map(|scope| scope.split_whitespace());
    let scopes: Vec<String> = scopes.map(str::to_owned).collect();
    if !scopes.is_empty() {
        changes.push(Change::set_list("scopes", &scopes));
    }
    for assignment in &args.changes {
        changes.push(Change::parse(assignment)?);
    }
    let mut definition = Definition::default();
    for change in changes {
        let key = change.key();
        let what = if definition.sets(&key) {
            "is given twice"
        } else if change.value().is_none() {
            "has no value"
        } else {
            definition.push(change);
            continue;
        };
        return Err(
            Error::usage(format!("`{key}` {what}")).hint("give each key once, with its value")
        );
    }
    Ok(definition)
}

/// An issuer as it is meant: `id.example.com` is reached by https.
pub(super) fn complete_scheme(issuer: &str) -> String {
    let issuer = issuer.trim();
    if issuer.contains("://") || issuer.is_empty() {
        issuer.to_owned()
    } else {
        format!("https://{issuer}")
    }
}

fn report_addition(app: &App, added: &AddAnswer, provider: &Provider) {
    let name = &added.provider;
    app.term.say(&format!(
        "added {} as `{name}`: {}",
        added.title,
        added.file.display()
    ));
    if added.needs.contains(&Need::ClientId) {
        app.term.say(&format!(
            "register a client there, with the redirect URI {}; `keyfob provider show {name}` says more",
            provider.redirect_uris().join(" and ")
        ));
    }
    if let Some(command) = command_for(name, &added.needs) {
        app.term.say(&format!("before a login: `{command}`"));
    }
    app.term.say(&format!("next: `keyfob login {name}`"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::fixture::assert_shape;
    use crate::provider::Endpoint;

    #[test]
    fn the_shape_of_add_is_the_documented_one() {
        let at = |path: &str| format!("https://id.example.com{path}").parse().unwrap();
        let added = AddAnswer {
            provider: "example".into(),
            title: "id.example.com".into(),
            file: "/home/ada/.config/keyfob/providers/example.toml".into(),
            needs: vec![Need::ClientId],
            found: Some(Announcement {
                issuer: "https://id.example.com".into(),
                endpoints: [
                    (Endpoint::Authorization, at("/authorize")),
                    (Endpoint::Token, at("/token")),
                    (Endpoint::Userinfo, at("/userinfo")),
                    (Endpoint::Revocation, at("/revoke")),
                ]
                .into(),
                pkce_s256: Some(true),
                scopes: Some(vec!["openid".into(), "profile".into()]),
            }),
        };
        assert_shape(&added, include_str!("../../shapes/provider-add.json"));
        let lines = added.found.unwrap().lines();
        assert_eq!(lines[0], "https://id.example.com publishes its metadata:");
        assert!(
            lines.contains(&"  device flow             not offered".into()),
            "{lines:?}"
        );
        assert!(
            lines.contains(&"  PKCE S256               announced".into()),
            "{lines:?}"
        );
    }
}
