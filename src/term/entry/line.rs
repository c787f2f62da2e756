//! A line as its keys come in: what edits it, what ends it, and what is no part of it.

use secrecy::zeroize::{Zeroize, Zeroizing};

use super::{LONGEST, Typed};
use keyfob_base::secret::Secret;

const BACKSPACE: u8 = 0x08;
const DELETE: u8 = 0x7f;
const CTRL_D: u8 = 0x04;
const CTRL_U: u8 = 0x15;
const BELL: u8 = 0x07;
const ESCAPE: u8 = 0x1b;

pub(crate) struct Line {
    /// Never grows beyond what it has from the start, so that no copy of it stays behind.
    text: Zeroizing<Vec<u8>>,
    too_long: bool,
    /// A line break has come; it ends the line unless more follows at once.
    broken: bool,
    within: Within,
}

/// Which sequence the next byte belongs to (ECMA-48): an arrow key, the marks round a paste, an answer.
#[derive(Clone, Copy, PartialEq)]
enum Within {
    Text,
    /// Behind `ESC`.
    Escape,
    /// Behind `ESC O`: one more.
    Single,
    /// Behind `ESC [`: up to the first letter.
    Control,
    /// Behind `ESC ]`, `ESC P` and the like: up to `BEL` or `ESC \`.
    String,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            text: Zeroizing::new(Vec::with_capacity(LONGEST)),
            too_long: false,
            broken: false,
            within: Within::Text,
        }
    }
}

impl Line {
    /// Takes the next byte. Only Ctrl-D on an empty line is an event at once.
    pub(crate) fn take(&mut self, byte: u8) -> Option<Typed> {
        if self.is_of_sequence(byte) {
            return None;
        }
        match byte {
            b'\r' | b'\n' => self.broken = true,
            BACKSPACE | DELETE => self.erase(),
            CTRL_U => self.clear(),
            CTRL_D if self.text.is_empty() && !self.too_long && !self.broken => {
                return Some(Typed::Closed);
            }
            0..=0x1f => {}
            _ => self.put(byte),
        }
        None
    }

    /// The line is at its end if its last key was a line break, and an `ESC` was the key of that name.
    pub(crate) fn rest(&mut self) -> Option<Typed> {
        if self.within == Within::Escape {
            self.within = Within::Text;
        }
        if !self.broken {
            return None;
        }
        let typed = if self.too_long {
            Typed::TooLong
        } else {
            Typed::Line(Secret::new(String::from_utf8_lossy(&self.text)))
        };
        self.clear();
        Some(typed)
    }

    fn put(&mut self, byte: u8) {
        if std::mem::take(&mut self.broken) && !self.text.is_empty() {
            self.append(b'\n');
        }
        self.append(byte);
    }

    fn append(&mut self, byte: u8) {
        if self.text.len() == LONGEST {
            self.too_long = true;
            self.text.zeroize();
        }
        if !self.too_long {
            self.text.push(byte);
        }
    }

    fn erase(&mut self) {
        self.broken = false;
        while let Some(byte) = self.text.pop() {
            if byte & 0xc0 != 0x80 {
                break;
            }
        }
    }

    fn clear(&mut self) {
        self.text.zeroize();
        self.too_long = false;
        self.broken = false;
    }

