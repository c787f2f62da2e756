//! Taking a registration back at the server (RFC 7592 §2.3), as well as that goes: the provider is removed
//! here whatever the server says.

use serde::Serialize;
use url::Url;

use super::needs::show_id;
use crate::error::Result;
use crate::oauth::registration;
use crate::vault::KeptClient;
use crate::verbs::app::App;
use crate::verbs::network;
use keyfob_base::secret::Secret;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Deregistration {
    Deleted,
    /// The server did not say so.
    Failed,
    /// Another provider of the user's uses it too.
    Shared,
}

pub(crate) enum Registration {
    Ours(Managed),
    /// The definition of that name uses the client too.
    Shared(String, String),
}

/// A registration and what the server wants to see before it deletes it.
pub(crate) struct Managed {
    title: String,
    client_id: String,
    endpoint: Url,
    token: Secret,
}

impl Registration {
    /// That of a provider's client; `None` where keyfob registered none, or has nothing to manage it with.
    pub(crate) fn find(app: &App, name: &str, title: &str) -> Result<Option<Self>> {
        let Some(client) = app.vault.client(name)? else {
            return Ok(None);
        };
        let Some(endpoint) = client.configuration_endpoint.clone() else {
            return Ok(None);
        };
        if let Some(other) = find_sharer(app, name, &client) {
            return Ok(Some(Self::Shared(client.client_id, other)));
        }
        let token = app.vault.client_secrets(&client)?.registration_access_token;
        Ok(token.map(|token| {
            Self::Ours(Managed {
                title: title.to_owned(),
                client_id: client.client_id,
                endpoint,
                token,
            })
        }))
    }

    pub(crate) fn delete(&self, app: &App) -> Deregistration {
        match self {
            Self::Ours(managed) => managed.delete(app),
            Self::Shared(id, other) => {
                let id = show_id(id);
                app.term.say(&format!(
                    "client `{id}` stays registered: `{other}` uses it"
                ));
                Deregistration::Shared
            }
        }
    }
}

impl Managed {
    fn delete(&self, app: &App) -> Deregistration {
        let asked = network::context(app, app.registry.clone(), async |context| {
            Ok(registration::delete(&context.http, &self.endpoint, &self.token).await)
        });
        let cause = match asked {
            Ok(Ok(())) => None,
            Ok(Err(refused)) => Some(refused.to_string()),
            Err(error) => Some(error.message),
        };
        let id = show_id(&self.client_id);
        let title = &self.title;
        if let Some(cause) = cause {
            app.term.warn(&format!(
                "client `{id}` may still be registered at {title}, and nothing here can delete it any more: {cause}"
            ));
            return Deregistration::Failed;
        }
        app.term
            .say(&format!("client `{id}` is no longer registered at {title}"));
        Deregistration::Deleted
    }
}

fn find_sharer(app: &App, name: &str, client: &KeptClient) -> Option<String> {
    let same = |other: &String| {
        let kept = app.vault.client(other).ok().flatten();
        other != name
            && kept.is_some_and(|kept| {
                (&kept.client_id, &kept.configuration_endpoint)
                    == (&client.client_id, &client.configuration_endpoint)
            })
    };
    app.registry.names().into_iter().find(same)
}
