//! Keeps the secret of a client that was registered by hand: asked for or read, never an argument.

use std::io::{BufRead, IsTerminal, Read};

use url::Url;

use crate::account;
use crate::commands::app::App;
use crate::commands::network;
use crate::config;
use crate::error::{Code, Error, Result};
use crate::escape::escape_short;
use crate::oauth::discovery;
use crate::online;
use crate::provider::{Change, Provider};
use crate::secret::Secret;
use crate::store::Kind;
use crate::vault::{ClientSecrets, KeptClient};

use super::needs;

/// The longest secret that is taken, in bytes.
const LONGEST: usize = 8 * 1024;

/// The most characters of a client id that are shown.
const ID_LIMIT: usize = 60;

/// A secret that was given, and the client it belongs to.
pub struct Prepared {
    provider: Provider,
    client: KeptClient,
    secrets: ClientSecrets,
}

/// Finds out whose secret it is and where it goes, proves the store, and only then takes the secret.
/// `changes` are those of the same command.
pub fn prepare(app: &App, name: &str, changes: &[Change], store: Option<Kind>) -> Result<Prepared> {
    let provider = app.registry.preview(name, changes)?;
    if !provider.client_auth.needs_secret() {
        return Err(Error::new(
            Code::Usage,
            format!("`{name}` is defined for a client without a secret"),
        )
        .hint(format!(
            "say how the client authenticates: `keyfob provider set {name} client_auth=client_secret_basic --client-secret`"
        )));
    }
    let before = app.vault.client(name)?;
    let kept = needs::kept(app, &provider)?;
    let Some(client_id) = needs::client_id(&provider, kept.as_ref(), &[]) else {
        return Err(Error::new(
            Code::RegistrationRequired,
            format!("no client id is known for `{name}`, and a secret belongs to one"),
        )
        .hint(format!(
            "give both: `keyfob provider set {name} client_id=ID --client-secret`; `keyfob provider show {name}` says where to register"
        )));
    };
    let pin = provider.pin(&token_endpoint(app, &provider)?);
    let same = before.filter(|old| old.client_id == client_id && old.pin == pin);
    let store = match store {
        Some(store) => store,
        None => config::store_variable()?
            .or(same.as_ref().map(|old| old.store))
            .or(app.config.store)
            .unwrap_or(Kind::Keyring),
    };
    let old = match &same {
        Some(old) => app.vault.client_secrets(old)?,
        None => ClientSecrets::default(),
    };
    app.vault.probe(store)?;
    let secret = take(app, &provider, &client_id)?;
    Ok(Prepared {
        client: KeptClient {
            id: account::random_id(),
            client_id,
            auth: provider.client_auth,
            pin,
            store,
            secret_expires_at: None,
            configuration_endpoint: same.and_then(|old| old.configuration_endpoint),
        },
        provider,
        secrets: ClientSecrets {
            client_secret: Some(secret),
            ..old
        },
    })
}

impl Prepared {
    /// Keeps it; gives the store.
    pub fn keep(self, app: &App) -> Result<Kind> {
        let Self {
            provider,
            client,
            secrets,
        } = self;
        app.vault.keep_client(&provider.name, &client, &secrets)?;
        app.term.say(&format!(
            "{}: the secret of client {} is {}",
            provider.name,
            escape_short(&client.client_id, ID_LIMIT),
            app.vault.protection(client.store)
        ));
        Ok(client.store)
    }
}

/// Where the secret will be sent: what the definition says, else what the issuer's metadata does.
fn token_endpoint(app: &App, provider: &Provider) -> Result<Url> {
    if let Some(endpoint) = &provider.token_endpoint {
        return Ok(endpoint.clone());
    }
    let missing = || {
        let name = &provider.name;
        Error::new(
            Code::ConfigInvalid,
            format!("neither the definition of `{name}` nor its metadata name the token endpoint"),
        )
        .hint(format!("`keyfob provider set {name} token_endpoint=URL`"))
    };
    let issuer = provider.issuer.as_deref().ok_or_else(missing)?;
    let metadata = network::online(app, app.registry.clone(), async |online| {
        let _progress = online.term.progress("reading the metadata");
        discovery::discover(&online.http, issuer)
            .await
            .map_err(|error| online::failed(&error, Code::InvalidResponse, "nothing was kept"))
    })?;
    metadata.token_endpoint.ok_or_else(missing)
}

/// Asks without showing it, or reads the one line of standard input.
fn take(app: &App, provider: &Provider, client_id: &str) -> Result<Secret> {
    let instead = format!(
        "pipe it in: `… | keyfob provider set {} --client-secret`",
        provider.name
    );
    let secret = if std::io::stdin().is_terminal() {
        let id = escape_short(client_id, ID_LIMIT);
        let question = format!("client secret of {id} at {}:", provider.title);
        app.term.ask_secret(&question, &instead)?
    } else {
        read_line(&mut std::io::stdin().lock())?
    };
    let secret = Secret::new(secret.expose().trim());
    let printable = |secret: &str| secret.chars().all(|c| !c.is_control());
    match secret.expose() {
        "" => Err(Error::new(Code::Usage, "no client secret was given").hint(instead)),
        text if text.len() > LONGEST => Err(Error::new(
            Code::Usage,
            format!("what was given is longer than {LONGEST} bytes, and no client secret"),
        )
        .hint(instead)),
        text if !printable(text) => Err(Error::new(
            Code::Usage,
            "what was given holds control characters, and is no client secret",
        )
        .hint(instead)),
        _ => Ok(secret),
    }
}

/// One line, and not much more of one than is taken.
fn read_line(input: &mut impl BufRead) -> Result<Secret> {
    let mut line = String::new();
    let bound = u64::try_from(LONGEST).unwrap_or(u64::MAX) + 3; // its end, and one byte too many
    input
        .take(bound)
        .read_line(&mut line)
        .map_err(|error| Error::io("cannot read the client secret", &error))?;
    Ok(Secret::new(line))
}
