//! Somebody's machine: a home, the programs that recipes use, and the pretend internet at its plug.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::internet::Internet;
use crate::page::{self, Block};
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::needs::is_installed;

/// Where the Python programs are that the tests install.
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/readers/.venv/bin");

/// The first of some programs that is not installed. `hf` is looked for with what the tests install, and
/// stands for all of it.
pub fn lacking<'a>(programs: &[&'a str]) -> Option<&'a str> {
    let is_there = |program: &str| match program {
        "hf" => Path::new(PYTHON).join(program).exists(),
        _ => is_installed(program),
    };
    programs.iter().copied().find(|program| !is_there(program))
}

/// The machine; it goes with nothing wrong having been seen, and with no token in a file of the home that
/// may not have one.
pub struct Machine {
    home: Home,
    /// What is at the other end.
    pub internet: Internet,
    may_hold: RefCell<Vec<String>>,
}

impl Machine {
    /// A machine where nobody is signed in.
    pub fn new() -> Self {
        let (home, internet) = (Home::new(), Internet::new());
        // keyfob's folders are where they are without KEYFOB_HOME, and where `Home` looks for them.
        for (folder, link) in [
            ("config", ".config/keyfob"),
            ("data", ".local/share/keyfob"),
            ("state", ".local/state/keyfob"),
        ] {
            std::fs::create_dir_all(home.path(folder)).expect("a folder");
            let link = home.path(link);
            std::fs::create_dir_all(link.parent().expect("a parent")).expect("a folder");
            symlink(home.path(folder), link).expect("a link");
        }
        let machine = Self {
            home,
            internet,
            may_hold: RefCell::default(),
        };
        let bin = machine.path(".cargo/bin"); // where `cargo install` puts it
        std::fs::create_dir_all(&bin).expect("a folder");
        symlink(keyfob_testkit::program::keyfob(), bin.join("keyfob")).expect("a link");
        machine.write("config/config.toml", "store = \"file\"\n");
        machine.write("authority.pem", machine.internet.authority());
        std::fs::create_dir_all(machine.path("work/out")).expect("a folder");
        machine.write("work/out/weights.txt", "12\n");
        machine
    }

    /// A machine where the sign-ins have been made that stand before the recipes.
    pub fn signed_in() -> Self {
        let machine = Self::new();
        let before = page::recipe("Before the recipes");
        machine.sh(before.next("sh")).ok();
        machine
    }

    /// The home.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// A path in the home.
    pub fn path(&self, path: &str) -> PathBuf {
        self.home.path(path)
    }

    /// Writes a file in the home.
    pub fn write(&self, path: &str, contents: &str) {
        self.home.write(path, contents);
    }

    /// Writes a program.
    pub fn program(&self, path: &str, text: &str) {
        self.write(path, text);
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(self.path(path), mode).expect("a mode");
    }

    /// Writes a block to the file that it names.
    pub fn save(&self, block: &Block) {
        let path = match block.file().strip_prefix("~/") {
            Some(path) => path.to_owned(),
            None => format!("work/{}", block.file()),
        };
        self.write(&path, &block.text);
    }

    /// What holds for every process on the machine, as `/etc/environment` would have it.
    pub fn everywhere(&self) -> BTreeMap<String, String> {
        let authority = self.path("authority.pem").display().to_string();
        let mut variables = BTreeMap::new();
        for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"] {
            variables.insert(name.to_owned(), self.internet.proxy());
        }
        for name in [
            "SSL_CERT_FILE",
            "CURL_CA_BUNDLE",
            "GIT_SSL_CAINFO",
            "REQUESTS_CA_BUNDLE",
        ] {
            variables.insert(name.to_owned(), authority.clone());
        }
        variables.insert("HF_HUB_DISABLE_UPDATE_CHECK".into(), "1".into()); // at pypi.org
        variables
    }

    /// What a program finds on its `PATH`: keyfob, this machine's programs, then those of the tests.
    pub fn search_path(&self) -> String {
        let mut folders = vec![self.path(".cargo/bin"), self.path("bin"), PYTHON.into()];
        folders.extend(std::env::split_paths(
            &std::env::var_os("PATH").unwrap_or_default(),
        ));
        let path = std::env::join_paths(folders).expect("no colon in a temporary folder");
        path.into_string().expect("UTF-8")
    }

    /// A program in an environment that has this and nothing else.
    pub fn bare(&self, program: impl AsRef<Path>, variables: &BTreeMap<String, String>) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .env_clear()
            .envs(variables)
            .current_dir(self.path(""))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// A program in Ada's session, in her working folder. Her browser signs her in wherever it is sent.
    pub fn command(&self, program: &str) -> Command {
        let mut variables = self.everywhere();
        let home = self.path("").display().to_string();
        let browser = "curl --silent --show-error --location --noproxy 127.0.0.1,localhost";
        for (name, value) in [
            ("PATH", self.search_path().as_str()),
            ("HOME", home.as_str()),
            ("USER", "ada"),
            ("LANG", "C.UTF-8"),
            ("BROWSER", browser),
            ("KEYFOB_HUGGINGFACE_CLIENT_ID", "cookbook"),
            ("KEYFOB_GITHUB_CLIENT_ID", "cookbook"),
            ("KEYFOB_GITHUB_CLIENT_SECRET", "of-no-use-elsewhere"),
            ("GIT_TERMINAL_PROMPT", "0"),
        ] {
            variables.insert(name.to_owned(), value.to_owned());
        }
        let mut command = self.bare(program, &variables);
        command.current_dir(self.path("work"));
        command
    }

    /// Runs a block as the shell does where it is pasted.
    pub fn sh(&self, block: &Block) -> Run {
        self.line(&block.text)
    }

    /// Runs lines of shell.
    pub fn line(&self, line: &str) -> Run {
        let output = self.command("sh").args(["-c", line]).output();
        Run::of(output.expect("sh starts"))
    }

    /// Runs lines of bash.
    pub fn bash(&self, lines: &str) -> Run {
        let output = self.command("bash").args(["-c", lines]).output();
        Run::of(output.expect("bash starts"))
    }

    /// A file of the home that a recipe says will have a token in it.
    pub fn may_hold_a_token(&self, path: &str) {
        self.may_hold.borrow_mut().push(path.to_owned());
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("complaints: {:#?}", self.internet.complaints());
            return;
        }
        assert_eq!(self.internet.complaints(), [""; 0]);
        let tokens = self.internet.tokens();
        let may_hold = self.may_hold.borrow();
        for (path, bytes) in self.home.files() {
            if may_hold.iter().any(|may| path == self.path(may)) {
                continue;
            }
            let text = String::from_utf8_lossy(&bytes);
            let held = tokens.iter().any(|token| text.contains(token));
            assert!(!held, "a token in {}", path.display());
        }
    }
}
