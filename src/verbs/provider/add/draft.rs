//! A definition on its way: what flags, questions and metadata have said of it so far.

use url::Url;

use super::ask;
use super::metadata::{self, Announcement, MetadataRead};
use crate::error::{Error, Result};
use crate::provider::{Change, Definition, Endpoint, Registry, usual_scopes};
use crate::term::Terminal;

pub(super) struct Draft {
    pub name: String,
    pub registry: Registry,
    pub definition: Definition,
    /// A question was asked, so the next ones are too.
    pub asked: bool,
}

impl Draft {
    pub(super) fn issuer(&self) -> Option<&str> {
        self.definition.value("issuer")?.as_str()
    }

    pub(super) fn says_where(&self) -> bool {
        let sets = |key| self.definition.sets(key);
        sets("issuer") || sets("like") || (sets("authorization_endpoint") && sets("token_endpoint"))
    }

    /// The draft with what the metadata says and what a person answers, and what was found.
    pub(super) fn finish(
        mut self,
        term: &dyn Terminal,
        read: Option<MetadataRead>,
    ) -> Result<(Self, Option<Announcement>)> {
        let found = match read {
            Some(read) => metadata::accept(term, &mut self, read)?,
            None => None,
        };
        ask::template_keys(term, &mut self)?;
        self.add_usual(found.as_ref());
        if self.asked {
            ask::client_and_scopes(term, &mut self)?;
        }
        Ok((self, found))
    }

    /// What is wrong with a key's value, were it added.
    pub(super) fn fault(&self, change: &Change) -> Option<Error> {
        let mut definition = self.definition.clone();
        definition.push(change.clone());
        let error = self.registry.draft(&self.name, &definition).err()?;
        let own = format!("`{}`: ", change.key());
        error.message.starts_with(&own).then_some(error)
    }

    /// Adds what is usual, and what the metadata says and a login could not find out by itself.
    fn add_usual(&mut self, found: Option<&Announcement>) {
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

    fn usual_title(&self) -> Option<String> {
        let host = self.definition.value("host");
        let host = host.and_then(|host| host.as_str().map(str::to_owned));
        host.or_else(|| {
            let issuer = Url::parse(self.issuer()?).ok()?;
            let host = issuer.host_str()?;
            Some(match issuer.port() {
                Some(port) => format!("{host}:{port}"),
                None => host.to_owned(),
            })
        })
    }
}
