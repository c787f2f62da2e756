//! The listener over real sockets, with a judge that knows one `state`.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::*;
use crate::error::Code;
use crate::provider::RedirectHost;
use keyfob_base::secret::Secret;

const PATH: &str = "/callback/x";
const SOON: Duration = Duration::from_secs(10);

fn judge(query: &str) -> Verdict {
    let value = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    match (value("state").as_deref(), value("code")) {
        (Some("right"), Some(code)) => Verdict::Code(Secret::new(code)),
        (Some("right"), None) => Verdict::Malformed("no code"),
        _ => Verdict::NotOurs("another state"),
    }
}

fn rule(host: RedirectHost, ports: &[u16]) -> RedirectRule {
    RedirectRule {
        host,
        path: None,
        ports: ports.to_vec(),
        ..RedirectRule::default()
    }
}

fn listen() -> Listener {
    Listener::bind(&RedirectRule::default(), PATH, None).unwrap()
}

fn code(code: &str) -> Verdict {
    Verdict::Code(Secret::new(code))
}

async fn connect(port: u16) -> TcpStream {
    TcpStream::connect((IpAddr::from([127, 0, 0, 1]), port))
        .await
        .unwrap()
}

async fn send(port: u16, request: &str) -> TcpStream {
    let mut stream = connect(port).await;
    // The listener may close before it has read everything.
    let _ = stream.write_all(request.as_bytes()).await;
    stream
}

/// All that comes until the listener closes, in whichever way it does.
async fn receive(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = timeout(SOON, stream.read_to_end(&mut bytes))
        .await
        .expect("the connection stays open");
    String::from_utf8(bytes).unwrap()
}

async fn ask(port: u16, request: &str) -> String {
    receive(send(port, request).await).await
}

fn get(port: u16, target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/html\r\n\r\n")
}

fn right(port: u16, code: &str) -> String {
    get(port, &format!("{PATH}?state=right&code={code}"))
}

async fn within<F: Future>(time: Duration, future: F) -> F::Output {
    timeout(time, future).await.expect("it is done in time")
}

fn signed_in() -> EndPage {
    EndPage::SignedIn {
        provider: "Hugging Face".into(),
        who: "julien".into(),
        account: Some("huggingface/julien".into()),
        overtaken: false,
    }
}

#[tokio::test]
async fn the_uri_names_the_literal_address_and_the_port_bound() {
    let listener = listen();
    assert_eq!(
        listener.redirect_uri(),
        format!("http://127.0.0.1:{}/callback/x", listener.port())
    );
    assert_eq!(
        listener.sockets[0].local_addr().unwrap(),
        SocketAddr::from(([127, 0, 0, 1], listener.port())),
    );
}

#[tokio::test]
async fn what_is_not_the_answer_is_turned_away_and_the_wait_goes_on() {
    let mut listener = listen();
    let port = listener.port();
    let host = format!("Host: 127.0.0.1:{port}");
    let good = format!("{PATH}?state=right&code=a");
    let cases = [
        (get(port, &format!("{PATH}?state=wrong&code=a")), "400"),
        (get(port, &format!("{PATH}?code=a")), "400"),
        (get(port, PATH), "400"),
        (get(port, "/favicon.ico"), "404"),
        (get(port, "/"), "404"),
        (
            get(port, &format!("/callback/y{}", &good[PATH.len()..])),
            "404",
        ),
        (
            format!("POST {good} HTTP/1.1\r\n{host}\r\nContent-Length: 0\r\n\r\n"),
            "404",
        ),
        (format!("HEAD {good} HTTP/1.1\r\n{host}\r\n\r\n"), "404"),
        (
            format!("GET {good} HTTP/1.1\r\n{host}\r\nContent-Length: 1\r\n\r\nx"),
            "404",
        ),
        (
            format!("GET {good} HTTP/1.1\r\nHost: evil.example:{port}\r\n\r\n"),
            "404",
        ),
        (format!("GET {good} HTTP/1.0\r\n\r\n"), "404"),
        (
            format!("GET http://evil.example{good} HTTP/1.1\r\n{host}\r\n\r\n"),
            "404",
        ),
        (
            format!("CONNECT evil.example:443 HTTP/1.1\r\n{host}\r\n\r\n"),
            "404",
        ),
        ("\u{16}\u{3}\u{1} a TLS hello\r\n\r\n".into(), "400"),
    ];
    let client = async {
        for (request, status) in &cases {
            let answer = ask(port, request).await;
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status} "))
                    || answer.starts_with(&format!("HTTP/1.0 {status} ")),
                "{request}\n{answer}"
            );
            assert!(
                answer.to_lowercase().contains("connection: close")
                    || request.contains("HTTP/1.0")
                    || request.starts_with('\u{16}'),
                "{answer}"
            );
        }
        send(port, &right(port, "b")).await
    };
    let (accepted, stream) = tokio::join!(within(SOON, listener.accept(judge)), client);
    assert_eq!(accepted.verdict, code("b"));
    accepted.answer(EndPage::Ended).await;
    assert!(receive(stream).await.starts_with("HTTP/1.1 500 "));
}

