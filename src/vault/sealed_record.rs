//! What decides who an account is and where its secrets may go, as it is kept inside its secret. The index says the
//! same for looking; whoever can write the index alone changes nothing of it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::account::{Account, AccountClient, Endpoints, Identity, SubjectFrom};
use crate::error::{Code, Error};
use keyfob_base::escape::escape_short;

/// How much of a value is shown.
const SHOWN: usize = 120;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct SealedRecord {
    pub provider: String,
    pub name: String,
    pub id: String,
    identity: Identity,
    username: Option<String>,
    client: AccountClient,
    endpoints: Endpoints,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    accepted_origins: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    resource: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    audience: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject_from: Option<SubjectFrom>,
    /// What a later keyfob has put there.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl From<&Account> for SealedRecord {
    fn from(account: &Account) -> Self {
        let account = account.clone();
        Self {
            provider: account.provider,
            name: account.name,
            id: account.id,
            identity: account.identity,
            username: account.username,
            client: account.client,
            endpoints: account.endpoints,
            accepted_origins: account.accepted_origins,
            resource: account.resource,
            audience: account.audience,
            subject_from: account.subject_from,
            unknown: Map::new(),
        }
    }
}

/// A member that entry and record do not agree on; values are escaped, to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Dotted, such as `endpoints.token`.
    pub member: String,
    pub sealed: String,
    pub entry: String,
}

impl SealedRecord {
    /// Whether the entry is this account's by its id and its place in the index.
    pub(super) fn is_of(&self, account: &Account) -> bool {
        (&self.provider, &self.name, &self.id) == (&account.provider, &account.name, &account.id)
    }

    /// The account as this record has it; the rest is the entry's.
    pub(super) fn correct(&self, account: &Account) -> Account {
        let sealed = self.clone();
        Account {
            provider: sealed.provider,
            name: sealed.name,
            id: sealed.id,
            identity: sealed.identity,
            username: sealed.username,
            client: sealed.client,
            endpoints: sealed.endpoints,
            accepted_origins: sealed.accepted_origins,
            resource: sealed.resource,
            audience: sealed.audience,
            subject_from: sealed.subject_from,
            ..account.clone()
        }
    }

    pub(super) fn differences(&self, account: &Account) -> Vec<Difference> {
        let json = |record: Self| serde_json::to_value(record).expect("a record serialises");
        let sealed = json(Self {
            unknown: Map::new(),
            ..self.clone()
        });
        let mut found = Vec::new();
        compare("", &sealed, &json(account.into()), &mut found);
        found
    }
}

impl Difference {
    pub(super) fn report(&self, account: &Account) -> Error {
        let member = &self.member;
        mismatch(
            account,
            &format!("its entry in the index has another `{member}` than its secret"),
        )
    }
}

/// What is not believed of an account: nothing was sent and nothing is handed out.
pub(super) fn mismatch(account: &Account, what: &str) -> Error {
    Error::new(Code::RecordMismatch, what)
        .hint("run `keyfob doctor` to see what is wrong")
        .account(account)
}

fn compare(member: &str, sealed: &Value, entry: &Value, found: &mut Vec<Difference>) {
    if sealed == entry {
        return;
    }
    if let (Value::Object(ours), Value::Object(theirs)) = (sealed, entry) {
        let mut names: Vec<&String> = ours.keys().chain(theirs.keys()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let within = match member {
                "" => name.clone(),
                _ => format!("{member}.{name}"),
            };
            let of = |object: &Map<String, Value>| object.get(name).cloned().unwrap_or_default();
            compare(&within, &of(ours), &of(theirs), found);
        }
        return;
    }
    let show = |value: &Value| match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => format!("`{}`", escape_short(text, SHOWN)),
        other => format!("`{}`", escape_short(&other.to_string(), SHOWN)),
    };
    found.push(Difference {
        member: member.to_owned(),
        sealed: show(sealed),
        entry: show(entry),
    });
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use url::Url;

    use super::*;
    use crate::account::{Address, SignIn, fixture};
    use crate::provider::ClientAuth;

    type Change = (&'static str, Box<dyn Fn(&mut Account)>);

    /// One change of each member that decides, and the member that is then named.
    #[test]
    fn every_member_that_decides_is_compared() {
        let evil = || Address::from(&Url::parse("https://evil.example/x").unwrap());
        let changes: Vec<Change> = vec![
            ("provider", Box::new(|it| it.provider = "x".into())),
            ("name", Box::new(|it| it.name = "x".into())),
            ("id", Box::new(|it| it.id = "0a".into())),
            ("username", Box::new(|it| it.username = None)),
            (
                "identity.issuer",
                Box::new(|it| it.identity.issuer = "x".into()),
            ),
            (
                "identity.subject",
                Box::new(|it| it.identity.subject = "x".into()),
            ),
            (
                "identity.kind",
                Box::new(|it| it.identity.kind = SignIn::Exchange),
            ),
            ("client.id", Box::new(|it| it.client.id = "x".into())),
            (
                "client.auth",
                Box::new(|it| it.client.auth = ClientAuth::ClientSecretPost),
            ),
            (
                "client.redirect_uri",
                Box::new(|it| it.client.redirect_uri = Some("x".into())),
            ),
            (
                "endpoints.token",
                Box::new(move |it| it.endpoints.token = evil()),
            ),
            (
                "accepted_origins",
                Box::new(|it| it.accepted_origins = vec!["evil.example".into()]),
            ),
            (
                "endpoints.userinfo",
                Box::new(move |it| it.endpoints.userinfo = Some(evil())),
            ),
            (
                "endpoints.revocation",
                Box::new(move |it| it.endpoints.revocation = Some(evil())),
            ),
            (
                "endpoints.pinned_as",
                Box::new(|it| it.endpoints.pinned_as = Some("x".into())),
            ),
            ("resource", Box::new(|it| it.resource = vec!["x".into()])),
            ("audience", Box::new(|it| it.audience = Some("x".into()))),
            (
                "subject_from",
                Box::new(|it| it.subject_from = Some(SubjectFrom::File(PathBuf::from("/x")))),
            ),
        ];
        let account = fixture::account();
        let record = SealedRecord::from(&account);
        assert_eq!(record.differences(&account), []);
        for (member, change) in changes {
            let mut other = account.clone();
            change(&mut other);
            let found = record.differences(&other);
            assert_eq!(found.len(), 1, "{member}: {found:?}");
            assert_eq!(found[0].member, member);
            assert_eq!(record.correct(&other), account, "{member}");
        }
    }

    #[test]
    fn what_is_shown_of_a_difference_is_escaped() {
        let account = fixture::account();
        let other = Account {
            username: Some("x\u{1b}[2J\n".into()),
            ..account.clone()
        };
        let found = SealedRecord::from(&account).differences(&other);
        assert_eq!(found[0].sealed, "`julien`");
        assert!(!found[0].entry.contains(char::is_control), "{found:?}");
    }
}
