//! Reading the log, oldest line first, whatever state it is in.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::file::{LIMIT, LogFile};
use super::log::{AuditEvent, BEGINNING};
use crate::paths::Paths;

/// The most that is read of a file, in bytes: twice what keyfob lets it grow to, from its end.
const MOST: u64 = 2 * LIMIT;

#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub events: Vec<AuditEvent<'static>>,
    /// How many lines are damaged.
    pub damaged: usize,
}

/// Reads those events that are `wanted`. A missing log is empty; one that cannot be read is a failure.
pub(crate) fn read(paths: &Paths, wanted: impl Fn(&AuditEvent) -> bool) -> io::Result<Reading> {
    let mut reading = Reading::default();
    for file in LogFile::new(paths).open_both()?.into_iter().flatten() {
        reading.add(&end_of(file, MOST)?, &wanted);
    }
    Ok(reading)
}

fn end_of(mut file: File, most: u64) -> io::Result<Vec<u8>> {
    let cut = file.metadata()?.len().saturating_sub(most);
    file.seek(SeekFrom::Start(cut))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    if cut > 0 {
        let whole = bytes.iter().position(|byte| *byte == b'\n');
        bytes.drain(..whole.map_or(bytes.len(), |end| end + 1));
    }
    Ok(bytes)
}

impl Reading {
    fn add(&mut self, bytes: &[u8], wanted: &impl Fn(&AuditEvent) -> bool) {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let Some(whole) = line.strip_suffix(b"\n") else {
                break; // it is being written
            };
            let (event, sound) = parse(whole);
            self.damaged += usize::from(!sound);
            self.events.extend(event.filter(|event| wanted(event)));
        }
    }
}

/// The event of a line, and whether the line is sound. One that a full disk cut off has no end, so the
/// next stands behind it.
fn parse(line: &[u8]) -> (Option<AuditEvent<'static>>, bool) {
    if let Ok(event) = serde_json::from_slice(line) {
        return (Some(event), true);
    }
    let mut beginnings = line.windows(BEGINNING.len());
    let last = beginnings.rposition(|window| window == BEGINNING);
    let event = last.and_then(|at| serde_json::from_slice(&line[at..]).ok());
    (event, false)
}
