//! `login https://…`: any provider from nothing but its issuer's URL. What its metadata says becomes a
//! definition for this login, and afterwards the person says whether it stays, and under which name.
//! The accounts of a definition that was not kept wait under their name, and no other issuer's come among them.

use super::Login;
use crate::context;
use crate::error::{Code, Error, Result};
use crate::interrupts;
use crate::oauth::discovery::{Metadata, discover};
use crate::oauth::endpoint;
use crate::provider::{Change, Definition, Endpoint, usual_scopes};
use crate::verbs::app::App;
use crate::verbs::network;

pub(crate) fn is_url(target: &str) -> bool {
    target.contains("://")
}

pub(crate) fn run(app: &App, args: &Login) -> Result<()> {
    let issuer = args.target.as_str();
    check_issuer(issuer)?;
    if let Some(name) = app.registry.with_issuer(issuer) {
        return sign_in_at_known(app, args, &name);
    }
    if let Some(name) = &args.keep_as {
        app.registry.is_free(name)?;
    }
    let metadata = network::context(app, app.registry.clone(), async |context| {
        let found = discover(&context.http, issuer).await;
        found.map_err(|error| context::failed(&error, Code::InvalidResponse, "nothing was stored"))
    })
    .inspect_err(|error| super::note_failed(app, "", error))?;
    let name = choose_name(app, args, &metadata.issuer)?;
    app.registry.add(&name, &define(args, &metadata))?;
    match super::sign_in(app, args, &name) {
        Ok(()) => settle(app, args, &metadata.issuer, &name),
        Err(error) => {
            take_back(app, args, &name);
            Err(error)
        }
    }
}

/// Refuses what cannot be an issuer (RFC 8414 §2) before anything is sent.
fn check_issuer(issuer: &str) -> Result<()> {
    let sound = endpoint::parse_url(issuer).and_then(|url| match url.query() {
        Some(_) => Err("has a query".into()),
        None => Ok(()),
    });
    sound.map_err(|wrong| {
        Error::usage(format!("the issuer's URL {wrong}")).hint(
            "give it as the provider's documentation writes it, such as https://id.example.com",
        )
    })
}

/// Signs in at a provider that was kept before, which stays as it is.
fn sign_in_at_known(app: &App, args: &Login, name: &str) -> Result<()> {
    match &args.keep_as {
        Some(other) if other != name => {
            let what = format!("{} is the provider `{name}` already", args.target);
            return Err(Error::usage(what).hint(format!("sign in with `keyfob login {name}`")));
        }
        _ if args.no_keep => app
            .term
            .say(&format!("that is the provider `{name}`, which stays")),
        _ => app.term.say(&format!("that is the provider `{name}`")),
    }
    let args = Login {
        target: name.to_owned(),
        ..args.clone()
    };
    super::sign_in(app, &args, name)
}

/// What a login needs to know that the metadata does not say at each login anyway.
fn define(args: &Login, metadata: &Metadata) -> Definition {
    let issuer = &metadata.issuer;
    let title = issuer.split("://").last().unwrap_or(issuer);
    let scopes = match &metadata.scopes_supported {
        None if !metadata.endpoints.contains_key(&Endpoint::Userinfo) => Vec::new(),
        supported => usual_scopes(supported.as_deref()),
    };
    let client_id = args.client_id.as_deref();
    let mut definition =
        Definition::of_issuer(issuer, title.trim_end_matches('/'), &scopes, client_id);
    if let Some(auth) = metadata.confidential().filter(|_| client_id.is_some()) {
        definition.push(Change::set("client_auth", auth.as_str()));
    }
    definition
}

