//! Where keyfob registers itself at the peer (RFC 7591).

use crate::home::{Home, Run};
use crate::peer::{Lifetimes, Peer};

/// A definition without a client id, as somebody wrote it.
fn definition(peer: &Peer) -> String {
    format!(
        "# The one in the cellar.\n{}\n[identity]\n# What we call each other.\nusername = \"/name\"\n",
        peer.definition("")
    )
}

#[test]
fn keyfob_registers_itself_when_told_to_and_keeps_the_client_id() {
    let Some(peer) = Peer::start(Lifetimes::LONG) else {
        return;
    };
    let home = Home::new();
    let before = definition(&peer);
    home.provider("peer2", &before);
    let login = home.sign_in(&["peer2", "--register"], "julien").ok();
    assert!(
        login.stderr.contains("registered keyfob at Peer"),
        "{login:?}"
    );
    assert!(
        login.stderr.contains("peer2/julien-of-the-peer"),
        "{login:?}"
    );

    let after = std::fs::read_to_string(home.path("config/providers/peer2.toml")).unwrap();
    let added = after
        .lines()
        .find(|line| line.starts_with("client_id = "))
        .unwrap_or_else(|| panic!("{after}"));
    let without = after.replacen(&format!("{added}\n"), "", 1);
    assert_eq!(without, before, "every line stands, comments too");

    home.run(&["refresh"]).ok();
    home.sign_in(&["peer2"], "ada").ok();
    assert_eq!(peer.seen("registration_create.success"), 1);
}

#[test]
fn nothing_is_registered_without_being_told_to() {
    let Some(peer) = Peer::start(Lifetimes::LONG) else {
        return;
    };
    let home = Home::new();
    home.provider("peer2", &definition(&peer));
    let mut login = home.keyfob(&["login", "peer2", "--json"]);
    login.env("KEYFOB_BROWSER", "true"); // it gets past the question who could sign in at all
    let login = Run::of(login.output().expect("keyfob starts"))
        .fails(1, &["keyfob login peer2 --register"]);
    assert_eq!(login.failure()["error"], "registration_required");
    assert_eq!(peer.seen("registration_create.success"), 0);
}
