//! `provider add`: a provider of the user's own, from flags, from questions where somebody can answer
//! them, and from the issuer's metadata. Nothing is written before all of it is known to be right.

mod ask;
mod found;

use std::sync::Arc;

use url::Url;

use super::needs::needs;
use crate::context::off_thread;
use crate::error::{Code, Error, Result};
use crate::provider::{Change, Definition, Endpoint, Provider, Registry, usual_scopes};
use crate::term::Terminal;
use crate::verbs::app::App;
use crate::verbs::provider::answer::{Added, Found, Need, giving};
use crate::verbs::provider::arguments;
use crate::verbs::{network, print_json};

/// What has been said so far.
pub(super) struct Draft {
    pub name: String,
    pub registry: Registry,
    pub definition: Definition,
    pub issuer: Option<String>,
    /// A question was asked, so the next ones are too.
    pub asked: bool,
}

/// Adds it, and says what comes next.
pub(crate) fn run(app: &App, args: &arguments::ProviderAdd) -> Result<()> {
    let mut draft = Draft {
        name: ask::name(app, args.name.as_deref())?,
        registry: app.registry.clone(),
        definition: given(args)?,
        issuer: args.issuer.as_deref().map(spelt),
        asked: args.name.is_none(),
    };
    take_issuer(&mut draft)?;
    if !draft.says_where() {
        ask::place(app.term.as_ref(), &mut draft)?;
    }
    app.registry.draft(&draft.name, &draft.definition)?; // before anything is sent
    if let Some(issuer) = &draft.issuer
        && let Some(other) = app.registry.with_issuer(issuer)
    {
        app.term.warn(&format!(
            "`{other}` has that issuer already: `keyfob login {other}`"
        ));
    }
    let (draft, found) = match found::issuer(&draft) {
        Some(issuer) => network::context(app, app.registry.clone(), async |context| {
            let read = found::read(&context, &issuer).await;
            let term = Arc::clone(&context.term);
            // A signal ends a question that is asked off the runtime's thread.
            off_thread(move || draft.completed(term.as_ref(), Some(read))).await
        })?,
        None => draft.completed(app.term.as_ref(), None)?,
    };
    let added = app.registry.add(&draft.name, &draft.definition)?;
    let accounts = app.vault.accounts_of(&draft.name).accounts;
    let answer = Added {
        provider: draft.name,
        title: added.provider.title.clone(),
        file: added.file,
        needs: needs(app, &added.provider, &accounts),
        found,
    };
    say(app, &answer, &added.provider);
    if app.manner.json {
        return print_json(&answer);
    }
    Ok(())
}

/// What the arguments say, each key once.
fn given(args: &arguments::ProviderAdd) -> Result<Definition> {
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
    ];
    let mut changes = Vec::new();
    for (key, value) in flags {
        if let Some(value) = value {
            changes.push(Change::typed(key, value)?);
        }
    }
    let scopes: Vec<String> = args
        .scope
        .iter()
        .flat_map(|scope| scope.split_whitespace())
        .map(str::to_owned)
        .collect();
    if !scopes.is_empty() {
        changes.push(Change::set_list("scopes", &scopes));
    }
    for assignment in &args.changes {
        changes.push(Change::parse(assignment)?);
    }
    let mut definition = Definition::default();
    for change in changes {
        let key = change.key();
        let twice = definition.sets(&key) || (key == "issuer" && args.issuer.is_some());
        if twice || change.value().is_none() {
            let what = if twice {
                "is given twice"
            } else {
                "has no value"
            };
            return Err(Error::new(Code::Usage, format!("`{key}` {what}"))
                .hint("give each key once, with its value"));
        }
        definition.push(change);
    }
    Ok(definition)
}

/// An issuer as it is meant: `id.example.com` is reached by https.
pub(super) fn spelt(issuer: &str) -> String {
    let issuer = issuer.trim();
    if issuer.contains("://") || issuer.is_empty() {
        issuer.to_owned()
    } else {
        format!("https://{issuer}")
    }
}

/// The issuer may be given as a key too.
fn take_issuer(draft: &mut Draft) -> Result<()> {
    if let Some(issuer) = &draft.issuer {
        let change = Change::typed("issuer", issuer)?;
        draft.definition.push(change);
    } else if let Some(value) = draft.definition.value("issuer") {
        draft.issuer = value.as_str().map(str::to_owned);
    }
    Ok(())
}

impl Draft {
    /// Whether there is something that names the endpoints.
    fn says_where(&self) -> bool {
        let sets = |key| self.definition.sets(key);
        sets("issuer") || sets("like") || (sets("authorization_endpoint") && sets("token_endpoint"))
    }

    /// The draft with what the metadata says and what a person answers, and what was found.
    fn completed(
        mut self,
        term: &dyn Terminal,
        read: Option<found::Read>,
    ) -> Result<(Self, Option<Found>)> {
        let found = match read {
            Some(read) => found::take(term, &mut self, read)?,
            None => None,
        };
        ask::missing(term, &mut self)?;
        self.complete(found.as_ref());
        if self.asked {
            ask::rest(term, &mut self)?;
        }
        Ok((self, found))
    }

    /// What is wrong with a key's value, were it added.
    fn fault(&self, change: &Change) -> Option<Error> {
        let mut definition = self.definition.clone();
        definition.push(change.clone());
        let error = self.registry.draft(&self.name, &definition).err()?;
        let own = format!("`{}`: ", change.key());
        error.message.starts_with(&own).then_some(error)
    }

    /// Adds what is usual, and what the metadata says and a login could not find out by itself.
    fn complete(&mut self, found: Option<&Found>) {
        if !self.definition.sets("title")
            && let Some(title) = self.usual_title()
        {
            self.definition.push(Change::set("title", title));
        }
        let Some(found) = found else { return };
        if !self.definition.sets("scopes") {
            let supported = found.scopes.as_deref();
            let signs_in = supported.is_some() || found.endpoints.contains_key(&Endpoint::Userinfo);
            let scopes = usual_scopes(supported);
            if signs_in && !scopes.is_empty() {
                self.definition.push(Change::set_list("scopes", &scopes));
            }
        }
    }

    /// The host that people know it by.
    fn usual_title(&self) -> Option<String> {
        let host = self.definition.value("host");
        let host = host.and_then(|host| host.as_str().map(str::to_owned));
        host.or_else(|| {
            let issuer = Url::parse(self.issuer.as_deref()?).ok()?;
            let host = issuer.host_str()?;
            Some(match issuer.port() {
                Some(port) => format!("{host}:{port}"),
                None => host.to_owned(),
            })
        })
    }
}

fn say(app: &App, added: &Added, provider: &Provider) {
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
    if let Some(command) = giving(name, &added.needs) {
        app.term.say(&format!("before a login: `{command}`"));
    }
    app.term.say(&format!("next: `keyfob login {name}`"));
}
