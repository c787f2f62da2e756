use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::file::LIMIT;
use super::file::LogFile;
use super::read::Reading;
use super::*;
use crate::error::{Code, Error};
use crate::paths::Paths;
use keyfob_base::files;
use keyfob_base::timestamp::Timestamp;
use std::sync::Arc;

/// A state folder that nobody has made yet.
struct LogPlace {
    home: tempfile::TempDir,
    paths: Paths,
}

impl LogPlace {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        Self { home, paths }
    }

    fn log(&self) -> LogFile {
        LogFile::new(&self.paths)
    }

    fn write(&self, bytes: &[u8]) {
        let path = self.paths.events();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn text(&self) -> String {
        fs::read_to_string(self.paths.events()).unwrap()
    }

    fn read(&self) -> Reading {
        read(&self.paths, |_| true).unwrap()
    }

    /// The processes of the events that can be read.
    fn pids(&self) -> Vec<u32> {
        self.read().events.iter().map(|event| event.pid).collect()
    }

    /// The sizes of both files.
    fn sizes(&self) -> [u64; 2] {
        let size = |path: PathBuf| fs::metadata(path).map_or(0, |found| found.len());
        [self.paths.events(), self.paths.rotated_events()].map(size)
    }
}

fn event(pid: u32) -> AuditEvent<'static> {
    AuditEvent {
        time: Timestamp::from_unix(1_700_000_000),
        event: "hand_out".into(),
        account: Some("acme/julien".into()),
        verb: "token".into(),
        caller: Some("make \"x\"".into()),
        caller_pid: Some(7),
        pid,
        error: None,
    }
}

fn line(pid: u32) -> Vec<u8> {
    event(pid).line()
}

#[test]
fn a_line_has_the_documented_members_in_their_order() {
    assert_eq!(
        String::from_utf8(line(8)).unwrap(),
        "{\"time\":\"2023-11-14T22:13:20Z\",\"event\":\"hand_out\",\"account\":\"acme/julien\",\
         \"verb\":\"token\",\"caller\":\"make \\\"x\\\"\",\"caller_pid\":7,\"pid\":8,\"error\":null}\n"
    );
    assert!(line(8).starts_with(log::BEGINNING));
}

#[test]
fn an_account_is_found_by_its_name_and_by_its_provider_alone() {
    let of = |account: &'static str| AuditEvent {
        account: Some(account.into()),
        ..event(1)
    };
    assert!(of("acme/julien").concerns("acme/julien") && of("acme/julien").concerns("acme"));
    assert!(of("acme").concerns("acme"));
    for other in ["acm", "acme/jul", "acme/julien-2", "julien", "acme/"] {
        assert!(!of("acme/julien").concerns(other), "{other}");
    }
    assert!(!of("acme").concerns("acme/julien"));
    let nobody = AuditEvent {
        account: None,
        ..event(1)
    };
    assert!(!nobody.concerns("acme"));
}

#[cfg(unix)]
#[test]
fn what_is_made_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let place = LogPlace::new();
    place.log().append(&line(1)).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place.paths.events()), 0o600);
    assert_eq!(mode(place.paths.events().parent().unwrap()), 0o700);
}

#[test]
fn a_log_that_is_not_there_is_empty_and_stays_away() {
    let place = LogPlace::new();
    assert!(place.pids().is_empty());
    assert_eq!(fs::read_dir(place.home.path()).unwrap().count(), 0);
}

#[test]
fn a_full_file_is_rotated_and_the_two_are_read_in_order() {
    let place = LogPlace::new();
    let room_for_three = line(10).len() as u64 * 3;
    let log = place.log().with_limit(room_for_three);
    for pid in 10..18 {
        log.append(&line(pid)).unwrap();
    }
    assert_eq!(place.pids(), [13, 14, 15, 16, 17]);
    assert_eq!(place.sizes()[1], room_for_three);
    log.append(&line(18)).unwrap();
    log.append(&line(19)).unwrap();
    assert_eq!(place.pids(), [16, 17, 18, 19]);
}

#[test]
fn a_line_longer_than_a_file_is_written_all_the_same() {
    let place = LogPlace::new();
    let log = place.log().with_limit(10);
    for pid in [1, 2, 3] {
        log.append(&line(pid)).unwrap();
    }
    assert_eq!(place.pids(), [2, 3]);
}

/// What each writer finds of its own is its latest lines, without a gap.
#[test]
fn writers_at_the_same_time_lose_and_tear_nothing() {
    const WRITERS: u32 = 8;
    const LINES: u32 = 500;
    let place = LogPlace::new();
    let room = line(100_000).len() as u64 * 300;
    std::thread::scope(|scope| {
        for writer in 1..=WRITERS {
            let log = place.log().with_limit(room);
            scope.spawn(move || {
                for number in 0..LINES {
                    log.append(&line(writer * 100_000 + number)).unwrap();
                }
            });
        }
    });
    let reading = place.read();
    assert_eq!(reading.damaged, 0);
    let pids: Vec<u32> = reading.events.iter().map(|event| event.pid).collect();
    assert!(pids.len() > 300, "{}", pids.len());
    for writer in 1..=WRITERS {
        let mut own: Vec<u32> = pids
            .iter()
            .copied()
            .filter(|pid| pid / 100_000 == writer)
            .collect();
        own.sort_unstable(); // a line that had to be written again comes late
        let latest = (writer * 100_000 + LINES - u32::try_from(own.len()).unwrap())..;
        assert!(
            own.iter().copied().eq(latest.take(own.len())),
            "{writer}: {own:?}"
        );
    }
}

