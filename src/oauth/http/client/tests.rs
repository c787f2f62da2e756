use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use url::Url;

use super::*;
use keyfob_base::secret::Secret;

const AUTHORITY: &[u8] = include_bytes!("tests/authority.pem");
const CERTIFICATE: &[u8] = include_bytes!("tests/server.pem");
const KEY: &[u8] = include_bytes!("tests/server.key");

/// A server on loopback that gives scripted answers, one a connection, and tells what it was sent.
pub(in crate::oauth) struct Server {
    listener: TcpListener,
    tell: mpsc::Sender<String>,
    requests: mpsc::Receiver<String>,
}

impl Server {
    /// Gives these answers in turn; then it takes connections and answers none.
    pub(in crate::oauth) fn new<A: AsRef<[u8]>>(answers: impl IntoIterator<Item = A>) -> Self {
        let server = Self::bound();
        server.start(answers);
        server
    }

    /// Has a URL, and answers nothing before [`Server::start`].
    pub(in crate::oauth) fn bound() -> Self {
        let (tell, requests) = mpsc::channel();
        Self {
            listener: TcpListener::bind("127.0.0.1:0").unwrap(),
            tell,
            requests,
        }
    }

    /// Gives these answers in turn.
    pub(in crate::oauth) fn start<A: AsRef<[u8]>>(&self, answers: impl IntoIterator<Item = A>) {
        self.each(
            answers
                .into_iter()
                .map(|answer| answer.as_ref().to_vec())
                .collect(),
            |answer, stream| {
                let _ = stream.write_all(&answer);
            },
        );
    }

    fn each<T: Send + 'static>(
        &self,
        turns: Vec<T>,
        serve: impl Fn(T, &mut TcpStream) + Send + 'static,
    ) {
        let (listener, tell) = (self.listener.try_clone().unwrap(), self.tell.clone());
        thread::spawn(move || {
            for turn in turns {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = tell.send(read_request(&stream));
                serve(turn, &mut stream);
            }
        });
    }

    /// A server for one connection of any kind.
    fn once(serve: impl Fn(&mut TcpStream) + Send + 'static) -> Self {
        let server = Self::bound();
        server.each(vec![()], move |(), stream| serve(stream));
        server
    }

    fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    /// A URL of this server; `path` is empty or begins with `/`.
    pub(in crate::oauth) fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://127.0.0.1:{}{path}", self.port())).unwrap()
    }

    /// The next request, head and body.
    pub(in crate::oauth) fn request(&self) -> String {
        self.requests.recv_timeout(Duration::from_secs(10)).unwrap()
    }

    /// The requests that nobody has asked for yet; an answered one is among them.
    pub(in crate::oauth) fn so_far(&self) -> Vec<String> {
        self.requests.try_iter().collect()
    }
}

fn read_request(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    while !request.ends_with("\r\n\r\n") && reader.read_line(&mut request).unwrap_or(0) > 0 {}
    let length = request
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    request + &String::from_utf8(body).unwrap()
}

