//! Whether providers can be reached, and what time they have. One plain request each, without a token, through
//! the proxy and with the certificates that every command uses.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::{Finding, Setup, Topic};
use crate::config::Config;
use crate::oauth::{Http, HttpOptions, OauthError, count_certificates, discovery, probe};
use keyfob_base::files;
use keyfob_base::testing::bound;
use keyfob_base::timestamp::Timestamp;

const CLOCK: Topic = Topic("clock");

const BOUND: Duration = Duration::from_secs(5);

const MOST: usize = 8;

const CLOCK_WRONG: u64 = 61;

/// So many make servers refuse what is signed or issued now.
const CLOCK_USELESS: u64 = 5 * 60;

const SET_CLOCK: &str = if cfg!(target_os = "macos") {
    "set the clock: `sudo sntp -sS time.apple.com`"
} else if cfg!(windows) {
    "set the clock: `w32tm /resync`"
} else {
    "set the clock: `sudo timedatectl set-ntp true`"
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    provider: String,
    url: Url,
}

pub(crate) fn questions(setup: &Setup) -> (Vec<Question>, Vec<Finding>) {
    let accounts = setup.vault.accounts().accounts;
    let mut providers: BTreeMap<String, Option<Url>> = BTreeMap::new();
    for account in &accounts {
        let endpoint = account.endpoints.token.url().ok();
        providers
            .entry(account.provider.clone())
            .or_insert(endpoint);
    }
    if let Some(provider) = &setup.provider {
        providers.retain(|known, _| known == provider);
        providers.entry(provider.clone()).or_insert(None);
    }
    let mut questions = Vec::new();
    for (provider, kept) in providers {
        let definition = setup.registry.get(&provider).ok();
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
        .filter(|ahead| *ahead > CLOCK_USELESS)
    {
        findings.push(CLOCK.warn(
            format!("this machine is {ahead} s behind the last change of an account, so its clock was set back, or was wrong then"),
            SET_CLOCK,
        ));
    }
    if questions.is_empty() && findings.is_empty() {
        findings.push(CLOCK.pass("no provider to ask; `keyfob doctor PROVIDER` asks one"));
    }
    if questions.len() > MOST {
        let left = questions.split_off(MOST);
        findings.push(CLOCK.pass(format!(
            "{} more providers were not asked; `keyfob doctor PROVIDER` asks one",
            left.len()
        )));
    }
    (questions, findings)
}

fn patience() -> Duration {
    bound("CLOCK", BOUND)
}

pub(crate) async fn ask(http: &Http, questions: Vec<Question>) -> Vec<Finding> {
    let mut asked = tokio::task::JoinSet::new();
    for (at, question) in questions.into_iter().enumerate() {
        let http = http.clone();
        asked.spawn(async move {
            let answer = tokio::time::timeout(patience(), probe::clock(&http, &question.url)).await;
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
            return CLOCK.pass(format!(
                "{provider}: {host} answers, and does not tell its time"
            ));
        }
        Some(Err(error)) => return unreached(provider, &error),
        None => {
            let error = OauthError::Network(format!(
                "no answer from {host} within {} s",
                patience().as_secs()
            ));
            return unreached(provider, &error);
        }
    };
    let (ahead, behind) = (now.since(there), there.since(now));
    let apart = ahead.max(behind);
    let way = if ahead > 0 { "ahead of" } else { "behind" };
    let message = format!("{provider}: this machine is {apart} s {way} {host}");
    match apart {
        ..CLOCK_WRONG => CLOCK.pass(format!("{provider}: {host} answers, and has the same time")),
        CLOCK_WRONG..=CLOCK_USELESS => CLOCK.warn(message, SET_CLOCK),
        _ => CLOCK.fail(
            format!("{message}, so tokens seem to end too early or too late"),
            SET_CLOCK,
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
    CLOCK.warn(format!("{provider}: {error}"), hint)
}

// Whom TLS trusts: the system, or what `SSL_CERT_FILE` and `SSL_CERT_DIR` name in its place, and `ca_file`.

const CERTIFICATES: Topic = Topic("certificates");

const BUNDLE_LIMIT: u64 = 16 * 1024 * 1024;

/// Whether the variables are looked at here: elsewhere the system's own verifier is asked.
const VARIABLES_COUNT: bool = cfg!(all(unix, not(target_os = "macos")));

pub(crate) fn certificates(config: &Config) -> Vec<Finding> {
    let variable = |name: &str| {
        std::env::var_os(name)
            .filter(|_| VARIABLES_COUNT)
            .map(PathBuf::from)
    };
    let (file, folder) = (variable("SSL_CERT_FILE"), variable("SSL_CERT_DIR"));
    let mut trusted = Vec::new();
    let mut findings = Vec::new();
    if let Some(file) = &file {
        match count_in(file) {
            Ok(count) => trusted.push(format!("{} of SSL_CERT_FILE", certificates_of(count))),
            Err(what) => findings.push(CERTIFICATES.fail(
                format!("SSL_CERT_FILE names {what}, so no provider is trusted"),
                "set SSL_CERT_FILE to a file of certificates in PEM, or unset it",
            )),
        }
    }
    if let Some(folders) = &folder {
        let missing = std::env::split_paths(folders)
            .filter(|folder| !folder.is_dir())
            .count();
        if missing > 0 {
            findings.push(CERTIFICATES.warn(
                "SSL_CERT_DIR names what is no folder",
                "set SSL_CERT_DIR to folders of certificates, or unset it",
            ));
        }
        trusted.push("those in SSL_CERT_DIR".into());
    }
    if file.is_none() && folder.is_none() {
        trusted.push("the system's".into());
    }
    if let Some(file) = &config.ca_file {
        match ca_file(file) {
            Ok(count) => trusted.push(format!("{} of {}", certificates_of(count), file.display())),
            Err(what) => findings.push(CERTIFICATES.fail(
                format!(
                    "`ca_file` {} {what}, and whatever needs the network fails",
                    file.display()
                ),
                "mend `ca_file` in config.toml, or remove that line",
            )),
        }
    }
    if findings.is_empty() {
        findings.push(CERTIFICATES.pass(format!("{} are trusted", trusted.join(", and "))));
    }
    findings
}

fn certificates_of(count: usize) -> String {
    match count {
        1 => "1 certificate".into(),
        count => format!("{count} certificates"),
    }
}

/// What is wrong goes on after "names".
fn count_in(file: &Path) -> Result<usize, String> {
    match files::read(file, BUNDLE_LIMIT) {
        Ok(None) => Err("no file that is there".into()),
        Ok(Some(pem)) => match count_certificates(&pem) {
            0 => Err("a file that holds no certificate in PEM".into()),
            count => Ok(count),
        },
        Err(error) => Err(format!("a file that cannot be read: {error}")),
    }
}

/// What is wrong goes on after the file's name.
fn ca_file(file: &Path) -> Result<usize, String> {
    let pem = match files::read(file, BUNDLE_LIMIT) {
        Ok(None) => return Err("is not there".into()),
        Ok(Some(pem)) => pem,
        Err(error) => return Err(format!("cannot be read: {error}")),
    };
    let count = count_certificates(&pem);
    let options = HttpOptions {
        ca_pem: Some(pem),
        trace: Arc::new(|_| {}),
    };
    match Http::new(options) {
        Ok(_) => Ok(count),
        Err(_) if count == 0 => Err("holds no certificate in PEM".into()),
        Err(_) => Err("holds a broken certificate".into()),
    }
}

// How requests leave: the proxy, as the HTTP client finds it. Of its address no more is shown than where it is:
// the rest may be a password.

const PROXY: Topic = Topic("proxy");

/// In the order in which the HTTP client looks. The first that is set counts, an empty one too.
const PROXIES: [[&str; 2]; 2] = [["HTTPS_PROXY", "https_proxy"], ["ALL_PROXY", "all_proxy"]];

const EXCEPTIONS: [&str; 2] = ["NO_PROXY", "no_proxy"];

const SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];

pub(crate) fn proxy() -> Vec<Finding> {
    let set = PROXIES
        .iter()
        .filter_map(first_set)
        .filter(|(_, value)| !value.is_empty());
    let mut findings = Vec::new();
    for (name, value) in set {
        match redact(&value) {
            Some(said) => {
                findings.push(PROXY.pass(format!("{name} {said}{}", exceptions())));
                break;
            }
            None => findings.push(PROXY.warn(
                format!("{name} is no address of a proxy, and is ignored"),
                format!("set {name} to such as `http://proxy.example.com:3128`, or unset it"),
            )),
        }
    }
    if findings.is_empty() {
        findings.push(PROXY.pass("none is set, so providers are reached directly"));
    }
    findings
}

fn first_set(names: &[&'static str; 2]) -> Option<(&'static str, String)> {
    names
        .iter()
        .find_map(|name| Some((*name, std::env::var(name).ok()?)))
}

/// `None` where the client would not use it. A lone word may be anything, a token too, and is not shown.
fn redact(value: &str) -> Option<String> {
    let whole = value.contains("://");
    let url = if whole {
        Url::parse(value).ok()?
    } else {
        Url::parse(&format!("http://{value}")).ok()?
    };
    let (host, port) = (url.host_str()?, url.port());
    if !SCHEMES.contains(&url.scheme()) {
        return None;
    }
    let is_place = host.contains(['.', ':']) || host == "localhost" || port.is_some();
    if !whole && !is_place {
        return Some("is set".into());
    }
    let port = port.map_or_else(String::new, |port| format!(":{port}"));
    let named = !url.username().is_empty() || url.password().is_some();
    let user = if named { "[redacted]@" } else { "" };
    Some(format!("is {}://{user}{host}{port}", url.scheme()))
}

fn exceptions() -> String {
    let value = first_set(&EXCEPTIONS)
        .map(|(_, value)| value)
        .unwrap_or_default();
    let count = value
        .split(',')
        .filter(|entry| !entry.trim().is_empty())
        .count();
    match count {
        0 => String::new(),
        1 => ", but for 1 entry of NO_PROXY".into(),
        count => format!(", but for {count} entries of NO_PROXY"),
    }
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

    #[test]
    fn a_proxy_is_shown_without_what_may_be_a_password() {
        for (value, shown) in [
            ("http://proxy:3128", "http://proxy:3128"),
            (
                "proxy.example.com:3128/path?x",
                "http://proxy.example.com:3128",
            ),
            ("http://ada:hunter2@proxy", "http://[redacted]@proxy"),
            ("ada:hunter2@proxy:1", "http://[redacted]@proxy:1"),
            ("proxy:3128", "http://proxy:3128"),
            ("localhost", "http://localhost"),
            ("[::1]", "http://[::1]"),
            (
                "socks5h://hunter2@[::1]:9050",
                "socks5h://[redacted]@[::1]:9050",
            ),
        ] {
            let words = format!("is {shown}");
            assert_eq!(redact(value), Some(words), "{value}");
        }
        for value in [
            "ftp://hunter2@proxy",
            "http://",
            "http://hunter2:a/b@c d",
            "://",
        ] {
            assert_eq!(redact(value), None, "{value}");
        }
        for value in ["hunter2", "hunter2/path", "ada@hunter2", "hunter2?x.y:1"] {
            assert_eq!(redact(value).as_deref(), Some("is set"), "{value}");
        }
    }
}
