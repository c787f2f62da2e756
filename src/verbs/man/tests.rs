use super::*;
use crate::error::Code;

fn wanted(verb: &[&str]) -> Result<String> {
    page(&Man {
        verb: verb.iter().map(ToString::to_string).collect(),
        dir: None,
    })
}

#[test]
fn a_page_is_found_by_its_verb() {
    for (verb, title) in [
        (&[][..], ".TH KEYFOB 1"),
        (&["token"], ".TH KEYFOB-TOKEN 1"),
        (&["provider", "show"], ".TH KEYFOB-PROVIDER-SHOW 1"),
        (&["provider-show"], ".TH KEYFOB-PROVIDER-SHOW 1"),
        (&["keyfob-list"], ".TH KEYFOB-LIST 1"),
        (&["accounts"], ".TH KEYFOB-ACCOUNTS 7"),
        (&["keyfob-stores"], ".TH KEYFOB-STORES 7"),
    ] {
        assert!(wanted(verb).unwrap().starts_with(title), "{verb:?}");
    }
}

#[test]
fn an_unknown_verb_is_usage_with_the_nearest() {
    let error = wanted(&["tokn"]).unwrap_err();
    assert_eq!(error.code, Code::Usage);
    assert!(error.hint.unwrap().contains("keyfob man token"));
    let error = wanted(&["acounts"]).unwrap_err();
    assert!(error.hint.unwrap().contains("keyfob man accounts"));
    let error = wanted(&["provider", "shew"]).unwrap_err();
    assert!(error.hint.unwrap().contains("provider-show"));
    let error = wanted(&["../../etc/passwd"]).unwrap_err();
    assert!(error.hint.unwrap().contains("keyfob help"));
}

#[test]
fn every_verb_has_a_page_with_every_section() {
    let pages = collect_pages();
    assert!(pages.iter().any(|page| page.name == "keyfob-provider-show"));
    for page in &pages {
        let text = render(page);
        for section in [
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "OPTIONS",
            "\"EXIT STATUS\"",
            "\"SEE ALSO\"",
        ] {
            assert!(
                text.contains(&format!(".SH {section}\n")),
                "{}: {section}",
                page.name
            );
        }
        assert!(text.is_ascii(), "{}", page.name);
        assert!(!text.contains(env!("CARGO_PKG_VERSION")), "{}", page.name);
        assert_eq!(text.matches(PREAMBLE).count(), 1, "{}", page.name);
    }
}

#[test]
fn verbs_that_answer_describe_their_json() {
    for verb in [
        "login",
        "list",
        "whoami",
        "refresh",
        "logout",
        "token",
        "check",
        "which",
        "use",
        "rename",
        "move",
        "backup",
        "restore",
        "provider-list",
        "provider-show",
    ] {
        assert!(wanted(&[verb]).unwrap().contains(".SH JSON\n"), "{verb}");
    }
}

#[test]
fn pages_that_are_no_verbs_are_in_a_section_of_their_own() {
    let home = tempfile::tempdir().unwrap();
    let files = write_all(&home.path().join("man1")).unwrap();
    let accounts = home.path().join("man7/keyfob-accounts.7");
    assert!(files.contains(&accounts));
    let page = fs::read_to_string(accounts).unwrap();
    for part in [
        "keyfob\\-accounts \\- accounts, their names",
        ".SH \"SIGNING IN\"\n",
        "keyfob login huggingface/work",
        "\\fBhuggingface/julien\\fR",
        ".SH \"SEE ALSO\"\n\\fBkeyfob\\fR(1), ",
        "\\fBkeyfob\\-stores\\fR(7)",
    ] {
        assert!(page.contains(part), "no {part} in {page}");
    }
    assert!(!page.contains('`'), "{page}");
    assert!(
        wanted(&[])
            .unwrap()
            .contains("\\fBkeyfob\\-accounts\\fR(7)")
    );
}