/// A whole answer; `head` is the status and further header lines.
pub(in crate::oauth) fn answer(head: &str, body: &str) -> String {
    let head = head.replace('\n', "\r\n");
    format!(
        "HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A JSON answer.
pub(in crate::oauth) fn json(status: u16, body: &str) -> String {
    answer(
        &format!("{status} X\nContent-Type: application/json;charset=UTF-8"),
        body,
    )
}

fn options(ca_pem: Option<&[u8]>) -> (HttpOptions, Arc<Mutex<Vec<String>>>) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let trace: Trace = Arc::new(move |line: &str| sink.lock().unwrap().push(line.to_owned()));
    (
        HttpOptions {
            ca_pem: ca_pem.map(<[u8]>::to_vec),
            trace,
        },
        lines,
    )
}

/// A client, and the lines of its trace.
pub(in crate::oauth) fn client() -> (Http, Arc<Mutex<Vec<String>>>) {
    let (options, lines) = options(None);
    (Http::new(options).unwrap(), lines)
}

fn hasty() -> Http {
    let time = Duration::from_millis(300);
    Http::with(options(None).0, time, time, None).unwrap()
}

async fn get(http: &Http, url: &Url) -> Result<Answer, OauthError> {
    http.send(Request::get(url)).await
}

async fn error(http: &Http, url: &Url) -> OauthError {
    get(http, url).await.err().unwrap()
}

fn invalid(error: OauthError) -> String {
    let OauthError::Invalid(what) = error else {
        panic!("{error:?}")
    };
    what
}

fn network(error: OauthError) -> String {
    let OauthError::Network(what) = error else {
        panic!("{error:?}")
    };
    what
}

#[tokio::test]
async fn a_request_says_who_asks_and_what_it_takes() {
    let server = Server::new([json(200, "{}")]);
    let got = get(&client().0, &server.url("/x?a=b")).await.unwrap();
    assert!(got.is_success() && got.object().unwrap().is_empty());
    let sent = server.request().to_ascii_lowercase();
    assert!(sent.starts_with("get /x?a=b http/1.1\r\n"), "{sent}");
    assert!(sent.contains("\r\naccept: application/json\r\n"), "{sent}");
    assert!(
        sent.contains(&format!(
            "\r\nuser-agent: keyfob/{}\r\n",
            env!("CARGO_PKG_VERSION")
        )),
        "{sent}"
    );
}

#[tokio::test]
async fn a_bad_url_is_not_called() {
    let (http, lines) = client();
    for (bad, why) in [
        (
            "http://id.example.com/?code=s3",
            "http://id.example.com is neither https",
        ),
        (
            "https://s3:s3@id.example.com/",
            "https://id.example.com holds a user name",
        ),
        ("https://id.example.com/#s3", "has a fragment"),
    ] {
        let said = invalid(error(&http, &Url::parse(bad).unwrap()).await);
        assert!(said.contains(why) && !said.contains("s3"), "{said}");
    }
    assert!(lines.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = Server::new([
        answer("302 Found\nLocation: /elsewhere", ""),
        json(200, "{}"),
    ]);
    let said = invalid(error(&client().0, &server.url("/token")).await);
    assert!(said.ends_with("answered with a redirect (302)"), "{said}");
    assert_eq!(server.so_far().len(), 1);
}

#[tokio::test]
async fn a_body_of_10_mib_is_left_unread() {
    let whole = answer(
        "200 OK\nContent-Type: application/json",
        &" ".repeat(10 * 1024 * 1024),
    );
    let server = Server::new([whole]);
    let said = invalid(error(&client().0, &server.url("/")).await);
    assert!(said.ends_with("answered with more than 1 MiB"), "{said}");

    let server = Server::new([json(200, &format!("{{}}{}", " ".repeat(BODY_LIMIT - 2)))]);
    assert!(get(&client().0, &server.url("/")).await.is_ok());
}

#[tokio::test]
async fn a_drip_fed_answer_ends_with_the_total_time() {
    let server = Server::once(|stream| {
        let mut next = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n".as_slice();
        while stream.write_all(next).is_ok() {
            thread::sleep(Duration::from_millis(20));
            next = b" ";
        }
    });
    let begin = Instant::now();
    let said = network(error(&hasty(), &server.url("/?code=s3")).await);
    assert_eq!(
        said,
        format!("no answer from 127.0.0.1:{} within 0.3 s", server.port())
    );
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn silence_ends_with_the_total_time() {
    let server = Server::once(|stream| drop(stream.read(&mut [0])));
    let said = network(error(&hasty(), &server.url("/")).await);
    assert!(said.ends_with("within 0.3 s"), "{said}");
}

#[tokio::test]
async fn what_breaks_on_the_way_names_host_and_cause() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let url = Url::parse(&format!("http://localhost:{port}/token?code=s3")).unwrap();
    let (http, lines) = client();
    let said = network(error(&http, &url).await);
    assert_eq!(
        said,
        format!("cannot reach localhost:{port}: connection refused")
    );
    let told = lines.lock().unwrap().clone();
    assert_eq!(told, [format!("GET http://localhost:{port}/token"), said]);

    let server = Server::new([""]);
    let said = network(error(&client().0, &server.url("/?code=s3")).await);
    assert!(
        said.starts_with("no answer from 127.0.0.1:") && !said.contains("s3"),
        "{said}"
    );

    let server = Server::new(["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"]);
    assert!(
        network(error(&client().0, &server.url("/")).await)
            .starts_with("no answer from 127.0.0.1:")
    );
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_said_to_be_so() {
    let url = Url::parse("https://nowhere.invalid/token?code=s3").unwrap();
    let proxyless = Proxy::custom(|_| None::<Url>);
    let http = Http::with(options(None).0, CONNECT_TIME, TOTAL_TIME, Some(proxyless)).unwrap();
    let said = network(error(&http, &url).await);
    assert!(
        said.starts_with("cannot reach nowhere.invalid: ") && !said.contains("s3"),
        "{said}"
    );
}

#[tokio::test]
async fn tls_to_a_port_that_speaks_none_names_host_and_cause() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let url = Url::parse(&format!("https://127.0.0.1:{port}/token?code=s3")).unwrap();
    let said = network(error(&client().0, &url).await);
    assert!(
        said.starts_with(&format!("cannot reach 127.0.0.1:{port}: TLS: ")),
        "{said}"
    );
    assert!(!said.contains("s3"), "{said}");
}

/// Serves TLS with the certificate for `localhost`, once.
fn tls_server() -> Url {
    use rustls::pki_types::PrivateKeyDer;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()],
            PrivateKeyDer::from_pem_slice(KEY).unwrap(),
        )
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "https://localhost:{}/",
        listener.local_addr().unwrap().port()
    );
    thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let connection = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        let mut stream = rustls::StreamOwned::new(connection, stream);
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if stream.read_exact(&mut byte).is_err() {
                return;
            }
            head.push(byte[0]);
        }
        let _ = stream.write_all(json(200, "{}").as_bytes());
        stream.conn.send_close_notify();
        let _ = stream.flush();
    });
    Url::parse(&url).unwrap()
}

