//! The people who can sign in at the sandbox. None of them is real.

use std::io;

/// Somebody to sign in as, in the words of the standard claims (OIDC Core §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    pub sub: &'static str,
    pub preferred_username: &'static str,
    pub name: &'static str,
    /// An address nobody reads: `.example` is reserved (RFC 2606 §2).
    pub email: &'static str,
    pub organizations: &'static [&'static str],
}

/// Everybody. The last one's name has more than ASCII in it, and her username more than lower case.
static PEOPLE: [Person; 4] = [
    Person {
        sub: "1001",
        preferred_username: "ada",
        name: "Ada Quill",
        email: "ada@sandbox.example",
        organizations: &["engines"],
    },
    Person {
        sub: "1002",
        preferred_username: "grace",
        name: "Grace Okafor",
        email: "grace@sandbox.example",
        organizations: &["engines", "harbour"],
    },
    Person {
        sub: "1003",
        preferred_username: "alan",
        name: "Alan Ortiz",
        email: "alan@sandbox.example",
        organizations: &[],
    },
    Person {
        sub: "1004",
        preferred_username: "Zoe_A",
        name: "Zoë Ångström",
        email: "zoe@sandbox.example",
        organizations: &["harbour"],
    },
];

pub fn people() -> &'static [Person] {
    &PEOPLE
}

pub(crate) fn find(who: &str) -> Option<&'static Person> {
    PEOPLE.iter().find(|person| {
        person.sub == who
            || person.preferred_username.eq_ignore_ascii_case(who)
            || person.email.eq_ignore_ascii_case(who)
    })
}

/// The same, where nobody of that name is an error of kind `InvalidInput` that lists the people.
pub(crate) fn expect(who: &str) -> io::Result<&'static Person> {
    find(who).ok_or_else(|| {
        let names: Vec<_> = PEOPLE
            .iter()
            .map(|person| person.preferred_username)
            .collect();
        let who = keyfob_base::escape::escape_short(who, 64);
        let what = format!(
            "nobody called `{who}` lives in the sandbox, only {}",
            names.join(", ")
        );
        io::Error::new(io::ErrorKind::InvalidInput, what)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_people_answer_to_the_same_name() {
        for person in people() {
            for name in [person.sub, person.preferred_username, person.email] {
                assert_eq!(find(name), Some(person));
            }
        }
        assert_eq!(find("nobody"), None);
    }
}
