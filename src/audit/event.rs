//! One line of the log.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use keyfob_base::timestamp::Timestamp;

/// What was done, to whose token, for whom. Words that this version does not know are kept as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event<'a> {
    /// When it was done.
    pub time: Timestamp,
    /// The action, as [`crate::audit::Action::as_str`] has it.
    pub event: Cow<'a, str>,
    /// `PROVIDER/NAME`, or `PROVIDER`; `None` where a failure left that open.
    pub account: Option<Cow<'a, str>>,
    /// The verb that did it.
    pub verb: Cow<'a, str>,
    /// The name of the program that ran keyfob, escaped; `None` where the system does not tell.
    pub caller: Option<Cow<'a, str>>,
    /// That program's process.
    pub caller_pid: Option<u32>,
    /// keyfob's own process.
    pub pid: u32,
    /// The error code where it failed.
    pub error: Option<Cow<'a, str>>,
}

/// How every line begins. No text inside a line can hold it, for a quotation mark is escaped there.
pub const BEGINNING: &[u8] = b"{\"time\":\"";

impl Event<'_> {
    /// Writes it as a line, with its end.
    pub fn line(&self) -> Vec<u8> {
        let mut line = Vec::with_capacity(256); // most fit
        serde_json::to_writer(&mut line, self).expect("string keys, and a Vec takes everything");
        line.push(b'\n');
        line
    }

    /// Whether it concerns this account, or an account of this provider.
    pub fn concerns(&self, account: &str) -> bool {
        self.account.as_deref().is_some_and(|whose| {
            let rest = whose.strip_prefix(account);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}
