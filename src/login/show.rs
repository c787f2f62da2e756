//! How a device's code is drawn: large, and as a QR code of the page where it is typed.

use std::fmt::Write;

use console::{Alignment, measure_text_width, pad_str};
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

use crate::oauth::device::PlainCode;
use crate::term::Canvas;
use crate::words::PageAddress;

/// Black on white whatever the terminal's own colours are, the brighter white where it is known.
const BLACK_ON_WHITE: &str = "\x1b[30;47;107m";

const BOLD: &str = "\x1b[1m";

const PLAIN: &str = "\x1b[0m";

const GROUPED: usize = 6;

const GROUP: usize = 4;

/// Columns between a code and its QR code.
const GAP: usize = 3;

/// Lines of text that are seen with them: two above, one below, and the one that moves.
const WORDS: usize = 4;

/// The box round a code: corners from the upper left, horizontal, vertical.
type Frame = [char; 6];

const DRAWN: Frame = ['╔', '╗', '╚', '╝', '═', '║'];

const ASCII: Frame = ['+', '+', '+', '+', '-', '|'];

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Drawing {
    pub lines: String,
    pub scans: bool,
}

/// A code, and the page with the code in its address as a QR code where both are seen together: side by
/// side, or one above the other.
pub(crate) fn draw(
    user_code: &PlainCode,
    complete: Option<&PageAddress>,
    canvas: &Canvas,
) -> Drawing {
    let code = draw_box(user_code.as_str(), canvas);
    let both = complete
        .and_then(|url| draw_qr(url.as_str(), canvas))
        .and_then(|qr| {
            place_beside(&code, &qr, canvas).or_else(|| place_above(&code, &qr, canvas))
        });
    Drawing {
        scans: both.is_some(),
        lines: both.unwrap_or(code),
    }
}

