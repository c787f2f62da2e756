//! The table of `list`, for people: never wider than the terminal, whatever a server called itself.

use std::borrow::Cow;
use std::fmt::Write as _;

use console::{Alignment, Style, measure_text_width, pad_str, truncate_str};

use super::account::Listed;
use crate::account::{Account, Status};
use crate::provider::SetVariable;
use keyfob_base::escape::escape;
use keyfob_base::timestamp::Timestamp;
use keyfob_base::timestamp::until;

/// What stands between columns.
const GAP: &str = "  ";

/// How a table is laid out.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// The cells of a line at most; `None` lets every line have what it needs, and shows every column.
    pub width: Option<usize>,
    /// Whether it is coloured.
    pub colour: bool,
}

/// Writes accounts, a provider's default marked `*` and another one that this folder or the environment chooses
/// `>`, and after them the variables that hold tokens, a line
/// each. With neither there is no table.
///
/// Where the width is bounded, a column that says nothing is left out: usernames where nobody has one,
/// stores where all are the same; and so is what few ask for.
pub fn list(
    accounts: &[Listed],
    variables: &[SetVariable],
    now: Timestamp,
    layout: Layout,
) -> String {
    if accounts.is_empty() && variables.is_empty() {
        return String::new();
    }
    let wide = layout.width.is_none();
    let of = |kept: &dyn Fn(&Listed) -> String, unkept: &dyn Fn(&SetVariable) -> String| {
        let kept = accounts.iter().map(kept);
        let unkept = variables.iter().map(unkept);
        kept.chain(unkept).collect::<Vec<String>>()
    };
    let nothing = |_: &SetVariable| String::new();
    let marks = accounts.iter().map(mark);
    let names = of(&|listed| listed.account.to_string(), &|variable| {
        variable.provider.clone()
    });
    let marked = names
        .iter()
        .zip(marks.chain(std::iter::repeat(' ')))
        .map(|(name, mark)| format!("{mark} {name}"))
        .collect();
    let mut columns = vec![Column::new("  ACCOUNT", marked, Shrink::Last)];
    let mut entries = accounts.iter().map(|listed| listed.account);
    if entries.any(|account| account.username.is_some()) {
        let who = |listed: &Listed| {
            let username = listed.account.username.as_deref();
            escape(username.unwrap_or("")).into_owned()
        };
        columns.push(Column::new("WHO", of(&who, &nothing), Shrink::Second));
    }
    let scopes = |listed: &Listed| escape(&listed.account.scopes.join(" ")).into_owned();
    columns.push(Column::new("SCOPES", of(&scopes, &nothing), Shrink::First));
    if wide {
        let kind = |listed: &Listed| listed.account.identity.kind.to_string();
        columns.push(Column::new("KIND", of(&kind, &nothing), Shrink::Never));
    }
    let stores: Vec<_> = accounts.iter().map(|listed| listed.account.store).collect();
    let mixed = stores.iter().any(|store| *store != stores[0]);
    if wide || mixed || !variables.is_empty() {
        let variable = |variable: &SetVariable| format!("env {}", variable.name);
        let stores = of(&|listed| listed.account.store.to_string(), &variable);
        columns.push(Column::new("STORE", stores, Shrink::Never));
    }
    if wide {
        let issued = |listed: &Listed| listed.account.received_at.to_string();
        let client = |listed: &Listed| escape(&listed.account.client.id).into_owned();
        let grant = |listed: &Listed| listed.sign_in.map_or_else(String::new, |end| end.date());
        columns.push(Column::new("ISSUED", of(&issued, &nothing), Shrink::Never));
        columns.push(Column::new("CLIENT", of(&client, &nothing), Shrink::Never));
        columns.push(Column::new(
            "GRANT ENDS",
            of(&grant, &nothing),
            Shrink::Never,
        ));
    }
    let styles = accounts
        .iter()
        .map(|listed| style(listed, now))
        .chain(variables.iter().map(|_| Style::new().dim()))
        .collect();
    let expires = of(&|listed| ends(listed, now), &|_| "unknown".into());
    columns.push(Column::new("EXPIRES", expires, Shrink::Never).styled(styles));
    render(
        &mut columns,
        layout.width.unwrap_or(usize::MAX),
        layout.colour,
    )
}

fn mark(listed: &Listed) -> char {
    match (listed.default, listed.chosen_here) {
        (true, _) => '*',
        (false, true) => '>',
        (false, false) => ' ',
    }
}

/// The same as [`expiry`], and what to do about a sign-in that ends soon.
fn ends(listed: &Listed, now: Timestamp) -> String {
    let token = expiry(listed.account, now);
    match listed.sign_in.and_then(|end| end.notice(now)) {
        Some(notice) => format!("{token}; {notice}"),
        None => token,
    }
}

/// Says when an account's token ends, and what happens then if that needs a person; of a given one, how
/// old it is.
pub fn expiry(account: &Account, now: Timestamp) -> String {
    if let Some(age) = account.standing().describe_age(now) {
        return age;
    }
    match account.status(now) {
        Status::LoginRequired => "login needed".into(),
        Status::Expired => "refreshes on use".into(),
        Status::Unknown => "unknown".into(),
        Status::Valid | Status::Expiring => {
            let end = account
                .expires_at
                .map_or_else(String::new, |end| until(end, now));
            if account.refreshable && !account.refused() {
                end
            } else {
                format!("{end}, then login")
            }
        }
    }
}

fn style(listed: &Listed, now: Timestamp) -> Style {
    let account = listed.account;
    match account.status(now) {
        _ if account.standing().is_to_rotate(now) => Style::new().yellow(),
        Status::LoginRequired => Style::new().red(),
        _ if listed.sign_in.is_some_and(|end| end.notice(now).is_some()) => Style::new().yellow(),
        Status::Expiring | Status::Expired => Style::new().yellow(),
        Status::Unknown => Style::new().dim(),
        Status::Valid => Style::new(),
    }
}

/// Which columns give way where the terminal is too narrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shrink {
    First,
    Second,
    Last,
    Never,
}

/// One column: a heading and its cells, already escaped.
pub(super) struct Column {
    heading: &'static str,
    cells: Vec<String>,
    styles: Vec<Style>,
    shrink: Shrink,
    width: usize,
}

/// A column that gives way keeps this many cells.
const KEEP: usize = 8;

impl Column {
    pub(super) fn new(heading: &'static str, cells: Vec<String>, shrink: Shrink) -> Self {
        let natural = cells.iter().map(|cell| width(cell)).max();
        Self {
            heading,
            width: natural.unwrap_or(0).max(width(heading)),
            styles: vec![Style::new(); cells.len()],
            cells,
            shrink,
        }
    }

    pub(super) fn styled(self, styles: Vec<Style>) -> Self {
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
pub(super) fn render(columns: &mut [Column], width: usize, colour: bool) -> String {
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

/// The cells of a line.
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

#[cfg(test)]
mod tests;
