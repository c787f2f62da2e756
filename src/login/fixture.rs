//! A login that was asked for nothing in particular, and what a command has in hand in an empty home.

use std::sync::Arc;

use tempfile::TempDir;

use super::{Keeping, Plan, Retry, Visitor, Wish};
use crate::audit::AuditLog;
use crate::context::Context;
use crate::interrupts::Interrupts;
use crate::oauth::{Http, HttpOptions};
use crate::paths::Paths;
use crate::provider::{Provider, Registry};
use crate::store::{Kind, Nobody};
use crate::term::{Console, Manner, Terminal};
use crate::vault::Vault;

/// keyfob signs in itself, with every option left out.
pub(crate) fn wish(provider: Provider) -> Wish {
    Wish {
        provider,
        visitor: Visitor::AutoApprove(String::new()),
        retry: Retry {
            command: "keyfob login acme".into(),
            ..Retry::default()
        },
        ..Wish::default()
    }
}

/// The same, kept in a file as a new account.
pub(crate) fn plan(provider: Provider) -> Plan {
    Plan {
        wish: wish(provider),
        keeping: Keeping::from(Kind::File),
    }
}

/// A home, and what a command has in hand there with nobody to be asked.
pub(crate) fn context() -> (TempDir, Context) {
    let home = tempfile::tempdir().unwrap();
    let paths = Paths::under(home.path());
    let options = HttpOptions {
        ca_pem: None,
        trace: Arc::new(|_| {}),
    };
    let manner = Manner {
        quiet: true,
        no_input: true,
        ..Manner::default()
    };
    let term: Arc<dyn Terminal> = Arc::new(Console::new(manner));
    let context = Context {
        vault: Arc::new(Vault::new(paths.clone(), false, Arc::new(Nobody))),
        registry: Registry::new(paths),
        http: Http::new(options).unwrap(),
        audit: Arc::new(AuditLog::new(None, "login", Arc::clone(&term))),
        term,
        interrupts: Interrupts::listen(),
    };
    (home, context)
}
