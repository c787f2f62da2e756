//! How most tests begin: somebody is signed in.

use crate::home::Home;
use crate::provider::{Provider, acme_with};

/// A home whose only account is `acme/julien`, with a token of an hour and a refresh token.
pub fn signed_in() -> (Home, Provider) {
    signed_in_to("")
}

/// The same at a provider whose definition has `more` in it.
pub fn signed_in_to(more: &str) -> (Home, Provider) {
    let (home, provider) = acme_with(more);
    home.login(&["acme"]).ok();
    (home, provider)
}

/// Two logins that register, the second begun while the first one's registration is under way. By then the server
/// was asked for its metadata so many times.
pub fn register_at_once(home: &Home, provider: &Provider, target: &str, asked: usize) {
    let held = provider.hold("/register");
    std::thread::scope(|scope| {
        let login =
            |name| scope.spawn(move || home.login(&[target, "--register", "--as", name]).ok());
        let first = login("first");
        provider.wait_for("/register", 1);
        let second = login("second");
        provider.wait_for("/.well-known/openid-configuration", asked);
        drop(held);
        for login in [first, second] {
            login.join().expect("a login");
        }
    });
    assert_eq!(provider.asked("/register").len(), 1);
}
