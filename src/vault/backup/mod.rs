//! Backups: what one holds, the document that it is, and the file.

pub(crate) mod backup_file;
mod checks;
mod contents;
mod document;
#[cfg(test)]
mod tests;

pub(crate) use contents::{BackupContents, Bound, RefreshToken, Saved, SavedClient, SavedProvider};
