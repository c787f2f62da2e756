//! Repositories behind git's own `git http-backend`, which speaks the real protocol.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::header;
use keyfob_testkit::server::{Reply, Request};

/// A folder of repositories: `acme/model.git`, with one commit.
pub struct Repositories(TempDir);

impl Default for Repositories {
    fn default() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }
}

impl Repositories {
    /// What git's server answers to somebody who was let in.
    pub fn answer(&self, request: &Request, user: &str) -> Reply {
        self.fill();
        let query: Vec<_> = request.query.iter().collect();
        let query: Vec<_> = query
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let mut backend = git(self.0.path())
            .arg("http-backend")
            .env("GIT_PROJECT_ROOT", self.0.path())
            .env("GIT_HTTP_EXPORT_ALL", "1")
            .env("REMOTE_USER", user)
            .env("REQUEST_METHOD", &request.method)
            .env("PATH_INFO", &request.path)
            .env("QUERY_STRING", query.join("&"))
            .env("CONTENT_TYPE", header(request, "content-type"))
            .env("CONTENT_LENGTH", request.body.len().to_string())
            .env("HTTP_CONTENT_ENCODING", header(request, "content-encoding"))
            .env("GIT_PROTOCOL", header(request, "git-protocol"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("git starts");
        let mut stdin = backend.stdin.take().expect("stdin is a pipe");
        stdin.write_all(&request.body).expect("git reads");
        drop(stdin);
        let output = backend.wait_with_output().expect("git ends");
        // A CGI answer has its status, where it is not 200, as a header line.
        let mut answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\n".to_vec();
        answer.extend(output.stdout);
        Reply::Raw(answer)
    }

    fn fill(&self) {
        let bare = self.0.path().join("acme/model.git");
        if bare.exists() {
            return;
        }
        let run = |folder: &Path, arguments: &[&str]| {
            let done = git(folder).args(arguments).output().expect("git starts");
            assert!(done.status.success(), "git {arguments:?}: {done:?}");
        };
        std::fs::create_dir_all(&bare).expect("a folder");
        run(
            &bare,
            &["init", "--quiet", "--bare", "--initial-branch", "main"],
        );
        let tree = tempfile::tempdir().expect("a temporary folder");
        run(
            tree.path(),
            &["init", "--quiet", "--initial-branch", "main"],
        );
        std::fs::write(tree.path().join("README.md"), "A model.\n").expect("a file");
        run(tree.path(), &["add", "."]);
        run(tree.path(), &["commit", "--quiet", "--message", "Begin"]);
        let to = bare.display().to_string();
        run(tree.path(), &["push", "--quiet", &to, "main"]);
    }
}

/// git, with nothing of this machine's settings.
fn git(folder: &Path) -> Command {
    let mut git = Command::new("git");
    git.current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("HOME", folder)
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "Ada")))
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "ada@example.com")));
    git
}