/// The left one halfway down the right one.
fn place_beside(left: &str, right: &str, canvas: &Canvas) -> Option<String> {
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

fn place_above(upper: &str, lower: &str, canvas: &Canvas) -> Option<String> {
    let both = format!("{upper}\n{lower}");
    (both.lines().count() + WORDS <= canvas.height).then_some(both)
}

fn widest(lines: &[&str]) -> usize {
    let widths = lines.iter().map(|line| measure_text_width(line));
    widths.max().unwrap_or_default()
}

/// With the four modules of quiet zone that readers rely on. None where it would not be seen whole, or not as such.
/// Without colour the blocks are the light modules, as on a dark terminal; most readers take the reverse, too.
fn draw_qr(url: &str, canvas: &Canvas) -> Option<String> {
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

/// In groups where it has none of its own; on a terminal too narrow for a box, the code alone.
/// The groups are for the eye alone. Servers are advised to ignore punctuation (RFC 8628 §6.1), and one
/// that has put its own into the code knows best: that code is left as it is.
fn draw_box(user_code: &str, canvas: &Canvas) -> String {
    let code = group(user_code);
    let inside = measure_text_width(&code) + 6;
    let bold = if canvas.colour {
        format!("{BOLD}{code}{PLAIN}")
    } else {
        code
    };
    if canvas.width > 0 && inside + 4 > canvas.width {
        return format!("  {bold}");
    }
    let [nw, ne, sw, se, across, down] = if canvas.unicode { DRAWN } else { ASCII };
    let edge: String = std::iter::repeat_n(across, inside).collect();
    let blank = " ".repeat(inside);
    let mut lines = String::new();
    let _ = writeln!(lines, "  {nw}{edge}{ne}");
    let _ = writeln!(lines, "  {down}{blank}{down}");
    let _ = writeln!(lines, "  {down}   {bold}   {down}");
    let _ = writeln!(lines, "  {down}{blank}{down}");
    let _ = write!(lines, "  {sw}{edge}{se}");
    lines
}

/// `WDJBMJHT` as `WDJB MJHT`: groups of nearly one length, the longer first.
fn group(code: &str) -> String {
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
mod tests {
    use super::*;

    const URL: &str = "https://id.example.com/device?user_code=WDJB-MJHT";

    const TERMINAL: Canvas = Canvas {
        width: 80,
        height: 24,
        colour: true,
        unicode: true,
    };

    const COLOURLESS: Canvas = Canvas {
        colour: false,
        ..TERMINAL
    };

    /// What a camera sees: true is dark. Foreground and background as the terminal has them.
    fn seen(drawing: &str, foreground: bool, background: bool) -> Vec<Vec<bool>> {
        let plain = console::strip_ansi_codes(drawing);
        let half = |line: &str, upper: bool| {
            let module = |c| {
                let drawn = match c {
                    '█' => true,
                    '▀' => upper,
                    '▄' => !upper,
                    ' ' => false,
                    _ => panic!("no half block: {c}"),
                };
                if drawn { foreground } else { background }
            };
            line.chars().map(module).collect()
        };
        let halves = plain
            .lines()
            .flat_map(|line| [half(line, true), half(line, false)]);
        halves.collect()
    }

    /// Reads a code as a telephone does, each module four pixels wide.
    fn read(modules: &[Vec<bool>]) -> String {
        let side = modules[0].len() * 4;
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| {
            if modules[y / 4][x / 4] { 0 } else { 255 }
        });
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1);
        grids[0].decode().unwrap().1
    }

    #[test]
    fn a_reader_finds_the_url_in_the_drawing() {
        for url in [
            URL.to_owned(),
            format!("https://a.example/{}", "x".repeat(60)),
        ] {
            let tall = |canvas| Canvas {
                height: 30,
                ..canvas
            };
            let coloured = draw_qr(&url, &tall(TERMINAL)).unwrap();
            assert_eq!(read(&seen(&coloured, true, false)), url);
            let plain = draw_qr(&url, &tall(COLOURLESS)).unwrap();
            assert_eq!(read(&seen(&plain, false, true)), url, "on a dark terminal");
            assert!(!plain.contains('\x1b'));
        }
    }

    #[test]
    fn the_drawing_has_its_quiet_zone_and_its_own_colours() {
        let drawing = draw_qr(URL, &TERMINAL).unwrap();
        for line in drawing.lines() {
            assert!(
                line.starts_with(BLACK_ON_WHITE) && line.ends_with(PLAIN),
                "{line:?}"
            );
        }
        let modules = seen(&drawing, true, false);
        let (width, height) = (modules[0].len(), modules.len());
        for (y, line) in modules.iter().enumerate() {
            for (x, dark) in line.iter().enumerate() {
                let quiet = x < 4 || y < 4 || x + 4 >= width || y + 4 >= height.min(width);
                assert!(!(quiet && *dark), "{x} {y}");
            }
        }
    }

    #[test]
    fn what_would_not_be_seen_whole_is_not_drawn() {
        let drawing = draw_qr(URL, &TERMINAL).unwrap();
        let (height, width) = (
            drawing.lines().count(),
            seen(&drawing, true, false)[0].len(),
        );
        let fits = |width, height| {
            let canvas = Canvas {
                width,
                height,
                ..TERMINAL
            };
            draw_qr(URL, &canvas).is_some()
        };
        assert!(fits(width, height + WORDS));
        assert!(!fits(width - 1, height + WORDS) && !fits(width, height + WORDS - 1));
        assert!(!fits(0, 0), "no terminal");
        let latin = Canvas {
            unicode: false,
            ..TERMINAL
        };
        assert_eq!(draw_qr(URL, &latin), None);
        assert_eq!(draw_qr(&"x".repeat(10_000), &TERMINAL), None);
    }

    #[test]
    fn codes_are_grouped_unless_they_have_groups() {
        for (code, shown) in [
            ("WDJBMJHT", "WDJB MJHT"),
            ("ABCDEF", "ABC DEF"),
            ("ABCDEFG", "ABCD EFG"),
            ("123456789", "123 456 789"),
            ("ABCDEFGHIJ", "ABCD EFG HIJ"),
            ("ABCDE", "ABCDE"),
            ("WDJB-MJHT", "WDJB-MJHT"),
            ("ABC DEF GHI", "ABC DEF GHI"),
            ("", ""),
            ("ÄÖÜäöüß", "ÄÖÜäöüß"),
        ] {
            assert_eq!(group(code), shown);
        }
    }

    #[test]
    fn the_code_stands_in_a_box() {
        let drawn = "  ╔═══════════════╗\n  ║               ║\n  ║   WDJB MJHT   ║\n  ║               ║\n  ╚═══════════════╝";
        assert_eq!(draw_box("WDJBMJHT", &COLOURLESS), drawn);
        let ascii = Canvas::default();
        assert_eq!(
            draw_box("12345", &ascii),
            "  +-----------+\n  |           |\n  |   12345   |\n  |           |\n  +-----------+"
        );
        let coloured = draw_box("WDJBMJHT", &TERMINAL);
        assert_eq!(console::strip_ansi_codes(&coloured), drawn);
        assert!(coloured.contains("\x1b[1mWDJB MJHT\x1b[0m"), "{coloured:?}");
        let narrow = Canvas {
            width: 18,
            ..COLOURLESS
        };
        assert_eq!(draw_box("WDJBMJHT", &narrow), "  WDJB MJHT");
    }

    #[test]
    fn a_code_and_its_qr_code_are_seen_together_or_the_code_alone() {
        let code = || PlainCode::new("WDJBMJHT").unwrap();
        let url = PageAddress::new(&URL.parse().unwrap());
        let on = |width, height| {
            let canvas = Canvas {
                width,
                height,
                ..TERMINAL
            };
            draw(&code(), Some(&url), &canvas)
        };
        let alone = draw_box("WDJBMJHT", &TERMINAL);
        let beside = on(80, 24);
        assert!(beside.scans);
        let lines: Vec<_> = beside.lines.lines().collect();
        assert_eq!(lines.len() + WORDS, 23, "{}", beside.lines);
        let plain = console::strip_ansi_codes(lines[9]).into_owned();
        assert!(plain.starts_with("  ║   WDJB MJHT   ║   "), "{plain}");
        let widths: Vec<_> = lines.iter().map(|line| measure_text_width(line)).collect();
        assert!(widths.iter().all(|width| *width == widths[0]), "{widths:?}");

        let above = on(40, 40);
        assert!(above.scans && above.lines.starts_with(&alone), "{above:?}");
        for (width, height) in [(40, 24), (80, 22), (30, 60), (0, 0)] {
            let drawing = on(width, height);
            assert!(!drawing.scans, "{width} by {height}");
            assert!(drawing.lines.contains("WDJB MJHT"), "{drawing:?}");
        }
        assert!(!draw(&code(), None, &TERMINAL).scans);
    }
}
