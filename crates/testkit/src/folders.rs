//! Folders of a home that the binary runs in, and the rule files in them.

use std::path::Path;

use crate::home::{Home, Run};

impl Home {
    /// Runs the binary in a folder of the home, which is made where it is not there.
    pub fn run_in(&self, folder: &str, args: &[&str]) -> Run {
        let folder = self.path(folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        self.run_at(&folder, args)
    }

    /// Runs the binary in a folder.
    pub fn run_at(&self, folder: &Path, args: &[&str]) -> Run {
        let mut command = self.keyfob(args);
        Run::of(command.current_dir(folder).output().expect("keyfob starts"))
    }

    /// The account that a folder chooses at `acme`, and why.
    #[track_caller]
    pub fn chosen_in(&self, folder: &str) -> (String, String) {
        let which = self
            .run_in(folder, &["which", "acme", "--json"])
            .ok()
            .json();
        let word = |key: &str| which[key].as_str().expect("a word").to_owned();
        (word("account"), word("reason"))
    }

    /// Demands that a folder chooses this account at `acme`, for this reason.
    #[track_caller]
    pub fn assert_chosen(&self, folder: &str, account: &str, reason: &str) {
        let chosen = self.chosen_in(folder);
        assert_eq!(chosen, (account.into(), reason.into()), "{folder}");
    }

    /// Writes a rule file as a stranger's repository brings it.
    pub fn rule(&self, folder: &str, text: &str) {
        self.write(&format!("{folder}/.keyfob.toml"), text);
    }

    /// A folder that looks like the root of a repository.
    pub fn repository(&self, folder: &str) {
        std::fs::create_dir_all(self.path(folder).join(".git")).expect("a folder");
    }
}
