//! The one line of ours in a start file. What else stands there is the person's, and stays as it is.

/// What ends the line, by which it is known again.
pub(crate) const MARK: &str = " # added by `keyfob completions --install`";

/// What ends it in a file that had to be made for it, and that goes with it.
const MADE: &str = " # added by `keyfob completions --install`, as was this file";

/// What is in a place, and whose the lines are that ask keyfob for a completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlaceState {
    /// There is none.
    Nothing,
    /// Ours, as it should be.
    Ours,
    /// Ours, and not as it should be.
    Stale,
    /// A line that the person wrote, there or in a file of their own, and that does the same.
    Theirs,
    /// A whole file that is not keyfob's.
    Foreign,
}

/// Looks for the line `text` in a start file of `shell`.
pub(crate) fn look(contents: &[u8], text: &str, shell: &str) -> PlaceState {
    let marked: Vec<&[u8]> = lines(contents)
        .filter(|line| is_ours(line))
        .map(bare)
        .collect();
    match marked[..] {
        [] if asks_anywhere(contents, shell) => PlaceState::Theirs,
        [] => PlaceState::Nothing,
        [one]
            if [MARK, MADE]
                .iter()
                .any(|mark| one == ours(text, mark).as_bytes()) =>
        {
            PlaceState::Ours
        }
        _ => PlaceState::Stale,
    }
}

/// The start file with that line in its place, or at its end behind an empty line: the last one may go on. `made`
/// says that there is none yet.
pub(crate) fn with(contents: &[u8], text: &str, made: bool) -> Vec<u8> {
    let mark = if made || lines(contents).any(is_made) {
        MADE
    } else {
        MARK
    };
    let end: &[u8] = if contents.windows(2).any(|pair| pair == b"\r\n") {
        b"\r\n"
    } else {
        b"\n"
    };
    let mut written = Vec::with_capacity(contents.len() + text.len() + MARK.len() + 4);
    let mut placed = false;
    for line in lines(contents) {
        if !is_ours(line) {
            written.extend_from_slice(line);
        } else if !std::mem::replace(&mut placed, true) {
            written.extend_from_slice(ours(text, mark).as_bytes());
            written.extend_from_slice(end);
        }
    }
    if !placed {
        if !written.is_empty() {
            if !written.ends_with(b"\n") {
                written.extend_from_slice(end);
            }
            written.extend_from_slice(end);
        }
        written.extend_from_slice(ours(text, mark).as_bytes());
        written.extend_from_slice(end);
    }
    written
}

/// The start file without that line, and without the empty one that was put before it.
pub(crate) fn without(contents: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    for line in lines(contents) {
        if !is_ours(line) {
            kept.push(line);
        } else if kept.last().is_some_and(|before| bare(before).is_empty()) {
            kept.pop();
        }
    }
    kept.concat()
}

/// Whether a start file was made for that line, and holds nothing else.
pub(crate) fn is_all_ours(contents: &[u8]) -> bool {
    lines(contents).any(is_made) && without(contents).is_empty()
}

/// Whether a file is of characters that this can read: PowerShell 5 on Windows writes UTF-16.
pub(crate) fn is_utf16(contents: &[u8]) -> bool {
    contents.starts_with(b"\xff\xfe") || contents.starts_with(b"\xfe\xff")
}

fn ours(text: &str, mark: &str) -> String {
    format!("{text}{mark}")
}

fn lines(contents: &[u8]) -> impl Iterator<Item = &[u8]> {
    contents.split_inclusive(|byte| *byte == b'\n')
}

fn bare(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn is_ours(line: &[u8]) -> bool {
    bare(line).ends_with(MARK.as_bytes()) || is_made(line)
}

fn is_made(line: &[u8]) -> bool {
    bare(line).ends_with(MADE.as_bytes())
}

/// Whether any line asks for the script of `shell`.
pub(crate) fn asks_anywhere(contents: &[u8], shell: &str) -> bool {
    lines(contents).any(|line| asks(line, shell))
}

/// Whether a line asks for the script; one with a flag, such as an alias, does something else.
fn asks(line: &[u8], shell: &str) -> bool {
    let line = String::from_utf8_lossy(line);
    let has = |words: &str| line.contains(words);
    !line.trim_start().starts_with('#')
        && has(&format!("keyfob completions {shell}"))
        && !has("--install")
        && !has("--uninstall")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "eval (keyfob completions elvish)";

    #[test]
    fn a_line_is_added_once_and_taken_back() {
        for before in [
            "",
            "a\n",
            "a\n\n",
            "a\r\nb\r\n",
            "a\n# keyfob completions elvish\n",
            "alias kc='keyfob completions elvish --uninstall'\n",
            "keyfob completions elvish --install\n",
        ] {
            assert_eq!(look(before.as_bytes(), TEXT, "elvish"), PlaceState::Nothing);
            let with_it = with(before.as_bytes(), TEXT, false);
            assert_eq!(look(&with_it, TEXT, "elvish"), PlaceState::Ours);
            assert_eq!(with(&with_it, TEXT, false), with_it);
            assert_eq!(without(&with_it), before.as_bytes(), "{before:?}");
        }
    }

    #[test]
    fn a_file_that_was_made_for_it_is_known_and_one_that_was_there_is_not() {
        let made = with(b"", TEXT, true);
        assert_eq!(look(&made, TEXT, "elvish"), PlaceState::Ours);
        assert_eq!(with(&made, TEXT, false), made);
        assert!(is_all_ours(&made));
        assert!(!is_all_ours(&[&made[..], b"x"].concat()));
        assert!(!is_all_ours(&with(b"", TEXT, false)) && !is_all_ours(b""));
    }

    #[test]
    fn a_last_line_that_goes_on_does_not_go_on_in_ours() {
        assert_eq!(
            with(b"alias x=y \\", TEXT, false),
            format!("alias x=y \\\n\n{TEXT}{MARK}\n").as_bytes()
        );
    }

    #[test]
    fn an_old_line_is_renewed_where_it_is() {
        let old = format!("a\nold{MARK}\nb\nolder{MARK}\n\u{e4}");
        assert_eq!(look(old.as_bytes(), TEXT, "elvish"), PlaceState::Stale);
        let renewed = format!("a\n{TEXT}{MARK}\nb\n\u{e4}");
        assert_eq!(with(old.as_bytes(), TEXT, false), renewed.as_bytes());
        assert_eq!(without(old.as_bytes()), "a\nb\n\u{e4}".as_bytes());
    }

    #[test]
    fn a_line_that_the_person_wrote_is_theirs() {
        let theirs = b"  eval (keyfob completions elvish | slurp)\n\xff\n";
        assert_eq!(look(theirs, TEXT, "elvish"), PlaceState::Theirs);
        assert_eq!(look(theirs, TEXT, "bash"), PlaceState::Nothing);
        assert_eq!(without(theirs), theirs);
    }
}
