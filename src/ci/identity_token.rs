//! Where the identity token is found, and whether it is fit to be exchanged.

use std::path::PathBuf;

use super::claims::Claims;
use super::systems::System;
use super::variables::{JobVariables, TOKEN_LIMIT, Wanted, none, own_variable, token_in};
use crate::account::SubjectFrom;
use crate::context::{Context, off_thread};
use crate::error::{Code, Error, Result};
use keyfob_base::escape::escape_short;
use keyfob_base::files;
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

const CLAIM_LIMIT: usize = 120;

#[derive(Debug)]
pub(crate) struct IdentityToken {
    pub token: Secret,
    /// Where it is from, in a few words.
    pub place: String,
    /// Its claims, which nobody has checked.
    pub claims: Claims,
}

pub(crate) const BY_FILE: &str = "--subject-token-file";

/// Gets an identity token. One that is over, or for another audience than the provider's, is an error.
pub(crate) async fn identity_token(context: &Context, wanted: Wanted<'_>) -> Result<IdentityToken> {
    let (place, token) = find(context, wanted).await?;
    let token = checked(&token, &place)?;
    let claims = Claims::of(&token);
    let found = IdentityToken {
        token,
        place,
        claims,
    };
    judge(context, wanted, &found)?;
    found.in_time(Timestamp::now())?;
    Ok(found)
}

/// What an account of this place is called unless somebody says.
pub(crate) fn account_name(from: &SubjectFrom) -> &'static str {
    let system = match from {
        SubjectFrom::Ci => System::here(JobVariables::OWN),
        SubjectFrom::File(_) => None,
    };
    system.map_or("exchange", System::name)
}

async fn find(context: &Context, wanted: Wanted<'_>) -> Result<(String, Secret)> {
    let variables = JobVariables::OWN;
    if let SubjectFrom::File(path) = wanted.from {
        return read_file(path.clone(), wanted.by_file.to_owned()).await;
    }
    if let Some(found) = token_in(variables, wanted.provider) {
        return Ok(found);
    }
    let Some(system) = System::here(variables) else {
        return Err(nowhere(wanted));
    };
    let token = system.ask(context, variables, wanted).await?;
    Ok((system.title().to_owned(), token))
}

impl IdentityToken {
    /// What to look at where a provider does not take it. Which claim it did not like, it seldom says.
    pub(crate) fn advice(&self, provider: &str) -> String {
        let subject = match &self.claims.subject {
            Some(subject) => format!(
                ", whose subject is `{}`",
                escape_short(subject, CLAIM_LIMIT)
            ),
            None => String::new(),
        };
        format!("check that {provider} trusts this job{subject}, for what was asked")
    }

    fn in_time(&self, now: Timestamp) -> Result<()> {
        match self.claims.ends {
            Some(end) if self.claims.is_over(now) => Err(Error::new(
                Code::ExpiredToken,
                format!("the identity token from {} ended at {end}", self.place),
            )
            .hint("nothing was sent; get a new one from where it came from, and see that this machine's clock is right")),
            _ => Ok(()),
        }
    }
}

/// Tells what a token says of itself, and warns where it does not say whom it is for. One that is for
/// somebody else is refused: whoever it were sent to could use it there.
fn judge(context: &Context, wanted: Wanted<'_>, found: &IdentityToken) -> Result<()> {
    let IdentityToken { place, claims, .. } = found;
    let shown = |text: &str| format!("`{}`", escape_short(text, CLAIM_LIMIT));
    let subject = claims.subject.as_deref().map_or_else(
        || "of nobody that it names".to_owned(),
        |subject| format!("of {}", shown(subject)),
    );
    context
        .term
        .step(&format!("an identity token {subject} from {place}"));
    if !claims.is_token || claims.audiences.iter().any(|aud| aud == wanted.audience) {
        return Ok(());
    }
    let (provider, audience) = (wanted.provider, shown(wanted.audience));
    let title = &provider.title;
    if claims.audiences.is_empty() {
        context.term.warn(&format!(
            "the identity token from {place} names no audience, and {title} expects one for {audience}"
        ));
        return Ok(());
    }
    let theirs = shown(&claims.audiences.join(", "));
    let what = format!(
        "the identity token from {place} is for {theirs}, and {title} expects one for {audience}"
    );
    Err(Error::new(Code::ConfigInvalid, what).hint(format!(
        "nothing was sent; have one issued for {audience}, or where {title} takes that audience, `keyfob provider set {} exchange.audience=AUDIENCE`",
        provider.name
    )))
}