#[tokio::test]
async fn the_right_answer_comes_through_amid_everything_else_within_a_second() {
    let mut listener = listen();
    let port = listener.port();
    let client = async {
        let mut silent = Vec::new();
        for _ in 0..200 {
            silent.push(connect(port).await);
        }
        for _ in 0..20 {
            silent.push(
                send(
                    port,
                    &format!("GET {PATH}?state=right&code=a HTTP/1.1\r\nHos"),
                )
                .await,
            );
        }
        let huge = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(1 << 20));
        silent.push(timeout(SOON, send(port, &huge)).await.unwrap());
        silent.push(send(port, &get(port, &format!("{PATH}?state=wrong"))).await);
        let start = Instant::now();
        let stream = send(port, &right(port, "b")).await;
        (silent, start, stream)
    };
    let arrival = async {
        let accepted = listener.accept(judge).await;
        (accepted, Instant::now())
    };
    let ((accepted, end), (silent, start, stream)) =
        within(SOON, async { tokio::join!(arrival, client) }).await;
    assert_eq!(accepted.verdict, code("b"));
    assert!(end.saturating_duration_since(start) < Duration::from_secs(1));
    accepted.answer(signed_in()).await;
    assert!(receive(stream).await.contains("julien"));
    drop(silent);
}

#[tokio::test]
async fn the_answer_is_held_until_it_is_given() {
    let mut listener = listen();
    let port = listener.port();
    let stream = send(port, &right(port, "a")).await;
    // The wait may end within the time a request has; the held answer may not.
    listener.request_time = Duration::from_millis(20);
    let accepted = within(SOON, listener.accept(judge)).await;
    drop(listener);
    let early = timeout(Duration::from_millis(100), stream.readable()).await;
    assert!(
        early.is_err(),
        "nothing is said before the outcome is known"
    );
    let (page, ()) = tokio::join!(receive(stream), accepted.answer(signed_in()));
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    assert!(
        page.to_lowercase().contains("\r\nconnection: close\r\n"),
        "{page}"
    );
    assert!(page.ends_with("</html>\n"), "whole: {page}");
    assert!(!page.contains("state") && !page.contains("code="), "{page}");
}

#[tokio::test]
async fn every_verdict_but_not_ours_ends_the_wait() {
    let mut listener = listen();
    let port = listener.port();
    let _stream = send(port, &get(port, &format!("{PATH}?state=right"))).await;
    let accepted = within(SOON, listener.accept(judge)).await;
    assert_eq!(accepted.verdict, Verdict::Malformed("no code"));
}

#[tokio::test]
async fn a_request_may_carry_many_cookies_and_no_more_than_16_kib() {
    let mut listener = listen();
    let port = listener.port();
    let with_cookies = |code: &str, size: usize| {
        let cookies = format!("\r\nCookie: {}\r\n\r\n", "x".repeat(size));
        right(port, code).replace("\r\n\r\n", &cookies)
    };
    let client = async {
        let refused = ask(port, &with_cookies("large", 16 * 1024)).await;
        assert!(!refused.contains("</html>"), "{refused}");
        send(port, &with_cookies("small", 15 * 1024)).await
    };
    let (accepted, _stream) =
        within(SOON, async { tokio::join!(listener.accept(judge), client) }).await;
    assert_eq!(accepted.verdict, code("small"));
}

#[tokio::test]
async fn at_the_cap_the_oldest_silent_connection_gives_way() {
    let mut listener = listen();
    let port = listener.port();
    let client = async {
        let oldest = connect(port).await;
        let second = connect(port).await;
        let mut others = Vec::new();
        for _ in 2..CONNECTIONS {
            others.push(connect(port).await);
        }
        assert!(
            timeout(Duration::from_millis(100), oldest.readable())
                .await
                .is_err(),
            "64 have room"
        );
        // The next one is answered and gone again; it took the place of the oldest and of no other.
        assert!(
            ask(port, &get(port, "/favicon.ico"))
                .await
                .starts_with("HTTP/1.1 404")
        );
        assert_eq!(receive(oldest).await, "");
        assert!(
            timeout(Duration::from_millis(100), second.readable())
                .await
                .is_err()
        );
    };
    tokio::select! {
        _ = listener.accept(judge) => panic!("nothing was sent"),
        () = within(SOON, client) => {}
    }
    assert!(listener.connections.len() <= CONNECTIONS);
}

