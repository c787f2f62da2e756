//! A row of the table, and how it is tried: with the key and without it.

use keyfob_sandbox::Options;

use crate::stage::{Outcome, Stage};

/// One key against a server that needs it. Lines are those of [`Stage::new`].
#[derive(Clone, Copy)]
pub struct Row {
    /// The key, dotted.
    pub key: &'static str,
    /// Makes the server act so.
    pub acts: fn(&mut Options),
    /// What stands in the definition beside the usual lines.
    pub given: &'static str,
    /// The key.
    pub with: &'static str,
    /// What stands in its place to see the drill fail.
    pub without: &'static str,
    /// What is done, and must work with the key alone.
    pub drill: fn(&Stage) -> Outcome,
    /// Words of the failure without the key.
    pub fails: &'static str,
}

/// A row whose server keeps to the standards: signing in, asking who that is, refreshing, signing out.
pub const PLAIN: Row = Row {
    key: "",
    acts: |_| {},
    given: "",
    with: "",
    without: "",
    drill: |stage| stage.whole(),
    fails: "",
};

impl Row {
    /// Runs the drill with the key and without it; says what is wrong with the row, if anything is.
    pub fn wrong(&self) -> Option<String> {
        let with = (self.drill)(&self.stage(self.with));
        if let Err(failure) = with {
            return Some(format!("`{}` does not help: {failure}", self.key));
        }
        match (self.drill)(&self.stage(self.without)) {
            Ok(()) => Some(format!("nothing shows that `{}` is missing", self.key)),
            Err(failure) if self.fails.is_empty() || !failure.contains(self.fails) => {
                let fails = self.fails;
                Some(format!("without `{}` no `{fails}` in: {failure}", self.key))
            }
            Err(_) => None,
        }
    }

    fn stage(&self, lines: &str) -> Stage {
        Stage::new(self.acts, &[self.given, lines].join("\n"))
    }
}
