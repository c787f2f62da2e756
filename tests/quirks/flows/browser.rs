//! The browser's flow at a provider of the user's own: consent, refusal, step-up, pushed requests.

use super::with_pages;
use crate::person::Consent;
use crate::stage::{ENDPOINTS, Stage};

#[test]
fn a_person_signs_in_and_another_becomes_an_account_of_its_own() {
    let stage = Stage::new(with_pages, "");
    let run = stage
        .login_as(&[], |url| Consent::open(url).allow("grace"))
        .expect("a login");
    assert_eq!(
        run.last(),
        "signed in to Practice as grace: acme/grace, the default"
    );
    let run = stage
        .login_as(&["--switch"], |url| Consent::open(url).allow("Zoe_A"))
        .expect("a login");
    assert_eq!(run.last(), "signed in to Practice as Zoe_A: acme/zoe_a");
    stage.again("acme/zoe_a").expect("the hint chooses her");
    assert_eq!(stage.home.accounts(), ["acme/grace", "acme/zoe_a"]);
}

#[test]
fn a_no_is_a_no() {
    let stage = Stage::new(with_pages, "");
    let said = stage
        .login_as(&[], |url| Consent::open(url).deny())
        .unwrap_err();
    assert!(
        said.contains("exit 1") && said.contains("Practice said no: access_denied"),
        "{said}"
    );
    assert!(stage.home.stored().is_empty());
}

#[test]
fn step_up_asks_for_one_more_scope_and_keeps_the_others() {
    let stage = Stage::new(|_| {}, "");
    stage.login(&[]).expect("a login");
    let usual = ["email", "offline_access", "openid", "profile"];
    stage.held(&usual).unwrap();
    let again = stage
        .begin_at(&["acme/ada", "--scope", "write"])
        .expect("an address");
    crate::stage::finish(again, keyfob_testkit::visitor::get).expect("a login");
    stage.held(&[&usual[..], &["write"]].concat()).unwrap();
    stage.run(&["refresh", "acme"]).expect("a refresh");
    stage.held(&[&usual[..], &["write"]].concat()).unwrap();
}

#[test]
fn a_server_that_takes_pushed_requests_alone_is_pushed_to() {
    for lines in ["", ENDPOINTS] {
        let push = "\npushed_authorization_request_endpoint = \"{base}/par\"";
        let stage = Stage::new(
            |o| o.require_pushed_requests = true,
            &format!("{lines}{push}"),
        );
        let waiting = stage.begin(&[]).expect("an address");
        let sent: Vec<_> = waiting
            .url
            .query_pairs()
            .map(|(name, _)| name.into_owned())
            .collect();
        assert_eq!(sent, ["client_id", "request_uri"]);
        crate::stage::finish(waiting, keyfob_testkit::visitor::get).expect("a login");
        let asked = stage.running.recorded();
        let paths: Vec<_> = asked.iter().map(|asked| asked.path.as_str()).collect();
        assert_eq!(paths, ["/par", "/authorize"]);
        stage.run(&["refresh", "acme"]).expect("a refresh");
    }
}
