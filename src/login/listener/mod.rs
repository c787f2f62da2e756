//! The redirect listener: waits on loopback for the one authorization response of a login (RFC 8252 §7.3).
//! Any process of this machine and any page in the browser can connect, so the wait goes on until the
//! right answer comes, whatever else arrives. No request can be queued behind idle connections: at the
//! cap the oldest of those gives way.

mod bind;
mod connection;
mod gate;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::error::Result;
use crate::login::page::EndPage;
use crate::oauth::redirect::Verdict;
use crate::provider::RedirectRule;
use connection::{Arrival, Connection};
use gate::Gate;

/// Connections at once. Browsers open a handful in advance; the rest is room for whoever means harm.
const CONNECTIONS: usize = 64;

/// How long a connection may take until its whole request is there.
const REQUEST_TIME: Duration = Duration::from_secs(5);

/// How long a browser may take to receive its page; one that went away must not hold the login.
const ANSWER_TIME: Duration = Duration::from_secs(2);

/// The wait after an accept that failed, most likely for want of descriptors: long enough not to
/// spin, short enough that nobody notices.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The loopback sockets of one login. Bound once, before the browser opens, and kept.
pub(crate) struct Listener {
    sockets: Vec<TcpListener>,
    gate: Arc<Gate>,
    redirect_uri: String,
    port: u16,
    connections: VecDeque<Connection>,
    arrivals: mpsc::Receiver<Arrival>,
    arrive: mpsc::Sender<Arrival>,
    request_time: Duration,
}

impl Listener {
    /// Binds the loopback addresses of the rule: `localhost` means both families on one port, or the
    /// only one this machine has.
    /// `path` begins with `/`. The port is `port` if given, else the first free one of the rule's, else
    /// one that the system picks. Fails if none is to be had, or if the path does not make a plain URI; panics
    /// outside a tokio runtime, whose reactor the sockets join.
    pub(crate) fn bind(rule: &RedirectRule, path: &str, port: Option<u16>) -> Result<Self> {
        let (sockets, port) = bind::bind(rule, port)?;
        let redirect_uri = bind::redirect_uri(rule.host, port, path)?;
        let (arrive, arrivals) = mpsc::channel(CONNECTIONS);
        Ok(Self {
            sockets,
            gate: Arc::new(Gate::new(path, port)),
            redirect_uri,
            port,
            connections: VecDeque::new(),
            arrivals,
            arrive,
            request_time: REQUEST_TIME,
        })
    }

    /// The redirect URI, byte for byte the same for the authorization and the token request.
    pub(crate) fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Waits for the redirect that `judge` takes for ours; its answer is still owed.
    /// `judge` gets the query string, without the `?`. What it says is not ours gets 400, what is no redirect
    /// at all gets 404, and the wait goes on. Once a redirect is accepted the sockets are closed, everybody
    /// else is disconnected, and another call never returns. There is no time limit here. Dropping the
    /// future loses nothing: the next call takes over every open connection.
    pub(crate) async fn accept(&mut self, judge: impl Fn(&str) -> Verdict) -> Accepted {
        loop {
            tokio::select! {
                // A request that is there goes first, so that no connection is dropped for an unread one.
                biased;
                Some(arrival) = self.arrivals.recv() => match judge(arrival.query.expose()) {
                    Verdict::NotOurs(_) => arrival.answer(EndPage::BadRequest),
                    verdict => return self.close_for(arrival, verdict),
                },
                stream = next(&mut self.sockets) => {
                    self.admit(stream);
                    // Lets the new connection read before a flood of others can push it out.
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    /// Serves a connection, at the cap in the place of the oldest that has not sent a whole request.
    fn admit(&mut self, stream: TcpStream) {
        self.connections.retain(Connection::is_open);
        if self.connections.len() >= CONNECTIONS {
            let oldest = self.connections.iter().position(Connection::is_waiting);
            self.connections.remove(oldest.unwrap_or(0));
        }
        let gate = Arc::clone(&self.gate);
        let arrive = self.arrive.clone();
        self.connections
            .push_back(connection::serve(stream, gate, arrive, self.request_time));
    }

    /// Ends the listening: one answer, one login (RFC 8252 §8.3).
    fn close_for(&mut self, arrival: Arrival, verdict: Verdict) -> Accepted {
        let ours = self
            .connections
            .iter()
            .position(|connection| connection.id() == arrival.connection);
        let connection = ours.and_then(|index| self.connections.remove(index));
        self.sockets.clear();
        self.connections.clear();
        self.arrivals.close();
        while self.arrivals.try_recv().is_ok() {}
        Accepted {
            verdict,
            arrival,
            connection,
        }
    }
}

async fn next(sockets: &mut [TcpListener]) -> TcpStream {
    loop {
        let accepted = poll_fn(|context| {
            for socket in sockets.iter() {
                if let Poll::Ready(accepted) = socket.poll_accept(context) {
                    return Poll::Ready(accepted);
                }
            }
            Poll::Pending
        });
        match accepted.await {
            Ok((stream, _)) => {
                sockets.rotate_left(1);
                return stream;
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// The redirect that ended the wait. Dropped without an answer, it closes the connection.
pub(crate) struct Accepted {
    /// What it brought; never [`Verdict::NotOurs`].
    pub verdict: Verdict,
    arrival: Arrival,
    connection: Option<Connection>,
}

impl Accepted {
    /// Sends the page to the browser and closes. Returns when it is sent, the browser is gone, or two
    /// seconds are over.
    pub(crate) async fn answer(self, page: EndPage) {
        self.arrival.answer(page);
        if let Some(mut connection) = self.connection {
            let _ = tokio::time::timeout(ANSWER_TIME, connection.closed()).await;
        }
    }
}

/// The redirect URI that a listener would have, without one: for an address that is pasted. The port is
/// `port` if given, else the first of the rule's, else one that is free on this machine.
pub(crate) fn unanswered_uri(rule: &RedirectRule, path: &str, port: Option<u16>) -> Result<String> {
    let port = match port.or(rule.ports.first().copied()) {
        Some(port) => port,
        None => bind::bind(rule, None)?.1,
    };
    bind::redirect_uri(rule.host, port, path)
}
