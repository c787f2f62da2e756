//! What is wrong with a set-up, and what mends it: a check a file, each a function from what it needs to findings.
//!
//! ```text
//! program      what this keyfob is, and where it runs
//! settings     KEYFOB_HOME and config.toml
//! permissions  whose the files are, and who else may read or write them
//! locks        whether the state folder has them, and the audit log a place
//! leftovers    what a crash did not remove
//! stores       whether secrets can be written and read
//! index        whether accounts, clients and secrets agree, both ways, and defaults with accounts
//! twins        whether two entries lead to one secret
//! secrets      whether those in the file store can be read
//! accounts     who has to sign in, and who would not get anywhere
//! providers    the user's definitions
//! rules        the accounts that this folder chooses
//! environment  variables that do something else than was meant, or nothing
//! browser      what a login opens here
//! proxy        how requests leave
//! certificates whom TLS trusts
//! clock        whether providers can be reached, and what time they have
//! completion   whether this shell completes keyfob's words
//! mend         what can be put right without losing anything
//! ```
//!
//! A finding can be shown to anybody: none holds a secret, and of a variable no more than its name, unless it is
//! known not to be one. No check makes anything that stays, none but that of a keyring asks, and each has its time.

mod accounts;
mod browser;
mod certificates;
mod clock;
mod completion;
mod deadline;
mod environment;
mod finding;
mod index;
mod leftovers;
mod locks;
mod mend;
#[cfg_attr(not(unix), path = "no_permissions.rs")]
mod permissions;
mod program;
mod providers;
mod proxy;
mod rules;
mod secrets;
mod settings;
mod shown;
mod stores;
mod twins;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::config::{self, Config};
use crate::error;
use crate::paths::Paths;
use crate::provider::Registry;
use crate::store::Kind;
use crate::term::Terminal;
use crate::vault::Vault;

pub use clock::{Question, ask};
pub use completion::{Completion, completion};
pub use deadline::Pending;
pub use finding::{Finding, Mend, Status};
pub use mend::mend;
pub use program::program;
use settings::homeless;
pub use settings::settings;
pub use shown::shorten;

/// How long the checks of files may take; a dead network disk would else keep everybody waiting.
const BOUND: Duration = Duration::from_secs(10);

/// How long those of stores may: somebody may have to unlock a keyring, which has bounds of its own.
const STORE_BOUND: Duration = Duration::from_secs(75);

/// What is looked at.
#[derive(Clone)]
pub struct Patient {
    /// Folders.
    pub paths: Paths,
    /// `config.toml`, or the defaults where it cannot be read.
    pub config: Config,
    /// Definitions.
    pub registry: Registry,
    /// Accounts.
    pub vault: Arc<Vault>,
    /// The conversation.
    pub term: Arc<dyn Terminal>,
    /// The only provider that is asked about.
    pub provider: Option<String>,
    /// `--no-input` or `CI`.
    pub no_input: bool,
}

impl Patient {
    /// The store of new accounts.
    fn usual_store(&self) -> Kind {
        let named = config::store_variable().ok().flatten();
        named.or(self.config.store).unwrap_or(Kind::Keyring)
    }

    /// Whether a provider is asked about.
    fn concerns(&self, provider: &str) -> bool {
        self.provider.as_deref().is_none_or(|only| only == provider)
    }
}

/// Where keyfob's files are and what `config.toml` says, or why neither can be told.
pub fn home() -> Result<(Paths, error::Result<Config>), Box<Finding>> {
    let read = || {
        let paths = Paths::discover()?;
        let config = Config::load(&paths);
        Ok((paths, config))
    };
    let home: error::Result<_> = Pending::begin("settings", BOUND, read).wait()?;
    home.map_err(|error| Box::new(homeless(&error)))
}

/// Begins every check that sends nothing, each apart from the others, in the order in which they are told. `log`
/// is whoever knows whether the audit log can be written.
pub fn begin(
    patient: &Patient,
    log: impl FnOnce() -> io::Result<()> + Send + 'static,
) -> Vec<Pending> {
    let check = |name, bound, look: fn(&Patient) -> Vec<Finding>| {
        let patient = patient.clone();
        Pending::begin(name, bound, move || look(&patient))
    };
    let concerned = patient.clone();
    let locks = Pending::begin("locks", BOUND, move || locks::locks(&concerned, log));
    vec![
        check("permissions", BOUND, permissions::permissions),
        locks,
        check("leftovers", BOUND, leftovers::leftovers),
        check("store", STORE_BOUND, |patient| {
            let (mut findings, usable) = stores::stores(patient);
            let looked = if usable.contains(&Kind::File) {
                secrets::secrets(patient)
            } else {
                Vec::new() // why is told of the store
            };
            findings.extend(index::index(patient, &usable));
            if looked.iter().any(|finding| finding.status != Status::Pass) {
                findings.retain(|finding| !index::is_agreed(finding));
            }
            findings.extend(looked);
            findings
        }),
        check("accounts", BOUND, accounts::accounts),
        check("providers", BOUND, providers::providers),
        check("rules", BOUND, rules::rules),
        check("environment", BOUND, environment::environment),
        surroundings(patient.no_input),
        check("certificates", BOUND, |patient| {
            certificates::certificates(&patient.config)
        }),
    ]
}

fn surroundings(no_input: bool) -> Pending {
    Pending::begin("browser", BOUND, move || {
        let mut findings = browser::browser(no_input);
        findings.extend(proxy::proxy());
        findings
    })
}

/// Begins the checks that are left where there is no home.
pub fn homeless_checks(no_input: bool) -> Vec<Pending> {
    vec![
        Pending::begin("environment", BOUND, environment::homeless_environment),
        surroundings(no_input),
        Pending::begin("certificates", BOUND, || {
            certificates::certificates(&Config::default())
        }),
    ]
}

/// Begins to ask after a shell's completion; `look` is whoever knows.
pub fn ask_completion(
    shell: String,
    look: impl FnOnce() -> Completion + Send + 'static,
) -> Pending {
    Pending::begin("completion", BOUND, move || {
        vec![completion(&shell, &look())]
    })
}

/// Begins to find out whom to ask for the time.
pub fn questions(patient: &Patient) -> Pending<(Vec<Question>, Vec<Finding>)> {
    let patient = patient.clone();
    Pending::begin("clock", BOUND, move || clock::questions(&patient))
}
