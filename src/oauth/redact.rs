//! Words of a server, without the secrets that it was just sent.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use keyfob_base::escape::escape_short;
use keyfob_base::secret::Secret;

const REDACTED: &str = "[redacted]";
const LIMIT: usize = 300;
/// The shortest secret that is looked for, in bytes. A shorter one guards nothing, and would tear
/// error codes apart by which a login is judged.
const SHORTEST: usize = 4;

/// A server's words as they may be kept: each of `secrets` replaced, in whichever case, percent-encoding,
/// HTML escapes or Base64 it comes back, then cut to 300 characters.
pub(super) fn words(text: &str, secrets: &[Secret]) -> String {
    escape_short(&redact(text, secrets), LIMIT)
}

fn redact(text: &str, secrets: &[Secret]) -> String {
    let mut values: Vec<&str> = secrets
        .iter()
        .map(Secret::expose)
        .filter(|v| v.len() >= SHORTEST)
        .collect();
    // A secret that begins with another one goes first, or its rest would stay.
    values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    let mut text = text.to_owned();
    for value in values {
        text = replace_encoded(&text.replace(value, REDACTED), value);
        for encoded in base64_of(value) {
            text = replace_encoded(&text, &encoded);
        }
    }
    text
}

/// What of a secret stands in Base64 whatever is encoded before and behind it, in both alphabets.
fn base64_of(secret: &str) -> impl Iterator<Item = String> {
    let whole = |before: usize| [&[0; 2][..before], secret.as_bytes()].concat();
    // The first and last characters hold bits of what is beside it.
    let cut = |before: usize, encoded: String| {
        let end = encoded.len() - usize::from((before + secret.len()) % 3 != 0);
        encoded[[0, 2, 3][before]..end].to_owned()
    };
    (0..3).flat_map(move |before| {
        [STANDARD_NO_PAD, URL_SAFE_NO_PAD].map(|engine| cut(before, engine.encode(whole(before))))
    })
}

/// Each octet of `value` may be itself, `%XX`, a character reference of HTML, and a blank also `+`.
fn replace_encoded(text: &str, value: &str) -> String {
    let (plain, starts) = decode(text.as_bytes());
    let (wanted, _) = spell(value.bytes().enumerate());
    let mut shown = Vec::with_capacity(text.len());
    let mut from = 0;
    for (at, found) in plain.match_indices(&wanted) {
        shown.extend_from_slice(&text.as_bytes()[from..starts[at]]);
        shown.extend_from_slice(REDACTED.as_bytes());
        from = starts[at + found.len()];
    }
    shown.extend_from_slice(&text.as_bytes()[from..]);
    String::from_utf8_lossy(&shown).into_owned()
}

/// Undoes the encodings, and says where in `text` each byte began; the last entry is the end.
fn decode(text: &[u8]) -> (String, Vec<usize>) {
    let mut at = 0;
    let (plain, mut starts) = spell(std::iter::from_fn(|| {
        let start = at;
        let octet = *text.get(at)?;
        let encoded = match octet {
            b'%' => text.get(at + 1..at + 3).and_then(hex).map(|o| (o, 3)),
            b'&' => reference(&text[at + 1..]).map(|(o, length)| (o, length + 1)),
            _ => None,
        };
        let (octet, length) = encoded.unwrap_or((octet, 1));
        at += length;
        Some((start, octet))
    }));
    starts.push(text.len());
    (plain, starts)
}

/// Octets as characters of the same number, so that any can be searched, and where each byte came from.
fn spell(octets: impl Iterator<Item = (usize, u8)>) -> (String, Vec<usize>) {
    let mut spelt = String::new();
    let mut starts = Vec::new();
    for (start, octet) in octets {
        let octet = if octet == b' ' { b'+' } else { octet };
        let c = char::from(octet.to_ascii_lowercase());
        spelt.push(c);
        starts.extend(std::iter::repeat_n(start, c.len_utf8()));
    }
    (spelt, starts)
}