#[test]
fn a_rotation_that_another_process_is_at_is_not_waited_for() {
    let place = LogPlace::new();
    let log = place.log().with_limit(line(1).len() as u64);
    log.append(&line(1)).unwrap();
    let turn = files::lock(&place.paths.events_lock(), Duration::ZERO).unwrap();
    log.append(&line(2)).unwrap();
    assert_eq!(place.sizes()[1], 0, "nothing was renamed");
    drop(turn);
    log.append(&line(3)).unwrap();
    assert_eq!(place.pids(), [1, 2, 3]);
    assert_eq!(place.sizes()[0], line(3).len() as u64);
}

#[test]
fn a_full_file_that_cannot_be_rotated_takes_no_more() {
    let place = LogPlace::new();
    let log = place.log().with_limit(line(1).len() as u64);
    log.append(&line(1)).unwrap();
    fs::create_dir_all(place.paths.rotated_events().join("in the way")).unwrap();
    log.append(&line(2)).unwrap_err();
    assert_eq!(place.text().as_bytes(), line(1));
}

#[test]
fn damaged_lines_are_counted_and_cost_no_other() {
    let place = LogPlace::new();
    let (whole, next) = (line(1), line(2));
    let cut = &whole[..whole.len() / 2];
    let torn_within_its_beginning = &whole[..5];
    place.write(
        &[
            &line(10)[..],
            b"no JSON\n",
            cut,
            &next,
            torn_within_its_beginning,
            &line(3),
            &[0; 40],
            &line(4),
            b"\xff\xfe\n{}\n",
            &line(5),
        ]
        .concat(),
    );
    let reading = place.read();
    assert_eq!(reading.damaged, 6);
    let pids: Vec<u32> = reading.events.iter().map(|event| event.pid).collect();
    assert_eq!(pids, [10, 2, 3, 4, 5]);
}

#[test]
fn a_line_that_is_being_written_is_nobodys_concern() {
    let place = LogPlace::new();
    let half = &line(2)[..40];
    place.write(&[&line(1)[..], half].concat());
    let reading = place.read();
    assert_eq!((reading.events.len(), reading.damaged), (1, 0));
}

#[test]
fn words_and_members_of_a_later_version_are_read() {
    let place = LogPlace::new();
    place.write(b"{\"time\":\"2030-01-01T00:00:00Z\",\"event\":\"lend\",\"verb\":\"x\",\"pid\":1,\"more\":[1]}\n",
    );
    let reading = place.read();
    assert_eq!(reading.damaged, 0);
    assert_eq!(reading.events[0].event, "lend");
}

#[test]
fn of_an_absurdly_large_file_only_the_end_is_read() {
    let place = LogPlace::new();
    let size = usize::try_from(3 * LIMIT).unwrap();
    let many = line(1).repeat(size / line(1).len());
    place.write(&[many, line(2)].concat());
    let reading = place.read();
    let most = 2 * LIMIT / line(1).len() as u64;
    assert!(reading.events.len() as u64 <= most);
    assert_eq!(
        (reading.events.last().unwrap().pid, reading.damaged),
        (2, 0)
    );
}

#[cfg(unix)]
#[test]
fn nothing_but_a_regular_file_is_written_or_read() {
    use std::os::unix::fs::symlink;
    let place = LogPlace::new();
    let (current, elsewhere) = (place.paths.events(), place.home.path().join("elsewhere"));
    let folder = current.parent().unwrap();
    fs::create_dir_all(folder).unwrap();
    let refused = |what: &str| {
        place.log().append(&line(1)).expect_err(what);
        read(&place.paths, |_| true).expect_err(what);
        assert!(
            fs::read(&elsewhere).is_ok_and(|bytes| bytes == b"theirs\n") || !elsewhere.exists()
        );
    };
    symlink(&elsewhere, &current).unwrap();
    refused("a link that leads nowhere");
    assert!(!elsewhere.exists());
    fs::write(&elsewhere, "theirs\n").unwrap();
    refused("a link");
    fs::remove_file(&current).unwrap();

    fs::create_dir(&current).unwrap();
    refused("a folder");
    fs::remove_dir(&current).unwrap();

    let made = std::process::Command::new("mkfifo").arg(&current).status();
    assert!(made.unwrap().success());
    refused("a named pipe that nobody reads");
    let mut options = fs::OpenOptions::new();
    let reader = options.read(true).write(true).open(&current).unwrap();
    refused("a named pipe with a reader");
    drop(reader);
}

#[test]
fn what_was_broken_off_did_not_fail() {
    use crate::term::{Console, Manner};
    let place = LogPlace::new();
    let term = Arc::new(Console::new(Manner::default()));
    let events = AuditLog::new(Some(&place.paths), "login", term);
    let failure = |code| Error::new(code, "words of a server");
    events.note(Action::SignIn, "acme", Some(&failure(Code::Interrupted)));
    assert!(!place.paths.events().exists());
    events.note(Action::SignIn, "", Some(&failure(Code::Timeout)));
    events.note(Action::SignIn, "acme/julien", None);
    let [failed, done] = &place.read().events[..] else {
        panic!("{}", place.text());
    };
    assert_eq!(
        (failed.error.as_deref(), &failed.account),
        (Some("timeout"), &None)
    );
    assert_eq!(
        (&done.error, done.account.as_deref()),
        (&None, Some("acme/julien"))
    );
    assert_eq!((&*done.event, &*done.verb), ("sign_in", "login"));
    assert_eq!(done.pid, std::process::id());
    assert!(!place.text().contains("words"));
}