#[tokio::test]
async fn a_request_that_drips_is_cut_off_and_the_wait_goes_on() {
    let mut listener = listen();
    listener.request_time = Duration::from_millis(100);
    let port = listener.port();
    let client = async {
        let mut drip = send(port, "GET /").await;
        // A byte now and then does not buy more time.
        while drip.write_all(b"x").await.is_ok() {
            if timeout(Duration::from_millis(10), drip.readable())
                .await
                .is_ok()
            {
                break;
            }
        }
        receive(drip).await;
        send(port, &right(port, "a")).await
    };
    let (accepted, _stream) =
        within(SOON, async { tokio::join!(listener.accept(judge), client) }).await;
    assert_eq!(accepted.verdict, code("a"));
}

#[tokio::test]
async fn after_the_first_right_answer_nothing_is_accepted() {
    let mut listener = listen();
    let port = listener.port();
    let first = send(port, &right(port, "first")).await;
    let second = send(port, &right(port, "second")).await;
    let silent = connect(port).await;
    let accepted = within(SOON, listener.accept(judge)).await;
    assert_eq!(accepted.verdict, code("first"));
    assert!(
        TcpStream::connect(("127.0.0.1", port)).await.is_err(),
        "the socket is closed"
    );
    assert_eq!(receive(second).await, "");
    assert_eq!(receive(silent).await, "");
    let again = timeout(Duration::from_millis(100), listener.accept(judge)).await;
    assert!(again.is_err(), "one redirect a login");
    let provider = "Hugging Face".into();
    accepted.answer(EndPage::Refused { provider }).await;
    assert!(receive(first).await.starts_with("HTTP/1.1 403 "));
}

#[tokio::test]
async fn a_wait_that_was_dropped_goes_on_with_the_same_connections() {
    let mut listener = listen();
    let port = listener.port();
    let request = right(port, "a");
    let (head, tail) = request.split_at(20);
    let mut stream = send(port, head).await;
    assert!(
        timeout(Duration::from_millis(100), listener.accept(judge))
            .await
            .is_err()
    );
    stream.write_all(tail.as_bytes()).await.unwrap();
    assert_eq!(
        within(SOON, listener.accept(judge)).await.verdict,
        code("a")
    );
}

#[tokio::test]
async fn a_browser_that_went_away_does_not_hold_the_login() {
    let mut listener = listen();
    let port = listener.port();
    let stream = send(port, &right(port, "a")).await;
    let accepted = within(SOON, listener.accept(judge)).await;
    drop(stream);
    within(ANSWER_TIME * 2, accepted.answer(EndPage::Ended)).await;
}

