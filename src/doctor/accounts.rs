//! Who has to sign in, now or before long, and whose tokens would not get anywhere: a definition that has gone or
//! that leads to another server. From the index alone.

use super::{Finding, Setup, Status, Topic};
use crate::account::Account;
use crate::account::sign_in;
use crate::error::{Code, Error};
use crate::provider::Registry;
use crate::session::{pinned_endpoints, predict};
use keyfob_base::timestamp::Timestamp;

const CHECK: Topic = Topic("accounts");

pub(crate) fn accounts(setup: &Setup) -> Vec<Finding> {
    let now = Timestamp::now();
    let mut accounts = setup.vault.accounts().accounts;
    accounts.retain(|account| setup.concerns(&account.provider));
    let findings: Vec<Finding> = accounts
        .iter()
        .flat_map(|account| judge(&setup.registry, account, now))
        .collect();
    if !findings.is_empty() {
        return findings;
    }
    vec![CHECK.pass(match accounts.len() {
        0 => "nobody is signed in; `keyfob login PROVIDER` signs in".to_owned(),
        1 => "the one account is signed in".to_owned(),
        count => format!("all {count} accounts are signed in"),
    })]
}

fn judge(registry: &Registry, account: &Account, now: Timestamp) -> Vec<Finding> {
    let sign_in = predict(account, None, now).err();
    let sign_in = sign_in.filter(|error| error.code == Code::LoginRequired);
    let sign_in = match sign_in {
        Some(error) => Some(CHECK.report(Status::Warn, &error)),
        None => ends(registry, account, now),
    };
    let astray = astray(registry, account).map(|(status, error)| CHECK.report(status, &error));
    sign_in.into_iter().chain(astray).collect()
}

fn ends(registry: &Registry, account: &Account, now: Timestamp) -> Option<Finding> {
    let login = account.login_command();
    let (message, hint) = if account.is_to_rotate(now) {
        let age = account.describe_age(now)?;
        (age, format!("give a new token with `{login}`"))
    } else {
        let end = sign_in::end(account, &registry.lifetime(&account.provider))?;
        let notice = end.notice(now)?;
        let refresh = notice.starts_with("refresh");
        let command = if refresh {
            format!("keyfob refresh {account}")
        } else {
            login
        };
        (notice, format!("`{command}`"))
    };
    Some(
        CHECK
            .warn(format!("{account}: {message}"), hint)
            .account(account),
    )
}

/// Why its tokens would be sent nowhere. What is wrong with a definition itself is told of that.
fn astray(registry: &Registry, account: &Account) -> Option<(Status, Error)> {
    let provider = &account.provider;
    match registry.describe(provider) {
        Ok(definition) if definition.embedded => return None, // its place is another each time
        Ok(_) => {}
        Err(error) if error.code == Code::UnknownProvider => {
            let message =
                format!("the definition of {provider} is gone; its login's endpoints serve on");
            let hint = format!(
                "define it again with `keyfob provider add {provider}`, or `keyfob logout {account}`"
            );
            let error = Error::new(Code::UnknownProvider, message).hint(hint);
            return Some((Status::Warn, error.account(account)));
        }
        Err(_) => return None,
    }
    let reach = pinned_endpoints(registry, account).ok()?;
    let failures = [
        reach.token().err(),
        reach.userinfo().err(),
        reach.revocation().err(),
    ];
    let error = failures.into_iter().flatten().next()?;
    Some((Status::Fail, error.account(account)))
}
