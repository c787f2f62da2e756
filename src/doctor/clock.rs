//! Whether providers can be reached, and what time they have. One plain request each, without a token, through
//! the proxy and with the certificates that every command uses.

use std::collections::BTreeMap;
use std::time::Duration;

use url::Url;

use super::{Finding, Patient};
use crate::oauth::{Http, OauthError, discovery, probe};
use keyfob_base::timestamp::Timestamp;

const CHECK: &str = "clock";

/// How long a provider is waited for.
const BOUND: Duration = Duration::from_secs(5);

/// How many providers are asked.
const MOST: usize = 8;

/// From so many seconds on a clock goes wrong.
const WRONG: u64 = 61;

/// So many make servers refuse what is signed or issued now.
const USELESS: u64 = 5 * 60;

/// How the clock is set.
const SET: &str = if cfg!(target_os = "macos") {
    "set the clock: `sudo sntp -sS time.apple.com`"
} else if cfg!(windows) {
    "set the clock: `w32tm /resync`"
} else {
    "set the clock: `sudo timedatectl set-ntp true`"
};

/// Whom to ask, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    provider: String,
    url: Url,
}

/// The questions, and what can be said without them.
pub fn questions(patient: &Patient) -> (Vec<Question>, Vec<Finding>) {
    let accounts = patient.vault.accounts().accounts;
    let mut providers: BTreeMap<String, Option<Url>> = BTreeMap::new();
    for account in &accounts {
        let endpoint = account.endpoints.token.url().ok();
        providers
            .entry(account.provider.clone())
            .or_insert(endpoint);
    }
    if let Some(provider) = &patient.provider {
        providers.retain(|known, _| known == provider);
        providers.entry(provider.clone()).or_insert(None);
    }
    let mut questions = Vec::new();
    for (provider, kept) in providers {
        let definition = patient.registry.get(&provider).ok();
        if definition
            .as_ref()
            .is_some_and(|definition| definition.embedded)
        {
            continue; // it runs in here
        }
        let metadata = |issuer: &str| discovery::place(issuer).ok();
        let url = definition.and_then(|it| {
            let issuer = it.issuer.as_deref().filter(|_| it.discovery);
            it.token_endpoint
                .clone()
                .or_else(|| issuer.and_then(metadata))
        });
        questions.extend(url.or(kept).map(|url| Question { provider, url }));
    }
    let mut findings = Vec::new();
    let now = Timestamp::now();
    let latest = accounts.iter().map(|account| account.updated_at).max();
    if let Some(ahead) = latest
        .map(|then| then.since(now))
        .filter(|ahead| *ahead > USELESS)
    {
        findings.push(Finding::warn(
            CHECK,
            format!("this machine is {ahead} s behind the last change of an account, so its clock was set back, or was wrong then"),
            SET,
        ));
    }
    if questions.is_empty() && findings.is_empty() {
        findings.push(Finding::pass(
            CHECK,
            "no provider to ask; `keyfob doctor PROVIDER` asks one",
        ));
    }
    if questions.len() > MOST {
        let left = questions.split_off(MOST);
        findings.push(Finding::pass(
            CHECK,
            format!(
                "{} more providers were not asked; `keyfob doctor PROVIDER` asks one",
                left.len()
            ),
        ));
    }
    (questions, findings)
}

/// Asks all at the same time.
pub async fn ask(http: &Http, questions: Vec<Question>) -> Vec<Finding> {
    let mut asked = tokio::task::JoinSet::new();
    for (at, question) in questions.into_iter().enumerate() {
        let http = http.clone();
        asked.spawn(async move {
            let answer = tokio::time::timeout(BOUND, probe::clock(&http, &question.url)).await;
            (at, judge(&question, answer.ok(), Timestamp::now()))
        });
    }
    let mut findings = asked.join_all().await;
    findings.sort_by_key(|(at, _)| *at);
    findings.into_iter().map(|(_, finding)| finding).collect()
}

/// `None` is no answer in time.
fn judge(
    question: &Question,
    answer: Option<Result<Option<Timestamp>, OauthError>>,
    now: Timestamp,
) -> Finding {
    let provider = &question.provider;
    let host = question.url.host_str().unwrap_or_default();
    let there = match answer {
        Some(Ok(Some(there))) => there,
        Some(Ok(None)) => {
            return Finding::pass(
                CHECK,
                format!("{provider}: {host} answers, and does not tell its time"),
            );
        }
        Some(Err(error)) => return unreached(provider, &error),
        None => {
            let error = OauthError::Network(format!(
                "no answer from {host} within {} s",
                BOUND.as_secs()
            ));
            return unreached(provider, &error);
        }
    };
    let (ahead, behind) = (now.since(there), there.since(now));
    let apart = ahead.max(behind);
    let way = if ahead > 0 { "ahead of" } else { "behind" };
    let message = format!("{provider}: this machine is {apart} s {way} {host}");
    match apart {
        ..WRONG => Finding::pass(
            CHECK,
            format!("{provider}: {host} answers, and has the same time"),
        ),
        WRONG..=USELESS => Finding::warn(CHECK, message, SET),
        _ => Finding::fail(
            CHECK,
            format!("{message}, so tokens seem to end too early or too late"),
            SET,
        ),
    }
}

fn unreached(provider: &str, error: &OauthError) -> Finding {
    let hint = match error {
        OauthError::Network(cause) if cause.contains(": TLS: ") => {
            "where a certificate authority of your own is in use, name its file as `ca_file` in config.toml; a clock that is far off has this effect too"
        }
        OauthError::Network(cause) if cause.contains("through the proxy") => {
            "correct HTTPS_PROXY, or name the host in NO_PROXY"
        }
        OauthError::Network(_) => "check the connection, and where a proxy is needed HTTPS_PROXY",
        _ => "`keyfob provider test` says more of the provider",
    };
    Finding::warn(CHECK, format!("{provider}: {error}"), hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    #[test]
    fn a_minute_is_borne_and_five_are_not() {
        let question = Question {
            provider: "acme".into(),
            url: Url::parse("https://id.example.com/token").unwrap(),
        };
        let now = Timestamp::from_unix(1_000_000);
        for (there, status, word) in [
            (1_000_060, Status::Pass, "the same time"),
            (999_939, Status::Warn, "61 s ahead of id.example.com"),
            (1_000_300, Status::Warn, "300 s behind"),
            (1_000_301, Status::Fail, "301 s behind"),
            (0, Status::Fail, "1000000 s ahead"),
        ] {
            let answer = Some(Ok(Some(Timestamp::from_unix(there))));
            let found = judge(&question, answer, now);
            assert_eq!(found.status, status, "{there}: {found:?}");
            assert!(found.message.contains(word), "{found:?}");
        }
        let silent = judge(&question, Some(Ok(None)), now);
        assert_eq!(silent.status, Status::Pass);
        let late = judge(&question, None, now);
        assert!(
            late.status == Status::Warn && late.message.contains("within 5 s"),
            "{late:?}"
        );
    }
}
