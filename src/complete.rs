//! What TAB offers: names from the index and the provider files. No secret, no network, no prompt, no
//! write; every error is swallowed, because a completion has nowhere to say it.

use clap_complete::CompletionCandidate;

/// Accounts, as `PROVIDER/NAME`.
pub fn accounts() -> Vec<CompletionCandidate> {
    Vec::new()
}

/// Providers.
pub fn providers() -> Vec<CompletionCandidate> {
    Vec::new()
}

/// Providers that have accounts.
pub fn providers_in_use() -> Vec<CompletionCandidate> {
    Vec::new()
}

/// Providers, then accounts.
pub fn providers_and_accounts() -> Vec<CompletionCandidate> {
    Vec::new()
}
