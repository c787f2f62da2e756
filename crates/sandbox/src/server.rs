//! The server: which path is which, and the threads that answer.

use std::io::{self, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tiny_http::{Header, Server};

use crate::http::{Method, Refusal, Request, Response};
use crate::service::Service;
use keyfob_base::timestamp::Timestamp;

const BODY: u64 = 64 * 1024;

const TARGET: usize = 16 * 1024;

/// How many requests are worked on at once. A body that never comes holds its thread, and no other.
const AT_ONCE: usize = 64;

pub(crate) fn bind(port: u16) -> io::Result<(Server, u16)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    let port = listener.local_addr()?.port();
    let server = Server::from_listener(listener, None).map_err(io::Error::other)?;
    Ok((server, port))
}

pub(crate) fn serve(server: &Server, service: &Arc<Service>) {
    let busy = Arc::new(AtomicUsize::new(0));
    for request in server.incoming_requests() {
        if busy.fetch_add(1, Ordering::Relaxed) >= AT_ONCE {
            busy.fetch_sub(1, Ordering::Relaxed);
            send(request, refuse(503, "too many requests at once").into());
            continue;
        }
        let (service, done) = (Arc::clone(service), Arc::clone(&busy));
        let started = thread::Builder::new()
            .name("sandbox".into())
            .spawn(move || {
                respond(&service, request);
                done.fetch_sub(1, Ordering::Relaxed);
            });
        if started.is_err() {
            busy.fetch_sub(1, Ordering::Relaxed); // tiny_http answers 500 for the dropped request
        }
    }
}

fn respond(service: &Service, mut request: tiny_http::Request) {
    let answer = match read(&mut request) {
        Ok(read) => service.answer(read, Timestamp::now()),
        Err(refusal) => refusal.into(),
    };
    send(request, answer);
}

fn read(request: &mut tiny_http::Request) -> Result<Request, Refusal> {
    // A page elsewhere whose name was made to resolve to loopback (DNS rebinding) still says its name.
    // The port may differ: it does behind `ssh -L`.
    let headers = headers(request)?;
    let mut hosts = headers.iter();
    let host = hosts.find(|(name, _)| name.eq_ignore_ascii_case("Host"));
    if !host.is_some_and(|(_, host)| is_loopback(host)) {
        return Err(refuse(421, "the Host header names no loopback address"));
    }
    if request.url().len() > TARGET {
        return Err(refuse(414, "the request target is too long"));
    }
    let method = match request.method() {
        tiny_http::Method::Get => Method::Get,
        tiny_http::Method::Post => Method::Post,
        tiny_http::Method::Delete => Method::Delete,
        _ => Method::Other,
    };
    let (path, query) = request.url().split_once('?').unwrap_or((request.url(), ""));
    let (path, query) = (path.to_owned(), query.to_owned());
    let mut body = Vec::new();
    if matches!(method, Method::Post | Method::Delete) {
        request
            .as_reader()
            .take(BODY + 1)
            .read_to_end(&mut body)
            .map_err(|_| refuse(400, "the body was not sent whole"))?;
    }
    if body.len() as u64 > BODY {
        return Err(refuse(413, "the body is larger than 64 KiB"));
    }
    Ok(Request {
        method,
        path,
        query,
        headers,
        body,
    })
}

/// The headers that count once. Two of one name are refused, for it is unclear which one counts.
const SINGLE: [&str; 3] = ["Host", "Authorization", "Content-Type"];

fn headers(request: &tiny_http::Request) -> Result<Vec<(String, String)>, Refusal> {
    let headers = request.headers();
    for name in SINGLE {
        let same = headers.iter().filter(|header| header.field.equiv(name));
        if same.count() > 1 {
            return Err(Refusal::invalid_request(format!("two {name} headers")));
        }
    }
    let pair = |header: &Header| (header.field.to_string(), header.value.to_string());
    Ok(headers.iter().map(pair).collect())
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    };
    name.eq_ignore_ascii_case("localhost") || matches!(name, "127.0.0.1" | "[::1]")
}

fn refuse(status: u16, description: &'static str) -> Refusal {
    Refusal::invalid_request(description).with_status(status)
}

fn send(request: tiny_http::Request, answer: Response) {
    let mut response =
        tiny_http::Response::from_string(answer.body).with_status_code(answer.status);
    let common = [
        ("Cache-Control", "no-store"),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
    ];
    let own = answer
        .headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()));
    for (name, value) in common.into_iter().chain(own) {
        if let Ok(header) = Header::from_bytes(name, value) {
            response.add_header(header);
        }
    }
    // Whoever hung up misses the answer; there is nobody to tell.
    let _ = request.respond(response);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_ours() {
        for good in [
            "127.0.0.1",
            "127.0.0.1:80",
            "localhost:9",
            "LOCALHOST",
            "[::1]",
            "[::1]:9",
        ] {
            assert!(is_loopback(good), "{good}");
        }
        for bad in [
            "",
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost@evil:1",
            "[::2]",
            "127.0.0.1:x",
        ] {
            assert!(!is_loopback(bad), "{bad}");
        }
    }
}
