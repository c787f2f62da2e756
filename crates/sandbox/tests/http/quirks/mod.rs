//! Each way of acting otherwise, over HTTP: what such a server wants works, and what the standard wants is
//! refused where that server would refuse it.

mod authorization;
mod device;
mod resources;
mod token;

use keyfob_sandbox::{Options, Quirks, Running};

use keyfob_testkit::client::Client;

/// A sandbox that acts so, approves everything as Ada and keeps no pace.
fn acting(quirks: Quirks) -> (Running, Client) {
    crate::started(Options {
        approve: Some("ada".into()),
        device_interval: 0,
        quirks,
        ..Options::default()
    })
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}
