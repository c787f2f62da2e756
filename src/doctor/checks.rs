//! The checks that begin together, and the order in which they are told.

use std::io;
use std::time::Duration;

use super::network::{self, Question};
use super::settings::homeless;
use super::{
    Completion, Finding, Pending, Setup, Status, accounts, browser, completion, environment, index,
    leftovers, permissions, providers, stores,
};
use crate::config::Config;
use crate::error;
use crate::paths::Paths;

/// How long the checks of files may take; a dead network disk would else keep everybody waiting.
const BOUND: Duration = Duration::from_secs(10);

/// How long those of stores may: somebody may have to unlock a keyring, which has bounds of its own.
const STORE_BOUND: Duration = Duration::from_secs(75);

pub(crate) fn home() -> Result<(Paths, error::Result<Config>), Box<Finding>> {
    let read = || {
        let paths = Paths::discover()?;
        let config = Config::load(&paths);
        Ok((paths, config))
    };
    let home: error::Result<_> = Pending::begin("settings", BOUND, read).wait()?;
    home.map_err(|error| Box::new(homeless(&error)))
}

/// In the order in which they are told. `log` is whether the audit log can be written.
pub(crate) fn begin(
    setup: &Setup,
    log: impl FnOnce() -> io::Result<()> + Send + 'static,
) -> Vec<Pending> {
    let check = |name, bound, look: fn(&Setup) -> Vec<Finding>| {
        let setup = setup.clone();
        Pending::begin(name, bound, move || look(&setup))
    };
    let concerned = setup.clone();
    let locks = Pending::begin("locks", BOUND, move || leftovers::locks(&concerned, log));
    vec![
        check("permissions", BOUND, permissions::permissions),
        locks,
        check("leftovers", BOUND, leftovers::leftovers),
        check("store", STORE_BOUND, |setup| {
            let (mut findings, usable) = stores::stores(setup);
            let looked = stores::secrets(setup, &usable); // of the others, why is told of the store
            findings.extend(index::index(setup, &usable));
            if looked.iter().any(|finding| finding.status != Status::Pass) {
                findings.retain(|finding| !index::is_agreed(finding));
            }
            findings.extend(looked);
            findings
        }),
        check("accounts", BOUND, accounts::accounts),
        check("providers", BOUND, providers::providers),
        check("rules", BOUND, providers::rules),
        check("environment", BOUND, environment::environment),
        surroundings(setup.no_input),
        check("certificates", BOUND, |setup| {
            network::certificates(&setup.config)
        }),
    ]
}

fn surroundings(no_input: bool) -> Pending {
    Pending::begin("browser", BOUND, move || {
        let mut findings = browser::browser(no_input);
        findings.extend(network::proxy());
        findings
    })
}

pub(crate) fn homeless_checks(no_input: bool) -> Vec<Pending> {
    vec![
        Pending::begin("environment", BOUND, environment::homeless_environment),
        surroundings(no_input),
        Pending::begin("certificates", BOUND, || {
            network::certificates(&Config::default())
        }),
    ]
}

pub(crate) fn ask_completion(
    shell: String,
    look: impl FnOnce() -> Completion + Send + 'static,
) -> Pending {
    Pending::begin("completion", BOUND, move || {
        vec![completion::completion(&shell, &look())]
    })
}

pub(crate) fn questions(setup: &Setup) -> Pending<(Vec<Question>, Vec<Finding>)> {
    let setup = setup.clone();
    Pending::begin("clock", BOUND, move || network::questions(&setup))
}