/// Printable ASCII without blanks, at most 16 KiB; the error shows nothing of it.
fn checked(found: &Secret, place: &str) -> Result<Secret> {
    let token = found.expose().trim();
    let wrong = if token.is_empty() {
        "is empty"
    } else if token.len() > TOKEN_LIMIT {
        "is longer than 16 KiB"
    } else if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        "holds blanks, line breaks or other characters that no token has"
    } else {
        return Ok(Secret::new(token));
    };
    Err(none(
        format!("the identity token from {place} {wrong}"),
        "have that place hold the token alone, as it was issued; nothing was sent",
    ))
}

fn nowhere(wanted: Wanted<'_>) -> Error {
    let provider = wanted.provider;
    let titles = System::ALL.map(System::title);
    let (last, others) = titles.split_last().expect("there are six");
    none(
        format!(
            "there is no identity token here to exchange at {}",
            provider.title
        ),
        format!(
            "run it in a job of {} or {last}, put a token into {}, or name a file with `{}`",
            others.join(", "),
            own_variable(provider),
            wanted.by_file
        ),
    )
}

/// Room for blanks around the token.
const FILE_LIMIT: u64 = TOKEN_LIMIT as u64 + 1024;

/// Reads it, with the file's name as messages have it; `by_file` names another one.
async fn read_file(path: PathBuf, by_file: String) -> Result<(String, Secret)> {
    off_thread(move || {
        let place = path.display().to_string();
        let unreadable = |why: &str| {
            none(
                format!("cannot read an identity token from {place}: {why}"),
                format!("name a file that holds the token alone with `{by_file}`"),
            )
        };
        let contents = files::read(&path, FILE_LIMIT)
            .map_err(|error| unreadable(&error.to_string()))?
            .ok_or_else(|| unreadable("there is no such file"))?;
        let token = String::from_utf8(contents).map_err(|_| unreadable("it is no text"))?;
        Ok((place, Secret::new(token)))
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};

    use super::*;
    use crate::provider::Provider;

    type Look = fn(&str) -> Option<OsString>;

    fn token(claims: &Value) -> Secret {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        Secret::new(format!(
            "{}.{}.c2ln",
            part(&json!({"alg": "none"})),
            part(claims)
        ))
    }

    fn acme() -> Provider {
        let mut provider = Provider {
            name: "my-host".into(),
            title: "Acme".into(),
            ..Provider::default()
        };
        provider.exchange.variables = vec!["ACME_JOB".into(), "ACME_OLD".into()];
        provider
    }

    #[test]
    fn each_system_is_known_by_its_own_mark() {
        let here = |look| System::here(JobVariables::of(look)).map(System::name);
        assert_eq!(here(|_| None), None);
        let looks: [(Look, &str); 6] = [
            (
                |n| (n == "GITHUB_ACTIONS").then(|| "true".into()),
                "github-actions",
            ),
            (|n| (n == "GITLAB_CI").then(|| "true".into()), "gitlab-ci"),
            (|n| (n == "CIRCLECI").then(|| "true".into()), "circleci"),
            (|n| (n == "BUILDKITE").then(|| "true".into()), "buildkite"),
            (
                |n| (n == "BITBUCKET_BUILD_NUMBER").then(|| "7".into()),
                "bitbucket-pipelines",
            ),
            (
                |n| (n == "TF_BUILD").then(|| "True".into()),
                "azure-pipelines",
            ),
        ];
        for (look, name) in looks {
            assert_eq!(here(look), Some(name));
            assert!(crate::names::is_name(name));
        }
        for no in [
            |_: &str| Some("".into()),
            |_: &str| Some("false".into()),
            |_: &str| Some("0".into()),
        ] {
            assert_eq!(here(no), None);
        }
    }

    #[test]
    fn variables_have_an_order_and_blank_ones_are_none() {
        let find = |look| {
            let found = token_in(JobVariables::of(look), &acme());
            found.map(|(name, token)| format!("{name}={}", token.expose()))
        };
        assert_eq!(find(|_| None), None);
        assert_eq!(find(|_| Some(" \n".into())), None);
        assert_eq!(
            find(|_| Some(" a.b.c\n".into())).unwrap(),
            "KEYFOB_MY_HOST_ID_TOKEN=a.b.c"
        );
        let rest = |n: &str| (n != "KEYFOB_MY_HOST_ID_TOKEN").then(|| "x".into());
        assert_eq!(find(rest).unwrap(), "ACME_JOB=x");
        let old = |n: &str| matches!(n, "ACME_OLD" | "KEYFOB_ID_TOKEN").then(|| "x".into());
        assert_eq!(find(old).unwrap(), "ACME_OLD=x");
        let any = |n: &str| (n == "KEYFOB_ID_TOKEN").then(|| "x".into());
        assert_eq!(find(any).unwrap(), "KEYFOB_ID_TOKEN=x");
    }

    #[test]
    fn a_token_is_one_word_and_no_error_shows_it() {
        let good = checked(&Secret::new(" a.b.c\r\n"), "FILE").unwrap();
        assert_eq!(good.expose(), "a.b.c");
        let long = "x".repeat(TOKEN_LIMIT + 1);
        for (bad, why) in [
            ("", "is empty"),
            ("\n", "is empty"),
            ("MARKED MARKED", "holds blanks"),
            ("MARKED\nMARKED", "holds blanks"),
            ("MARKED\u{1b}[2J", "holds blanks"),
            ("MARKEDü", "holds blanks"),
            (&*long, "longer than 16 KiB"),
        ] {
            let error = checked(&Secret::new(bad), "FILE").unwrap_err();
            assert_eq!(error.code, Code::LoginRequired);
            assert!(error.message.contains(why), "{}", error.message);
            assert!(!format!("{error:?}").contains("MARKED"), "{error:?}");
            assert!(!format!("{error:?}").contains("xxxx"), "{error:?}");
        }
    }

    #[test]
    fn claims_are_read_from_whatever_somebody_wrote() {
        let read = |claims: &Value| Claims::of(&token(claims));
        let usual = read(&json!({"sub": "repo:a/b", "aud": "x", "exp": 1_700_000_000}));
        assert_eq!(usual.subject.as_deref(), Some("repo:a/b"));
        assert_eq!(usual.audiences, ["x"]);
        assert_eq!(usual.ends, Some(Timestamp::from_unix(1_700_000_000)));
        assert_eq!(
            read(&json!({"aud": ["x", "y", 7, {}]})).audiences,
            ["x", "y", "7"]
        );
        let odd = read(&json!({"sub": {}, "aud": {}, "exp": "soon"}));
        let nothing = Claims {
            is_token: true,
            ..Claims::default()
        };
        assert_eq!(odd, nothing);
        assert_eq!(
            read(&json!({"exp": -5})).ends,
            Some(Timestamp::from_unix(0))
        );
        assert!(read(&json!({"exp": 1e300})).ends.is_some());
        for opaque in ["opaque", "a.b", "a.b.c", "a.!.c", "..", "a.bnVsbA.c"] {
            let claims = Claims::of(&Secret::new(opaque));
            assert_eq!(claims, Claims::default(), "{opaque}");
        }
    }

    #[test]
    fn a_token_is_over_a_minute_after_its_end() {
        let end = Timestamp::from_unix(1_700_000_000);
        let found = |claims: &Value| IdentityToken {
            token: Secret::new("MARKED"),
            place: "CircleCI".into(),
            claims: Claims::of(&token(claims)),
        };
        let ending = found(&json!({"exp": end.unix()}));
        ending.in_time(end.plus(59)).unwrap();
        let error = ending.in_time(end.plus(60)).unwrap_err();
        assert_eq!(error.code, Code::ExpiredToken);
        assert!(
            error
                .message
                .contains("CircleCI ended at 2023-11-14T22:13:20Z"),
            "{error}"
        );
        assert!(!format!("{error:?} {ending:?}").contains("MARKED"));
        found(&json!({})).in_time(end).unwrap();
    }

    #[test]
    fn where_there_is_nothing_every_way_is_named() {
        let provider = acme();
        let error = nowhere(Wanted {
            provider: &provider,
            audience: "https://acme.example",
            from: &SubjectFrom::Ci,
            by_file: BY_FILE,
        });
        assert_eq!(error.code.exit(), 4);
        let hint = error.hint.unwrap();
        for way in System::ALL
            .map(System::title)
            .into_iter()
            .chain(["KEYFOB_MY_HOST_ID_TOKEN", "--subject-token-file"])
        {
            assert!(hint.contains(way), "no {way} in {hint}");
        }
    }
}
