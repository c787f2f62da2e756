//! Keeping what a login got: under which account, and in which order.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::identity::Who;
use super::target::{Destination, find_destination};
use super::{Plan, SignedIn, Wish, metadata, origins};
use crate::account::{self, Account, Endpoints, SignIn};
use crate::audit::Action;
use crate::context::{Context, off_thread};
use crate::error::{Code, Error, Result};
use crate::names;
use crate::oauth;
use crate::provider::Provider;
use crate::token_set::TokenSet;
use crate::vault::{LOCK_TIMEOUT, Secrets, UnknownMembers, Vault, names_lock};

/// Keeps what a login got, as its plan says. An ephemeral login has no place, and nothing is written.
pub(crate) async fn persist(
    context: &Context,
    plan: &Arc<Plan>,
    grant: SignInGrant,
) -> Result<SignedIn> {
    let (withheld, added) = compare_scopes(&plan.wish, &grant);
    let done = if plan.keeping.memory.is_some() {
        let name = names::name_from(grant.who.username.as_deref().unwrap_or_default());
        let (account, secrets) = build_entry(plan, grant, name)?;
        context.audit.note(Action::SignIn, &account.provider, None);
        SignedIn::new(account, secrets, true)
    } else {
        keep(context, plan, grant).await?
    };
    Ok(SignedIn {
        withheld,
        added,
        ..done
    })
}

/// Asked and not granted; granted and not asked. What an exchange leaves to the server is what it asked for.
fn compare_scopes(wish: &Wish, grant: &SignInGrant) -> (BTreeSet<String>, BTreeSet<String>) {
    if wish.scopes.is_empty() && grant.who.identity.kind == SignIn::Exchange {
        return Default::default();
    }
    let asked: BTreeSet<String> = wish.scopes.iter().cloned().collect();
    let granted: BTreeSet<String> = grant.tokens.scopes.iter().cloned().collect();
    (&asked - &granted, &granted - &asked)
}

/// Finds the place, asks where less would replace more, and writes: secret, index, default.
pub(crate) async fn keep(
    context: &Context,
    plan: &Arc<Plan>,
    grant: SignInGrant,
) -> Result<SignedIn> {
    if let Destination::Update(account) = find_destination(&context.vault, plan, &grant.who)? {
        origins::confirm_move(context, plan, &account).await?;
        confirm_fewer(context, plan, &account, &grant.tokens).await?;
    }
    let _hold = context.interrupts.hold()?;
    let (vault, plan) = (Arc::clone(&context.vault), Arc::clone(plan));
    off_thread(move || {
        let _names = vault.wait_for_lock(&names_lock(&plan.wish.provider.name), LOCK_TIMEOUT)?;
        match find_destination(&vault, &plan, &grant.who)? {
            Destination::New { name, taken } => {
                let done = create(&vault, &plan, grant, name)?;
                Ok(SignedIn { taken, ..done })
            }
            Destination::Update(account) => update(&vault, &plan, &account, grant),
            Destination::Replace(old) => replace(&vault, &plan, &old, grant),
        }
    })
    .await
    .inspect(|done| (context.audit).note(Action::SignIn, &done.account.to_string(), None))
}

async fn confirm_fewer(
    context: &Context,
    plan: &Plan,
    account: &Account,
    tokens: &TokenSet,
) -> Result<()> {
    let missing: Vec<&str> = account
        .scopes
        .iter()
        .filter(|scope| !tokens.scopes.contains(scope))
        .map(String::as_str)
        .collect();
    if missing.is_empty() || plan.keeping.replace {
        return Ok(());
    }
    let fewer = format!(
        "the new sign-in lacks {} that {account} has",
        missing.join(", ")
    );
    let all = if plan.keeping.expected.is_none() {
        format!("`keyfob login {account}` asks for those too, ")
    } else {
        String::new()
    };
    let refused = Error::new(Code::AccountConflict, fewer.clone())
        .hint(format!(
            "nothing was stored; {all}`--replace` takes the fewer scopes, `--as NAME` keeps both"
        ))
        .account(account);
    let term = Arc::clone(&context.term);
    if !term.can_ask() {
        return Err(refused);
    }
    off_thread(move || {
        let question = format!("{fewer}; replace its tokens?");
        if term.confirm(&question, "--replace")? {
            Ok(())
        } else {
            Err(refused)
        }
    })
    .await
}

fn create(vault: &Vault, plan: &Plan, grant: SignInGrant, name: String) -> Result<SignedIn> {
    let alone = vault
        .accounts_of(&plan.wish.provider.name)
        .accounts
        .is_empty();
    let may_be_default = grant.vouched || alone;
    let (account, secrets) = build_entry(plan, grant, name)?;
    vault.put_new(&account, &secrets)?;
    if may_be_default {
        return Ok(conclude(vault, account, secrets, true));
    }
    Ok(SignedIn::new(account, secrets, true))
}

