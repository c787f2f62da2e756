//! What an account of a given token is to the other verbs, to its revocation.

use super::*;
use crate::vault::HomeVault as _;

const DAY: u64 = 24 * 60 * 60;

/// What became of the first token, and why.
fn tokens(answer: &Value) -> (&Value, &Value) {
    let token = &answer["accounts"][0]["tokens"][0];
    (&token["result"], &token["detail"])
}

#[test]
fn nothing_renews_a_given_token() {
    let (home, provider) = given();
    home.run(&["refresh", "acme"]).fails(
        4,
        &[
            "acme/julien: a token that was given is never renewed",
            "give a new token with `keyfob login acme/julien --with-token`",
        ],
    );
    home.run(&["refresh", "--all"]).ok();
    home.later("acme/julien", 400 * DAY);
    assert_eq!(home.run(&["token"]).ok().line(), GOOD);
    assert!(provider.asked("/token").is_empty());

    provider.state(|state| state.alive.clear());
    home.run(&["whoami"]).fails(
        4,
        &[
            "no longer accepts",
            "`keyfob login acme/julien --with-token`",
        ],
    );
}

#[test]
fn the_list_says_how_old_it_is() {
    let (home, _provider) = given();
    let shown = |home: &Home| home.run(&["list"]).ok().stdout;
    assert!(shown(&home).contains("  given "), "{}", shown(&home));
    home.later("acme/julien", 89 * DAY);
    assert!(shown(&home).ends_with("  given 89 d ago\n"));
    home.later("acme/julien", DAY);
    assert!(shown(&home).ends_with("  given 90 d ago, rotate\n"));
}

#[test]
fn logout_forgets_it_and_leaves_it_valid() {
    let (home, provider) = given_with("given.page = \"https://acme.example/tokens\"\n");
    let run = home.run(&["logout", "acme", "--json"]).ok();
    assert!(
        run.stderr.contains(
            "still valid at the provider until it is revoked there: https://acme.example/tokens"
        ),
        "{run:?}"
    );
    let answer = run.json();
    assert_eq!(tokens(&answer).0, "skipped");
    assert!(provider.asked("/revoke").is_empty());
    assert!(home.stored().is_empty());

    give(&home, GOOD, &["acme"]).ok();
    let local = home.run(&["logout", "acme", "--local"]).ok();
    assert_eq!(local.stderr, "signed out acme/julien\n");
    assert!(home.stored().is_empty());
}

#[test]
fn logout_revokes_it_when_asked_where_no_client_is_needed() {
    let (home, provider) = given_with("[revocation]\nstyle = \"bearer\"\n");
    let run = home.run(&["logout", "acme", "--revoke", "--json"]).ok();
    assert_eq!(tokens(&run.json()).0, "revoked");
    let asked = provider.asked("/revoke");
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].headers["authorization"], format!("Bearer {GOOD}"));
    assert!(home.stored().is_empty());

    let (home, provider) = given_with("[revocation]\nstyle = \"token_only\"\n");
    home.run(&["logout", "--all", "--yes", "--revoke"]).ok();
    let asked = provider.asked("/revoke");
    assert_eq!(asked[0].form.get("token").map(String::as_str), Some(GOOD));
    assert_eq!(asked[0].form.len(), 1);
}

#[test]
fn logout_says_where_a_token_can_only_be_revoked_by_hand() {
    for style in ["rfc7009", "json", "delete_token"] {
        let more =
            format!("[revocation]\nstyle = \"{style}\"\npage = \"https://acme.example/apps\"\n");
        let (home, provider) = given_with(&more);
        let run = home.run(&["logout", "acme", "--revoke", "--json"]);
        assert_eq!(run.status, 1, "{run:?}");
        assert_eq!(run.failure()["error"], "revocation_failed");
        assert_eq!(
            run.failure()["hint"],
            "revoke it by hand at https://acme.example/apps"
        );
        let answer = run.json();
        let (result, detail) = tokens(&answer);
        assert_eq!(result, "unsupported");
        assert!(detail.as_str().unwrap().contains("the client"), "{detail}");
        assert!(provider.asked("/revoke").is_empty());
        assert!(home.stored().is_empty());
    }
}

#[test]
fn removing_the_provider_forgets_it_too() {
    let (home, provider) = given();
    home.run(&["provider", "remove", "acme", "--force", "--yes"])
        .ok();
    assert!(provider.asked("/revoke").is_empty());
    assert!(home.stored().is_empty());
}
