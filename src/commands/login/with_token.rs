//! `login --with-token`: an existing token from standard input, judged before it is sent anywhere.
//!
//! No message shows anything of what was read: whatever it is, it may be a secret.

use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Read};

use secrecy::zeroize::Zeroizing;

use super::{again, by_url, report, store};
use crate::account::Account;
use crate::cli;
use crate::commands::app::App;
use crate::commands::{embedded, network};
use crate::error::{Code, Error, Result};
use crate::login::{Given, given_token};
use crate::names::{is_provider_name, is_variable};
use crate::nearest::nearest;
use crate::provider::{Provider, Verdict, judge};
use crate::secret::Secret;

/// The longest token that is taken, in bytes; no header could carry much more.
const LONGEST: usize = 16 * 1024;

/// What is read at most: the longest token, the end of its line, and a byte that is too many.
const ROOM: usize = LONGEST + 3;

/// The longest line that a terminal lets through whole, in bytes; it drops the rest without a word.
const LINE: usize = if cfg!(target_os = "linux") {
    4094
} else if cfg!(unix) {
    1022
} else {
    LONGEST
};

/// How much longer than a provider's name a slip of it may be; a token can begin as a name does.
const SLIP: usize = 3;

/// Refuses a target that may be the token, with no word of it: one that is neither a URL nor near any
/// provider's name.
pub fn check_target(app: &App, target: &str) -> Result<()> {
    let name = target.split('/').next().unwrap_or_default();
    let names = app.registry.names();
    let meant = nearest(name, names.iter().map(String::as_str));
    let likely = by_url::is_url(target)
        || meant.is_some_and(|meant| name.len() <= meant.len() + SLIP)
        || is_provider_name(name) && !app.vault.accounts_of(name).accounts.is_empty();
    if likely {
        return Ok(());
    }
    let what = "no provider has the name that was given, and `--with-token` takes no value";
    Err(Error::new(Code::UnknownProvider, what).hint(
        "give the token on standard input: `… | keyfob login PROVIDER --with-token`; `keyfob provider list` shows the names",
    ))
}

/// Takes the token, and keeps it as an account.
pub fn run(
    app: &App,
    args: &cli::Login,
    provider: &Provider,
    expected: Option<Account>,
) -> Result<()> {
    let store = store(app, args, expected.as_ref(), provider)?;
    let token = take(app, provider, &again::again(args))?;
    looks_right(app, provider, &token)?;
    let name = provider.name.as_str();
    let (registry, _sandbox) = embedded::start(app, [name], None)?;
    let done = network::online(app, registry, async |online| {
        let given = Given {
            provider: online.registry.get(name)?,
            token,
            expected,
            name: args.name.clone(),
            replace: args.replace,
            verify: !args.no_verify,
            store,
        };
        Box::pin(given_token(&online, given)).await
    })?;
    report::report(app, provider, &done, args.store.is_some())
}

/// Reads the token, or asks for it where standard input is a terminal. `command` is what it is piped into.
fn take(app: &App, provider: &Provider, command: &str) -> Result<Secret> {
    let pipe = |next: &str| format!("{next}: `… | {command}`");
    let refused =
        |what: &str, next: &str| Error::new(Code::Usage, what.to_owned()).hint(pipe(next));
    let given = if io::stdin().is_terminal() {
        if let Some(page) = provider.given.page.as_ref().filter(|_| app.term.can_ask()) {
            app.term.say(&format!("tokens are made at {page}"));
        }
        let question = format!("token for {}:", provider.title);
        let typed = app.term.ask_secret(&question, &pipe("pipe it in"))?;
        if typed.expose().len() > LINE {
            let what = format!("a terminal may cut a line that is longer than {LINE} bytes");
            return Err(refused(&what, "pipe the token in"));
        }
        token(typed.expose().as_bytes())
    } else {
        let bytes = standard_input().and_then(|mut input| read(&mut input));
        let bytes = bytes.map_err(|error| {
            refused(
                &format!("cannot read standard input: {error}"),
                "pipe the token in",
            )
        })?;
        token(&bytes)
    };
    given.map_err(|flaw| refused(flaw.what(), flaw.next()))
}