#[tokio::test]
async fn an_unknown_authority_is_refused_and_one_of_ours_trusted() {
    let said = network(error(&client().0, &tls_server()).await);
    assert!(said.starts_with("cannot reach localhost:"), "{said}");
    assert!(
        said.ends_with(": TLS: invalid peer certificate: UnknownIssuer"),
        "{said}"
    );

    let http = Http::new(options(Some(AUTHORITY)).0).unwrap();
    assert!(get(&http, &tls_server()).await.is_ok());
}

#[test]
fn a_bad_file_of_authorities_is_refused_at_once() {
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (pem, why) in [
        ("", "holds no certificate"),
        ("not PEM at all", "holds no certificate"),
        (
            "-----BEGIN CERTIFICATE-----\n%%%%\n-----END CERTIFICATE-----\n",
            "is not PEM",
        ),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n", "is not PEM"),
        (broken, "broken certificate"),
        (
            &(String::from_utf8_lossy(AUTHORITY) + broken),
            "broken certificate",
        ),
    ] {
        let said = invalid(Http::new(options(Some(pem.as_bytes())).0).err().unwrap());
        assert!(said.contains(why), "{pem}: {said}");
    }
}

#[tokio::test]
async fn a_proxy_is_asked_for_hosts_elsewhere_and_never_for_loopback() {
    let proxy = Server::new([answer("403 Forbidden", "")]);
    let through = || Some(Proxy::all(proxy.url("/").as_str()).unwrap());
    let http = Http::with(options(None).0, CONNECT_TIME, TOTAL_TIME, through()).unwrap();

    let server = Server::new([json(200, "{}")]);
    assert!(get(&http, &server.url("/")).await.is_ok());
    let said = network(error(&http, &Url::parse("https://127.0.0.1:1/").unwrap()).await);
    assert!(said.ends_with("connection refused"), "{said}");

    let said = network(
        error(
            &http,
            &Url::parse("https://id.example.com/token?code=s3").unwrap(),
        )
        .await,
    );
    assert!(
        said.starts_with("cannot reach id.example.com through the proxy: ") && !said.contains("s3"),
        "{said}"
    );
    let asked = proxy.request();
    assert!(
        asked.starts_with("CONNECT id.example.com:443 ") && !asked.contains("s3"),
        "{asked}"
    );
    assert!(proxy.so_far().is_empty());
}

