//! What `provider list` and `provider show` say.

use std::fmt::Write;

use serde::Serialize;
use url::Url;

use super::table::{Column, Shrink, render};
use crate::escape::escape;
use crate::provider::Provider;

/// The known providers.
#[derive(Debug, Serialize)]
pub struct Providers {
    /// By name.
    pub providers: Vec<Known>,
}

/// One provider, and whether a login there can begin.
#[derive(Debug, Serialize)]
pub struct Known {
    /// The name on the command line.
    pub name: String,
    /// The name people know it by.
    pub title: String,
    /// Nothing has to be configured before a login.
    pub ready: bool,
    /// What has to be configured.
    pub needs: Vec<Need>,
    /// How many accounts there are.
    pub accounts: usize,
}

/// What a provider gives only to registered clients (RFC 6749 §2.2, §2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// A client identifier.
    ClientId,
    /// A client secret.
    ClientSecret,
}

impl Known {
    fn state(&self) -> String {
        if self.ready {
            return "ready".into();
        }
        let needs: Vec<&str> = self.needs.iter().map(|need| need.words()).collect();
        format!("needs {}", needs.join(" and "))
    }
}

impl Need {
    fn words(self) -> &'static str {
        match self {
            Need::ClientId => "a client id",
            Need::ClientSecret => "a client secret",
        }
    }
}

impl Providers {
    /// Writes the table, for people; every line fits `width`.
    pub fn table(&self, width: usize, colour: bool) -> String {
        let of = |cell: fn(&Known) -> String| self.providers.iter().map(cell).collect();
        let mut columns = [
            Column::new(
                "PROVIDER",
                of(|known| escape(&known.name).into_owned()),
                Shrink::Last,
            ),
            Column::new(
                "TITLE",
                of(|known| escape(&known.title).into_owned()),
                Shrink::First,
            ),
            Column::new("ACCOUNTS", of(Known::count), Shrink::Never),
            Column::new("LOGIN", of(Known::state), Shrink::Second),
        ];
        render(&mut columns, width, colour)
    }
}

impl Known {
    fn count(&self) -> String {
        match self.accounts {
            0 => String::new(),
            count => count.to_string(),
        }
    }
}

/// A provider's effective definition and how to register a client there.
#[derive(Debug, Serialize)]
pub struct Shown<'a> {
    name: &'a str,
    title: &'a str,
    redirect_uris: Vec<String>,
    registration: Registration<'a>,
    definition: &'a Provider,
}

#[derive(Debug, Serialize)]
struct Registration<'a> {
    page: Option<&'a Url>,
    values: Vec<String>,
}

impl<'a> Shown<'a> {
    /// Takes the effective definition.
    pub fn new(provider: &'a Provider) -> Self {
        Self {
            name: &provider.name,
            title: &provider.title,
            redirect_uris: provider.redirect_uris(),
            registration: Registration {
                page: provider.registration.page.as_ref(),
                values: provider.registration_values(&provider.scopes),
            },
            definition: provider,
        }
    }

    /// Writes the definition as TOML that can be kept as a file, its comments saying what to register.
    pub fn text(&self) -> String {
        let mut comments = vec![format!("{} ({})", self.title, self.name)];
        if let Some(page) = self.registration.page {
            comments.push(String::new());
            comments.push(format!("register a client at {page}"));
            comments.extend(indented(&self.registration.values));
        }
        if !self.redirect_uris.is_empty() {
            comments.push(String::new());
            comments.push("redirect URI".into());
            comments.extend(indented(&self.redirect_uris));
        }
        let mut text = String::new();
        for comment in &comments {
            // writing to a String cannot fail
            let _ = writeln!(text, "{}", format!("# {}", escape(comment)).trim_end());
        }
        text.push('\n');
        let definition = toml::to_string(self.definition).expect("its keys and values are TOML's");
        for line in definition.lines() {
            let _ = writeln!(text, "{}", escape(line));
        }
        text
    }
}

fn indented(lines: &[String]) -> impl Iterator<Item = String> {
    lines.iter().map(|line| format!("  {line}"))
}

#[cfg(test)]
mod tests;
