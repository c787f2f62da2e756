//! Where tokens come from, and whose they are, before any is read.

use super::exchange;
use crate::choose::Choice;
use crate::cli;
use crate::error::Result;
use crate::verbs::app::App;

/// Whose a token is, which is known before it is read.
#[derive(Debug, Clone)]
pub struct Owner {
    /// `PROVIDER/NAME`, or `PROVIDER` where no account holds the token.
    pub whose: String,
    /// The provider's name.
    pub provider: String,
}

/// Where the tokens come from.
pub enum Sources<'a> {
    /// Accounts and variables.
    Chosen(Vec<Choice>),
    /// Providers, which are asked for them.
    Asked(Vec<&'a str>),
}

impl<'a> Sources<'a> {
    /// What the arguments mean.
    pub fn find(app: &App, typed: &'a [String], anew: &cli::Anew) -> Result<Self> {
        if anew.exchange {
            exchange::providers(typed).map(Self::Asked)
        } else {
            app.chooser().sources(typed).map(Self::Chosen)
        }
    }

    /// Whose the tokens will be, in the order of the arguments.
    pub fn owners(&self) -> Vec<Owner> {
        let owner = |whose: String, provider: &str| Owner {
            whose,
            provider: provider.to_owned(),
        };
        match self {
            Self::Chosen(choices) => {
                let sources = choices.iter().map(|choice| &choice.source);
                let owners = sources.map(|source| owner(source.whose(), source.provider()));
                owners.collect()
            }
            Self::Asked(names) => {
                let names = names.iter();
                names.map(|name| owner((*name).to_owned(), name)).collect()
            }
        }
    }
}
