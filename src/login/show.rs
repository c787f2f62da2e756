//! How a device's code is drawn: large, and as a QR code of the page where it is typed.

use std::fmt::Write;

use console::{Alignment, measure_text_width, pad_str};
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

use crate::term::Canvas;
use keyfob_base::escape::escape_short;

/// Black on white whatever the terminal's own colours are, the brighter white where it is known.
const BLACK_ON_WHITE: &str = "\x1b[30;47;107m";

const BOLD: &str = "\x1b[1m";

const PLAIN: &str = "\x1b[0m";

/// The longest code that is shown whole, in characters; RFC 8628 §6.1 advises eight.
const CODE_LIMIT: usize = 64;

/// The fewest characters that are easier to read in groups.
const GROUPED: usize = 6;

/// The most characters of a group.
const GROUP: usize = 4;

/// Columns between a code and its QR code.
const GAP: usize = 3;

/// Lines of text that are seen with them: two above, one below, and the one that moves.
const WORDS: usize = 4;

/// The box round a code: corners from the upper left, horizontal, vertical.
type Frame = [char; 6];

const DRAWN: Frame = ['╔', '╗', '╚', '╝', '═', '║'];

const ASCII: Frame = ['+', '+', '+', '+', '-', '|'];

/// What a device code looks like.
#[derive(Debug, PartialEq, Eq)]
pub struct Drawing {
    /// Lines without an end on the last.
    pub lines: String,
    /// A QR code is in it.
    pub scans: bool,
}

/// A code, and the page with the code in its address as a QR code where both are seen together: side by
/// side, or one above the other.
pub fn code(user_code: &str, complete: Option<&str>, canvas: &Canvas) -> Drawing {
    let code = code_box(user_code, canvas);
    let both = complete
        .and_then(|url| qr(url, canvas))
        .and_then(|qr| beside(&code, &qr, canvas).or_else(|| above(&code, &qr, canvas)));
    Drawing {
        scans: both.is_some(),
        lines: both.unwrap_or(code),
    }
}

/// The left one halfway down the right one.
fn beside(left: &str, right: &str, canvas: &Canvas) -> Option<String> {
    let (left, right): (Vec<_>, Vec<_>) = (left.lines().collect(), right.lines().collect());
    let width = widest(&left) + GAP;
    if width + widest(&right) > canvas.width || right.len() + WORDS > canvas.height {
        return None;
    }
    let above = right.len().saturating_sub(left.len()) / 2;
    let lines = right.iter().enumerate().map(|(row, right)| {
        let left = row.checked_sub(above).and_then(|row| left.get(row));
        let left = pad_str(left.unwrap_or(&""), width, Alignment::Left, None);
        format!("{left}{right}")
    });
    Some(lines.collect::<Vec<_>>().join("\n"))
}

fn above(upper: &str, lower: &str, canvas: &Canvas) -> Option<String> {
    let both = format!("{upper}\n{lower}");
    (both.lines().count() + WORDS <= canvas.height).then_some(both)
}

fn widest(lines: &[&str]) -> usize {
    let widths = lines.iter().map(|line| measure_text_width(line));
    widths.max().unwrap_or_default()
}

/// A URL as a QR code of half blocks, with the four modules of quiet zone that readers rely on; lines
/// without an end on the last. None where it would not be seen whole, or not as such.
///
/// Without colour the blocks are the light modules, as on a dark terminal; most readers take the reverse,
/// too.
fn qr(url: &str, canvas: &Canvas) -> Option<String> {
    if !canvas.unicode {
        return None;
    }
    let code = QrCode::with_error_correction_level(url, EcLevel::L).ok()?;
    let mut image = code.render::<Dense1x2>();
    if !canvas.colour {
        image.dark_color(Dense1x2::Light);
        image.light_color(Dense1x2::Dark);
    }
    let image = image.build();
    let (width, height) = (code.width() + 8, image.lines().count());
    if width > canvas.width || height + WORDS > canvas.height {
        return None;
    }
    if !canvas.colour {
        return Some(image);
    }
    let lines = image
        .lines()
        .map(|line| format!("{BLACK_ON_WHITE}{line}{PLAIN}"));
    Some(lines.collect::<Vec<_>>().join("\n"))
}

/// A code in a box, in groups where it has none of its own; lines without an end on the last. On a
/// terminal too narrow for a box, the code alone.
///
/// The groups are for the eye alone. Servers are advised to ignore punctuation (RFC 8628 §6.1), and one
/// that has put its own into the code knows best: that code is left as it is.
fn code_box(user_code: &str, canvas: &Canvas) -> String {
    let code = escape_short(&grouped(user_code), CODE_LIMIT);
    let inside = measure_text_width(&code) + 6;
    let bold = if canvas.colour {
        format!("{BOLD}{code}{PLAIN}")
    } else {
        code
    };
    if canvas.width > 0 && inside + 4 > canvas.width {
        return format!("  {bold}");
    }
    let frame = if canvas.unicode { DRAWN } else { ASCII };
    let [
        upper_left,
        upper_right,
        lower_left,
        lower_right,
        across,
        down,
    ] = frame;
    let edge: String = std::iter::repeat_n(across, inside).collect();
    let blank = " ".repeat(inside);
    let mut lines = String::new();
    let _ = writeln!(lines, "  {upper_left}{edge}{upper_right}");
    let _ = writeln!(lines, "  {down}{blank}{down}");
    let _ = writeln!(lines, "  {down}   {bold}   {down}");
    let _ = writeln!(lines, "  {down}{blank}{down}");
    let _ = write!(lines, "  {lower_left}{edge}{lower_right}");
    lines
}

/// `WDJBMJHT` as `WDJB MJHT`: groups of nearly one length, the longer first.
fn grouped(code: &str) -> String {
    let count = code.len();
    if count < GROUPED || !code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return code.to_owned();
    }
    let groups = count.div_ceil(GROUP);
    let mut rest = code;
    let mut grouped = String::new();
    for left in (1..=groups).rev() {
        let (group, behind) = rest.split_at(rest.len().div_ceil(left));
        grouped.push_str(group);
        if left > 1 {
            grouped.push(' ');
        }
        rest = behind;
    }
    grouped
}

#[cfg(test)]
mod tests;