/// Standard input without the library's buffer, in which a copy of the token would stay.
fn standard_input() -> io::Result<File> {
    #[cfg(unix)]
    let handle = std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned();
    #[cfg(windows)]
    let handle = std::os::windows::io::AsHandle::as_handle(&io::stdin()).try_clone_to_owned();
    handle.map(File::from)
}

/// Reads to the end, or to one byte too many, into memory that is wiped.
fn read(input: &mut impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; ROOM]); // never grows, which would leave a copy behind
    let mut filled = 0;
    loop {
        match input.read(&mut bytes[filled..]) {
            Ok(0) => break,
            Ok(more) => filled += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

/// Why something is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    Empty,
    Long,
    Lines,
    Blanks,
    Characters,
    Json,
    Quotes,
    Assignment,
}

impl Flaw {
    fn what(self) -> &'static str {
        match self {
            Self::Empty => "no token was given",
            Self::Long => "what was given is longer than 16 KiB, and no token",
            Self::Lines => "what was given has more than one line, and a token is one",
            Self::Blanks => "what was given holds blanks, and no token does",
            Self::Characters => "what was given is not printable ASCII, and no token",
            Self::Json => "what was given is JSON, and not the token alone",
            Self::Quotes => "what was given is in quotes, and not the token alone",
            Self::Assignment => "what was given is an assignment, and not the token alone",
        }
    }

    fn next(self) -> &'static str {
        match self {
            Self::Empty => "pipe it in",
            Self::Long | Self::Lines | Self::Characters => "give the token alone",
            Self::Blanks => "give the token alone, without a scheme such as `Bearer` before it",
            Self::Json => "take the token out of it, as `jq -r .access_token` does",
            Self::Quotes => "give the token alone, without quotes around it",
            Self::Assignment => "give the token alone, without a name before it",
        }
    }
}

/// The token in what was given: `[\x21-\x7E]+`, at most 16 KiB of it, blanks and line ends around it left out.
fn token(given: &[u8]) -> std::result::Result<Secret, Flaw> {
    let bytes = given.trim_ascii();
    if given.len() >= ROOM || bytes.len() > LONGEST {
        return Err(Flaw::Long);
    }
    if bytes.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
        return Err(Flaw::Lines);
    }
    if bytes.iter().any(|byte| matches!(byte, b' ' | b'\t')) {
        return Err(Flaw::Blanks);
    }
    let text = str::from_utf8(bytes).map_err(|_| Flaw::Characters)?;
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Flaw::Characters);
    }
    match text.bytes().next() {
        None => Err(Flaw::Empty),
        Some(b'{' | b'[') => Err(Flaw::Json),
        Some(b'"' | b'\'' | b'`') => Err(Flaw::Quotes),
        Some(_) if is_assignment(text) => Err(Flaw::Assignment),
        Some(_) => Ok(Secret::new(text)),
    }
}

/// Whether a name stands before a value; a token may end in `=` (RFC 6750 §2.1).
fn is_assignment(text: &str) -> bool {
    let assigned = text.split_once('=');
    assigned.is_some_and(|(name, value)| is_variable(name) && value.bytes().any(|b| b != b'='))
}

