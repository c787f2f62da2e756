//! The policy's table, row by row, over the real file store; `now` is an argument, so nothing waits.

use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use super::look::*;
use super::renew::take_turn;
use crate::account::Account;
use crate::account::fixture;
use crate::error::{Code, Result};
use crate::paths::Paths;
use crate::store::{Kind, Nobody};
use crate::token_set::TokenSet;
use crate::vault::{Secrets, UnknownMembers, Vault};
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

/// When the tests' token arrived.
const ISSUED: u64 = fixture::NOW;

/// An account, its vault and its token set.
struct Scene {
    home: TempDir,
    vault: Vault,
    account: Account,
    secrets: Secrets,
}

impl Scene {
    /// An account whose access token was issued for `lifetime` seconds, or without an expiry.
    fn new(lifetime: Option<u64>, refresh_token: Option<&str>) -> Self {
        let issued = Timestamp::from_unix(ISSUED);
        let tokens = TokenSet {
            access_token: Secret::new("a"),
            refresh_token: refresh_token.map(Secret::new),
            id_token: None,
            token_type: "Bearer".into(),
            scopes: vec!["read".into()],
            received_at: issued,
            expires_at: lifetime.map(|seconds| issued.plus(seconds)),
        };
        let mut account = fixture::account();
        account.store = Kind::File;
        account.describe(&tokens, 1);
        let home = tempfile::tempdir().unwrap();
        let scene = Self {
            vault: vault(&home),
            home,
            account,
            secrets: Secrets {
                tokens,
                client_secret: None,
                generation: 1,
                unknown: UnknownMembers::default(),
            },
        };
        scene.vault.keep(&scene.account, &scene.secrets).unwrap();
        scene.vault.record(&scene.account).unwrap();
        scene
    }

    /// What a look finds when so many seconds have passed: `fresh`, `renew`, or the failure's code.
    fn at(&self, passed: u64, need: Need) -> &'static str {
        match self.look(passed, need) {
            Ok(Look::Fresh(_)) => "fresh",
            Ok(Look::Renew(_)) => "renew",
            Err(error) => error.code.as_str(),
        }
    }

    fn look(&self, passed: u64, need: Need) -> Result<Look> {
        let now = Timestamp::from_unix(ISSUED).plus(passed);
        look(&self.vault, &mut self.account.clone(), need, now)
    }

    /// The secret of a newer token set than the index knows, as a crash between the two writes leaves it.
    fn crash_after_the_secret(&mut self) {
        self.secrets.generation = 2;
        self.secrets.tokens.scopes = vec!["write".into()];
        self.vault.keep(&self.account, &self.secrets).unwrap();
    }

    /// Leaves the store without a recipient, so that nothing can be written.
    fn break_writing(&self) {
        let recipient = self.home.path().join("config/identity/recipient.txt");
        std::fs::write(recipient, "none").unwrap();
    }

    fn recorded(&self) -> Option<Account> {
        self.vault.reread(&self.account).unwrap()
    }
}

fn vault(home: &TempDir) -> Vault {
    Vault::new(Paths::under(home.path()), false, Arc::new(Nobody))
}

const NAMED: Need = Need::New { by_name: true };
const ALL: Need = Need::New { by_name: false };

#[test]
fn a_token_serves_until_a_minute_or_a_tenth_of_its_life_is_left() {
    for (lifetime, last_good) in [(3600, 3539), (600, 539), (300, 269), (5, 4)] {
        let scene = Scene::new(Some(lifetime), Some("r"));
        assert_eq!(scene.at(0, Need::Margin), "fresh", "{lifetime}");
        assert_eq!(scene.at(last_good, Need::Margin), "fresh", "{lifetime}");
        assert_eq!(scene.at(last_good + 1, Need::Margin), "renew", "{lifetime}");
        assert_eq!(scene.at(lifetime * 2, Need::Margin), "renew", "{lifetime}");
    }
}

#[test]
fn a_token_without_an_expiry_is_good_for_ever_and_for_any_demand() {
    let scene = Scene::new(None, Some("r"));
    assert_eq!(scene.at(1_000_000_000, Need::Margin), "fresh");
    assert_eq!(scene.at(1_000_000_000, Need::MinTtl(86_400)), "fresh");
    assert_eq!(scene.at(0, NAMED), "renew");
}

#[test]
fn without_a_refresh_token_an_expiring_token_needs_a_sign_in() {
    let scene = Scene::new(Some(3600), None);
    assert_eq!(scene.at(3539, Need::Margin), "fresh");
    for (passed, words) in [(3540, "about to end"), (3600, "has ended")] {
        let error = scene.look(passed, Need::Margin).unwrap_err();
        assert_eq!(error.code, Code::LoginRequired);
        assert!(error.message.contains(words), "{error}");
        assert!(error.hint.unwrap().contains("login huggingface/julien"));
    }
    assert_eq!(scene.at(0, NAMED), "login_required");
    assert_eq!(
        Scene::new(None, None).at(0, NAMED),
        "login_required",
        "no expiry known"
    );
}

