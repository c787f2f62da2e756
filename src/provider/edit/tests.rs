use super::*;

fn changed(text: &str, assignments: &[&str]) -> String {
    let changes: Vec<_> = assignments
        .iter()
        .map(|one| Change::parse(one).unwrap())
        .collect();
    apply(text, &changes).unwrap_or_else(|error| panic!("{text}: {error}"))
}

const TEXT: &str = "\
# mine
title = 'Mine'   # ours

# many
scopes = [
    'a', # first
    'b',
] # all
redirect.host = 'localhost' # so

[authorization] # more
# said twice
parameters = { prompt = 'login', hd = 'x' } # inline
switch.show = 'true'

# last
[identity]
subject = '/id'
# end
";

#[test]
fn a_value_is_replaced_where_it_stands() {
    let after = changed(
        TEXT,
        &[
            "title=Ours",
            "scopes=c",
            "redirect.host=::1",
            "authorization.parameters.hd=y",
            "identity.subject=/sub",
        ],
    );
    let expected = TEXT
        .replace("'Mine'", "\"Ours\"")
        .replace("[\n    'a', # first\n    'b',\n]", "[\"c\"]")
        .replace("'localhost'", "\"::1\"")
        .replace("hd = 'x'", "hd = \"y\"")
        .replace("'/id'", "\"/sub\"");
    assert_eq!(after, expected);
    let same = "title = \"x\"\r\n# crlf\r\n";
    assert_eq!(changed(same, &["title=x"]), same);
}

#[test]
fn a_new_key_goes_to_the_end_of_its_table() {
    let after = changed(
        TEXT,
        &[
            "client_id=id",
            "redirect.path=/back",
            "authorization.parameters.a=b",
            "authorization.switch.c=d",
            "authorization.login_hint=login",
            "token.headers.X-A=b",
        ],
    );
    for line in [
        "redirect.host = 'localhost' # so\nredirect.path = \"/back\"\n",
        "client_id = \"id\"\n",
        "parameters = { prompt = 'login', hd = 'x' , a = \"b\" } # inline\n",
        "switch.show = 'true'\nswitch.c = \"d\"\n",
        "login_hint = \"login\"\n\n# last\n[identity]\nsubject = '/id'\n",
        "\n[token.headers]\nX-A = \"b\"\n",
    ] {
        let tight = |text: &str| text.replace(" ,", ",");
        assert!(
            tight(&after).contains(&tight(line)),
            "no {line:?} in\n{after}"
        );
    }
    for comment in TEXT.lines().filter_map(|line| line.split_once('#')) {
        assert!(after.contains(comment.1), "{}", comment.1);
    }
}

#[test]
fn a_key_is_removed_and_the_comments_around_it_stay() {
    let after = changed(
        TEXT,
        &["title=", "scopes=", "redirect.host=", "identity.subject="],
    );
    let expected = "\
# mine

# many

[authorization] # more
# said twice
parameters = { prompt = 'login', hd = 'x' } # inline
switch.show = 'true'

# last
[identity]
# end
";
    assert_eq!(after, expected);
    let after = changed(TEXT, &["authorization.parameters.prompt="]);
    assert!(
        after.contains("parameters = {") && after.contains("hd = 'x' }"),
        "{after}"
    );
    assert!(!after.contains("prompt"));
}

#[test]
fn a_table_that_is_empty_goes_with_its_last_key() {
    let before = "title = 'x'\n";
    let with = changed(
        before,
        &["authorization.parameters.a=b", "redirect.host=localhost"],
    );
    assert!(
        with.contains("\n[authorization.parameters]\na = \"b\"\n"),
        "{with}"
    );
    assert!(
        with.contains("\n[redirect]\nhost = \"localhost\"\n"),
        "{with}"
    );
    let after = changed(&with, &["authorization.parameters.a=", "redirect.host="]);
    assert_eq!(after.trim_end(), before.trim_end());
    assert_eq!(changed("a = 1 # x", &["title="]), "a = 1 # x");
}

#[test]
fn a_file_of_comments_keeps_them_on_top() {
    assert_eq!(
        changed("# only words", &["redirect.host=localhost", "title=x"]),
        "# only words\ntitle = \"x\"\n\n[redirect]\nhost = \"localhost\"\n"
    );
}

#[test]
fn what_is_no_toml_is_refused_without_showing_it() {
    let change = Change::parse("title=x").unwrap();
    let error = apply("secret = hunter2", &[change]).unwrap_err();
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}
