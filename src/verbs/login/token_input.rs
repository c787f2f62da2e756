//! What standard input holds, read within bounds into memory that is wiped, and told from all that is no token.

use std::fs::File;
use std::io::{self, ErrorKind, Read};

use secrecy::zeroize::Zeroizing;

use crate::variables::is_variable;
use keyfob_base::secret::Secret;

/// The longest token that is taken, in bytes; no header could carry much more.
pub(crate) const LONGEST: usize = 16 * 1024;

/// What is read at most: the longest token, the end of its line, and a byte that is too many.
const ROOM: usize = LONGEST + 3;

pub(crate) fn read_standard_input() -> io::Result<Zeroizing<Vec<u8>>> {
    read(&mut unbuffered()?)
}

/// Standard input without the library's buffer, in which a copy of the token would stay.
fn unbuffered() -> io::Result<File> {
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
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
    /// What is wrong, with nothing of the text, and what to do about it, in the imperative.
    pub(crate) fn explain(self) -> (&'static str, &'static str) {
        let alone = "give the token alone";
        match self {
            Self::Empty => ("no token was given", "pipe it in"),
            Self::Long => (
                "what was given is longer than 16 KiB, and no token is",
                alone,
            ),
            Self::Lines => (
                "what was given has more than one line, and a token is one",
                alone,
            ),
            Self::Blanks => (
                "what was given holds blanks, and no token does",
                "give the token alone, without a scheme such as `Bearer` before it",
            ),
            Self::Characters => (
                "what was given is not printable ASCII, and every token is",
                alone,
            ),
            Self::Json => (
                "what was given is JSON, and not the token alone",
                "take the token out of it, as `jq -r .access_token` does",
            ),
            Self::Quotes => (
                "what was given is in quotes, and not the token alone",
                "give the token alone, without quotes around it",
            ),
            Self::Assignment => (
                "what was given is an assignment, and not the token alone",
                "give the token alone, without a name before it",
            ),
        }
    }
}

/// The token in what was given: `[\x21-\x7E]+`, at most 16 KiB of it, blanks and line ends around it left out.
pub(crate) fn parse(given: &[u8]) -> std::result::Result<Secret, Flaw> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(given: &[u8]) -> std::result::Result<String, Flaw> {
        let bytes = read(&mut &given[..]).unwrap();
        parse(&bytes).map(|token| token.expose().to_owned())
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
        assert_eq!(parse(&endless).unwrap_err(), Flaw::Long);
    }
}