/// Judges the token by how it begins: what is certainly wrong is sent nowhere.
fn looks_right(app: &App, provider: &Provider, token: &Secret) -> Result<()> {
    let names = app.registry.names().into_iter();
    // A file that cannot be read says nothing about its provider's tokens.
    let all: Vec<Provider> = names
        .filter_map(|name| app.registry.describe(&name).ok())
        .collect();
    let Provider { name, title, .. } = provider;
    match judge(provider, &all, token) {
        Verdict::Fits => Ok(()),
        Verdict::Unknown => {
            let known = provider.prefixes.access.join("`, `");
            app.term.warn(&format!(
                "tokens of {title} begin with `{known}`, and this one does not"
            ));
            Ok(())
        }
        Verdict::Refresh(of) => Err(Error::new(
            Code::Usage,
            format!(
                "this is a refresh token of {}, which opens nothing; it was not sent",
                of.title
            ),
        )
        .hint(format!(
            "give an access token; `keyfob login {name}` signs in and gets refresh tokens of its own"
        ))),
        Verdict::Foreign(of) => Err(Error::new(
            Code::Usage,
            format!(
                "this is a token of {}, and not of {title}; it was not sent",
                of.title
            ),
        )
        .hint(format!(
            "`keyfob login {} --with-token` takes it; where {title} takes such tokens too, add their beginning to `prefixes.access` of `{name}`",
            of.name
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(given: &[u8]) -> std::result::Result<String, Flaw> {
        let bytes = read(&mut &given[..]).unwrap();
        token(&bytes).map(|token| token.expose().to_owned())
    }

    #[test]
    fn blanks_and_line_ends_around_a_token_are_left_out() {
        for given in [
            "hf_abc",
            "hf_abc\n",
            "hf_abc\r\n",
            " \t hf_abc \r\n\n",
            "\n\nhf_abc",
        ] {
            assert_eq!(taken(given.as_bytes()).unwrap(), "hf_abc", "{given:?}");
        }
        let every: String = (0x21..=0x7e).map(char::from).collect();
        assert_eq!(taken(every.as_bytes()).unwrap(), every);
        for padded in ["YWJj=", "YWJjZA==", "a.b/c+d~e=="] {
            assert_eq!(taken(padded.as_bytes()).unwrap(), padded);
        }
    }

    #[test]
    fn what_is_no_token_is_told_from_one() {
        for (given, flaw) in [
            (&b""[..], Flaw::Empty),
            (b" \r\n\t ", Flaw::Empty),
            (b"one\ntwo", Flaw::Lines),
            (b"one\rtwo", Flaw::Lines),
            (b"{\n \"access_token\": \"x\"\n}\n", Flaw::Lines),
            (b"Bearer xyz", Flaw::Blanks),
            (b"Authorization: Bearer xyz", Flaw::Blanks),
            (b"a\tb", Flaw::Blanks),
            (b"a\0b", Flaw::Characters),
            (b"hf_abc\0", Flaw::Characters),
            (b"\x1b[31mhf", Flaw::Characters),
            ("hf_ü".as_bytes(), Flaw::Characters),
            ("\u{feff}hf_abc".as_bytes(), Flaw::Characters),
            (b"hf\xff", Flaw::Characters),
            (b"h\0f\0_\0", Flaw::Characters),
            (b"{\"access_token\":\"x\"}", Flaw::Json),
            (b"\"hf_abc\"", Flaw::Quotes),
            (b"'hf_abc'", Flaw::Quotes),
            (b"hf_token=hf_abc", Flaw::Assignment),
            (b"HF_TOKEN==x", Flaw::Assignment),
        ] {
            assert_eq!(taken(given), Err(flaw), "{given:?}");
        }
    }

    #[test]
    fn sixteen_kibibytes_are_taken_and_no_byte_more() {
        let most = "x".repeat(LONGEST);
        assert_eq!(taken(format!("{most}\r\n").as_bytes()).unwrap(), most);
        for more in [format!("{most}x"), format!("{most}{}", " ".repeat(3))] {
            assert_eq!(taken(more.as_bytes()), Err(Flaw::Long));
        }
        let endless = read(&mut io::repeat(b'x')).unwrap();
        assert_eq!((endless.len(), endless.capacity()), (ROOM, ROOM));
        assert_eq!(token(&endless).unwrap_err(), Flaw::Long);
    }
}