/// The ASCII character that an HTML reference stands for, and the bytes of it after the `&`.
fn reference(text: &[u8]) -> Option<(u8, usize)> {
    /// `#x`, leading zeros, two digits and the semicolon.
    const LONGEST: usize = 10;
    let end = text.iter().take(LONGEST).position(|octet| *octet == b';')?;
    let name = std::str::from_utf8(&text[..end]).ok()?;
    let octet = match name {
        "amp" => b'&',
        "lt" => b'<',
        "gt" => b'>',
        "quot" => b'"',
        "apos" => b'\'',
        _ => {
            let digits = name.strip_prefix('#')?;
            match digits.strip_prefix(['x', 'X']) {
                Some(digits) => u8::from_str_radix(digits, 16).ok()?,
                None => digits.parse().ok()?,
            }
        }
    };
    Some((octet, end + 1))
}

fn hex(digits: &[u8]) -> Option<u8> {
    let digit = |d: u8| char::from(d).to_digit(16);
    u8::try_from(digit(digits[0])? * 16 + digit(digits[1])?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(text: &str, secrets: &[&str]) -> String {
        let secrets: Vec<_> = secrets.iter().map(|s| Secret::new(*s)).collect();
        words(text, &secrets)
    }

    #[test]
    fn a_secret_goes_in_every_encoding() {
        for echoed in [
            "a/b+c d%e",
            "a%2Fb%2Bc+d%25e",
            "a%2fb%2bc%20d%25e",
            "%61/b%2bc%20d%25%65",
            "a&#47;b&#x2B;c d%e",
            "&#x0061;/b&#043;c+d&#37;e",
        ] {
            let shown = hidden(&format!("code <{echoed}> is bad"), &["a/b+c d%e"]);
            assert_eq!(shown, "code <[redacted]> is bad", "{echoed}");
        }
    }

    #[test]
    fn no_other_case_and_no_base64_hides_a_secret() {
        let secret = "Vm-7c/kQ?x>z~9";
        for before in ["", "a", "ab", "id:", "client:"] {
            for after in ["", "!", "zz"] {
                let whole = format!("{before}{secret}{after}");
                for alphabet in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
                    let encoded = alphabet.encode(&whole);
                    let shown = hidden(&format!("Basic {encoded}"), &[secret]);
                    assert!(shown.contains("[redacted]"), "{encoded}: {shown}");
                    assert!(
                        shown.len()
                            <= "Basic [redacted]".len() + 4 + before.len() * 2 + after.len() * 2
                    );
                }
            }
        }
        for echoed in [
            "vm-7c/kq?x>z~9",
            "VM-7C/KQ?X>Z~9",
            "vM%2d7C%2fKq%3Fx%3ez%7E9",
        ] {
            assert_eq!(hidden(&format!("<{echoed}>"), &[secret]), "<[redacted]>");
        }
    }

    #[test]
    fn html_escapes_hide_nothing() {
        let escaped = "<b>&lt;a&amp;b&gt;&quot;&apos;&#39;</b>";
        assert_eq!(hidden(escaped, &["<a&b>\"''"]), "<b>[redacted]</b>");
        let near = "&amp &#; &#x; &#999; &unknown; &";
        assert_eq!(hidden(near, &["unrelated"]), near);
    }

    #[test]
    fn every_occurrence_of_every_secret_goes() {
        assert_eq!(
            hidden("s3cr s3crx s3cr t0ken", &["s3cr", "s3crx", "t0ken"]),
            "[redacted] [redacted] [redacted] [redacted]"
        );
    }

    #[test]
    fn other_words_stay_as_they_are() {
        assert_eq!(
            hidden("100% of ü 日本 %zz %4", &["nothere"]),
            "100% of ü 日本 %zz %4"
        );
        assert_eq!(hidden("access_denied", &["", "c", "den"]), "access_denied");
        assert_eq!(
            hidden("éé%C3%A9%c3%a9éé", &["éé"]),
            "[redacted][redacted][redacted]"
        );
    }

    #[test]
    fn a_secret_at_the_cut_leaves_no_piece() {
        let shown = hidden(
            &format!("{}s3cr3t-value", "x".repeat(295)),
            &["s3cr3t-value"],
        );
        assert_eq!(shown.chars().count(), LIMIT);
        assert!(!shown.contains("s3"), "{shown}");
    }

    #[test]
    fn long_words_are_cut_without_taking_long() {
        let secret = "a".repeat(64 * 1024);
        let text = "a".repeat(1024 * 1024 - 1) + "b";
        let begin = std::time::Instant::now();
        assert!(hidden(&text, &[&(secret + "c")]).chars().count() <= LIMIT);
        assert!(begin.elapsed().as_secs() < 5);
    }
}