fn settle(app: &App, args: &Login, issuer: &str, name: &str) -> Result<()> {
    if args.no_keep {
        return forget(app, name);
    }
    let wanted = match &args.keep_as {
        Some(_) => name.to_owned(),
        None => ask_name(app, issuer, name)?,
    };
    match wanted.as_str() {
        "-" => return forget(app, name),
        same if same == name => {}
        other => {
            app.vault.settle_provider(name); // while there is a definition that vouches for them
            interrupts::uninterrupted(|| {
                app.registry.rename(name, other)?;
                app.vault.move_provider(name, other)
            })?;
        }
    }
    app.term.say(&format!(
        "it is the provider `{wanted}` from now on; `keyfob provider show {wanted}` prints the definition"
    ));
    Ok(())
}

/// The name; where nobody can be asked, the suggested one.
fn ask_name(app: &App, issuer: &str, name: &str) -> Result<String> {
    if !app.term.can_ask() {
        return Ok(name.to_owned());
    }
    loop {
        let question = format!("keep it as a provider? its name [{name}], or `-` to forget it:");
        let answer = app
            .term
            .ask(&question, "`--keep-as NAME` or `--no-keep` answers it")?;
        match answer.as_str() {
            "" => return Ok(name.to_owned()),
            same if same == name || same == "-" => return Ok(answer),
            other => match is_free(app, other, issuer).and_then(|()| app.vault.is_free(other)) {
                Ok(()) => return Ok(answer),
                Err(error) => app.term.warn(&error.to_string()),
            },
        }
    }
}

/// The account stays, with the endpoints and the client of this login.
fn forget(app: &App, name: &str) -> Result<()> {
    app.registry.remove(name, || Ok(()))?;
    app.term.say(&format!(
        "the provider is not kept; the account works as `{name}`, and signs in again by the URL"
    ));
    Ok(())
}

/// A login that failed leaves no provider behind, unless a client was registered for it.
fn take_back(app: &App, args: &Login, name: &str) {
    let definition = app.registry.get(name);
    let registered = definition.is_ok_and(|now| now.client_id != args.client_id);
    if registered {
        app.term.say(&format!(
            "the client is kept with the provider `{name}`; `keyfob login {name}` tries again"
        ));
    } else {
        let _ = app.registry.remove(name, || Ok(())); // an unused definition harms nobody
    }
}

/// The name that was given; else the one that this issuer's accounts have, else a free one.
fn choose_name(app: &App, args: &Login, issuer: &str) -> Result<String> {
    if let Some(name) = &args.keep_as {
        is_free(app, name, issuer)?;
        return Ok(name.clone());
    }
    let accounts = app.vault.accounts().accounts;
    let waiting = accounts.iter().find(|account| {
        account.identity.issuer == issuer && is_free(app, &account.provider, issuer).is_ok()
    });
    let taken = accounts.iter().map(|account| account.provider.clone());
    Ok(waiting.map_or_else(
        || app.registry.suggest(issuer, taken),
        |account| account.provider.clone(),
    ))
}

/// Whether no definition has the name, and no account of another issuer.
fn is_free(app: &App, name: &str, issuer: &str) -> Result<()> {
    app.registry.is_free(name)?;
    let accounts = app.vault.accounts_of(name).accounts;
    if accounts
        .iter()
        .all(|account| account.identity.issuer == issuer)
    {
        return Ok(());
    }
    let what = format!("`{name}` is the name of another issuer's accounts");
    Err(Error::usage(what).hint(format!(
        "`keyfob list {name}` shows them; give this one another name"
    )))
}

/// The error for a definition that is not there; where it was not kept its accounts know the URL.
pub(crate) fn explain_unknown(app: &App, name: &str, error: Error) -> Error {
    let accounts = app.vault.accounts_of(name).accounts;
    let mut issuers = accounts.iter().map(|account| &account.identity.issuer);
    match issuers.find(|issuer| is_url(issuer)) {
        Some(issuer) if error.code == Code::UnknownProvider => error.hint(format!(
            "it was not kept, and its accounts are of {issuer}: `keyfob login {issuer}` signs in again"
        )),
        _ => error,
    }
}
