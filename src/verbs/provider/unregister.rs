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
    Failed,
    /// Another provider of the user's uses it too.
    Shared,
}

pub(crate) struct Registration {
    title: String,
    client_id: String,
    hold: Hold,
}

enum Hold {
    /// The server wants to see the token before it deletes it.
    Own(Url, Secret),
    /// The definition of that name uses the client too.
    Shared(String),
}

impl Registration {
    /// `None` where keyfob registered none, or has nothing to manage it with.
    pub(crate) fn find(app: &App, name: &str, title: &str) -> Result<Option<Self>> {
        let Some(client) = app.vault.client(name)? else {
            return Ok(None);
        };
        let Some(endpoint) = client.configuration_endpoint.clone() else {
            return Ok(None);
        };
        let hold = if let Some(other) = find_sharer(app, name, &client) {
            Some(Hold::Shared(other))
        } else {
            let secrets = app.vault.client_secrets(&client)?;
            let token = secrets.registration_access_token;
            token.map(|token| Hold::Own(endpoint, token))
        };
        Ok(hold.map(|hold| Self {
            title: title.to_owned(),
            client_id: client.client_id,
            hold,
        }))
    }

    pub(crate) fn delete(&self, app: &App) -> Deregistration {
        let (id, title) = (show_id(&self.client_id), &self.title);
        let (endpoint, token) = match &self.hold {
            Hold::Own(endpoint, token) => (endpoint, token),
            Hold::Shared(other) => {
                app.term.say(&format!(
                    "client `{id}` stays registered: `{other}` uses it"
                ));
                return Deregistration::Shared;
            }
        };
        let outcome = network::context(app, app.registry.clone(), async |context| {
            Ok(registration::delete(&context.http, endpoint, token).await)
        });
        let outcome = match outcome {
            Ok(answer) => answer.map_err(|refused| refused.to_string()),
            Err(error) => Err(error.message),
        };
        report_deletion(app, &id, title, outcome)
    }
}

pub(crate) fn report_deletion(
    app: &App,
    id: &str,
    title: &str,
    outcome: std::result::Result<(), String>,
) -> Deregistration {
    match outcome {
        Ok(()) => {
            app.term
                .say(&format!("client `{id}` is no longer registered at {title}"));
            Deregistration::Deleted
        }
        Err(cause) => {
            app.term.warn(&format!(
                "client `{id}` may still be registered at {title}, and nothing here can delete it any more: {cause}"
            ));
            Deregistration::Failed
        }
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
