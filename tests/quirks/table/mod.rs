//! Every key of a definition that a server can need, and the sandbox acting as such a server: with the key it
//! works, and without it that is seen.

mod authorization;
mod client;
mod device;
mod endpoints;
mod exchange;
mod given;
mod identity;
mod lifetime;
mod redirect;
mod revocation;
mod row;
mod scopes;
mod token;

use std::collections::BTreeSet;

use row::Row;

/// Keys that no server needs: they are how a definition is written.
const EXEMPT: [(&str, &str); 5] = [
    ("title", "what people read"),
    (
        "like",
        "another row to start from; the tests of definitions have it",
    ),
    ("host", "a word put into other keys; the same"),
    ("tenant", "the same"),
    (
        "identity.id_token_optional",
        "what a promised id token that does not come means; the tests of accounts have it",
    ),
];

fn all() -> impl Iterator<Item = &'static Row> {
    let tables: [&[Row]; 12] = [
        &authorization::ROWS,
        &client::ROWS,
        &device::ROWS,
        &endpoints::ROWS,
        &given::ROWS,
        &exchange::ROWS,
        &identity::ROWS,
        &lifetime::ROWS,
        &redirect::ROWS,
        &revocation::ROWS,
        &scopes::ROWS,
        &token::ROWS,
    ];
    tables.into_iter().flatten()
}

/// Runs rows, and fails with everything that is wrong with any of them.
fn practise(rows: &[Row]) {
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let running = rows.iter().map(|row| scope.spawn(|| row.wrong()));
        let running: Vec<_> = running.collect(); // all begin before one is waited for
        let ended = running.into_iter().map(|row| row.join().expect("a drill"));
        ended.flatten().collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_key_of_a_definition_has_a_row_or_a_reason() {
    let rows: BTreeSet<&str> = all().map(|row| row.key).collect();
    let exempt: BTreeSet<&str> = EXEMPT.iter().map(|(key, _)| *key).collect();
    let keys = keyfob::provider::keys();
    let keys: BTreeSet<&str> = keys.iter().map(String::as_str).collect();
    let here: BTreeSet<&str> = rows.union(&exempt).copied().collect();
    assert_eq!(&keys - &here, BTreeSet::new(), "keys without a row");
    assert_eq!(&here - &keys, BTreeSet::new(), "rows without a key");
    assert_eq!(&rows & &exempt, BTreeSet::new(), "both a row and a reason");
}

/// The ways that one key chooses among, each with a row of its own.
#[test]
fn every_value_that_is_one_of_a_few_has_a_row() {
    for (key, values) in [
        (
            "client_auth",
            &[
                "none",
                "client_secret_basic",
                "client_secret_post",
                "basic_without_secret",
            ][..],
        ),
        ("redirect.host", &["127.0.0.1", "::1", "localhost"]),
        ("token.body", &["form", "json"]),
        ("device.style", &["rfc8628", "authorization_code"]),
        ("exchange.body", &["form", "json"]),
        ("exchange.resource", &["uri", "name"]),
        ("identity.from", &["userinfo", "id_token"]),
        ("identity.method", &["GET", "POST"]),
        (
            "revocation.style",
            &["rfc7009", "token_only", "delete_token", "bearer", "json"],
        ),
    ] {
        for value in values {
            let line = format!("{key} = \"{value}\"");
            let holds = |row: &&Row| row.key == key && row.with.lines().any(|own| own == line);
            assert!(all().any(|row| holds(&row)), "no row for {line}");
        }
    }
}
