//! Tokens that a careless quoting would change, each in an account of its own.

use std::collections::BTreeMap;
use std::process::Command;

use keyfob_base::secret::Secret;
use serde_json::json;

use crate::vault::HomeVault as _;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::{Provider, acme};
use keyfob_testkit::server::Reply;

/// Every character that a token may have, in order.
pub fn all() -> String {
    ('!'..='~').collect()
}

/// What shells, `.env` files and CI systems see something in.
pub fn nasty() -> Vec<String> {
    let words = [
        "'",
        "''",
        "'''",
        "'a'",
        "a'#b",
        "'##",
        "\\",
        "\\\\",
        "a\\",
        "a\\'b",
        "\\n",
        "\"",
        "\"\\\"",
        "$(x)",
        "$x",
        "$$",
        "${x}",
        "${x:-y}",
        "`x`",
        "`",
        "!!",
        "a!b",
        "%",
        "%0A",
        "%PATH%",
        "-n",
        "--",
        "~",
        "~root",
        "a:~",
        "=",
        "=ls",
        "==",
        "#",
        "a#b",
        "*",
        "?[a-z]",
        "{a,b}",
        ";",
        "&",
        "|",
        "<<EOF",
        "(",
        ")",
        "^",
        "hf_AbC.d-e_f~g+h/i==",
    ];
    words.map(str::to_owned).to_vec()
}

/// A home with accounts that nobody but the test has.
pub struct Tokens {
    /// The home.
    pub home: Home,
    _provider: Provider,
    held: Vec<String>,
}

impl Tokens {
    /// A provider issues the first token, of every character, and the rest are put beside it.
    pub fn hold(others: &[String]) -> Self {
        let (home, provider) = acme();
        provider.state(|state| state.alive.insert(all()));
        let issued = json!({"access_token": all(), "token_type": "Bearer"});
        provider.next("/token", Reply::Json(200, issued));
        home.login(&["acme"]).ok();
        for (number, token) in others.iter().enumerate() {
            let name = format!("v{number}/x");
            home.copy_account("acme/julien", &name);
            let mut secrets = home.secrets(&name);
            secrets.tokens.access_token = Secret::new(token.clone());
            let kept = home.vault().keep(&home.account(&name), &secrets);
            kept.expect("a working store");
        }
        let held = std::iter::once(all()).chain(others.to_vec()).collect();
        Self {
            home,
            _provider: provider,
            held,
        }
    }

    /// The accounts.
    pub fn accounts(&self) -> Vec<String> {
        let others = (1..self.held.len()).map(|number| format!("v{}/x", number - 1));
        std::iter::once("acme/julien".to_owned())
            .chain(others)
            .collect()
    }

    /// The variables that the tokens belong in.
    pub fn variables(&self) -> BTreeMap<String, String> {
        let others = (1..self.held.len()).map(|number| format!("V{}_TOKEN", number - 1));
        let names = std::iter::once("ACME_TOKEN".to_owned()).chain(others);
        names.zip(self.held.iter().cloned()).collect()
    }

    /// Exports all of them in a format.
    pub fn export(&self, format: &str) -> Run {
        let accounts = self.accounts();
        let mut args = vec!["export", "--format", format];
        args.extend(accounts.iter().map(String::as_str));
        self.home.run(&args)
    }

    /// A program in the home's environment, in which `KEYFOB` is the binary, and the home where it works.
    pub fn command(&self, program: &str) -> Command {
        let keyfob = self.home.keyfob(&[]);
        let mut command = Command::new(program);
        command
            .current_dir(self.home.path(""))
            .env_clear()
            .envs(keyfob.get_envs().filter_map(|(k, v)| Some((k, v?))))
            .env("KEYFOB", keyfob.get_program());
        command
    }

    /// Demands that a program, which ends in `env -0`, had all tokens in its environment.
    #[track_caller]
    pub fn assert_in_environment_of(&self, command: &mut Command) {
        let run = Run::of(command.output().expect("it starts")).ok();
        assert_eq!(run.stderr, "", "{command:?}");
        let environment: BTreeMap<&str, &str> = run
            .stdout
            .split_terminator('\0')
            .filter_map(|variable| variable.split_once('='))
            .collect();
        for (variable, token) in self.variables() {
            assert_eq!(
                environment.get(variable.as_str()).copied(),
                Some(token.as_str()),
                "{variable} after {command:?}"
            );
        }
    }
}