    /// Whether a byte belongs to a sequence. A line break ends any: there was none.
    fn is_of_sequence(&mut self, byte: u8) -> bool {
        let (next, part) = match (self.within, byte) {
            (_, b'\r' | b'\n') => (Within::Text, false),
            (_, ESCAPE) => (Within::Escape, true),
            (Within::Text, _) => (Within::Text, false),
            (Within::Escape, b'[') => (Within::Control, true),
            (Within::Escape, b'O') => (Within::Single, true),
            (Within::Escape, b']' | b'P' | b'X' | b'^' | b'_') => (Within::String, true),
            (Within::Control, 0x40..=0x7e)
            | (Within::String, BELL)
            | (Within::Escape | Within::Single, _) => (Within::Text, true),
            (within @ (Within::Control | Within::String), _) => (within, true),
        };
        self.within = next;
        part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the keys give, a pause after each string of them.
    fn typed(bursts: &[&[u8]]) -> Vec<Typed> {
        let mut line = Line::default();
        let mut events = Vec::new();
        for burst in bursts {
            events.extend(burst.iter().filter_map(|byte| line.take(*byte)));
            events.extend(line.rest());
        }
        events
    }

    fn line(text: &str) -> Typed {
        Typed::Line(Secret::new(text))
    }

    #[track_caller]
    fn assert_line(keys: &[u8], text: &str) {
        assert_eq!(typed(&[keys]), [line(text)], "{keys:?}");
    }

    #[test]
    fn return_or_newline_ends_a_line() {
        for end in ["\r", "\n", "\r\n"] {
            assert_line(format!("abc{end}").as_bytes(), "abc");
            assert_line(end.as_bytes(), "");
        }
        assert_eq!(typed(&[b"ab", b"c\r", b"\r"]), [line("abc"), line("")]);
        assert_eq!(typed(&[b"abc"]), []);
    }

    #[test]
    fn a_break_with_more_behind_it_is_within_the_line() {
        assert_line(b"ab\rcd\r\nef\r", "ab\ncd\nef");
        assert_line(b"\r\n\r\nab\n\n\ncd\r\r", "ab\ncd");
        assert_eq!(typed(&[b"ab\rcd", b"ef\r"]), [line("ab\ncdef")]);
    }

    #[test]
    fn keys_edit_the_line() {
        assert_line(b"abx\x7fc\r", "abc");
        assert_line(b"abx\x08c\r", "abc");
        assert_line("ab\u{20ac}\x7fc\r".as_bytes(), "abc");
        assert_line(b"\x7f\x7fa\r", "a");
        assert_line(b"wrong\x15right\r", "right");
        assert_line(b"ab\r\x7fc\r", "ac");
    }

    #[test]
    fn control_d_closes_an_empty_line_alone() {
        assert_eq!(typed(&[b"\x04"]), [Typed::Closed]);
        assert_eq!(typed(&[b"ab\x15\x04"]), [Typed::Closed]);
        assert_line(b"ab\x04c\r", "abc");
        assert_line(b"\r\x04", "");
    }

    #[test]
    fn what_is_no_text_is_dropped() {
        for keys in [
            "\u{1b}[200~abc\u{1b}[201~\r",
            "\u{1b}[200~abc\r\u{1b}[201~",
            "a\0b\tc\u{1}\u{1f}\r",
            "a\u{1b}[Ab\u{1b}[1;5Cc\r",
            "\u{1b}OPabc\r",
            "\u{1b}]11;rgb:0000/0000/0000\u{7}abc\r",
            "\u{1b}]11;rgb:0000/0000/0000\u{1b}\\abc\r",
            "\u{1b}P1$r0m\u{1b}\\abc\r",
            "\u{1b}xabc\r",
            "\u{1b}\u{1b}[Babc\r",
            "abc\u{1b}\r",
            "abc\u{1b}[\r",
        ] {
            assert_line(keys.as_bytes(), "abc");
        }
    }

    #[test]
    fn the_escape_key_takes_no_letter_with_it_and_a_sequence_may_come_in_parts() {
        assert_eq!(typed(&[b"\x1b", b"abc\r"]), [line("abc")]);
        assert_eq!(typed(&[b"\x1b[20", b"0~abc\r"]), [line("abc")]);
    }

    #[test]
    fn a_line_may_be_as_long_as_the_bound_and_no_longer() {
        let longest = "x".repeat(LONGEST);
        assert_line(format!("{longest}\r").as_bytes(), &longest);
        let longer = format!("{longest}y\r");
        assert_eq!(
            typed(&[longer.as_bytes(), b"z\r"]),
            [Typed::TooLong, line("z")]
        );
        let mended = format!("{longest}yy\x15z\r");
        assert_line(mended.as_bytes(), "z");
        let broken = format!("x\r{}\r", "y".repeat(LONGEST - 1));
        assert_eq!(typed(&[broken.as_bytes()]), [Typed::TooLong]);
    }

    #[test]
    fn the_buffer_is_never_moved() {
        let mut line = Line::default();
        let (place, capacity) = (line.text.as_ptr(), line.text.capacity());
        for _ in 0..3 * LONGEST {
            line.take(b'x');
        }
        assert_eq!(
            (line.text.as_ptr(), line.text.capacity()),
            (place, capacity)
        );
    }

    #[test]
    fn bytes_that_are_no_utf_8_are_no_reason_to_stop() {
        assert_line(b"a\xffb\r", "a\u{fffd}b");
    }
}
