//! Where the moving line is drawn: stderr, all but its last columns.
//!
//! indicatif fills its line to the end. What a key echoes then, the `^C` of an interruption first of all,
//! would go to the next line, and that one would be erased instead of the moving one.

use std::io;

use console::Term;
use indicatif::{ProgressDrawTarget, TermLike};

/// Room for the echo of a few keys.
const COLUMNS: u16 = 8;

/// How often a second it is drawn at most; indicatif's own number for a terminal.
const HERTZ: u8 = 20;

/// A terminal that seems a little narrower than it is.
#[derive(Debug)]
struct Margin(Term);

pub(crate) fn target() -> ProgressDrawTarget {
    let stderr = Margin(Term::buffered_stderr());
    ProgressDrawTarget::term_like_with_hz(Box::new(stderr), HERTZ)
}

impl TermLike for Margin {
    fn width(&self) -> u16 {
        self.0.size().1.saturating_sub(COLUMNS).max(1)
    }

    fn height(&self) -> u16 {
        self.0.size().0
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_up(n)
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_down(n)
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_right(n)
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_left(n)
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        self.0.write_line(line)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.0.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.0.flush()
    }
}