#[test]
fn a_refused_refresh_token_is_tried_again_only_by_name() {
    let mut scene = Scene::new(Some(3600), Some("r"));
    scene.account.refused_generation = Some(1);
    assert_eq!(scene.at(0, Need::Margin), "fresh", "its access token lives");
    assert_eq!(scene.at(3600, Need::Margin), "login_required");
    assert_eq!(scene.at(1, Need::MinTtl(3600)), "login_required");
    assert_eq!(scene.at(0, ALL), "login_required");
    assert_eq!(scene.at(0, NAMED), "renew");

    scene.account.refused_generation = Some(0);
    assert_eq!(scene.at(3600, Need::Margin), "renew", "an older generation");
}

#[test]
fn a_minimum_is_a_demand_and_nothing_is_sent_for_what_is_never_issued() {
    let scene = Scene::new(Some(600), Some("r"));
    assert_eq!(scene.at(0, Need::MinTtl(600)), "fresh");
    assert_eq!(scene.at(1, Need::MinTtl(600)), "renew");
    assert_eq!(scene.at(599, Need::MinTtl(1)), "fresh", "within the margin");
    assert_eq!(scene.at(600, Need::MinTtl(0)), "renew", "no life at all");
    let mut refused = Scene::new(Some(600), Some("r"));
    refused.account.refused_generation = Some(1);
    for scene in [scene, refused, Scene::new(Some(600), None)] {
        let error = scene.look(0, Need::MinTtl(601)).unwrap_err();
        assert_eq!(error.code.exit(), 1);
        assert!(error.message.contains("600 s"), "{error}");
        assert!(error.hint.unwrap().contains("--min-ttl 600s"));
    }
}

#[test]
fn a_missing_secret_is_judged_by_writing_to_the_store() {
    let scene = Scene::new(Some(3600), Some("r"));
    scene.vault.discard(&scene.account).unwrap();
    let error = scene.look(0, Need::Margin).unwrap_err();
    assert_eq!(error.code, Code::LoginRequired);
    assert!(
        error.message.contains("was removed from the file store"),
        "{error}"
    );

    scene.break_writing();
    let error = scene.look(0, Need::Margin).unwrap_err();
    assert_eq!(error.code, Code::StoreUnavailable, "{error}");
    assert_eq!(error.account.as_deref(), Some("huggingface/julien"));
}

#[test]
fn an_entry_that_a_crash_left_behind_its_secret_is_mended() {
    let mut scene = Scene::new(Some(3600), Some("r"));
    scene.crash_after_the_secret();
    assert_eq!(scene.at(0, Need::Margin), "fresh");
    let mended = scene.recorded().unwrap();
    assert_eq!(mended.generation, 2);
    assert_eq!(mended.scopes, ["write"]);
}

#[test]
fn an_entry_is_left_to_whoever_holds_the_account() {
    let mut scene = Scene::new(Some(3600), Some("r"));
    scene.crash_after_the_secret();
    let id = &scene.account.id;
    let held = scene.vault.wait_for_lock(id, Duration::ZERO).unwrap();
    assert_eq!(scene.at(0, Need::Margin), "fresh");
    assert_eq!(scene.recorded().unwrap().generation, 1);
    drop(held);
}

#[test]
fn an_account_that_was_logged_out_meanwhile_is_not_written_back() {
    let mut scene = Scene::new(Some(3600), Some("r"));
    scene.crash_after_the_secret();
    let entry = "data/accounts/huggingface/julien.json";
    std::fs::remove_file(scene.home.path().join(entry)).unwrap();
    assert_eq!(scene.at(0, Need::Margin), "fresh");
    assert!(scene.recorded().is_none());
}

#[test]
fn what_is_read_again_under_the_lock_is_judged_like_the_first_look() {
    let mut scene = Scene::new(Some(1), Some("r"));
    let seen = scene.secrets.clone();
    scene.secrets.tokens.refresh_token = None;
    scene.crash_after_the_secret();
    let error = take_turn(&scene.vault, &scene.account, &seen, Need::Margin).unwrap_err();
    assert_eq!(error.code, Code::LoginRequired, "{error}");
    assert!(error.message.contains("no refresh token"), "{error}");
}

#[test]
fn a_secret_that_is_gone_under_the_lock_is_judged_by_writing_to_the_store() {
    let scene = Scene::new(Some(1), Some("r"));
    scene.vault.discard(&scene.account).unwrap();
    let again = || take_turn(&scene.vault, &scene.account, &scene.secrets, Need::Margin);
    let error = again().unwrap_err();
    assert_eq!(error.code, Code::LoginRequired, "{error}");
    assert!(error.message.contains("was removed from"), "{error}");

    scene.break_writing();
    let error = again().unwrap_err();
    assert_eq!(error.code, Code::StoreUnavailable, "{error}");
}

#[test]
fn what_another_process_just_stored_serves_with_any_life() {
    let now = Timestamp::from_unix(ISSUED);
    let left = |lifetime| Scene::new(lifetime, None).secrets.tokens;
    assert!(serves_anew(&left(Some(1)), Need::Margin, now));
    assert!(serves_anew(&left(Some(1)), NAMED, now));
    assert!(!serves_anew(&left(Some(0)), Need::Margin, now));
    assert!(serves_anew(&left(Some(30)), Need::MinTtl(30), now));
    assert!(!serves_anew(&left(Some(29)), Need::MinTtl(30), now));
    assert!(serves_anew(&left(None), Need::MinTtl(30), now));
}
