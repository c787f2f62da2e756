//! One connection: one request, one answer, closed.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{Id, JoinHandle};

use super::gate::Gate;
use crate::login::page::EndPage;
use keyfob_base::secret::Secret;

/// The most that is read of a request. Real ones are some 2 KiB; cookies of other loopback servers,
/// which browsers send to every port, need the rest.
const REQUEST_SIZE: usize = 16 * 1024;

/// A redirect whose judgement and answer are awaited.
pub(super) struct Arrival {
    pub(super) query: Secret,
    pub(super) connection: Id,
    reply: oneshot::Sender<EndPage>,
}

impl Arrival {
    pub(super) fn answer(self, page: EndPage) {
        let _ = self.reply.send(page);
    }
}

/// A connection as the listener holds it; dropped, it is closed.
pub(super) struct Connection {
    whole: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Connection {
    pub(super) fn id(&self) -> Id {
        self.task.id()
    }

    pub(super) fn is_waiting(&self) -> bool {
        !self.whole.load(Ordering::Relaxed)
    }

    pub(super) fn is_open(&self) -> bool {
        !self.task.is_finished()
    }

    pub(super) async fn closed(&mut self) {
        let _ = (&mut self.task).await;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads a request within `request_time`, answers it and closes. What passes the gate is sent to `arrive`
/// and answered when its [`Arrival`] is.
pub(super) fn serve(
    stream: TcpStream,
    gate: Arc<Gate>,
    arrive: mpsc::Sender<Arrival>,
    request_time: Duration,
) -> Connection {
    let whole = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&whole);
    let task = tokio::spawn(async move {
        let (gate, arrive) = (&gate, &arrive);
        let service = service_fn(|request| {
            seen.store(true, Ordering::Relaxed);
            respond(request, gate, arrive)
        });
        // An error here is the peer's: a broken request, a timeout, a closed connection.
        let _ = http1::Builder::new()
            .keep_alive(false)
            .max_buf_size(REQUEST_SIZE)
            .timer(TokioTimer::new())
            .header_read_timeout(request_time)
            .serve_connection(TokioIo::new(stream), service)
            .await;
    });
    Connection { whole, task }
}

async fn respond(
    request: Request<Incoming>,
    gate: &Gate,
    arrive: &mpsc::Sender<Arrival>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let Some(query) = gate.query(&request) else {
        return Ok(EndPage::NotFound.response());
    };
    let (reply, page) = oneshot::channel();
    let connection = tokio::task::id();
    let _ = arrive
        .send(Arrival {
            query,
            connection,
            reply,
        })
        .await;
    Ok(page.await.unwrap_or(EndPage::Ended).response())
}
