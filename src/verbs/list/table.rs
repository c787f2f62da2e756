//! The table of `list`.

use console::Style;

use super::answer::Listed;
use crate::account::{Account, Status};
use crate::provider::SetVariable;
use crate::verbs::table::{Column, Shrink, render};
use keyfob_base::timestamp::{Timestamp, until};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    /// The cells of a line at most; `None` lets every line have what it needs, and shows every column.
    pub width: Option<usize>,
    pub colour: bool,
}

/// Writes accounts, a provider's default marked `*` and another one that this folder or the environment chooses
/// `>`, and after them the variables that hold tokens, a line
/// each. With neither there is no table.
///
/// Where the width is bounded, a column that says nothing is left out: usernames where nobody has one,
/// stores where all are the same; and so is what few ask for.
pub(crate) fn draw(
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
            username.unwrap_or("").to_owned()
        };
        columns.push(Column::new("WHO", of(&who, &nothing), Shrink::Second));
    }
    let scopes = |listed: &Listed| listed.account.scopes.join(" ");
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
        let client = |listed: &Listed| listed.account.client.id.clone();
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
        .map(|listed| choose_style(listed, now))
        .chain(variables.iter().map(|_| Style::new().dim()))
        .collect();
    let expires = of(&|listed| describe_end(listed, now), &|_| "unknown".into());
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

fn describe_end(listed: &Listed, now: Timestamp) -> String {
    let token = describe_expiry(listed.account, now);
    match listed.sign_in.and_then(|end| end.notice(now)) {
        Some(notice) => format!("{token}; {notice}"),
        None => token,
    }
}

