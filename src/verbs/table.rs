//! Tables for people: never wider than the terminal, whatever a server called itself.

use std::borrow::Cow;
use std::fmt::Write as _;

use console::{Alignment, Style, measure_text_width, pad_str, truncate_str};

use keyfob_base::escape::escape;

const GAP: &str = "  ";

/// Which columns give way where the terminal is too narrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shrink {
    First,
    Second,
    Last,
    Never,
}

/// One column: a heading and its cells.
pub(crate) struct Column {
    heading: &'static str,
    cells: Vec<String>,
    styles: Vec<Style>,
    shrink: Shrink,
    width: usize,
}

/// A column that gives way keeps this many cells.
const KEEP: usize = 8;

impl Column {
    pub(crate) fn new(heading: &'static str, cells: Vec<String>, shrink: Shrink) -> Self {
        let cells: Vec<String> = cells.into_iter().map(|cell| escape(&cell).into()).collect();
        let natural = cells.iter().map(|cell| width(cell)).max();
        Self {
            heading,
            width: natural.unwrap_or(0).max(width(heading)),
            styles: vec![Style::new(); cells.len()],
            cells,
            shrink,
        }
    }

    pub(crate) fn styled(self, styles: Vec<Style>) -> Self {
        Self { styles, ..self }
    }

    fn cell<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if width(text) == self.width {
            return text.into();
        }
        pad_str(text, self.width, Alignment::Left, Some("…"))
    }
}

/// The cells that a text takes; it holds no control characters.
fn width(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        measure_text_width(text)
    }
}

/// Lays columns out; every line fits `width`.
pub(crate) fn render(columns: &mut [Column], width: usize, colour: bool) -> String {
    fit(columns, width);
    let rows = columns.first().map_or(0, |column| column.cells.len());
    let heading = Style::new().dim().force_styling(colour);
    let mut table = String::new();
    let headings = columns.iter().map(|column| (column.heading, &heading));
    push_line(&mut table, columns, headings, width);
    for column in columns.iter_mut() {
        let styles = std::mem::take(&mut column.styles).into_iter();
        column.styles = styles.map(|style| style.force_styling(colour)).collect();
    }
    for row in 0..rows {
        let cells = columns
            .iter()
            .map(|column| (column.cells[row].as_str(), &column.styles[row]));
        push_line(&mut table, columns, cells, width);
    }
    table
}

fn push_line<'a>(
    table: &mut String,
    columns: &[Column],
    cells: impl Iterator<Item = (&'a str, &'a Style)>,
    width: usize,
) {
    let start = table.len();
    let last = columns.len() - 1;
    for (at, (column, (text, style))) in columns.iter().zip(cells).enumerate() {
        let cell = column.cell(text);
        let cell = if at == last { cell.trim_end() } else { &cell };
        let gap = if at == last { "" } else { GAP };
        let _ = write!(table, "{}{gap}", style.apply_to(cell)); // a String takes everything
    }
    if total(columns) > width {
        let cut = truncate_str(&table[start..], width.max(1), "…").into_owned();
        table.replace_range(start.., &cut);
    }
    table.truncate(start + table[start..].trim_end().len());
    table.push('\n');
}

fn total(columns: &[Column]) -> usize {
    let gaps = GAP.len() * columns.len().saturating_sub(1);
    gaps + columns.iter().map(|column| column.width).sum::<usize>()
}

/// Takes cells from the columns that give way, in their order, until the table fits.
fn fit(columns: &mut [Column], width: usize) {
    let mut excess = total(columns).saturating_sub(width);
    for turn in [Shrink::First, Shrink::Second, Shrink::Last] {
        for column in columns.iter_mut().filter(|column| column.shrink == turn) {
            let taken = excess.min(column.width.saturating_sub(KEEP));
            column.width -= taken;
            excess -= taken;
        }
    }
}
