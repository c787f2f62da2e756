//! A small HTTP server on loopback that answers as a test says, well or badly, and remembers what it was asked.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query's parameters.
    pub query: BTreeMap<String, String>,
    /// The form's parameters.
    pub form: BTreeMap<String, String>,
    /// The headers, their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body as it came.
    pub body: Vec<u8>,
}

impl Request {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }
}

/// What goes back.
#[derive(Debug, Clone)]
pub enum Reply {
    /// A status and a JSON body.
    Json(u16, Value),
    /// A redirect.
    Redirect(String),
    /// Status, further header lines (each ended by CR LF), body.
    Text(u16, String, String),
    /// Bytes as they are, the connection closed after them.
    Raw(Vec<u8>),
    /// A valid head, then a byte each so often, without an end.
    Drip(Duration),
    /// Nothing, and the connection closed.
    Close,
}

type Handler = dyn Fn(&Request) -> Reply + Send + Sync;

/// The server; dropping it ends it.
pub struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    ended: Arc<AtomicBool>,
}

impl Server {
    /// Serves on a port that the system picks, a thread a connection.
    pub fn start(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_at("127.0.0.1", handler)
    }

    /// The same on another loopback host.
    pub fn start_at(
        host: &str,
        handler: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((host, 0)).expect("loopback");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let ended = Arc::new(AtomicBool::new(false));
        let (seen, over, handler) = (Arc::clone(&requests), Arc::clone(&ended), Arc::new(handler));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let (seen, handler): (_, Arc<Handler>) = (Arc::clone(&seen), handler.clone());
                thread::spawn(move || serve(stream, &seen, &*handler));
            }
        });
        Self {
            address,
            requests,
            ended,
        }
    }

    /// Its origin, `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was asked at a path so far.
    pub fn asked(&self, path: &str) -> Vec<Request> {
        let requests = self.requests.lock().expect("no test panicked in here");
        requests
            .iter()
            .filter(|request| request.path == path)
            .cloned()
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address); // wakes the accept
    }
}

fn serve(stream: TcpStream, seen: &Mutex<Vec<Request>>, handler: &Handler) {
    let Some(request) = read(&stream) else {
        return;
    };
    seen.lock()
        .expect("no test panicked in here")
        .push(request.clone());
    let _ = write(stream, handler(&request)); // the client may have gone
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers
        .get("content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    Some(Request {
        method,
        path: path.to_owned(),
        query: parameters(query.as_bytes()),
        form: parameters(&body),
        headers,
        body,
    })
}

fn parameters(encoded: &[u8]) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(encoded).into_owned().collect()
}

fn write(mut stream: TcpStream, reply: Reply) -> std::io::Result<()> {
    let text = |status: u16, headers: &str, body: &str| {
        format!(
            "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n{body}",
            body.len()
        )
    };
    match reply {
        Reply::Json(status, value) => {
            let body = value.to_string();
            stream.write_all(text(status, "Content-Type: application/json\r\n", &body).as_bytes())
        }
        Reply::Redirect(to) => {
            stream.write_all(text(302, &format!("Location: {to}\r\n"), "").as_bytes())
        }
        Reply::Text(status, headers, body) => {
            stream.write_all(text(status, &headers, &body).as_bytes())
        }
        Reply::Raw(bytes) => stream.write_all(&bytes),
        Reply::Drip(pause) => {
            stream.write_all(b"HTTP/1.1 200 X\r\nContent-Type: application/json\r\n\r\n{")?;
            loop {
                stream.write_all(b" ")?;
                thread::sleep(pause);
            }
        }
        Reply::Close => Ok(()),
    }
}

/// A port that is free, and that the system gives to nobody by itself, as it does those from 32768 on.
pub fn free_port() -> u16 {
    const FIRST: u32 = 10_000;
    const COUNT: u32 = 20_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let start = std::process::id() * 97; // the tests of another process begin elsewhere
    loop {
        let next = start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(FIRST + next % COUNT).expect("a small number");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
