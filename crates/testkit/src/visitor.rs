//! The test as the browser: it takes the address that `login` prints, and goes there.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command};
use std::thread::JoinHandle;

use url::Url;

use crate::home::{Home, Run};

/// A login whose address is known and whose redirect has not come yet.
pub struct Waiting {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    said: String,
    /// What the browser would open.
    pub url: Url,
}

/// A page as the browser got it.
#[derive(Debug)]
pub struct Page {
    /// The HTTP status; 0 where no answer came.
    pub status: u16,
    /// The head, as it came.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Page {
    /// The values of a header.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines
            .filter(move |(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    /// A header's first value, empty where it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers(name).next().unwrap_or_default()
    }
}

impl Home {
    /// Starts `login` with these arguments, and waits for the address it prints.
    pub fn begin_login(&self, args: &[&str]) -> Waiting {
        self.begin_login_with(&[], args)
    }

    /// The same with these variables in the environment.
    pub fn begin_login_with(&self, variables: &[(&str, &str)], args: &[&str]) -> Waiting {
        let mut command = self.login_command(args);
        command.envs(variables.iter().copied());
        Waiting::new(command.spawn().expect("keyfob starts"))
    }

    /// A browser for `KEYFOB_BROWSER` that keeps what it was started with: its arguments and its
    /// environment lie in the home under `browser/`.
    #[cfg(unix)]
    pub fn recording_browser(&self) -> String {
        use std::os::unix::fs::PermissionsExt;
        let folder = self.path("browser");
        let script = format!(
            "#!/bin/sh\ncat /proc/self/environ >>{0}/environment\nprintf '%s\\n' \"$@\" >>{0}/arguments\n",
            folder.display()
        );
        self.write("browser/run", &script);
        let path = folder.join("run");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a mode");
        path.display().to_string()
    }

    /// A login that believes its browser launched: the test is the browser.
    pub fn login_command(&self, args: &[&str]) -> Command {
        let mut command = self.keyfob(&[&["login"], args].concat());
        let named = command.get_envs().any(|(name, _)| name == "KEYFOB_BROWSER");
        if !named {
            command.env("KEYFOB_BROWSER", "true");
        }
        command
    }

    /// Signs in from the first word to the last, following every redirect.
    pub fn login(&self, args: &[&str]) -> Run {
        self.begin_login(args).sign_in()
    }

    /// A login that fails before anything is opened.
    pub fn refused_login(&self, args: &[&str]) -> Run {
        let mut command = self.login_command(args);
        command.args(["--timeout", "2s"]); // a browser that is waited for after all
        Run::of(command.output().expect("keyfob starts"))
    }
}

impl Waiting {
    /// Reads stderr up to the address.
    pub fn new(child: Child) -> Self {
        Self::begin(child).unwrap_or_else(|run| panic!("no address: {run:#?}"))
    }

    /// The same; a login that ends before there is an address is its run.
    pub fn begin(mut child: Child) -> Result<Self, Run> {
        let mut stderr = BufReader::new(child.stderr.take().expect("stderr is a pipe"));
        let mut said = String::new();
        loop {
            let mut line = String::new();
            let read = stderr.read_line(&mut line).expect("stderr is UTF-8");
            said.push_str(&line);
            if read == 0 {
                let mut run = Run::of(child.wait_with_output().expect("keyfob ends"));
                run.stderr = said;
                return Err(run);
            }
            let url = Url::parse(line.trim()).ok();
            if let Some(url) = url.filter(Url::has_host) {
                return Ok(Self {
                    child,
                    stderr,
                    said,
                    url,
                });
            }
        }
    }

    /// The redirect URI, with parameters of the test's own and the login's `state`.
    pub fn redirect(&self, parameters: &[(&str, &str)]) -> Url {
        let sent = |name: &str| {
            let found = self.url.query_pairs().find(|(key, _)| key == name);
            found
                .map(|(_, value)| value.into_owned())
                .unwrap_or_default()
        };
        let mut to = Url::parse(&sent("redirect_uri")).expect("a redirect URI");
        for (name, value) in parameters {
            let value = if *value == "STATE" {
                sent("state")
            } else {
                (*value).to_owned()
            };
            to.query_pairs_mut().append_pair(name, &value);
        }
        to
    }

    /// Goes where the browser would, following every redirect, and waits for the end.
    pub fn sign_in(self) -> Run {
        let url = self.url.clone();
        self.bring(&url).1
    }

    /// Opens a URL of the test's own as the browser, and waits for the end.
    pub fn bring(self, url: &Url) -> (Page, Run) {
        let browser = begin_visit(url);
        let run = self.end();
        (browser.join().expect("the browser"), run)
    }

    /// The process's id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends a login that nothing will come of.
    pub fn stop(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits for the process to end.
    pub fn end(mut self) -> Run {
        let mut stdout = String::new();
        self.stderr
            .read_to_string(&mut self.said)
            .expect("stderr is UTF-8");
        let mut pipe = self.child.stdout.take().expect("stdout is a pipe");
        pipe.read_to_string(&mut stdout).expect("stdout is UTF-8");
        let status = self.child.wait().expect("keyfob ends");
        Run {
            status: status.code().unwrap_or(-1),
            stdout,
            stderr: std::mem::take(&mut self.said),
        }
    }
}

/// Signs in at all of these at once.
pub fn sign_in_all(logins: Vec<Waiting>) -> Vec<Run> {
    let browsers: Vec<_> = logins.iter().map(|login| begin_visit(&login.url)).collect();
    let runs = logins.into_iter().map(Waiting::end).collect();
    for browser in browsers {
        browser.join().expect("the browser");
    }
    runs
}

/// Gets a page as [`visit`] does, beside the test.
pub fn begin_visit(url: &Url) -> JoinHandle<Page> {
    let url = url.clone();
    std::thread::spawn(move || visit(&url))
}

/// Gets a page, following redirects on loopback.
pub fn visit(url: &Url) -> Page {
    let mut url = url.clone();
    for _ in 0..5 {
        let page = get(&url);
        match page.header("location") {
            "" => return page,
            to => url = url.join(to).expect("a URL"),
        }
    }
    panic!("too many redirects at {url}");
}

/// Gets one page.
pub fn get(url: &Url) -> Page {
    let target = url[url::Position::BeforePath..url::Position::AfterQuery].to_owned();
    let authority = url[url::Position::BeforeHost..url::Position::AfterPort].to_owned();
    send(
        url,
        &format!("GET {target} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n"),
    )
}

/// Sends bytes to a URL's host, and reads what comes back until the end.
pub fn send(url: &Url, request: &str) -> Page {
    let addresses = url.socket_addrs(|| None).unwrap_or_default();
    let mut answer = Vec::new();
    if let Ok(mut stream) = TcpStream::connect(&*addresses) {
        let _ = stream.write_all(request.as_bytes());
        let _ = stream.read_to_end(&mut answer);
    }
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    Page {
        status: head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or(0),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}
