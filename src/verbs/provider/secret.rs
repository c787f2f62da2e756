//! Keeps the secret of a client that was registered by hand: asked for or read, never an argument.

use std::io::{BufRead, IsTerminal, Read};
use std::sync::Arc;

use url::Url;

use super::needs::{self, show_id};
use crate::account;
use crate::config;
use crate::context::{self, off_thread};
use crate::error::{Code, Error, Result};
use crate::oauth::discovery;
use crate::provider::{Change, Endpoint, Provider};
use crate::store::Kind;
use crate::term::Terminal;
use crate::vault::{ClientSecrets, KeptClient};
use crate::verbs::app::App;
use crate::verbs::network;
use keyfob_base::secret::Secret;

const LONGEST: usize = 8 * 1024;

pub(crate) struct PreparedSecret {
    provider: String,
    client: KeptClient,
    secrets: ClientSecrets,
}

/// Finds out whose secret it is and where it will go, proves the store, and only then takes it.
pub(crate) fn prepare(
    app: &App,
    name: &str,
    changes: &[Change],
    store: Option<Kind>,
) -> Result<PreparedSecret> {
    let provider = app.registry.preview(name, changes)?;
    let client_id = client_of(app, &provider)?;
    let before = app
        .vault
        .client(name)?
        .filter(|old| old.client_id == client_id);
    let store = match store {
        Some(store) => store,
        None => config::store_variable()?
            .or(before.as_ref().map(|old| old.store))
            .or(app.config.store)
            .unwrap_or(Kind::Keyring),
    };
    app.vault.probe(store)?;
    let question = Question::new(app, &provider, &client_id);
    let (endpoint, secret) = match &provider.token_endpoint {
        Some(endpoint) => (endpoint.clone(), question.put()?),
        None => discover_endpoint(app, &provider, question)?,
    };
    let pin = provider.pin(&endpoint);
    let before = before.filter(|old| old.pin == pin);
    let secrets = match &before {
        Some(old) => app.vault.client_secrets(old)?,
        None => ClientSecrets::default(),
    };
    Ok(PreparedSecret {
        client: KeptClient {
            id: account::random_id(),
            client_id,
            auth: provider.client_auth,
            pin,
            store,
            secret_expires_at: None,
            copy_in: None,
            configuration_endpoint: before.and_then(|old| old.configuration_endpoint),
        },
        provider: provider.name,
        secrets: ClientSecrets {
            client_secret: Some(secret),
            ..secrets
        },
    })
}

fn client_of(app: &App, provider: &Provider) -> Result<String> {
    let name = &provider.name;
    if let Some(key) = provider.missing.first() {
        return Err(Error::new(
            Code::ConfigInvalid,
            format!("`{name}` needs `{key}` first, for nobody knows where the secret would go"),
        )
        .hint(format!(
            "give both: `keyfob provider set {name} {key}=VALUE --client-secret`"
        )));
    }
    if !provider.client_auth.needs_secret() {
        let what = format!("`{name}` is defined for a client without a secret");
        return Err(Error::usage(what).hint(format!(
            "say how the client authenticates: `keyfob provider set {name} client_auth=client_secret_basic --client-secret`"
        )));
    }
    let kept = needs::kept_client(app, provider)?;
    needs::client_id(provider, kept.as_ref(), &[]).ok_or_else(|| {
        Error::new(
            Code::RegistrationRequired,
            format!("no client id is known for `{name}`, and a secret belongs to one"),
        )
        .hint(format!(
            "give both: `keyfob provider set {name} client_id=ID --client-secret`; `keyfob provider show {name}` says where to register"
        ))
    })
}

impl PreparedSecret {
    pub(crate) fn keep(self, app: &App) -> Result<Kind> {
        let (name, client) = (&self.provider, &self.client);
        app.vault.keep_client(name, client, &self.secrets)?;
        app.term.say(&format!(
            "{name}: the secret of client {} is {}",
            show_id(&client.client_id),
            app.vault.protection(client.store)
        ));
        Ok(client.store)
    }
}

/// Where the secret will be sent by the issuer's metadata, and then the secret.
fn discover_endpoint(app: &App, provider: &Provider, question: Question) -> Result<(Url, Secret)> {
    let missing = || {
        let name = &provider.name;
        Error::new(
            Code::ConfigInvalid,
            format!("neither the definition of `{name}` nor its metadata name the token endpoint"),
        )
        .hint(format!("`keyfob provider set {name} token_endpoint=URL`"))
    };
    let issuer = provider.issuer.as_deref().ok_or_else(missing)?;
    network::context(app, app.registry.clone(), async |context| {
        let progress = context.term.progress("reading the metadata");
        let metadata = discovery::discover(&context.http, issuer).await;
        drop(progress);
        let mut metadata = metadata
            .map_err(|error| context::failed(&error, Code::InvalidResponse, "nothing was kept"))?;
        let endpoint = metadata
            .endpoints
            .remove(&Endpoint::Token)
            .ok_or_else(missing)?;
        // A signal ends a question that is asked off the runtime's thread.
        let secret = off_thread(move || question.put()).await?;
        Ok((endpoint, secret))
    })
}

/// How the secret is got: asked for without showing it, or read as the one line of standard input.
struct Question {
    term: Arc<dyn Terminal>,
    text: String,
    instead: String,
}

impl Question {
    fn new(app: &App, provider: &Provider, client_id: &str) -> Self {
        let id = show_id(client_id);
        Self {
            term: Arc::clone(&app.term),
            text: format!("client secret of {id} at {}:", provider.title),
            instead: format!(
                "pipe it in: `… | keyfob provider set {} --client-secret`",
                provider.name
            ),
        }
    }

    fn put(&self) -> Result<Secret> {
        let secret = if std::io::stdin().is_terminal() {
            self.term.ask_secret(&self.text, &self.instead)?
        } else {
            read_line(&mut std::io::stdin().lock())?
        };
        let secret = Secret::new(secret.expose().trim());
        let what = match secret.expose() {
            "" => "no client secret was given".to_owned(),
            text if text.len() > LONGEST => {
                format!("what was given is longer than {LONGEST} bytes, and no client secret")
            }
            text if text.contains(char::is_control) => {
                "what was given holds control characters, and is no client secret".into()
            }
            _ => return Ok(secret),
        };
        Err(Error::usage(what).hint(self.instead.clone()))
    }
}

/// One line, and not much more of one than is taken.
fn read_line(input: &mut impl BufRead) -> Result<Secret> {
    let mut line = String::new();
    let bound = u64::try_from(LONGEST).unwrap_or(u64::MAX) + 3; // its end, and one byte too many
    input.take(bound).read_line(&mut line).map_err(|error| {
        Error::usage(format!("cannot read the client secret: {error}"))
            .hint("give it as one line of text")
    })?;
    Ok(Secret::new(line))
}
