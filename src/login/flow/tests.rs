//! Which ways are open, by flow, provider and place.

use super::*;
use crate::login::fixture;
use crate::provider::Provider;

/// The ways as letters: `l`oopback, `d`evice, `p`aste; or the failure's code.
fn ways(plan: &Plan, can_ask: bool) -> String {
    match Ways::find(plan, (!can_ask).then_some("nobody is there")) {
        Ok(ways) => [(ways.loopback, 'l'), (ways.device, 'd'), (ways.paste, 'p')]
            .into_iter()
            .filter_map(|(open, letter)| open.then_some(letter))
            .collect(),
        Err(error) => error.code.as_str().into(),
    }
}

fn plan(flow: Flow, device: bool, no_loopback: bool, opens: bool) -> Plan {
    let mut provider = Provider {
        name: "acme".into(),
        title: "Acme".into(),
        ..Provider::default()
    };
    provider.redirect.no_loopback = no_loopback;
    provider.device_authorization_endpoint =
        device.then(|| "https://id.example.com/device".parse().unwrap());
    let browser = if opens {
        Browser::System
    } else {
        Browser::None("this is an SSH session".into())
    };
    Plan {
        flow,
        visitor: Visitor::Person(browser),
        ..fixture::plan(provider)
    }
}

#[test]
fn each_flow_has_the_ways_that_can_finish_here() {
    const NOBODY: &str = "login_required";
    // With a browser and somebody to ask, with a browser alone, with somebody alone, with neither.
    for (flow, device, no_loopback, open) in [
        (Flow::Auto, true, false, ["ldp", "ld", "ldp", "d"]),
        (Flow::Auto, false, false, ["lp", "l", "lp", NOBODY]),
        (Flow::Auto, true, true, ["dp", "d", "dp", "d"]),
        (Flow::Auto, false, true, ["p", NOBODY, "p", NOBODY]),
        (Flow::Browser, true, false, ["l", "l", "l", NOBODY]),
        (Flow::Browser, true, true, ["usage"; 4]),
        (Flow::Device, true, false, ["d"; 4]),
        (Flow::Device, false, false, ["usage"; 4]),
        (Flow::Paste, true, false, ["p", NOBODY, "p", NOBODY]),
    ] {
        for ((opens, can_ask), expected) in
            [(true, true), (true, false), (false, true), (false, false)]
                .into_iter()
                .zip(open)
        {
            let plan = plan(flow, device, no_loopback, opens);
            let case = format!("{flow:?} {device} {no_loopback} {opens} {can_ask}");
            assert_eq!(ways(&plan, can_ask), expected, "{case}");
        }
    }
}

#[test]
fn keyfob_itself_takes_the_redirect_alone() {
    let plan = Plan {
        visitor: Visitor::Myself("ada".into()),
        ..plan(Flow::Auto, true, false, true)
    };
    assert_eq!(ways(&plan, true), "l");
}

#[test]
fn without_a_client_for_one_kind_the_other_goes_on() {
    let both = Ways {
        loopback: true,
        device: true,
        paste: true,
    };
    let why = || Error::new(Code::RegistrationRequired, "no secret");
    let device = both.without_codes(why()).unwrap();
    assert!(device.device && !device.codes());
    let codes = both.without_device(why()).unwrap();
    assert!(codes.codes() && !codes.device);
    for nothing in [device.without_device(why()), codes.without_codes(why())] {
        assert_eq!(nothing.unwrap_err().message, "no secret");
    }
}