fn update(vault: &Vault, plan: &Plan, account: &Account, grant: SignInGrant) -> Result<SignedIn> {
    let _turn = vault.wait_for_lock(&account.id, LOCK_TIMEOUT)?;
    let old = vault.reread(account)?.unwrap_or_else(|| account.clone());
    let (mut new, mut secrets) = build_entry(plan, grant, old.name.clone())?;
    new.created_at = old.created_at;
    new.generation = old.generation + 1;
    secrets.generation = new.generation;
    if let Ok(Some(before)) = vault.secrets(&old) {
        secrets.unknown = before.unknown;
    }
    if !serves(&old, &new) {
        vault.put_new(&new, &secrets)?;
        let mut done = conclude(vault, new, secrets, false);
        done.warnings.extend(discard_old(vault, &old));
        return Ok(done);
    }
    new.id = old.id;
    new.copy_in = old.copy_in;
    // Secret, entry, default: what breaks off in between leaves no account without its secret.
    vault.keep(&new, &secrets)?;
    vault.record(&new)?;
    let mut done = conclude(vault, new, secrets, false);
    done.warnings.extend(clear_copy(vault, &mut done.account));
    Ok(done)
}

/// Whether the old entry leads to the new secret as well: a process that ends between the two leaves
/// tokens with the client, the endpoints and the store that they belong to.
fn serves(old: &Account, new: &Account) -> bool {
    old.store == new.store
        && (&old.client.id, old.client.auth) == (&new.client.id, new.client.auth)
        && old.endpoints.same_server(&new.endpoints)
}

fn replace(vault: &Vault, plan: &Plan, old: &Account, grant: SignInGrant) -> Result<SignedIn> {
    let _turn = vault.wait_for_lock(&old.id, LOCK_TIMEOUT)?;
    let mut done = create(vault, plan, grant, old.name.clone())?;
    done.warnings.extend(discard_old(vault, old));
    Ok(done)
}

/// Removes the secret that nothing leads to any more; what to say where its store does not let it go.
fn discard_old(vault: &Vault, old: &Account) -> Option<String> {
    let error = vault.discard(old).err()?;
    Some(format!(
        "{}; the old secret of {old} is left there as `{}`: remove it by hand",
        error.message, old.id
    ))
}

/// Removes the copy that a move has left of the old secret; the same, and the entry still says so.
fn clear_copy(vault: &Vault, account: &mut Account) -> Option<String> {
    let copy = account.copy_in?;
    let error = vault.clear_copy(account).err()?;
    Some(format!(
        "{}; a copy of the old secret of {account} may be left in {}: `keyfob move {account} --store {}` removes it",
        error.message,
        copy.noun(),
        account.store
    ))
}

/// Makes the account the default where there is none; what to say where that cannot be written down.
fn set_default(vault: &Vault, account: &Account) -> Option<String> {
    if vault.default_of(&account.provider).is_some() {
        return None;
    }
    let error = vault.make_default(account, true).err()?;
    Some(format!(
        "{account} is not the default: {}; its full name works, and `{}` tries again",
        error.message,
        account.login_command()
    ))
}

/// The secret is kept and the index leads to it. From there on the person is signed in, so what fails later is
/// a warning.
fn conclude(vault: &Vault, account: Account, secrets: Secrets, created: bool) -> SignedIn {
    SignedIn {
        warnings: set_default(vault, &account).into_iter().collect(),
        ..SignedIn::new(account, secrets, created)
    }
}

pub(crate) struct SignInGrant {
    pub client: oauth::Client,
    pub redirect_uri: Option<String>,
    pub who: Who,
    /// Nobody new here, or somebody has said that it is them; else it becomes no default beside other accounts.
    pub vouched: bool,
    pub tokens: TokenSet,
}

fn build_entry(plan: &Plan, grant: SignInGrant, name: String) -> Result<(Account, Secrets)> {
    let SignInGrant {
        client,
        redirect_uri,
        who,
        tokens,
        vouched: _,
    } = grant;
    let kind = who.identity.kind;
    let account = Account {
        provider: plan.wish.provider.name.clone(),
        name,
        sealed: true, // with the first secret that is kept
        id: account::random_id(),
        identity: who.identity,
        username: who.username,
        store: plan.keeping.store,
        copy_in: None,
        client: account::AccountClient {
            id: client.id,
            auth: client.auth,
            redirect_uri,
        },
        endpoints: endpoints(&plan.wish.provider)?,
        accepted_origins: plan.wish.provider.accepted_origins.clone(),
        token_type: tokens.token_type.clone(),
        scopes: tokens.scopes.clone(),
        resource: plan.wish.resource.clone(),
        audience: plan.wish.audience.clone(),
        subject_from: (kind == SignIn::Exchange).then(|| plan.wish.subject_from.clone()),
        refreshable: matches!(kind, SignIn::Client | SignIn::Exchange)
            || tokens.refresh_token.is_some(),
        generation: 1,
        received_at: tokens.received_at,
        expires_at: tokens.expires_at,
        created_at: tokens.received_at,
        signed_in_at: Some(tokens.received_at),
        updated_at: tokens.received_at,
        refused_generation: None,
    };
    let secrets = Secrets {
        tokens,
        client_secret: client.secret,
        generation: account.generation,
        unknown: UnknownMembers::default(),
    };
    Ok((account, secrets))
}

/// Today's endpoints, whose origins may have this account's tokens from now on.
fn endpoints(provider: &Provider) -> Result<Endpoints> {
    let token = provider.token_endpoint.as_ref();
    Ok(Endpoints {
        token: token.ok_or_else(metadata::incomplete)?.into(),
        userinfo: provider.userinfo_endpoint.as_ref().map(Into::into),
        revocation: provider.revocation_endpoint.as_ref().map(Into::into),
        pinned_as: provider.pinned_as.clone(),
    })
}