#[tokio::test]
async fn an_overloaded_server_is_unavailable_whatever_it_says() {
    let body = r#"{"error":"invalid_grant"}"#;
    let soon = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(500));
    for (head, status, wait) in [
        ("429 X\nRetry-After: 7".to_owned(), 429, Some(7..=7)),
        ("503 X\nRetry-After:  120 ".into(), 503, Some(120..=120)),
        (format!("503 X\nRetry-After: {soon}"), 503, Some(490..=500)),
        (
            "503 X\nRetry-After: Thu, 01 Jan 1970 00:00:00 GMT".into(),
            503,
            Some(0..=0),
        ),
        ("503 X\nRetry-After: -1".into(), 503, None),
        ("503 X\nRetry-After: soon".into(), 503, None),
        ("599 X".into(), 599, None),
        ("500 X\nContent-Type: application/json".into(), 500, None),
    ] {
        let server = Server::new([answer(&head, body)]);
        let error = error(&client().0, &server.url("/")).await;
        let OauthError::Unavailable {
            host,
            status: found,
            retry_after,
        } = &error
        else {
            panic!("{error:?}")
        };
        assert_eq!(
            (host.as_str(), *found),
            (format!("127.0.0.1:{}", server.port()).as_str(), status)
        );
        assert_eq!(retry_after.is_some(), wait.is_some(), "{head}");
        assert!(
            retry_after.is_none_or(|seconds| wait.unwrap().contains(&seconds)),
            "{head}"
        );
    }
}

#[tokio::test]
async fn the_trace_has_names_and_no_values() {
    let server = Server::new([json(200, "{}")]);
    let (http, lines) = client();
    let url = server.url("/token?tenant=s3");
    let secret = Secret::new("s3cret");
    let request = Request::form(&url)
        .field("grant_type", "authorization_code")
        .secret_field("code", &secret)
        .basic("fob", &secret);
    http.send(request).await.unwrap();
    let lines = lines.lock().unwrap();
    let place = server.url("/token");
    assert_eq!(
        lines[0],
        format!("POST {place} (grant_type=authorization_code, code)")
    );
    assert!(
        lines[1].starts_with("200 in ") && lines[1].ends_with(" ms"),
        "{}",
        lines[1]
    );
    assert_eq!(lines.len(), 2);
}

#[tokio::test]
async fn a_definitions_header_replaces_accept_and_not_the_token() {
    let server = Server::new([json(200, "{}")]);
    let url = server.url("/");
    let request = Request::get(&url)
        .header("accept", "application/vnd.x+json")
        .unwrap();
    let request = request
        .header("Authorization", "Basic x")
        .unwrap()
        .bearer(&Secret::new("t0ken"))
        .unwrap();
    client().0.send(request).await.unwrap();
    let sent = server.request();
    assert!(
        sent.contains("authorization: Bearer t0ken\r\n") && !sent.contains("Basic"),
        "{sent}"
    );
    assert!(
        sent.contains("accept: application/vnd.x+json\r\n") && !sent.contains("application/json"),
        "{sent}"
    );

    assert!(Request::get(&url).header("bad name", "x").is_err());
    assert!(Request::get(&url).header("x", "a\r\nb: c").is_err());
    let said = invalid(
        Request::get(&url)
            .bearer(&Secret::new("s3\n"))
            .err()
            .unwrap(),
    );
    assert!(!said.contains("s3"), "{said}");
}
