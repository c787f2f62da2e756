//! How these tests begin: the practice provider serves, and a home knows it as `practice`.

use std::io::{BufRead, BufReader};

use keyfob_testkit::home::Home;
use keyfob_testkit::process::Running;

/// A provider that serves, and the home that knows it.
pub struct Scene {
    /// Where people sign in from.
    pub home: Home,
    /// The server's origin.
    pub base: String,
    _serving: Running,
}

impl Scene {
    /// Starts `sandbox serve` with these arguments. `more` goes into the definition.
    pub fn new(arguments: &[&str], more: &str) -> Self {
        let home = Home::new();
        let mut serving = home.begin(&[&["sandbox", "serve"], arguments].concat());
        let mut base = String::new();
        let stdout = serving.child().stdout.take().expect("stdout is a pipe");
        BufReader::new(stdout).read_line(&mut base).expect("UTF-8");
        let base = base.trim().to_owned();
        let definition = format!(
            "title = \"Practice\"\nissuer = \"{base}\"\nclient_id = \"keyfob\"\n\
             scopes = [\"openid\", \"profile\", \"email\", \"offline_access\"]\n"
        );
        let more = more.replace("BASE", &base);
        home.provider("practice", &format!("{definition}{more}"));
        Self {
            home,
            base,
            _serving: serving,
        }
    }
}
