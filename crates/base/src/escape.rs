//! Strings that came from a server or a file, made harmless before anybody reads them.

use std::borrow::Cow;

/// Shows control, bidirectional and invisible formatting characters as `\u{…}`.
///
/// A server's words could otherwise move the cursor, recolour the terminal, forge a second line or
/// reorder the text of this one.
pub fn escape(text: &str) -> Cow<'_, str> {
    let plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~')); // most are, and it is quickly seen
    if plain || !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if is_unsafe(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Escapes and cuts to `limit` characters, the last one then an ellipsis.
pub fn escape_short(text: &str, limit: usize) -> String {
    let shown = escape(text);
    if shown.chars().count() <= limit {
        return shown.into_owned();
    }
    let mut cut: String = shown.chars().take(limit.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// The same as HTML, safe between tags and in quoted attributes.
pub fn escape_html(text: &str, limit: usize) -> String {
    let mut html = String::new();
    for c in escape_short(text, limit).chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
    html
}

/// Whether a character acts on a terminal or on the text around it instead of being seen: controls, line and
/// paragraph separators, and what is drawn as nothing (Unicode's `Default_Ignorable_Code_Point`, the
/// annotation marks and the blank of Braille).
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_bidi_and_newlines_become_visible() {
        assert_eq!(escape("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(escape("a\u{202e}b\nc"), "a\\u{202e}b\\nc");
        assert_eq!(escape("\u{9b}31m"), "\\u{9b}31m");
    }

    #[test]
    fn what_is_drawn_as_nothing_becomes_visible() {
        for hidden in [
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{1160}',
            '\u{17b4}',
            '\u{180e}',
            '\u{200b}',
            '\u{2060}',
            '\u{2800}',
            '\u{3164}',
            '\u{fe00}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{1bca0}',
            '\u{1d173}',
            '\u{e0001}',
            '\u{e0100}',
            '\u{e01ef}',
        ] {
            let shown = escape(&format!("pay{hidden}pal")).into_owned();
            assert_eq!(shown, format!("pay\\u{{{:x}}}pal", u32::from(hidden)));
        }
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        assert!(matches!(escape("Zoë Ångström 日本"), Cow::Borrowed(_)));
    }

    #[test]
    fn short_text_says_that_it_was_cut() {
        assert_eq!(escape_short("abcdef", 4), "abc…");
        assert_eq!(escape_short("abcd", 4), "abcd");
    }
}
