//! Who else could put something in the place of a file: as `ssh` does, what leads there has to belong to this user
//! or to root, and be writable by nobody else.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// As many links as the kernel follows.
const LINKS: usize = 40;

#[derive(Debug, PartialEq, Eq)]
pub enum OwnerFlaw {
    /// It belongs to this user, who is neither root nor the one that asks.
    Foreign(PathBuf, u32),
    /// Its group or everybody may write in it.
    Writable(PathBuf),
    /// This user may not enter it; whose it is.
    Closed(PathBuf, u32),
}

/// The first flaw on the way to `path`, from the root of the file system through every link. What is not there
/// yet has none.
pub fn find_flaw(path: &Path) -> Option<OwnerFlaw> {
    walk(path, LINKS)
}

fn walk(path: &Path, links: usize) -> Option<OwnerFlaw> {
    let mut way = PathBuf::new();
    for part in path.components() {
        let above = way.clone();
        way.push(part);
        if part == Component::ParentDir {
            continue; // looked at on the way down
        }
        let found = match fs::symlink_metadata(&way) {
            Ok(found) => found,
            Err(error) => return is_closed(&error).then(|| closed(above)).flatten(),
        };
        if !found.is_symlink() {
            if let Some(flaw) = judge_owner(&way, &found) {
                return Some(flaw);
            }
            continue;
        }
        if is_foreign(found.uid()) {
            return Some(OwnerFlaw::Foreign(way, found.uid()));
        }
        let target = above.join(fs::read_link(&way).ok()?);
        if let Some(flaw) = walk(&target, links.checked_sub(1)?) {
            return Some(flaw);
        }
    }
    None
}

fn is_closed(error: &io::Error) -> bool {
    error.kind() == ErrorKind::PermissionDenied
}

fn closed(folder: PathBuf) -> Option<OwnerFlaw> {
    let owner = fs::metadata(&folder).ok()?.uid();
    Some(OwnerFlaw::Closed(folder, owner))
}

/// What is wrong with the owner or the mode of one file or folder. A folder like `/tmp`, in which everybody may
/// write and nobody may touch what is another's, is sound.
pub fn judge_owner(path: &Path, found: &Metadata) -> Option<OwnerFlaw> {
    if is_foreign(found.uid()) {
        return Some(OwnerFlaw::Foreign(path.to_owned(), found.uid()));
    }
    let sticky = found.is_dir() && found.mode() & 0o1000 != 0;
    let group = found.mode() & 0o020 != 0 && found.gid() != 0 && !is_private_group(found.gid());
    let others = found.mode() & 0o002 != 0;
    (!sticky && (group || others)).then(|| OwnerFlaw::Writable(path.to_owned()))
}

/// Root may do as it likes anyway, and is told apart by whoever asks. In a container, what belongs to nobody
/// there belongs to somebody outside, who has made it.
fn is_foreign(owner: u32) -> bool {
    let me = rustix::process::geteuid().as_raw();
    owner != 0 && owner != me && !(owner == overflow() && is_mapped())
}

/// The user that stands for all who have no number in this user namespace.
fn overflow() -> u32 {
    number("/proc/sys/kernel/overflowuid").unwrap_or(65534)
}

fn number(path: &str) -> Option<u32> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

fn is_mapped() -> bool {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    !map.is_empty() && map.split_whitespace().last() != Some("4294967295")
}

/// Whether this user alone is in the group, as where each user has a group of the same name and a umask of 002.
fn is_private_group(group: u32) -> bool {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let me = rustix::process::geteuid().as_raw();
    has_one_member(group, me, &read("/etc/passwd"), &read("/etc/group"))
}

/// As Debian's `ssh` reads it. A group or user that neither file has may have any members.
fn has_one_member(group: u32, me: u32, users: &str, groups: &str) -> bool {
    let fields = |line: &'_ str| line.split(':').map(str::to_owned).collect::<Vec<_>>();
    let is = |field: Option<&String>, id: u32| field.and_then(|text| text.parse().ok()) == Some(id);
    let of_group: Vec<_> = users
        .lines()
        .map(fields)
        .filter(|user| is(user.get(3), group))
        .collect();
    let [user] = of_group.as_slice() else {
        return false;
    };
    let mut named = groups.lines().map(fields);
    let entry = named.find(|entry| is(entry.get(2), group));
    let members = entry.as_ref().and_then(|entry| entry.get(3));
    is(user.get(2), me) && members.is_some_and(|members| members.is_empty() || *members == user[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn chmod(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn the_first_folder_that_others_may_write_is_named() {
        let base = tempfile::tempdir().unwrap();
        let base = base.path().canonicalize().unwrap();
        let deep = base.join("a/b/c");
        fs::create_dir_all(&deep).unwrap();
        fs::create_dir(base.join("other")).unwrap();
        symlink(&deep, base.join("other/link")).unwrap();
        let ways = [
            deep.clone(),
            deep.join("not/yet"),
            base.join("other/link/x"),
            base.join("other/../a/b/c"),
        ];
        for (name, mode, sound) in [
            ("a", 0o755, true),
            ("a", 0o777, false),
            ("a", 0o1777, true),
            ("a/b", 0o702, false),
            ("a/b/c", 0o757, false),
        ] {
            let folder = base.join(name);
            chmod(&folder, mode);
            for way in &ways {
                let flaw = (!sound).then(|| {
                    if way.starts_with(base.join("other/..")) {
                        OwnerFlaw::Writable(base.join("other/..").join(name))
                    } else {
                        OwnerFlaw::Writable(folder.clone())
                    }
                });
                assert_eq!(find_flaw(way), flaw, "{name} {mode:o} {way:?}");
            }
            chmod(&folder, 0o700);
        }
        chmod(&base.join("other"), 0o777); // the link in it may be another tomorrow
        let flaw = find_flaw(&base.join("other/link"));
        assert_eq!(flaw, Some(OwnerFlaw::Writable(base.join("other"))));
    }

    #[test]
    fn a_link_to_itself_ends() {
        let base = tempfile::tempdir().unwrap();
        let link = base.path().join("link");
        symlink(&link, &link).unwrap();
        assert_eq!(find_flaw(&link.join("x")), None);
    }

    #[test]
    fn a_group_is_private_that_has_nobody_else() {
        let users = "root:x:0:0::/root:/bin/sh\nada:x:1000:1000::/home/ada:/bin/sh\n";
        let more = "bob:x:1001:1000::/home/bob:/bin/sh\n";
        for (users, groups, private) in [
            (users.to_owned(), "ada:x:1000:\n", true),
            (users.to_owned(), "ada:x:1000:ada\n", true),
            (users.to_owned(), "ada:x:1000:bob\n", false),
            (users.to_owned(), "ada:x:1000:ada,bob\n", false),
            (users.to_owned(), "staff:x:50:\n", false),
            (users.to_owned() + more, "ada:x:1000:\n", false),
            (String::new(), "ada:x:1000:\n", false),
        ] {
            assert_eq!(
                has_one_member(1000, 1000, &users, groups),
                private,
                "{users} {groups}"
            );
        }
    }
}
