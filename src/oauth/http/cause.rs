//! Why there was no answer, in one short line: the host and the true cause at the end of the error's chain.

use std::error::Error;
use std::io;
use std::time::Duration;

use keyfob_base::escape::escape_short;

/// How much of a cause is kept, in characters; certificate errors list every name of a certificate.
const LIMIT: usize = 200;

/// Describes a failed request. Holds neither a URL nor anything that was sent.
pub(super) fn describe(
    error: &reqwest::Error,
    host: &str,
    connect: Duration,
    total: Duration,
) -> String {
    if error.is_timeout() && error.is_connect() {
        return format!(
            "cannot reach {host}: no connection within {}",
            seconds(connect)
        );
    }
    if error.is_timeout() {
        return format!("no answer from {host} within {}", seconds(total));
    }
    let doing = if error.is_connect() {
        "cannot reach"
    } else {
        "no answer from"
    };
    let through = if links(error).any(|link| link.to_string().starts_with("tunnel error")) {
        " through the proxy"
    } else {
        ""
    };
    format!(
        "{doing} {host}{through}: {}",
        escape_short(&cause(error), LIMIT)
    )
}

/// The chain below the outermost error, which is reqwest's own and whose text holds the URL.
fn links<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |error| (*error).source())
}

fn cause(error: &reqwest::Error) -> String {
    if let Some(tls) = links(error).find_map(tls_error) {
        return format!("TLS: {tls}");
    }
    match links(error).last() {
        Some(last) => last
            .downcast_ref()
            .map_or_else(|| last.to_string(), io_cause),
        None => "the request failed".into(),
    }
}

/// rustls reports through `io::Error`s, one in the other, whose `source` skips what they wrap.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    match error.downcast_ref::<io::Error>() {
        Some(io) => tls_error(io.get_ref()?),
        None => error.downcast_ref(),
    }
}

/// The kind where the system gave a number, without that number.
fn io_cause(error: &io::Error) -> String {
    match (error.raw_os_error(), error.kind()) {
        (Some(_), kind) if !kind.to_string().contains("uncategorized") => kind.to_string(),
        _ => error.to_string(),
    }
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f32())
}
