//! A file system of the test's own: small enough to fill, and read-only when told so.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::needs::skip;

/// A small file system over a folder, taken away again when dropped.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts it; where this user may not, the test is left out.
    pub fn for_test(folder: &Path) -> Option<Self> {
        fs::create_dir_all(folder).expect("a folder");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs"])
            .arg(folder)
            .output();
        if !mount.is_ok_and(|mount| mount.status.success()) {
            skip("the right to mount a tmpfs");
            return None;
        }
        Some(Self(folder.to_owned()))
    }

    /// Leaves no room for one more byte.
    pub fn fill(&self) {
        let mut filler = fs::File::create(self.0.join("filler")).expect("an entry");
        while filler.write_all(&[0; 512]).is_ok() {}
    }

    /// Makes room again.
    pub fn empty(&self) {
        fs::remove_file(self.0.join("filler")).expect("it is there");
    }

    /// Lets nobody write, root neither.
    pub fn freeze(&self) {
        let mut mount = Command::new("mount");
        let frozen = mount.args(["-o", "remount,ro"]).arg(&self.0).status();
        assert!(frozen.expect("mount starts").success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}
