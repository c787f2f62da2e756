//! What the man pages say of each verb's JSON.

use roff::{Roff, roman};

use super::sections::{definitions, verbatim};

/// The pages with JSON, in the order of `json.txt`, which says what the shapes do not.
const SHAPES: [(&str, &str); 26] = [
    ("keyfob", include_str!("../shapes/error.json")),
    ("keyfob-login", include_str!("../shapes/login.json")),
    ("keyfob-list", include_str!("../shapes/list.json")),
    ("keyfob-whoami", include_str!("../shapes/whoami.json")),
    ("keyfob-refresh", include_str!("../shapes/refresh.json")),
    ("keyfob-logout", include_str!("../shapes/logout.json")),
    ("keyfob-token", include_str!("../shapes/token.json")),
    ("keyfob-export", include_str!("../shapes/export.json")),
    ("keyfob-check", include_str!("../shapes/check.json")),
    ("keyfob-which", include_str!("../shapes/which.json")),
    ("keyfob-use", include_str!("../shapes/use.json")),
    ("keyfob-use", include_str!("../shapes/use-trust.json")),
    ("keyfob-rename", include_str!("../shapes/rename.json")),
    ("keyfob-move", include_str!("../shapes/move.json")),
    ("keyfob-backup", include_str!("../shapes/backup.json")),
    ("keyfob-restore", include_str!("../shapes/restore.json")),
    ("keyfob-log", include_str!("../shapes/log.json")),
    ("keyfob-doctor", include_str!("../shapes/doctor.json")),
    (
        "keyfob-provider-list",
        include_str!("../shapes/provider-list.json"),
    ),
    (
        "keyfob-provider-show",
        include_str!("../shapes/provider-show.json"),
    ),
    (
        "keyfob-provider-add",
        include_str!("../shapes/provider-add.json"),
    ),
    (
        "keyfob-provider-set",
        include_str!("../shapes/provider-set.json"),
    ),
    (
        "keyfob-provider-remove",
        include_str!("../shapes/provider-remove.json"),
    ),
    (
        "keyfob-provider-test",
        include_str!("../shapes/provider-test.json"),
    ),
    (
        "keyfob-provider-metadata",
        include_str!("../shapes/provider-metadata.json"),
    ),
    (
        "keyfob-completions",
        include_str!("../shapes/completions.json"),
    ),
];

pub(crate) fn json(roff: &mut Roff, page: &str) {
    let all = definitions(include_str!("json.txt")).zip(SHAPES);
    let of_page = all.filter(|((name, _), _)| *name == page);
    for (count, ((_, note), (_, example))) in of_page.enumerate() {
        if count == 0 {
            roff.control("SH", ["JSON"]);
        } else {
            roff.control("PP", []);
        }
        roff.text([roman(note)]).control("PP", []);
        verbatim(roff, example.lines());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Code, Error};

    #[test]
    fn notes_and_shapes_are_of_the_same_pages() {
        let notes = definitions(include_str!("json.txt")).map(|(page, _)| page);
        assert!(notes.eq(SHAPES.map(|(page, _)| page)));
    }

    #[test]
    fn the_documented_failure_is_a_real_one() {
        let error = Error::new(Code::LoginRequired, "the refresh token was refused")
            .hint("keyfob login github/ada")
            .account("github/ada");
        let documented: serde_json::Value = serde_json::from_str(SHAPES[0].1).unwrap();
        let real: serde_json::Value = serde_json::from_str(&error.json()).unwrap();
        assert_eq!(documented, real);
    }
}