/// Says when an account's token ends, and what happens then if that needs a person; of a given one, how
/// old it is.
fn describe_expiry(account: &Account, now: Timestamp) -> String {
    if let Some(age) = account.describe_age(now) {
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

fn choose_style(listed: &Listed, now: Timestamp) -> Style {
    let account = listed.account;
    match account.status(now) {
        _ if account.is_to_rotate(now) => Style::new().yellow(),
        Status::LoginRequired => Style::new().red(),
        _ if listed.sign_in.is_some_and(|end| end.notice(now).is_some()) => Style::new().yellow(),
        Status::Expiring | Status::Expired => Style::new().yellow(),
        Status::Unknown => Style::new().dim(),
        Status::Valid => Style::new(),
    }
}

#[cfg(test)]
mod tests {
    use console::measure_text_width;

    use super::*;
    use crate::account::SignIn;
    use crate::account::fixture::{account, now};
    use crate::account::sign_in;
    use crate::provider::LifetimeRule;
    use crate::store::Kind;

    /// The table of accounts whose sign-ins end at no known time.
    fn list(
        accounts: &[(&Account, bool)],
        variables: &[SetVariable],
        now: Timestamp,
        width: usize,
        colour: bool,
    ) -> String {
        let accounts = accounts.iter().map(|&(account, default)| Listed {
            account,
            default,
            chosen_here: false,
            sign_in: None,
        });
        let width = Some(width);
        let layout = Layout { width, colour };
        super::draw(&accounts.collect::<Vec<_>>(), variables, now, layout)
    }

    fn named(provider: &str, name: &str) -> Account {
        let mut account = account();
        account.provider = provider.into();
        account.name = name.into();
        account.username = Some(name.into());
        account
    }

    fn github() -> Account {
        let mut account = named("github", "ada");
        account.scopes = vec!["repo".into(), "read:org".into()];
        account.expires_at = None;
        account.refreshable = false;
        account
    }

    #[test]
    fn the_table_is_aligned_and_marks_defaults() {
        let (hf, gh) = (account(), github());
        assert_eq!(
            list(&[(&gh, false), (&hf, true)], &[], now(), 80, false),
            "\
\u{20} ACCOUNT             WHO     SCOPES          EXPIRES
  github/ada          ada     repo read:org   unknown
* huggingface/julien  julien  openid profile  in 7 h
"
        );
    }

    #[test]
    fn a_given_token_shows_its_age_and_an_old_one_in_yellow() {
        let mut given = github();
        given.identity.kind = SignIn::Given;
        let at = |days: u64, colour| {
            let later = given.received_at.plus(days * 24 * 60 * 60);
            list(&[(&given, true)], &[], later, 80, colour)
        };
        assert!(at(89, false).contains("  given 89 d ago\n"));
        assert!(at(90, false).contains("  given 90 d ago, rotate\n"));
        let yellow = "\u{1b}[33mgiven";
        assert!(!at(89, true).contains(yellow));
        assert!(at(90, true).contains(yellow));
    }

    #[test]
    fn columns_that_say_nothing_are_left_out_and_mixed_stores_shown() {
        let (mut hf, mut gh) = (account(), github());
        hf.username = None;
        gh.username = None;
        gh.store = Kind::File;
        let shown = list(&[(&gh, true), (&hf, true)], &[], now(), 80, false);
        assert!(!shown.contains("WHO"), "{shown}");
        assert!(
            shown.contains("STORE") && shown.contains("keyring  in 7 h"),
            "{shown}"
        );
    }

    #[test]
    fn a_variable_is_a_row_that_names_it() {
        let variable = SetVariable {
            provider: "github".into(),
            name: "GH_TOKEN".into(),
        };
        let shown = list(
            &[(&account(), true)],
            std::slice::from_ref(&variable),
            now(),
            80,
            false,
        );
        assert_eq!(
            shown,
            "\
\u{20} ACCOUNT             WHO     SCOPES          STORE         EXPIRES
* huggingface/julien  julien  openid profile  keyring       in 7 h
  github                                      env GH_TOKEN  unknown
"
        );
        let alone = list(&[], &[variable], now(), 80, false);
        let line = alone.lines().nth(1).unwrap();
        assert!(
            line.starts_with("  github") && line.ends_with("env GH_TOKEN  unknown"),
            "{alone}"
        );
    }

    #[test]
    fn every_line_fits_whatever_the_server_said() {
        let mut long = named(&"p".repeat(32), &"n".repeat(64));
        long.username = Some("日本語".repeat(50));
        long.scopes = vec!["scope".into(); 100];
        let mut hostile = account();
        hostile.username = Some("a\u{1b}[31mb\u{202e}c\nd".into());
        hostile.scopes = vec!["x\u{9b}31m\r".into()];
        hostile.store = Kind::File;
        for width in [1, 5, 20, 40, 79, 80, 200, 100_000] {
            for colour in [false, true] {
                let shown = list(
                    &[(&long, true), (&hostile, false)],
                    &[],
                    now(),
                    width,
                    colour,
                );
                for line in shown.lines() {
                    assert!(measure_text_width(line) <= width, "{width}: {line}");
                }
                assert_eq!(shown.lines().count(), 3);
            }
        }
        let shown = list(
            &[(&long, true), (&hostile, false)],
            &[],
            now(),
            100_000,
            false,
        );
        assert!(
            !shown.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\r']),
            "{shown}"
        );
    }

    #[test]
    fn scopes_give_way_first_and_the_account_last() {
        let mut account = account();
        account.scopes = vec!["read-everything".into(); 10];
        let shown = list(&[(&account, true)], &[], now(), 80, false);
        assert!(
            shown.contains("huggingface/julien  julien  read-everything"),
            "{shown}"
        );
        assert!(shown.contains("…  in 7 h"), "{shown}");
        let narrow = list(&[(&account, true)], &[], now(), 50, false);
        assert!(narrow.contains("huggingface/julien  julien  "), "{narrow}");
    }

    #[test]
    fn the_expiry_says_what_comes_next() {
        let mut account = account();
        assert_eq!(describe_expiry(&account, now()), "in 7 h");
        assert_eq!(
            describe_expiry(&account, now().plus(100_000)),
            "refreshes on use"
        );
        account.refused_generation = Some(account.generation);
        assert_eq!(describe_expiry(&account, now()), "in 7 h, then login");
        let end = account.expires_at.unwrap().since(now());
        assert_eq!(
            describe_expiry(&account, now().plus(end - 60)),
            "login needed"
        );
        assert_eq!(
            describe_expiry(&account, now().plus(100_000)),
            "login needed"
        );
        account.expires_at = None;
        assert_eq!(describe_expiry(&account, now()), "unknown");
    }

    #[test]
    fn colour_is_on_demand() {
        let account = account();
        assert!(!list(&[(&account, true)], &[], now(), 80, false).contains('\u{1b}'));
        assert!(list(&[(&account, true)], &[], now(), 80, true).contains('\u{1b}'));
    }

    #[test]
    fn no_accounts_make_no_table() {
        assert_eq!(list(&[], &[], now(), 80, false), "");
    }

    #[test]
    fn a_sign_in_that_ends_soon_is_said_in_yellow() {
        let account = account();
        let rule = LifetimeRule {
            refresh_token: Some("30d".into()),
            ..LifetimeRule::default()
        };
        let at = |days: u64, colour| {
            let sign_in = sign_in::end(&account, &rule);
            let listed = Listed {
                account: &account,
                default: true,
                chosen_here: false,
                sign_in,
            };
            let width = Some(200);
            let later = account.signed_in_at.unwrap().plus(days * 24 * 60 * 60);
            super::draw(&[listed], &[], later, Layout { width, colour })
        };
        assert!(at(15, false).ends_with("  refreshes on use\n"));
        assert!(at(16, false).ends_with("  refreshes on use; sign in by 2023-12-14\n"));
        assert!(at(30, false).ends_with("  refreshes on use; sign-in was due 2023-12-14\n"));
        assert!(at(16, true).contains("\u{1b}[33mrefreshes on use; sign in by"));
        let mut valid = account.clone();
        valid.expires_at = Some(valid.received_at.plus(86_400 * 90));
        let listed = Listed {
            account: &valid,
            default: true,
            chosen_here: false,
            sign_in: sign_in::end(&valid, &rule),
        };
        let later = valid.received_at.plus(86_400 * 17);
        let layout = Layout {
            width: Some(200),
            colour: true,
        };
        let shown = super::draw(&[listed], &[], later, layout);
        assert!(shown.contains("\u{1b}[33min 73 d; sign in by"), "{shown}");
    }

    #[test]
    fn the_wide_table_has_every_column_whole() {
        let mut hf = account();
        hf.scopes = vec!["read-everything".into(); 20];
        hf.client.id = "https://id.example.com/client\u{1b}[2J".into();
        let mut given = github();
        given.identity.kind = SignIn::Given;
        given.client.id.clear();
        let rule = LifetimeRule {
            refresh_token_idle: Some("90d".into()),
            ..LifetimeRule::default()
        };
        let listed = |account| Listed {
            account,
            default: false,
            chosen_here: false,
            sign_in: sign_in::end(account, &rule),
        };
        let variable = SetVariable {
            provider: "gitlab".into(),
            name: "GITLAB_TOKEN".into(),
        };
        let layout = Layout {
            width: None,
            colour: false,
        };
        let shown = super::draw(&[listed(&given), listed(&hf)], &[variable], now(), layout);
        let headings: Vec<&str> = shown.lines().next().unwrap().split_whitespace().collect();
        assert_eq!(
            headings.join(" "),
            "ACCOUNT WHO SCOPES KIND STORE ISSUED CLIENT GRANT ENDS EXPIRES"
        );
        assert!(
            shown.contains(&hf.scopes.join(" ")) && !shown.contains('…'),
            "{shown}"
        );
        assert!(!shown.contains('\u{1b}'), "{shown}");
        let words = |line: usize, last: usize| {
            let words: Vec<&str> = shown.lines().nth(line).unwrap().split("  ").collect();
            let words: Vec<&str> = words
                .into_iter()
                .map(str::trim)
                .filter(|w| !w.is_empty())
                .collect();
            words[words.len() - last..].join("|")
        };
        assert_eq!(
            words(1, 4),
            "given|keyring|2023-11-14T21:13:20Z|given 1 h ago"
        );
        let client = hf.client.id.replace('\u{1b}', "\\u{1b}");
        let whole = format!("person|keyring|2023-11-14T21:13:20Z|{client}|2024-02-12|in 7 h");
        assert_eq!(words(2, 6), whole);
        assert_eq!(words(3, 3), "gitlab|env GITLAB_TOKEN|unknown");
    }
}