#[tokio::test]
async fn localhost_is_both_families_on_one_port() {
    let mut listener = Listener::bind(&rule(RedirectHost::Localhost, &[]), PATH, None).unwrap();
    let port = listener.port();
    assert_eq!(
        listener.redirect_uri(),
        format!("http://localhost:{port}{PATH}")
    );
    if std::net::TcpListener::bind(("::1", 0)).is_err() {
        eprintln!("skipped: there is no IPv6 loopback here");
        return;
    }
    assert_eq!(listener.sockets.len(), 2);
    let client = async {
        let mut answers = Vec::new();
        for address in ["127.0.0.1", "::1"] {
            let mut stream = TcpStream::connect((address, port)).await.unwrap();
            let request = format!("GET /favicon.ico HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            answers.push(receive(stream).await);
        }
        answers
    };
    tokio::select! {
        _ = listener.accept(judge) => panic!("nothing was sent"),
        answers = client => assert!(answers.iter().all(|answer| answer.starts_with("HTTP/1.1 404"))),
    }
}

#[tokio::test]
async fn ipv6_has_brackets_in_its_uri() {
    match Listener::bind(&rule(RedirectHost::Ipv6, &[]), PATH, None) {
        Ok(listener) => {
            assert_eq!(
                listener.redirect_uri(),
                format!("http://[::1]:{}{PATH}", listener.port())
            );
        }
        Err(_) => eprintln!("skipped: there is no IPv6 loopback here"),
    }
}

/// A port that somebody has, and one that nobody has.
fn taken_and_free(address: &str) -> (std::net::TcpListener, u16, u16) {
    let taken = std::net::TcpListener::bind((address, 0)).unwrap();
    let free = std::net::TcpListener::bind((address, 0)).unwrap();
    let ports = (
        taken.local_addr().unwrap().port(),
        free.local_addr().unwrap().port(),
    );
    (taken, ports.0, ports.1)
}

#[tokio::test]
async fn the_first_free_one_of_fixed_ports_is_taken() {
    let (_other, taken, free) = taken_and_free("127.0.0.1");
    let listener = Listener::bind(&rule(RedirectHost::Ipv4, &[taken, free]), PATH, None).unwrap();
    assert_eq!(listener.port(), free);
    let listener = Listener::bind(&rule(RedirectHost::Ipv4, &[taken]), PATH, Some(0)).unwrap();
    assert_ne!(listener.port(), taken, "`--port` comes before the rule");
}

#[tokio::test]
async fn a_port_that_one_family_has_is_taken_for_localhost() {
    if std::net::TcpListener::bind(("::1", 0)).is_err() {
        eprintln!("skipped: there is no IPv6 loopback here");
        return;
    }
    let (_other, taken, free) = taken_and_free("::1");
    let listener =
        Listener::bind(&rule(RedirectHost::Localhost, &[taken, free]), PATH, None).unwrap();
    assert_eq!((listener.port(), listener.sockets.len()), (free, 2));
}

#[tokio::test]
async fn when_every_port_is_taken_the_hint_names_them_and_the_flag() {
    let (_one, first, _) = taken_and_free("127.0.0.1");
    let (_two, second, _) = taken_and_free("127.0.0.1");
    let error = Listener::bind(&rule(RedirectHost::Ipv4, &[first, second]), PATH, None)
        .err()
        .unwrap();
    assert_eq!(error.code, Code::InternalError);
    let hint = error.hint.unwrap();
    assert!(
        hint.contains(&format!("{first}, {second}")) && hint.contains("`--port`"),
        "{hint}"
    );
    let error = Listener::bind(&RedirectRule::default(), PATH, Some(first))
        .err()
        .unwrap();
    assert!(
        error.message.contains(&first.to_string()),
        "{}",
        error.message
    );
    assert!(error.hint.unwrap().contains("`--port`"));
}

#[tokio::test]
async fn a_path_that_changes_what_the_uri_means_is_refused() {
    for path in [
        "",
        "callback",
        "@evil.example/",
        "/a?b",
        "/a#b",
        "/a b",
        "/a/../b",
        "1/x",
        "/\u{e9}",
    ] {
        let error = Listener::bind(&RedirectRule::default(), path, None).err();
        assert_eq!(
            error.map(|error| error.code),
            Some(Code::ConfigInvalid),
            "{path:?}"
        );
    }
}

#[tokio::test]
async fn other_addresses_of_this_machine_refuse() {
    let listener = listen();
    // Connecting a datagram socket sends nothing and says which address the machine would use.
    let own = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    });
    match own {
        Ok(own) if !own.ip().is_loopback() => {
            let refused = TcpStream::connect((own.ip(), listener.port()))
                .await
                .unwrap_err();
            assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
        }
        _ => eprintln!("skipped: this machine has no address but loopback"),
    }
}

/// The limit is set by a shell, so the test starts itself once more.
#[cfg(unix)]
#[tokio::test]
async fn a_want_of_descriptors_is_outlived() {
    const INSIDE: &str = "LISTENER_TEST_WITH_FEW_DESCRIPTORS";
    if std::env::var_os(INSIDE).is_none() {
        let status = std::process::Command::new("sh")
            .args(["-c", "ulimit -n 40; exec \"$0\" --exact login::listener::tests::a_want_of_descriptors_is_outlived"])
            .arg(std::env::current_exe().unwrap())
            .env(INSIDE, "1")
            .stdout(std::process::Stdio::null())
            .status();
        assert!(status.unwrap().success());
        return;
    }
    let mut listener = listen();
    let port = listener.port();
    let _stream = send(port, &right(port, "a")).await;
    let mut hoard = Vec::new();
    while let Ok(file) = std::fs::File::open("/dev/null") {
        hoard.push(file);
    }
    let relief = async {
        // Long enough that the want was met, in the same wait that outlives it.
        tokio::time::sleep(ACCEPT_PAUSE * 3).await;
        hoard.clear();
    };
    let (accepted, ()) = within(SOON, async { tokio::join!(listener.accept(judge), relief) }).await;
    assert_eq!(accepted.verdict, code("a"));
}
