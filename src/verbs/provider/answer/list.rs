//! The shape and the table of `provider list`.

use serde::Serialize;

use super::{Need, needed};
use crate::verbs::table::{Column, Shrink, render};
use keyfob_base::escape::escape;

/// The known providers.
#[derive(Debug, Serialize)]
pub(crate) struct Providers {
    /// By name.
    pub providers: Vec<Known>,
}

/// One provider, and whether a login there can begin.
#[derive(Debug, Serialize)]
pub(crate) struct Known {
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

impl Known {
    fn state(&self) -> String {
        if self.ready {
            "ready".into()
        } else {
            format!("needs {}", needed(&self.needs))
        }
    }

    fn count(&self) -> String {
        match self.accounts {
            0 => String::new(),
            count => count.to_string(),
        }
    }
}

impl Providers {
    /// Writes the table, for people; every line fits `width`.
    pub(crate) fn table(&self, width: usize, colour: bool) -> String {
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
